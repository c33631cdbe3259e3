"""What the tests of stock counts are built with: a place, scans of it, and what a count says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from tests.services.builders import (
    BOB,
    NOW,
    item,
    new_boxes,
    new_units,
    queue,
    scan,
)
from tracker.db import db, transaction
from tracker.domain.bench import Bench
from tracker.domain.permissions import SYSTEM, Actor, Role
from tracker.domain.scans import Scan
from tracker.models import Discrepancy, Identifier, Item, StockCount
from tracker.queries import counts as queries
from tracker.services import bench
from tracker.services.bench import Answer, Read

LATER = NOW + timedelta(hours=2)
DAY_AFTER = NOW + timedelta(days=1)
KINDS = ("alone", "boxed", "missing", "gone", "unexpected", "came", "unknown")
FRANK = Actor("account:6", Role.COORDINATOR)


def stocked(many: int, place: str = "WH-1") -> list[str]:
    """Units in stock at a place."""
    codes = new_units(many)
    queue([scan(code, "receiving", 1, location=place) for code in codes])
    return codes


def packed(many: int) -> tuple[list[str], str]:
    """Units in a box at WH-1, and the box."""
    codes, [box] = stocked(many), new_boxes(1)
    queue([scan(code, "packing", 2, handling_unit=box) for code in codes])
    return codes, box


def see(number: str, text: str, by: Actor = BOB, *, is_here: bool = False, **odd: Any) -> Answer:
    """What the bench answers to one scan of a count."""
    now = Bench(doing="counting", location="WH-1", count=number, **odd)
    read = Read(str(uuid4()), text, NOW, NOW, confirm=is_here)
    return bench.take(read, now, by=by, now=NOW)


def counted(number: str) -> queries.Split:
    """A count as it stands, item by item."""
    db.session.rollback()
    row = db.session.get(StockCount, number)
    assert row is not None
    return queries.split(row)


def numbers(number: str) -> dict[str, int]:
    """How a count stands, without what is nought."""
    found = counted(number)
    told = {name: len(getattr(found, name)) for name in KINDS}
    return {name: many for name, many in told.items() if many}


def at_place(code: str, minutes: int, step: str = "counting", **said: Any) -> Scan:
    """A scan made so many minutes after NOW."""
    return replace(scan(code, step, **said), occurred_at=NOW + timedelta(minutes=minutes))


def open_kinds() -> list[str]:
    """The kinds of all open discrepancies."""
    db.session.rollback()
    return sorted(db.session.scalars(select(Discrepancy.kind).where(Discrepancy.state == "open")))


def missing_of(number: str) -> list[str]:
    """The codes of the units that a count misses."""
    db.session.rollback()
    query = select(Item.code).where(Item.id.in_(counted(number).missing)).order_by(Item.id)
    return list(db.session.scalars(query))


def cases(kind: str = "short", state: str = "open") -> list[str]:
    """The codes of the units that have such a case."""
    db.session.rollback()
    query = select(Item.code).join(Discrepancy, Discrepancy.item == Item.id).order_by(Item.id)
    return list(
        db.session.scalars(query.where(Discrepancy.kind == kind, Discrepancy.state == state))
    )


def newer_than_paper(number: str) -> bool:
    """Whether the page asks for a new version of the paper."""
    db.session.rollback()
    found = queries.count(number, SYSTEM)
    assert found is not None
    return found.is_newer


def bind(blank: str, code: str) -> None:
    """A blank label is scanned onto a unit, with its maker's barcode."""
    with transaction() as session:
        session.add(Identifier(item=item(code).id, scheme="kit", value="KITEX1", read_at=NOW))
    queue([scan(blank, "commissioning", 5, second_identifier="KITEX1")], now=NOW)
