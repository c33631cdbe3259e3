"""What the ledger's tests are built with: a small world, units, scans, and reading states back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import insert, select, text

from labels.codes import new_codes
from tracker.db import db, transaction
from tracker.domain import chain
from tracker.domain.permissions import SYSTEM, Actor, Role
from tracker.domain.scans import Mode, Outcome, Scan
from tracker.ledger.announcing import NewItem, announce
from tracker.ledger.record import record
from tracker.models import (
    ActLine,
    Consignment,
    Discrepancy,
    Event,
    HandlingUnit,
    HandoverAct,
    Identifier,
    Item,
    Label,
    Location,
    Party,
    Pledge,
    PledgeLine,
    Product,
)

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
NOTHING_DIFFERS: dict[str, list[str]] = {
    "items": [],
    "boxes": [],
    "discrepancies": [],
    "tallies": [],
    "deleted": [],
}
"""What `rebuild` says of a ledger that nobody changed past it."""
COORDINATOR = Actor("account:1", Role.COORDINATOR)
BOB = Actor("account:2", Role.WAREHOUSE, frozenset({"WH-1"}))


def lay_world() -> None:
    """Two warehouses, two sites, a border point, a consignment, a pledge of terminals."""
    if db.session.get(Party, "EX") is not None:
        return
    with transaction() as session:
        session.add_all([Party(ref="EX", name="Example", kind="member_state"),
                         Party(ref="EX-USER", name="Example user", kind="end_user")])  # fmt: skip
        session.add(
            Product(ref="EX-TERM", name_en="Terminal", name_uk="Термінал",
                    kind="satellite_terminal", identifiers="serial kit")
        )  # fmt: skip
        places = [("WH-1", "warehouse"), ("WH-2", "warehouse"), ("EX-B", "border")]
        places += [("EX-SITE-1", "site"), ("EX-SITE-2", "site")]
        session.add_all(Location(ref=ref, kind=kind) for ref, kind in places)
        session.flush()
        session.add(Pledge(ref="EX-1", donor="EX", pledged_on=date(2026, 1, 1)))
        session.flush()
        session.add(PledgeLine(id=1, pledge="EX-1", product="EX-TERM", quantity=100_000))
        session.add_all(Consignment(ref=ref, made_at=NOW) for ref in ("EX-C-1", "EX-C-2"))


def new_units(how_many: int, *, kits: bool = False) -> list[str]:
    """Announced items, the oldest story a day before NOW; their label codes."""
    codes = list(new_codes(how_many))
    with transaction() as session:
        new = [NewItem(code, "EX-1", 1, "EX-TERM", code.lower()) for code in codes]
        numbers = announce(session, new, by=SYSTEM, now=NOW - timedelta(days=30))
        bound = [
            {"code": c, "state": "bound", "item": n} for c, n in zip(codes, numbers, strict=True)
        ]
        session.execute(insert(Label), bound)
        if kits:
            session.execute(insert(Identifier), [
                {"item": n, "scheme": "kit", "value": f"KITEX{n:07d}", "read_at": NOW, "live": True}
                for n in numbers
            ])  # fmt: skip
    return codes


def new_boxes(how_many: int) -> list[str]:
    """Boxes with labels; their codes."""
    codes = list(new_codes(how_many))
    with transaction() as session:
        session.execute(insert(HandlingUnit), [
            {"code": code, "name": code, "kind": "box", "seq": 0} for code in codes
        ])  # fmt: skip
        session.execute(
            insert(Label),
            [{"code": code, "state": "bound", "handling_unit": code} for code in codes],
        )
    return codes


def new_blanks(how_many: int) -> list[str]:
    """Blank labels, printed and bound to nothing."""
    codes = list(new_codes(how_many))
    with transaction() as session:
        session.execute(insert(Label), [{"code": code, "state": "blank"} for code in codes])
    return codes


def scan(code: str, step: str, minutes: int = 0, **said: object) -> Scan:
    """A scan of `code`, `minutes` after a day before NOW."""
    at = NOW - timedelta(days=1) + timedelta(minutes=minutes)
    return Scan(str(uuid4()), code, step, at, **said)  # type: ignore[arg-type]


def queue(scans: Sequence[Scan], by: Actor = COORDINATOR, now: datetime = NOW) -> list[Outcome]:
    """Record `scans` as a phone does that was offline."""
    return record(scans, sent_at=now, mode=Mode.QUEUED, by=by, now=now)


def live(one: Scan, by: Actor = COORDINATOR, now: datetime = NOW, **extra: Any) -> Outcome:
    """Record one scan as a person does who waits for the answer."""
    return record([one], sent_at=now, mode=Mode.LIVE, by=by, now=now, **extra)[0]


def item(code: str) -> Item:
    """The item that wears `code`, read anew."""
    db.session.rollback()
    found: Item = db.session.execute(
        select(Item).join(Label, Label.item == Item.id).where(Label.code == code)
    ).scalar_one()
    db.session.refresh(found)
    return found


def printed_act(code: str) -> str:
    """The number of an act for this unit, to EX-USER, that waits for its signatures."""
    number = item(code).id
    act_number = f"EX-ACT-{number}"
    with transaction() as session:
        said = {"giver": "EX", "receiver": "EX-USER", "purpose": "Example", "commission": ""}
        made = {"made_by": "account:1", "made_at": NOW}
        session.add(act := HandoverAct(number=act_number, state="draft", **made, **said))
        session.flush()
        line = {"code": code, "added_by": "account:1", "added_at": NOW}
        session.add(ActLine(act=act.id, item=number, **line))
    return act_number


STORED = (
    "status", "condition", "location", "custodian", "handling_unit", "consignment",
    "status_before", "shipped_at", "received_at", "signed_for_at", "deployed_at", "online_at",
    "inspected_at", "working_at",
)  # fmt: skip


def states(codes: Sequence[str], names: Sequence[str]) -> dict[str, tuple[object, ...]]:
    """What is stored of the items, under their `names`, so that two worlds can be compared."""
    told = {}
    for code, name in zip(codes, names, strict=True):
        found = item(code)
        told[name] = tuple(getattr(found, column) for column in STORED)
    return told


def open_discrepancies(codes: Sequence[str]) -> list[tuple[int, str, str, str]]:
    """(place in `codes`, kind, state) of what is open about the items."""
    numbers = {item(code).id: place for place, code in enumerate(codes)}
    rows = db.session.execute(
        select(Discrepancy.item, Discrepancy.kind, Discrepancy.event)
        .where(Discrepancy.state == "open", Discrepancy.item.in_(numbers))
    )  # fmt: skip
    return sorted((numbers[row.item], row.kind, str(row.event), "open") for row in rows)


def broken_chains() -> list[str]:
    """Subjects whose hashes or numbering do not follow from their bodies."""
    db.session.rollback()
    heads: dict[str, tuple[int, bytes]] = {}
    broken = []
    rows = db.session.execute(select(Event).order_by(Event.subject, Event.seq)).scalars()
    for event in rows:
        seq, head = heads.get(event.subject, (0, chain.GENESIS))
        body = json.loads(event.body)
        if (
            event.seq != seq + 1
            or event.hash != chain.event_hash(head, event.body)
            or body["id"] != event.id
            or body["subject"] != event.subject
        ):
            broken.append(event.subject)
        heads[event.subject] = (event.seq, event.hash)
    for number, *end in db.session.execute(select(Item.id, Item.seq, Item.head)):
        if heads.get(f"item:{number}") != tuple(end):
            broken.append(f"item:{number}")
    return broken


def kept_ids() -> set[str]:
    """Ids of all events in the ledger."""
    db.session.rollback()
    return {str(row) for row in db.session.scalars(text("SELECT id FROM event"))} | set(
        db.session.scalars(select(Event.id))
    )
