"""What a closed count found, as cases: opened at the closing, and held against what comes later.

A unit that was missed is `short` until somebody sees it after the count, or a late scan shows that
it was seen in it, or had left before its end; then the shortage closes by itself. A unit that
should not have been there is `over`, unless the scan that saw it has opened a case already.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import UUID, uuid5

from sqlalchemy import Table, insert, select, update
from sqlalchemy.engine import Connection

from tracker.domain.bodies import stamp
from tracker.domain.custody import State
from tracker.domain.discrepancies import Detail
from tracker.ledger.discrepancies import Row, no_longer_sought, opened
from tracker.models import CountExpected, Discrepancy, Item, Sighting, StockCount
from tracker.queries import counts as queries
from tracker.queries import stories

_FOUND_BY = UUID("5b0d5d7e-6f0b-4a34-9d5a-0c7b1f4c2f61")
"""The name space of what stands for the event of a shortage: no scan opens it."""

PART = 1000
SAYS_SO = {"over": ("over", "elsewhere", "misfit"), "damaged": ("damaged",)}
"""Cases of a scan beside which another of the kind would say the same twice."""

_CASES = cast(Table, Discrepancy.__table__)
_COUNTS = cast(Table, StockCount.__table__)


@dataclass(slots=True)
class Affected:
    """Counts and their items that something has changed for; `changed` where what was seen has."""

    items: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    changed: set[str] = field(default_factory=set)

    def see(self, count: str, item: int | None) -> None:
        """A sighting of a count has come or gone."""
        self.changed.add(count)
        if item is not None:
            self.items[count].add(item)


def missed(
    connection: Connection, count: str, items: Collection[int], by: str, now: datetime
) -> None:
    """Open a shortage for each unit that a count has missed and nobody has missed before.

    One that is missed already stays one case, and only what is seen after this count closes it.
    """
    known = {row.item: row for row in _open_cases(connection, items, ("short",))}
    told: Detail = {"count": count, "missed_at": stamp(now)}
    for row in known.values():
        before = json.loads(row.detail)
        if row.consignment is None and before.get("missed_at", "") < told["missed_at"]:
            detail = json.dumps({**before, **told}, sort_keys=True)
            connection.execute(update(_CASES).where(_CASES.c.id == row.id).values(detail=detail))
    events = {item: _event(count, item) for item in items if item not in known}
    rows = [
        opened((f"item:{item}", item, "short", event), now, told) | {"raised_by": by}
        for item, event in events.items()
    ]
    _open(connection, rows)
    for part in _parts(items):
        connection.execute(update(Item).where(Item.id.in_(part)).values(sought=True))


def found(connection: Connection, items: Collection[int]) -> None:
    """Close what earlier counts have missed and a later one has found, if only with its box."""
    rows = [row for row in _open_cases(connection, items, ("short",)) if row.consignment is None]
    _close(connection, rows)


def unexpected(
    connection: Connection, count: str, kind: str, events: Mapping[int, str], by: str, now: datetime
) -> None:
    """Open a case for each unit that a scan of a count shows to be odd, where it opened none."""
    told = set()
    for part in _parts(events.values()):
        query = select(Discrepancy.event).where(
            Discrepancy.event.in_(part), Discrepancy.kind.in_(SAYS_SO[kind])
        )
        told |= set(connection.scalars(query))
    rows = [
        opened((f"item:{item}", item, kind, event), now, {"count": count}) | {"raised_by": by}
        for item, event in events.items()
        if event not in told
    ]
    _open(connection, rows)


def of_items(connection: Connection, items: Collection[int]) -> dict[str, set[int]]:
    """{count: those of the items about which it has an open case}."""
    found: dict[str, set[int]] = defaultdict(set)
    for row in _open_cases(connection, items, ("short", "over")):
        count = json.loads(row.detail).get("count")
        if count:
            found[count].add(row.item)
    return found


def align(connection: Connection, affected: Affected, now: datetime) -> None:
    """Hold the cases of closed counts against what is known now."""
    if not (affected.items or affected.changed):
        return
    numbers = affected.changed | affected.items.keys()
    counts = connection.execute(
        select(_COUNTS).where(StockCount.number.in_(numbers), StockCount.closed_at.is_not(None))
    )
    for count in counts.all():
        changed = _align(connection, count, affected.items.get(count.number, set()), now)
        if changed or count.number in affected.changed:
            connection.execute(
                update(_COUNTS).where(_COUNTS.c.number == count.number).values(changed_at=now)
            )


def _align(connection: Connection, count: Any, items: set[int], now: datetime) -> bool:
    """One count; whether units turn out to have left before its end."""
    listed, seen = _listed(connection, count.number, items), _seen(connection, count.number, items)
    unseen = {item for item, gone in listed.items() if item not in seen and not gone}
    doors = queries.doors_of(connection, count.number)
    here = _at(stories.known_at(connection, unseen, count.closed_at), doors)
    missed(connection, count.number, unseen & here, count.closed_by, count.closed_at)
    left = unseen - here
    if left:
        connection.execute(
            update(CountExpected)
            .where(CountExpected.count == count.number, CountExpected.item.in_(left))
            .values(gone=True)
        )
    _heal(connection, count.number, "short", items - (unseen & here))
    others = {item: event for item, event in seen.items() if item not in listed}
    came = _at(stories.known_before(connection, others), doors)
    odd = {item: event for item, event in others.items() if item not in came}
    unexpected(connection, count.number, "over", odd, count.closed_by, now)
    _heal(connection, count.number, "over", items - odd.keys())
    return bool(left)


def _listed(connection: Connection, count: str, items: set[int]) -> dict[int, bool]:
    """{item: whether it had left by the end} of those of the items that were expected."""
    rows = connection.execute(
        select(CountExpected.item, CountExpected.gone).where(
            CountExpected.count == count, CountExpected.item.in_(items)
        )
    )
    return {row.item: row.gone for row in rows}


def _seen(connection: Connection, count: str, items: set[int]) -> dict[int, str]:
    """{item: the first scan that saw it} of those of the items that were seen."""
    rows = connection.execute(
        select(Sighting.item, Sighting.event)
        .where(Sighting.count == count, Sighting.item.in_(items), queries.believed())
        .order_by(Sighting.seen_at.desc(), Sighting.id.desc())
    )
    return {row.item: row.event for row in rows}


def _at(known: Mapping[int, State], doors: Collection[str]) -> set[int]:
    """Those of the items that stood at one of the doors, in stock."""
    return {
        item
        for item, state in known.items()
        if state.location in doors and state.status in queries.IN_STOCK
    }


def _heal(connection: Connection, count: str, kind: str, items: Collection[int]) -> None:
    """Close what a count has opened; of a shortage only if no later count has missed it too."""
    rows = [
        row
        for row in _open_cases(connection, items, (kind,))
        if json.loads(row.detail).get("count") == count
    ]
    _close(connection, rows)


def _close(connection: Connection, rows: Sequence[Any]) -> None:
    for part in _parts(row.id for row in rows):
        connection.execute(update(_CASES).where(_CASES.c.id.in_(part)).values(state="healed"))
    no_longer_sought(connection, {row.item for row in rows})


def _open_cases(
    connection: Connection, items: Collection[int], kinds: Collection[str]
) -> Iterator[Any]:
    for part in _parts(items):
        yield from connection.execute(
            select(Discrepancy.id, Discrepancy.item, Discrepancy.consignment, Discrepancy.detail)
            .where(Discrepancy.item.in_(part), Discrepancy.kind.in_(kinds))
            .where(Discrepancy.state == "open", Discrepancy.raised_by.is_not(None))
        ).all()


def _open(connection: Connection, rows: Sequence[Row]) -> None:
    """Insert cases; one that was there and healed is open again, one that was settled stays so."""
    if not rows:
        return
    known = {}
    for part in _parts(row["event"] for row in rows):
        query = select(Discrepancy.id, Discrepancy.subject, Discrepancy.kind, Discrepancy.event)
        for row in connection.execute(query.where(Discrepancy.event.in_(part))):
            known[row.subject, row.kind, row.event] = row.id
    new = [row for row in rows if (row["subject"], row["kind"], row["event"]) not in known]
    if new:
        connection.execute(insert(_CASES), new)
    back = {
        known[key] for row in rows if (key := (row["subject"], row["kind"], row["event"])) in known
    }
    for part in _parts(back):
        connection.execute(
            update(_CASES)
            .where(_CASES.c.id.in_(part), _CASES.c.state == "healed")
            .values(state="open")
        )


def _event(count: str, item: int) -> str:
    return str(uuid5(_FOUND_BY, f"{count} {item}"))


def _parts(values: Iterable[Any]) -> Iterator[list[Any]]:
    """So many at a time as one question may name."""
    listed = list(values)
    for start in range(0, len(listed), PART):
        yield listed[start : start + PART]
