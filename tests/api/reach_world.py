"""Two neighbours with the same of everything, and whoever reaches the things of one of them."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import event, select, text
from werkzeug.test import TestResponse

from tests.services.builders import COORDINATOR, NOW, lay_world, new_boxes, new_units, queue, scan
from tracker.db import Base, db, transaction
from tracker.domain.permissions import Role
from tracker.models import (
    Account,
    Assignment,
    Consignment,
    Device,
    Discrepancy,
    Identifier,
    Label,
    Party,
    RoleRow,
    Upload,
)
from tracker.queries.people import token_hash
from tracker.services import act_lists, acts, counts, losses, paper_acts
from tracker.services.evidence import keep_evidence

SIDES = {"own": ("WH-1", "EX-SITE-1"), "other": ("WH-2", "EX-SITE-2")}
WAREHOUSE, FIELD = Role.WAREHOUSE, Role.FIELD
WORDS = {"own": "okapi", "other": "quokka"}
"""What is written about the things of each side: a word that shows."""


@dataclass
class Things:
    """One thing of each kind, and all codes of units, of one side."""

    refs: dict[str, str] = field(default_factory=dict)
    codes: list[str] = field(default_factory=list)


NOBODYS = {
    "unit": "00000000000",
    "kit": "KITEX9999999",
    "box": "00000000001",
    "act": "99999",
    "line": "99999",
    "case": "99999",
    "document": "ACT-2026-99999",
    "loss": "LOSS-2026-99999",
    "count": "CNT-2026-99999",
    "consignment": "NO-C",
    "place": "NO-PLACE",
    "warehouse": "NO-WH",
    "photo": "0" * 64,
}


def lay_two_sides() -> dict[str, Things]:
    """The things of both sides; the units of a side are spread over its two places."""
    lay_world()
    with transaction() as session:
        session.add(Party(ref="EX-QUOKKA", name="Quokka School", kind="end_user"))
        session.flush()
        for side, (warehouse, site) in SIDES.items():
            ref = f"C-{side.upper()}"
            session.add(
                Consignment(
                    ref=ref, pledge="EX-1", made_at=NOW, origin=warehouse, destination=site,
                    waybill=f"{WORDS[side]} 7",
                )
            )  # fmt: skip
    found = {side: _things(side) for side in SIDES}
    _people()
    return found


def _things(side: str) -> Things:
    warehouse, site = SIDES[side]
    journey, word = f"C-{side.upper()}", WORDS[side]
    codes = new_units(5, kits=True)
    deployed, coming, stocked, handed, lost = codes
    [box] = new_boxes(1)
    receiver = "EX-QUOKKA" if side == "other" else "EX-USER"
    queue(
        [scan(code, "receiving", n, location=warehouse, note=f"a {word} was on it")
         for n, code in enumerate(codes)]
        + [scan(coming, "packing", 20, handling_unit=box, location=warehouse),
           scan(box, "shipping", 21, consignment=journey, location=warehouse)]
        + [scan(one, "accepting", 30 + n, receiver=receiver, act="A", bound_for=site)
           for n, one in enumerate((deployed, handed))]
        + [scan(deployed, "deploying", 40, location=site, note=f"{word} at the gate"),
           scan(lost, "shipping", 41, consignment=journey, location=warehouse)]
    )  # fmt: skip
    told = {"giver": "EX", "receiver": receiver, "purpose": f"For the {word}.", "site": site}
    act = acts.make_act(told, by=COORDINATOR, now=NOW)
    act_lists.add_line(act, kit_of(stocked), None, by=COORDINATOR, now=NOW)
    with_paper = acts.make_act(told, by=COORDINATOR, now=NOW)
    act_lists.add_line(with_paper, kit_of(stocked), None, by=COORDINATOR, now=NOW)
    paper = paper_acts.print_act(with_paper, by=COORDINATOR, now=NOW)
    shade = (1, 2, 3) if side == "own" else (90, 80, 70)
    photo = keep_evidence(picture(shade), "photo", by=COORDINATOR, now=NOW)
    with transaction() as session:  # as a phone of somebody else has sent it
        sent = {"sent_by": "device:999", "begun_at": NOW, "kept_as": photo}
        session.add(Upload(sha256=photo, size=9, **sent))
    loss = losses.report_loss(
        "lost", [lost], f"The {word} took it in the night.", evidence=[photo],
        by=COORDINATOR, now=NOW,
    )  # fmt: skip
    count = counts.open_count(warehouse, by=COORDINATOR, now=NOW)
    number = number_of(lost)
    case = db.session.scalar(select(Discrepancy.id).where(Discrepancy.item == number))
    refs = {
        "unit": deployed, "kit": kit_of(deployed), "box": box, "act": str(act),
        "line": str(number_of(stocked)), "case": str(case), "document": paper.number,
        "loss": loss, "count": count, "consignment": journey, "place": site,
        "warehouse": warehouse, "photo": photo,
    }  # fmt: skip
    db.session.rollback()
    return Things(refs, codes)


def number_of(code: str) -> int:
    found = db.session.scalar(select(Label.item).where(Label.code == code))
    assert found is not None
    return found


def kit_of(code: str) -> str:
    query = select(Identifier.value).where(Identifier.item == number_of(code))
    return str(db.session.scalar(query))


def picture(shade: tuple[int, int, int]) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), shade).save(out, "JPEG")
    return out.getvalue()


def _people() -> None:
    """An account and a phone of each role, all at the places of the one side."""
    with transaction() as session:
        for number, role in enumerate(Role, 1):
            row = RoleRow(name=role.value)
            session.add(
                Account(
                    id=100 + number, email=f"{role}@example.org", fs_uniquifier=role.value,
                    active=True, roles=[row], password="never asked for here", oblasts="",
                    party="EX" if role is Role.DONOR else None,
                )
            )  # fmt: skip
            session.add(
                Device(
                    id=100 + number, name=role.value, role=role.value, enrolled_at=NOW,
                    token_hash=token_hash(f"token {role.value}"), enrolled_by="account:1",
                )
            )  # fmt: skip
            place = {WAREHOUSE: "WH-1", FIELD: "EX-SITE-1"}.get(role)
            for kind in ("account", "device"):
                if place:
                    session.add(Assignment(actor=f"{kind}:{100 + number}", location=place))


@dataclass(frozen=True)
class Reader:
    """Somebody of a role: a person in a browser, or a phone."""

    app: Flask
    role: Role
    is_phone: bool
    client: FlaskClient

    def ask(self, method: str, path: str, said: dict[str, Any] | None = None) -> TestResponse:
        how: dict[str, Any] = {"method": method, "buffered": True}
        if self.is_phone:
            how["headers"] = {"Authorization": f"Bearer token {self.role.value}"}
        else:
            with self.client.session_transaction() as session:
                session.pop("_flashes", None)  # what the question before has left to be shown
        if method != "GET":
            is_json = path.startswith(("/api/", "/scan/reads"))
            how["json" if is_json else "data"] = said or {}
        return Context().run(lambda: self.client.open(path, **how))


def reader(app: Flask, role: Role, *, is_phone: bool) -> Reader:
    client = app.test_client()
    if not is_phone:
        with client.session_transaction() as session:
            session["_user_id"], session["_fresh"], session["locale"] = role.value, True, "en"
            session.update(begun_at=time.time(), number="of this session")
    return Reader(app, role, is_phone, client)


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """What is asked of the database meanwhile, without the values."""
    asked: list[str] = []

    def hear(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", hear)


def everything_kept(app: Flask) -> dict[str, list[str]]:
    """Every row of every table."""
    with app.app_context(), db.engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(text(f"SELECT * FROM {table.name}"))))
            for table in Base.metadata.sorted_tables
        }
