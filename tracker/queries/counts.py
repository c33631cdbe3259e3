"""Stock counts as rows: what should stand somewhere, what was seen and how, and the difference.

Bench, page and paper take their numbers from here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, case, func, select
from sqlalchemy.engine import Connection

from tracker.db import db
from tracker.domain.permissions import Actor
from tracker.models import (
    CountDoor,
    CountExpected,
    Document,
    HandlingUnit,
    Item,
    Product,
    Sighting,
    StockCount,
)
from tracker.queries import reach, stories

MOST_SHOWN = 500
IN_STOCK = ("in_stock", "packed")


@dataclass(frozen=True, slots=True)
class Books:
    """Where the ledger had a unit when it was seen: its status, and its place if it has one."""

    status: str | None
    location: str | None


@dataclass(frozen=True, slots=True)
class Doubt:
    """A box that was scanned closed, and of which units were seen one by one all the same.

    `alone` counts these; `rest` are the items that nobody saw by themselves.
    """

    box: str
    alone: int
    rest: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """What a scan of a count said of a unit that is not simply good."""

    condition: str | None
    reason: str | None
    event: str


@dataclass(slots=True)
class Split:
    """A count as it stands, item by item.

    Of the expected ones: seen singly (`alone`), seen with their box (`boxed`), `missing`, and
    `gone`: not seen and not expected any more, because they left meanwhile. Of the others:
    `unexpected`, with where the ledger had them, and `came`: received here meanwhile. `unknown` are
    codes that name nothing; `said` is what was said of units, `first` the first scan of each, and
    `doubts` are boxes about which a person has to be asked before the count is closed.
    """

    alone: list[int] = field(default_factory=list)
    boxed: list[int] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    unexpected: dict[int, Books] = field(default_factory=dict)
    came: list[int] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    said: dict[int, Said] = field(default_factory=dict)
    doubts: list[Doubt] = field(default_factory=list)
    first: dict[int, str] = field(default_factory=dict)

    @property
    def expected(self) -> int:
        """How many units were on the books."""
        return len(self.alone) + len(self.boxed) + len(self.missing) + len(self.gone)

    @property
    def found(self) -> int:
        """How many of them were seen, singly or with their box."""
        return len(self.alone) + len(self.boxed)


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit in a list: `status` and `location` on the books, `box` the name of its box."""

    code: str
    product_uk: str
    product_en: str
    status: str | None
    location: str | None
    box: str | None
    condition: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Result:
    """One count for a page: its numbers, and lists of at most `MOST_SHOWN` units each.

    `doors` are the locations that it is of; `unexpected` are units that belong elsewhere,
    `unknown` codes that name nothing here. `is_newer` says that scans came after its newest paper.
    """

    row: StockCount
    doors: Sequence[str]
    split: Split
    missing: Sequence[Unit]
    unexpected: Sequence[Unit]
    boxed: Sequence[Unit]
    gone: Sequence[Unit]
    came: Sequence[Unit]
    odd: Sequence[Unit]
    doubts: Sequence[tuple[str, Doubt, Sequence[Unit]]]
    is_newer: bool

    @property
    def expected(self) -> int:
        """How many units were on the books."""
        return self.split.expected

    @property
    def found(self) -> int:
        """How many of them were seen."""
        return self.split.found

    @property
    def missing_many(self) -> int:
        """How many of them were not, and should be here."""
        return len(self.split.missing)

    @property
    def unknown(self) -> Sequence[str]:
        """Codes that name nothing here."""
        return self.split.unknown


def list_counts(reader: Actor, limit: int = 100) -> Sequence[StockCount]:
    """Counts in reach, newest first."""
    within = select(StockCount).where(reach.of(StockCount, reader))
    return db.session.scalars(within.order_by(StockCount.opened_at.desc()).limit(limit)).all()


