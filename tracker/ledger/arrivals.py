"""What became of each unit on each consignment, kept with the events that say so.

A stored copy of `domain.receiving`, as the columns of an item are of the fold: an event that is the
newest of its unit is followed onto the row, and a unit whose past changed is followed anew from its
first event. So a bench, a list and a paper read the same rows, which cost nothing to read. What
turns up, or is gone again, after a consignment was concluded changes its cases at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import and_, bindparam, delete, select, update
from sqlalchemy.engine import Connection

from tracker.db import transaction
from tracker.domain.custody import Folded, Verdict
from tracker.domain.occurrences import Occurrence
from tracker.domain.receiving import NAMING, NOTHING, UNDOES, Arrival, Trip, became
from tracker.ledger import late_lines, shortfalls
from tracker.ledger.bulk import insert_rows
from tracker.ledger.loading import Unit
from tracker.models import Arrival as Kept
from tracker.models import Consignment, Item, PackingLine
from tracker.queries import stories
from tracker.queries.arrivals import ARRIVALS, COLUMNS, arrivals_of, trips

Told = tuple[Sequence[Occurrence], Folded]
"""A unit's events, and its folded story."""
Known = Mapping[int, Mapping[str, Arrival]]
Changes = dict[tuple[str, int], tuple[Arrival, Arrival]]
"""(consignment, item): (before, after)."""


def keep(
    connection: Connection,
    moved: Sequence[Unit],
    verdicts: Mapping[str, Verdict],
    *,
    by: str,
    now: datetime,
) -> None:
    """Follow the new events of `moved` units, whose states are written already.

    `by` sent what changed the stories of those that have no new event of their own.
    """
    late_lines.keep(connection, moved, verdicts)
    known = _known(connection, moved)
    refs = {unit.item: _concerned(unit, known[unit.item], verdicts) for unit in moved}
    ways = trips(connection, set().union(*refs.values()))
    undone = _undone(connection, moved)
    changes: Changes = {}
    for unit in moved:
        told = unit.told or undone.get(unit.item)
        for ref in refs[unit.item] & ways.keys():
            before = known[unit.item].get(ref, NOTHING)
            after = _anew(told, ways[ref]) if told else _after(unit, before, ways[ref], verdicts)
            if after != before:
                changes[ref, unit.item] = before, after
    _write(connection, changes)
    makers = {unit.item: unit.new[-1].by or by for unit in moved if unit.new}
    raised = {ref: makers.get(item, by) for ref, item in changes}
    for ref in _concluded(connection, raised):
        shortfalls.align(connection, ref, raised[ref], now)


def _known(connection: Connection, moved: Sequence[Unit]) -> dict[int, dict[str, Arrival]]:
    """What is kept of the units; not asked of those that a manifest has only just announced."""
    old = [
        unit.item
        for unit in moved
        if unit.told or unit.before.consignment or unit.seq - len(unit.new) > 1
    ]
    kept = arrivals_of(connection, old) if old else {}
    return {unit.item: kept.get(unit.item, {}) for unit in moved}


def _concerned(
    unit: Unit, known: Mapping[str, Arrival], verdicts: Mapping[str, Verdict]
) -> set[str]:
    """The consignments of which the unit's new events may tell something."""
    if unit.told:
        events, folded = unit.told
        return known.keys() | _named(events, folded.verdicts)
    return {ref for ref, kept in known.items() if not kept.ended} | _named(unit.new, verdicts)


def _named(events: Iterable[Occurrence], verdicts: Mapping[str, Verdict]) -> set[str]:
    """The consignments that events put a unit on, or receive it with."""
    naming = [event for event in events if event.step in NAMING]
    told = {event.consignment for event in naming}
    told |= {verdicts[event.id].journey for event in naming}
    return {ref for ref in told if ref is not None}


def _undone(connection: Connection, moved: Sequence[Unit]) -> Mapping[int, Told]:
    """The whole stories of units whose shipping is undone: where they were seen since it counts."""
    items = [
        unit.item
        for unit in moved
        if not unit.told and any(event.step in UNDOES for event in unit.new)
    ]
    return stories.events_and_folds(connection, items) if items else {}


def _after(unit: Unit, before: Arrival, way: Trip, verdicts: Mapping[str, Verdict]) -> Arrival:
    """What became of the unit after its new events."""
    new = [(event, verdicts[event.id]) for event in unit.new]
    return became(new, way, before, condition=unit.before.condition)


def _anew(told: Told, way: Trip) -> Arrival:
    """The same by its whole story, from the unit's first event on."""
    events, folded = told
    by_id = {event.id: event for event in events}
    return became(((by_id[name], verdict) for name, verdict in folded.verdicts.items()), way)


