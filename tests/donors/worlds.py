"""Two worlds that differ only in what is sealed: the same story told with other secrets."""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextvars import Context
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from random import Random
from typing import Any, ClassVar, NamedTuple
from unittest.mock import patch
from uuid import uuid4

from flask.testing import FlaskClient
from flask_security import hash_password
from PIL import Image
from sqlalchemy import insert
from werkzeug.test import TestResponse

from tests.conftest import KEYS
from tests.services.builders import COORDINATOR, NOW, item, new_units, queue, scan
from tracker.db import transaction
from tracker.domain.permissions import Actor, Role
from tracker.domain.scans import Mode, Scan
from tracker.ledger.record import record
from tracker.models import (
    Account,
    Device,
    Identifier,
    Initiative,
    Location,
    Party,
    Pledge,
    Release,
    RoleRow,
)
from tracker.services.evidence import keep_evidence
from tracker.services.sites import seal_site


def deploy_at_new_sites(
    sites: Mapping[str, int], units: int = 1, sector: str | None = "health"
) -> None:
    """So many units in use at each of so many new sites per oblast."""
    refs = [f"{oblast}-{number}" for oblast, many in sites.items() for number in range(many)]
    with transaction() as session:
        session.execute(
            insert(Location),
            [{"ref": ref, "kind": "site", "sector": sector, "oblast": ref[:4]} for ref in refs],
        )
    everywhere = refs * units
    scans = []
    for code, ref in zip(new_units(len(everywhere)), everywhere, strict=True):
        scans += [scan(code, "receiving", 1, location="WH-1"),
                  scan(code, "accepting", 2, receiver="EX-USER", act="A"),
                  scan(code, "deploying", 3, location=ref)]  # fmt: skip
    queue(scans)


class Reader:
    """A browser elsewhere. Each request runs outside the test's own context, as in earnest."""

    ADDRESS: ClassVar = {"REMOTE_ADDR": "203.0.113.9"}

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **said: Any) -> TestResponse:
        return self.ask("GET", path, **said)

    def post(self, path: str, **said: Any) -> TestResponse:
        return self.ask("POST", path, **said)

    def ask(self, method: str, path: str, **said: Any) -> TestResponse:
        """Any request, read to its end."""
        how = {"method": method, "environ_overrides": self.ADDRESS, "buffered": True, **said}
        return Context().run(lambda: self.client.open(path, **how))


PHOTO = "A" * 22
"""The address of the photo that is released in both worlds (in earnest it is random)."""
STATEMENT = "Half of the terminals are in use."


@dataclass(frozen=True)
class Secrets:
    """What two worlds do not share.

    `order` is how the sites are numbered and visited; `minutes` when in a day which step was
    made, and so in which order; `devices` with which scanners; `spot` the coordinates, which
    stand in a site's note and in the photo that the phone made.
    """

    name: str
    address: str
    contact: str
    hromada: str
    person: str
    devices: tuple[str, ...]
    kit: int
    minutes: tuple[int, ...]
    note: str
    spot: tuple[float, float]
    order: tuple[int, ...]


class Unit(NamedTuple):
    """One unit's story: `steps` of its way, to `site`, from day `start` on, `pace` steps a day."""

    steps: int
    site: int
    start: int = 0
    pace: int = 1


def tell(secrets: Secrets, story: list[Unit], sites: list[tuple[str, str]]) -> None:
    """Sites (oblast, sector), units that go there; what is sealed by `secrets`.

    The day of every step is the story's; the time inside the day and the order in it, the
    people, the devices, the numbers, the notes and which of an oblast's sites comes first are
    the secrets'.
    """
    places = [f"EX-P-{secrets.order[number]}" for number in range(len(sites))]
    with transaction() as session:
        for ref, (oblast, sector) in sorted(zip(places, sites, strict=True)):
            session.add(Location(ref=ref, kind="site", sector=sector, oblast=oblast))
            session.flush()
            facts = {"name_en": secrets.name, "name_uk": secrets.name,
                     "note": f"{secrets.note} {secrets.spot}", "address": secrets.address,
                     "contact": secrets.contact, "katottg": secrets.hromada}  # fmt: skip
            seal_site(session, ref, facts, key=KEYS["sites"])
        for number, name in enumerate(secrets.devices):
            session.add(
                Device(
                    name=name,
                    role="field",
                    token_hash=f"{number}{name}" * 4,
                    enrolled_at=NOW - timedelta(days=40),  # before it scanned anything
                    enrolled_by="account:1",
                )
            )
    with patch("labels.codes.secrets.randbelow", Random(7).randrange):  # labels are no secret
        codes = new_units(len(story))
    numbers = [item(code).id for code in codes]
    with transaction() as session:
        session.execute(insert(Identifier), [
            {"item": number, "scheme": "kit", "value": f"KITEX{secrets.kit + number:07d}",
             "read_at": NOW, "live": True} for number in numbers
        ])  # fmt: skip
    for day, scans in sorted(_scans(secrets, story, codes, places).items()):
        evening = NOW - timedelta(days=30 - day) + timedelta(hours=9)
        for number, _ in enumerate(secrets.devices):
            by = Actor(f"device:{number + 1}", Role.COORDINATOR)
            mine = scans[number :: len(secrets.devices)]
            outcomes = record(mine, sent_at=evening, mode=Mode.QUEUED, by=by, now=evening)
            assert all(outcome.receipt for outcome in outcomes)


