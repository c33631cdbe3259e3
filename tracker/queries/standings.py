"""How consignments stand: every unit's verdict, their sum, and what is still to be asked."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import cast

from sqlalchemy import Table, and_, bindparam, func, or_, select
from sqlalchemy.engine import Connection

from tracker.db import db
from tracker.domain.receiving import SAID_BY_HAND, Arrival, How, Judged, Sum, add_up, verdict_on
from tracker.models import (
    Discrepancy,
    HandlingUnit,
    Item,
    PackingLine,
    Product,
    ReceivingVerdict,
)
from tracker.queries import unopened
from tracker.queries.arrivals import ARRIVALS, CAME, COLUMNS, AnyRow, arrival_of
from tracker.queries.unopened import Boxes, Question


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of a consignment: what the ledger says became of it, and the word about it.

    `status` and `location` are where it stands by now. `said` is a person's word that stands
    because no scan has shown the unit.
    """

    item: int
    code: str
    status: str | None
    location: str | None
    listed: bool
    arrival: Arrival
    verdict: str
    said: ReceivingVerdict | None = None

    @property
    def judged(self) -> Judged:
        """As the sum counts it."""
        return Judged(self.verdict, None if self.said else self.arrival.how, self.listed)

    @property
    def reason(self) -> str | None:
        """What is amiss with it, as somebody said."""
        return self.said.reason if self.said else self.arrival.reason

    @property
    def elsewhere(self) -> str | None:
        """Where a unit was seen that did not come."""
        return None if self.arrival.came else self.arrival.place

    @property
    def unopened(self) -> str | None:
        """The box or pallet that was scanned, for a unit that nobody looked at."""
        return self.arrival.box if self.arrival.how is How.WITH_BOX else None

    @property
    def place(self) -> str | None:
        """Where a unit that did not come was seen, or has been put since its shipping was undone;
        None for one that came, and where nobody said.
        """
        stands = self.location if self.verdict == "not_sent" else None
        return self.elsewhere or stands


@dataclass(frozen=True, slots=True)
class Standing:
    """How a consignment stands: its units by number, its sum, and what is still to be asked."""

    units: dict[int, Unit]
    sum: Sum
    questions: tuple[Question, ...]

    @property
    def seal(self) -> str:
        """The four numbers and a digest of every unit's word: another one, another standing."""
        told = [(item, unit.verdict) for item, unit in sorted(self.units.items())]
        digest = sha256(json.dumps(told).encode()).hexdigest()[:16]
        return "-".join([*map(str, self.sum.four), digest])


_IS_LISTED = select(PackingLine.item).where(PackingLine.consignment == bindparam("ref")).limit(1)
_SAME = and_(ARRIVALS.c.consignment == PackingLine.consignment, ARRIVALS.c.item == PackingLine.item)
_UNIT = (Item.id, Item.code, Item.status, Item.location, Item.consignment)
_ARRIVAL = tuple(ARRIVALS.c[name] for name in COLUMNS)
_LISTED = (
    select(*(column.label(f"item_{column.key}") for column in _UNIT), *_ARRIVAL)
    .join(PackingLine, PackingLine.item == Item.id)
    .outerjoin(ARRIVALS, _SAME)
    .where(PackingLine.consignment == bindparam("ref"))
)
_UNLISTED = (
    select(*(column.label(f"item_{column.key}") for column in _UNIT), *_ARRIVAL)
    .join(ARRIVALS, ARRIVALS.c.item == Item.id)
    .outerjoin(PackingLine, _SAME)
    .where(ARRIVALS.c.consignment == bindparam("ref"), PackingLine.item.is_(None))
)


def is_listed(connection: Connection, ref: str) -> bool:
    """Whether what a consignment should bring has been written down."""
    return connection.scalar(_IS_LISTED, {"ref": ref}) is not None


def standing(connection: Connection, ref: str) -> Standing:
    """How a consignment stands by the ledger at this moment, and what people said beside it."""
    fixed = is_listed(connection, ref)
    said, boxes = _said_by_hand(connection, ref), unopened.boxes(connection, ref)
    units: dict[int, Unit] = {}
    rows = list(connection.execute(_LISTED, {"ref": ref})) if fixed else []
    for row in rows:
        units[row.item_id] = _unit(row, True, said, boxes)
    expected = {} if fixed else planned(connection, ref)
    for row in connection.execute(_UNLISTED, {"ref": ref}):
        listed = row.item_id in expected or _goes_along(row, ref)
        if verdict_on(arrival_of(row), listed=listed) is not None:
            units[row.item_id] = _unit(row, listed, said, boxes)
    total = add_up(unit.judged for unit in units.values())
    return Standing(units, total, boxes.questions)


def _goes_along(row: AnyRow, ref: str) -> bool:
    """Whether a unit is on its way with a consignment whose list does not name it.

    It was loaded after the list was written, or its scan came late: it is expected all the same,
    and missed if it does not come.
    """
    under_way = row.how == How.UNDER_WAY.value and row.item_status == "in_transit"
    return bool(under_way and row.item_consignment == ref)


