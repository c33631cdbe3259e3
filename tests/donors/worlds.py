"""Two worlds that differ only in what is sealed: the same story told with other secrets."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import Context
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import uuid4

from flask.testing import FlaskClient
from flask_security import hash_password
from sqlalchemy import insert
from werkzeug.test import TestResponse

from tests.conftest import KEYS
from tests.services.builders import NOW, new_units, queue, scan
from tracker.db import transaction
from tracker.domain.permissions import Actor, Role
from tracker.domain.scans import Mode, Scan
from tracker.models import Account, Device, Identifier, Location, RoleRow
from tracker.services import ledger
from tracker.services.sites import seal_site


def deploy_at_new_sites(sites: Mapping[str, int], units: int = 1) -> None:
    """So many units in use at each of so many new sites per oblast."""
    refs = [f"{oblast}-{number}" for oblast, many in sites.items() for number in range(many)]
    with transaction() as session:
        session.execute(
            insert(Location),
            [{"ref": ref, "kind": "site", "sector": "health", "oblast": ref[:4]} for ref in refs],
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
        return Context().run(self.client.get, path, environ_overrides=self.ADDRESS, **said)

    def post(self, path: str, **said: Any) -> TestResponse:
        return Context().run(self.client.post, path, environ_overrides=self.ADDRESS, **said)


@dataclass(frozen=True)
class Secrets:
    """What the two worlds do not share. `order` is how the sites are numbered and visited."""

    name: str
    address: str
    contact: str
    hromada: str
    person: str
    device: str
    kit: int
    minutes: int
    note: str
    order: tuple[int, ...]


def tell(secrets: Secrets, story: list[tuple[int, int]], oblasts: list[str]) -> None:
    """Sites in `oblasts`, units that go (how far, to which site); what is sealed by `secrets`.

    The day of every step is the story's; the time inside the day, the people, the devices, the
    numbers, the notes and which of an oblast's sites comes first are the secrets'.
    """
    places = [f"EX-P-{secrets.order[number]}" for number in range(len(oblasts))]
    with transaction() as session:
        for ref, oblast in sorted(zip(places, oblasts, strict=True)):
            session.add(Location(ref=ref, kind="site", sector="health", oblast=oblast))
            session.flush()
            facts = {"name_en": secrets.name, "name_uk": secrets.name, "note": secrets.note,
                     "address": secrets.address, "contact": secrets.contact,
                     "katottg": secrets.hromada}  # fmt: skip
            seal_site(session, ref, facts, key=KEYS["sites"])
        session.add(Device(name=secrets.device, role="field", token_hash=secrets.device * 4,
                           enrolled_at=NOW, enrolled_by="account:1"))  # fmt: skip
    codes = new_units(len(story))
    with transaction() as session:
        numbers = [_number(session, code) for code in codes]
        session.execute(insert(Identifier), [
            {"item": number, "scheme": "kit", "value": f"KITEX{secrets.kit + number:07d}",
             "read_at": NOW, "live": True} for number in numbers
        ])  # fmt: skip
    by = Actor(f"device:{secrets.kit}", Role.COORDINATOR)
    for code, (steps, place) in zip(codes, story, strict=True):
        for number in range(steps):
            _step(code, number, places[place % len(places)], secrets, by)


def _number(session: object, code: str) -> int:
    from tests.services.builders import item

    return int(item(code).id)


def _step(code: str, number: int, site: str, secrets: Secrets, by: Actor) -> None:
    day = NOW - timedelta(days=20 - number)
    at: datetime = day.replace(hour=6) + timedelta(minutes=secrets.minutes)
    step, said = [
        ("receiving", {"location": "WH-1"}),
        ("shipping", {"consignment": "EX-C-1"}),
        ("accepting", {"receiver": "EX-USER", "act": secrets.note[:20] or "A", "location": site}),
        ("deploying", {"location": site}),
        ("inspecting", {"findings": {"present": True, "working": True, "civilian_use": True}}),
    ][number]
    one = Scan(str(uuid4()), code, step, at, note=secrets.note, **said)  # type: ignore[arg-type]
    [outcome] = ledger.record([one], sent_at=at, mode=Mode.QUEUED, by=by, now=at)
    assert outcome.receipt is not None


def donor_account(secrets: Secrets) -> None:
    """A donor of the pledge's party, and a colleague whose name is a secret."""
    with transaction() as session:
        roles = {name: RoleRow(name=name) for name in ("donor", "field")}
        session.add_all(roles.values())
        session.flush()
        password = hash_password("a quiet river")
        session.add(Account(email="diana@example.org", password=password, fs_uniquifier="d" * 32,
                            party="EX", roles=[roles["donor"]]))  # fmt: skip
        session.add(Account(email=f"{secrets.person}@example.org", name=secrets.person,
                            fs_uniquifier=secrets.person, roles=[roles["field"]]))  # fmt: skip