def count(number: str, reader: Actor) -> Result | None:
    """One count in reach as it stands now."""
    row = reach.one(db.session(), StockCount, number, reader)
    if row is None:
        return None
    found = split(row)
    books = found.unexpected
    doubts = [
        (_box_name(one.box), one, _units(one.rest, found)) for one in found.doubts[:MOST_SHOWN]
    ]
    return Result(
        row,
        doors_of(db.session.connection(), number),
        found,
        _units(found.missing, found),
        _units(books, found, books),
        _units(found.boxed, found),
        _units(found.gone, found),
        _units(found.came, found),
        _units(found.said, found),
        doubts,
        _is_newer(row),
    )


def doors_of(connection: Connection, number: str) -> Sequence[str]:
    """The locations that a count is of, in the order of their references."""
    query = select(CountDoor.location).where(CountDoor.count == number)
    return connection.scalars(query.order_by(CountDoor.location)).all()


def tally(number: str) -> tuple[int, int, int]:
    """(seen singly, seen with their box, expected) of a count: told at every scan."""
    seen = _seen(number).subquery()
    row = db.session.execute(
        select(
            func.count().filter(seen.c.alone == 1),
            func.count().filter(seen.c.alone == 0),
            func.count(),
        )
        .select_from(CountExpected)
        .outerjoin(seen, seen.c.item == CountExpected.item)
        .where(CountExpected.count == number)
    ).one()
    return row[0], row[1], row[2]


@dataclass(frozen=True, slots=True)
class Standing:
    """What one scan is to its count: `kind` is `expected`, `again`, `came` or `unexpected`.

    `books` say of the last where the ledger had the unit.
    """

    kind: str
    books: Books | None = None


def standing(scan: str) -> Standing | None:
    """What a scan of a unit or a box is to the count that it joined; None when it joined none.

    A box is unexpected if one of its units is.
    """
    rows = db.session.execute(
        select(Sighting.count.label("number"), Sighting.item, Sighting.event).where(
            Sighting.scan == scan, Sighting.item.is_not(None)
        )
    ).all()
    if not rows:
        return None
    events: dict[int, str] = {row.item: row.event for row in rows}
    number = rows[0].number
    before = select(Sighting.item).where(
        Sighting.count == number, Sighting.item.in_(events), Sighting.scan != scan
    )
    if list(events.values()) == [scan]:  # its box alone may have been scanned before
        before = before.where(Sighting.handling_unit.is_(None))
    if events.keys() <= set(db.session.scalars(before)):
        return Standing("again")
    listed = select(CountExpected.item).where(
        CountExpected.count == number, CountExpected.item.in_(events)
    )
    expected = set(db.session.scalars(listed))
    others = {item: event for item, event in events.items() if item not in expected}
    doors = doors_of(db.session.connection(), number) if others else ()
    for books in _books(others).values():
        if not _is_at(books, doors):
            return Standing("unexpected", books)
    return Standing("came" if others else "expected")


def split(row: StockCount) -> Split:
    """One count as it stands now, item by item."""
    sightings = db.session.execute(
        select(
            Sighting.item, Sighting.code, Sighting.event, Sighting.handling_unit, Sighting.inside,
            Sighting.condition, Sighting.reason,
        )
        .where(Sighting.count == row.number)
        .order_by(Sighting.seen_at, Sighting.id)
    ).all()  # fmt: skip
    found, alone, boxes = Split(), set[int](), defaultdict[str, dict[int, bool | None]](dict)
    for one in sightings:
        if one.item is None:
            found.unknown.append(one.code)
            continue
        if one.handling_unit is None:
            alone.add(one.item)
        else:
            boxes[one.handling_unit][one.item] = one.inside
        if one.inside is not False:
            found.first.setdefault(one.item, one.event)
        if one.reason or one.condition not in (None, "good"):
            found.said[one.item] = Said(one.condition, one.reason, one.event)
        elif one.condition == "good":
            found.said.pop(one.item, None)
    found.unknown = sorted(set(found.unknown))
    found.doubts = list(_doubts(boxes, alone))
    doors = doors_of(db.session.connection(), row.number)
    _sort_expected(row, doors, found, alone)
    _sort_others(doors, found)
    return found