def _scans(
    secrets: Secrets, story: list[Unit], codes: list[str], places: list[str]
) -> dict[int, list[Scan]]:
    """By day, in the order of their time."""
    days: dict[int, list[Scan]] = {}
    for place, (code, unit) in enumerate(zip(codes, story, strict=True)):
        pool = secrets.minutes[place % len(secrets.minutes) :] + secrets.minutes
        minutes = [*sorted(set(pool[:5])), 701, 702, 703, 704]
        for number in range(unit.steps):
            day = unit.start + number // unit.pace
            at = NOW - timedelta(days=30 - day, hours=3) + timedelta(minutes=minutes[number])
            step, said = _steps(secrets, places[unit.site % len(places)])[number]
            one = Scan(str(uuid4()), code, step, at, note=secrets.note, **said)
            days.setdefault(day, []).append(one)
    return {day: sorted(scans, key=lambda one: one.occurred_at) for day, scans in days.items()}


def _steps(secrets: Secrets, site: str) -> list[tuple[str, dict[str, Any]]]:
    act = secrets.note[:20] or "A"
    return [
        ("receiving", {"location": "WH-1"}),
        ("shipping", {"consignment": "EX-C-1"}),
        ("accepting", {"receiver": "EX-USER", "act": act, "location": site}),
        ("deploying", {"location": site}),
        ("inspecting", {"findings": {"present": True, "working": True, "civilian_use": True}}),
    ]


def release(secrets: Secrets) -> None:
    """A photo with its coordinates, and a statement, that two people let the donor see."""
    picture, taken = Image.new("RGB", (60, 40), "teal"), io.BytesIO()
    notes = Image.Exif()
    notes[0x010E] = f"{secrets.name} {secrets.spot}"  # what the picture shows
    notes.get_ifd(0x8825)[2] = secrets.spot  # the latitude and longitude of GPS
    picture.save(taken, "JPEG", exif=notes)
    sha = keep_evidence(taken.getvalue(), "photo", by=COORDINATOR, now=NOW)
    shown = {"pledge": "EX-1", "proposed_at": NOW, "decided_at": NOW, "approved": True}
    with transaction() as session:
        session.add(Release(kind="photo", name=PHOTO, source=sha, sha256=sha,
                            proposed_by="account:8", decided_by="account:9",
                            text_en="A mast", text_uk="Щогла", **shown))  # fmt: skip
        session.add(Release(kind="statement", name="B" * 22,
                            proposed_by="account:8", decided_by="account:8",
                            text_en=STATEMENT, text_uk="Половина працює.", **shown))  # fmt: skip


def lay_portfolios() -> None:
    """An initiative with the pledge in it, and two more donors, so that the whole is shown."""
    with transaction() as session:
        session.add(Initiative(ref="EX-I", name_en="Together", name_uk="Разом"))
        session.flush()
        session.get_one(Pledge, "EX-1").initiative = "EX-I"
        for ref in ("EX-2", "EX-3"):
            session.add(Party(ref=ref, name=ref, kind="observer"))
            session.flush()
            session.add(Pledge(ref=ref, donor=ref, pledged_on=date(2026, 2, 4)))


def donor_account(secrets: Secrets) -> None:
    """A donor of the pledge's party, and a colleague whose name is a secret."""
    with transaction() as session:
        roles = {name: RoleRow(name=name) for name in ("donor", "field")}
        session.add_all(roles.values())
        session.flush()
        session.add(Account(email="diana@example.org", password=_hashed(), fs_uniquifier="d" * 32,
                            party="EX", roles=[roles["donor"]]))  # fmt: skip
        session.add(Account(email=f"{secrets.person}@example.org", name=secrets.person,
                            fs_uniquifier=secrets.person, roles=[roles["field"]]))  # fmt: skip


@cache
def _hashed() -> str:
    """Made once: it is slow, and means to be."""
    return str(hash_password("a quiet river"))