def _unit(row: AnyRow, listed: bool, said: Mapping[int, ReceivingVerdict], boxes: Boxes) -> Unit:
    arrival = arrival_of(row)
    if row.item_id in boxes.stay:
        arrival = replace(arrival, how=How.WITH_BOX)
    word = verdict_on(arrival, listed=listed) or "over"
    own = said.get(row.item_id) if word == "short" else None
    unit = row.item_id, row.item_code, row.item_status, row.item_location
    return Unit(*unit, listed, arrival, own.verdict if own else word, own)


_VERDICTS = cast(Table, ReceivingVerdict.__table__)
_LAST = (
    select(func.max(ReceivingVerdict.id))
    .where(ReceivingVerdict.consignment == bindparam("ref"), ReceivingVerdict.item.is_not(None))
    .group_by(ReceivingVerdict.item)
)
_WORDS = select(_VERDICTS).where(ReceivingVerdict.id.in_(_LAST))
_SAID = _WORDS.where(
    ReceivingVerdict.event.is_(None),
    ReceivingVerdict.verdict.in_(SAID_BY_HAND),
)


def _said_by_hand(connection: Connection, ref: str) -> dict[int, ReceivingVerdict]:
    """What somebody said of units that no scan had shown, where that is the last word on them."""
    rows = connection.execute(_SAID, {"ref": ref})
    return {row.item: ReceivingVerdict(**row._mapping) for row in rows}


def news(connection: Connection, ref: str, found: Standing) -> dict[int, Unit | None]:
    """{item: how it stands} of units whose last verdict is another, or that have none yet.

    None stands for a unit that was judged and is no matter of the consignment any more.
    """
    last = {row.item: row for row in connection.execute(_WORDS, {"ref": ref})}
    told: dict[int, Unit | None] = {
        item: unit
        for item, unit in found.units.items()
        if unit.said is None and (item not in last or not _says(last[item], unit))
    }
    gone = [item for item, row in last.items() if row.verdict != "not_sent"]
    return told | dict.fromkeys([item for item in gone if item not in found.units])


def _says(row: AnyRow, unit: Unit) -> bool:
    """Whether a verdict says of a unit what is known of it."""
    known = unit.verdict, unit.elsewhere, unit.unopened
    return (row.verdict, row.location, row.handling_unit) == known


_STRAYS = (
    select(Discrepancy.item)
    .where(
        Discrepancy.consignment == ARRIVALS.c.consignment,
        Discrepancy.item == ARRIVALS.c.item,
        Discrepancy.kind == "over",
        Discrepancy.state != "healed",
    )
    .exists()
)
_GOES = or_(
    and_(ARRIVALS.c.how == How.UNDER_WAY.value, Item.status.in_(("announced", "in_transit"))),
    and_(ARRIVALS.c.how.in_(CAME), ~_STRAYS),
)
IS_PLANNED = or_(
    _GOES,
    and_(ARRIVALS.c.how == How.NOT_SENT.value, Item.consignment == ARRIVALS.c.consignment),
)
"""Of a row of `arrival` and its item: whether a consignment without a list should bring it.

What stands where the journey begins is still to be loaded.
"""
_PLAN = (
    select(Item.id, Item.handling_unit)
    .join(ARRIVALS, ARRIVALS.c.item == Item.id)
    .where(ARRIVALS.c.consignment == bindparam("ref"))
    .order_by(Item.id)
)


def to_list(connection: Connection, ref: str) -> dict[int, str | None]:
    """{item: the box it lies in} of what a consignment takes along, to be written down.

    What is on it, and what has come; what came although it belongs elsewhere is none of it.
    """
    return {
        row.id: row.handling_unit for row in connection.execute(_PLAN.where(_GOES), {"ref": ref})
    }


def planned(connection: Connection, ref: str) -> dict[int, str | None]:
    """{item: the box it lies in} of what a consignment should bring, while that is a plan."""
    rows = connection.execute(_PLAN.where(IS_PLANNED), {"ref": ref})
    return {row.id: row.handling_unit for row in rows}


_NAMED = (
    select(
        Item.id,
        Item.code,
        Product.name_uk.label("product_uk"),
        Product.name_en.label("product_en"),
    )
    .join(Product, Product.ref == Item.product)
    .where(Item.id.in_(bindparam("items", expanding=True)))
    .order_by(Item.id)
)
_BOX_NAMES = select(HandlingUnit.code, HandlingUnit.name).where(
    HandlingUnit.code.in_(bindparam("codes", expanding=True))
)


def named(items: Collection[int], connection: Connection | None = None) -> dict[int, AnyRow]:
    """{number: (id, code, product_uk, product_en)} of units."""
    connection = connection or db.session.connection()
    return {row.id: row for row in connection.execute(_NAMED, {"items": list(items)})}


def box_names(codes: Collection[str]) -> dict[str, str]:
    """{code: what is written on it} of boxes and pallets."""
    rows = db.session.execute(_BOX_NAMES, {"codes": list(codes)})
    return {row.code: row.name or row.code for row in rows}