def _doubts(boxes: Mapping[str, Mapping[int, bool | None]], alone: set[int]) -> Iterable[Doubt]:
    for box, inside in sorted(boxes.items()):
        rest = tuple(item for item, said in inside.items() if item not in alone and said is None)
        opened = len(inside.keys() & alone)
        if rest and opened:
            yield Doubt(box, opened, rest)


def _sort_expected(row: StockCount, doors: Collection[str], found: Split, alone: set[int]) -> None:
    listed = db.session.execute(
        select(CountExpected.item, CountExpected.gone, Item.location, Item.status)
        .join(Item, Item.id == CountExpected.item)
        .where(CountExpected.count == row.number)
        .order_by(CountExpected.item)
    )
    for one in listed:
        is_here = one.location in doors and one.status in IN_STOCK
        gone = one.gone if row.closed_at else not is_here
        if one.item in alone:
            found.alone.append(one.item)
        elif one.item in found.first:
            found.boxed.append(one.item)
        else:
            (found.gone if gone else found.missing).append(one.item)


def _sort_others(doors: Collection[str], found: Split) -> None:
    expected = {*found.alone, *found.boxed}
    others = {item: event for item, event in found.first.items() if item not in expected}
    for item, books in sorted(_books(others).items()):
        if _is_at(books, doors):
            found.came.append(item)
        else:
            found.unexpected[item] = books


def _is_at(books: Books, doors: Collection[str]) -> bool:
    return books.location in doors and books.status in IN_STOCK


def _books(events: Mapping[int, str]) -> dict[int, Books]:
    """Where the ledger has the items just before the given events of theirs."""
    known = stories.known_before(db.session.connection(), events)
    return {
        item: Books(state.status.value if state.status else None, state.location)
        for item, state in known.items()
    }


def _seen(number: str) -> Any:
    """(item, alone) of every item that was seen in a count."""
    alone = func.max(case((Sighting.handling_unit.is_(None), 1), else_=0)).label("alone")
    return (
        select(Sighting.item, alone)
        .where(Sighting.count == number, Sighting.item.is_not(None), believed())
        .group_by(Sighting.item)
    )


def believed() -> ColumnElement[bool]:
    """Whether nobody has said that the unit was not in the box that was scanned."""
    return Sighting.inside.is_(None) | Sighting.inside


def _units(
    items: Collection[int], found: Split, books: Mapping[int, Books] | None = None
) -> list[Unit]:
    """The first of the units numbered `items`, in their order."""
    wanted = list(items)[:MOST_SHOWN]
    rows: dict[int, Row[*tuple[Any, ...]]] = {
        row.id: row
        for row in db.session.execute(
            select(
                Item.id, Item.code, Item.location, Item.status, Product.name_uk, Product.name_en,
                HandlingUnit.name.label("box"),
            )
            .join(Product, Product.ref == Item.product)
            .outerjoin(HandlingUnit, HandlingUnit.code == Item.handling_unit)
            .where(Item.id.in_(wanted))
        )
    }  # fmt: skip
    told = []
    for item in wanted:
        row = rows[item]
        at = (books or {}).get(item) or Books(row.status, row.location)
        said = found.said.get(item) or Said(None, None, "")
        told.append(
            Unit(row.code, row.name_uk, row.name_en, at.status, at.location, row.box,
                 said.condition, said.reason)
        )  # fmt: skip
    return told


def _box_name(code: str) -> str:
    return db.session.scalar(select(HandlingUnit.name).where(HandlingUnit.code == code)) or code


def _is_newer(row: StockCount) -> bool:
    """Whether scans changed a closed count after its newest paper was issued."""
    if row.changed_at is None:
        return False
    issued: datetime | None = db.session.scalar(
        select(func.max(Document.issued_at)).where(
            Document.kind == "count_sheet", Document.number == row.number
        )
    )
    return issued is None or issued < row.changed_at