_ROW = and_(ARRIVALS.c.consignment == bindparam("ref"), ARRIVALS.c.item == bindparam("number"))
_DELETE = delete(ARRIVALS).where(_ROW)
_UPDATE = update(ARRIVALS).where(_ROW).values({name: bindparam(f"new_{name}") for name in COLUMNS})


def _write(connection: Connection, changes: Changes) -> None:
    new, changed, gone = [], [], []
    for (ref, item), (before, after) in sorted(changes.items()):
        key = {"ref": ref, "number": item}
        if not after.known:
            gone.append(key)
        elif before.known:
            changed.append({f"new_{name}": getattr(after, name) for name in COLUMNS} | key)
        else:
            new.append((ref, item, *(getattr(after, name) for name in COLUMNS)))
    insert_rows(connection, ARRIVALS, ("consignment", "item", *COLUMNS), new)
    if changed:
        connection.execute(_UPDATE, changed)
    if gone:
        connection.execute(_DELETE, gone)


def announce(connection: Connection, announced: Iterable[tuple[str, int]]) -> None:
    """Units that a manifest puts on consignments: (consignment, item)."""
    rows = sorted(announced)
    same = {"how": "under_way", "condition": "good"}
    insert_rows(connection, ARRIVALS, ("consignment", "item"), rows, same)


_CONCLUDED = select(Consignment.ref).where(
    Consignment.ref.in_(bindparam("refs", expanding=True)),
    Consignment.state.in_(("received", "closed")),
)


def _concluded(connection: Connection, refs: Collection[str]) -> list[str]:
    return list(connection.scalars(_CONCLUDED, {"refs": sorted(refs)})) if refs else []


_TO_FOLLOW = (
    select(Kept.item)
    .where(Kept.consignment.in_(bindparam("refs", expanding=True)))
    .distinct()
    .order_by(Kept.item)
)
_HOLD = (
    select(Item.id)
    .where(Item.id.in_(bindparam("items", expanding=True)))
    .order_by(Item.id)
    .with_for_update()
)


def follow_anew(connection: Connection, refs: Collection[str]) -> set[int]:
    """Follow the units of consignments again after their ways were changed; those that differed.

    Each is held, so that no scan of it that comes meanwhile is followed by the old way.
    """
    items = connection.scalars(_TO_FOLLOW, {"refs": sorted(refs)}).all()
    differed: set[int] = set()
    for start in range(0, len(items), stories.PART):
        part = connection.scalars(_HOLD, {"items": items[start : start + stories.PART]}).all()
        differed |= rebuild(connection, stories.events_and_folds(connection, part))
    return differed


_THEIRS = (
    select(Kept.consignment)
    .where(
        Kept.consignment.in_(bindparam("refs", expanding=True)),
        Kept.item.in_(bindparam("items", expanding=True)),
    )
    .distinct()
)


def judge_anew(connection: Connection, refs: Collection[str], by: str, now: datetime) -> None:
    """Follow them anew, and put the cases of those that are concluded right."""
    differed = follow_anew(connection, refs)
    items, theirs = sorted(differed), set[str]()
    for start in range(0, len(items), stories.PART):
        told = {"refs": sorted(refs), "items": items[start : start + stories.PART]}
        theirs |= {*connection.scalars(_THEIRS, told)}
    for ref in _concluded(connection, theirs):
        shortfalls.align(connection, ref, by, now)


def rebuild(connection: Connection, told: Mapping[int, Told], *, writes: bool = True) -> set[int]:
    """Follow whole stories anew and put right what is kept otherwise; the items that differed.

    Without `writes` it only tells them.
    """
    known = arrivals_of(connection, told.keys())
    refs = {
        item: known[item].keys() | _named(events, folded.verdicts)
        for item, (events, folded) in told.items()
    }
    ways = trips(connection, set().union(*refs.values()))
    changes: Changes = {}
    for item, story in told.items():
        for ref in refs[item] & ways.keys():
            before, after = known[item].get(ref, NOTHING), _anew(story, ways[ref])
            if before != after:
                changes[ref, item] = before, after
    if writes:
        _write(connection, changes)
    return {item for _, item in changes}


_ANY = select(Kept.item).limit(1)
_NAMED_ONCE = select(Item.id).where(Item.consignment.is_not(None)).limit(1)
_LISTED_ONCE = select(PackingLine.item).limit(1)
_NEXT = select(Item.id).where(Item.id > bindparam("last")).order_by(Item.id).limit(stories.PART)


def fill() -> int:
    """Follow every unit of a ledger that is older than these rows, once; how many there are."""
    many = last = 0
    with transaction() as session:
        connection = session.connection()
        if connection.scalar(_ANY) is not None:
            return 0
        if not any(connection.scalar(one) for one in (_NAMED_ONCE, _LISTED_ONCE)):
            return 0
        while items := connection.scalars(_NEXT, {"last": last}).all():
            rebuild(connection, stories.events_and_folds(connection, items))
            many, last = many + len(items), items[-1]
    return many
