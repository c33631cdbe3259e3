"""What became of the units of consignments, as the ledger keeps it, and the ways they went."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, cast

from sqlalchemy import BindParameter, Row, Table, and_, bindparam, or_, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from tracker.domain.occurrences import Spot
from tracker.domain.receiving import Arrival, How, Trip
from tracker.models import Arrival as Kept
from tracker.models import Consignment, Location

AnyRow = Row[*tuple[Any, ...]]
ARRIVALS = cast(Table, Kept.__table__)
COLUMNS = ("how", "ended", "place", "other", "event", "scan", "box", "condition", "wrong", "reason")
"""Columns that hold what an arrival says, under its own names."""
CAME = (How.SINGLY.value, How.WITH_BOX.value)
IS_MISSING = or_(
    ARRIVALS.c.how == How.UNDER_WAY.value,
    and_(
        ARRIVALS.c.how == How.NOT_SENT.value,
        ARRIVALS.c.event.is_not(None),
        ARRIVALS.c.place.is_(None),
        ~ARRIVALS.c.ended,
    ),
)
"""Of a row: whether nobody has seen the unit since it was sent, as `Arrival.is_missing` says."""
_HOWS = {how.value: how for how in How}

_REFS: BindParameter[Any] = bindparam("refs", expanding=True)
_start, _end = aliased(Location), aliased(Location)
_TRIPS = (
    select(
        Consignment.ref,
        Consignment.origin,
        _start.premises.label("origin_area"),
        Consignment.destination,
        _end.premises.label("destination_area"),
    )
    .outerjoin(_start, _start.ref == Consignment.origin)
    .outerjoin(_end, _end.ref == Consignment.destination)
    .where(Consignment.ref.in_(_REFS))
)


def trips(connection: Connection, refs: Collection[str]) -> dict[str, Trip]:
    """The ways of those of `refs` that are consignments."""
    if not refs:
        return {}
    rows = connection.execute(_TRIPS, {"refs": sorted(refs)})
    return {
        row.ref: Trip(
            row.ref,
            _spot(row.origin, row.origin_area),
            _spot(row.destination, row.destination_area),
        )
        for row in rows
    }


def _spot(place: str | None, area: str | None) -> Spot | None:
    return None if place is None else (place, area or place)


_OF_ITEMS = select(ARRIVALS).where(ARRIVALS.c.item.in_(bindparam("items", expanding=True)))


def arrivals_of(connection: Connection, items: Collection[int]) -> dict[int, dict[str, Arrival]]:
    """{item: {consignment: what became of it there}} as it is kept."""
    found: dict[int, dict[str, Arrival]] = {item: {} for item in items}
    for row in connection.execute(_OF_ITEMS, {"items": list(items)}):
        found[row.item][row.consignment] = arrival_of(row)
    return found


def arrival_of(row: AnyRow) -> Arrival:
    """What a row of the table says; nothing, for one that an outer join left empty."""
    if row.how is None:
        return Arrival()
    said: Mapping[str, Any] = {name: getattr(row, name) for name in COLUMNS[1:]}
    return Arrival(_HOWS[row.how], known=True, **said)
