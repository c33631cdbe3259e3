"""The cases of a concluded consignment: what did not come, came elsewhere, or nobody looked at.

Nobody scans what is missing, so no event opens these: concluding does, and from then on they are
held against what the ledger says. A unit that turns up closes its shortage; one whose receipt was
declared wrong is missed again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.engine import Connection

from tracker.domain.discrepancies import Detail
from tracker.domain.receiving import How
from tracker.ledger import discrepancies
from tracker.models import Discrepancy, Event, Item
from tracker.queries.standings import Standing, Unit, named, standing
from tracker.queries.unopened import Question

RAISED = ("short", "elsewhere", "partly_seen")
"""Kinds that concluding opens and a later scan closes; a damage waits for a person."""
Key = tuple[str, str]
"""(kind, subject)."""
MOST_NAMED = 200

_KNOWN = select(
    Discrepancy.id,
    Discrepancy.kind,
    Discrepancy.subject,
    Discrepancy.event,
    Discrepancy.state,
    Discrepancy.raised_by,
).where(
    Discrepancy.consignment == bindparam("ref"),
    Discrepancy.kind.in_((*RAISED, "damaged")),
)


def align(connection: Connection, ref: str, by: str, now: datetime) -> None:
    """Make the cases of a concluded consignment what it stands at; `by` raised those that are new.

    What a person has settled stays settled.
    """
    found = standing(connection, ref)
    wanted = _wanted(found)
    known: dict[Key, list[Row[*tuple[Any, ...]]]] = {}
    for row in connection.execute(_KNOWN, {"ref": ref}):
        known.setdefault((row.kind, row.subject), []).append(row)
    reopen = [
        row.id
        for key in wanted
        for row in known.get(key, ())[-1:]
        if row.state == "healed" and row.raised_by
    ]
    heal = [
        row.id
        for key, rows in known.items()
        for row in rows
        if row.state == "open" and row.raised_by and key not in wanted and row.kind in RAISED
    ]
    discrepancies.set_state(connection, reopen, "open")
    discrepancies.set_state(connection, heal, "healed")
    held = {
        key
        for key, rows in known.items()
        if any(row.raised_by or row.state != "healed" for row in rows)
    }
    new = {key: about for key, about in wanted.items() if key not in held}
    _open(connection, ref, new, by, now)


About = Unit | Question


def _wanted(found: Standing) -> dict[Key, About]:
    wanted: dict[Key, About] = {("partly_seen", f"unit:{one.box}"): one for one in found.questions}
    for unit in found.units.values():
        kind = _kind(unit)
        if kind is not None:
            wanted[kind, f"item:{unit.item}"] = unit
    return wanted


def _kind(unit: Unit) -> str | None:
    """The case that a unit is; an open one of its scan may say the same already."""
    if unit.said is not None or not unit.listed:
        return None
    if unit.arrival.is_missing:
        return "short"
    if unit.arrival.how is How.ELSEWHERE:
        return "elsewhere"
    return "damaged" if unit.arrival.came and unit.arrival.condition != "good" else None


_ENDS = (
    select(Item.id, Item.last_event, Event.id.label("first"))
    .join(Event, (Event.subject == "item:" + Item.id.cast(Event.subject.type)) & (Event.seq == 1))
    .where(Item.id.in_(bindparam("items", expanding=True)))
)
_SAME = select(Discrepancy.item).where(
    Discrepancy.item.in_(bindparam("items", expanding=True)),
    Discrepancy.kind == "damaged",
    Discrepancy.event.in_(bindparam("events", expanding=True)),
)


def _open(
    connection: Connection,
    ref: str,
    new: Mapping[Key, About],
    by: str,
    now: datetime,
) -> None:
    units = {unit.item: unit for unit in new.values() if isinstance(unit, Unit)}
    events = _events(connection, units)
    told = _told_already(connection, units)
    names = named(_asked(new.values()), connection)
    for (kind, subject), about in new.items():
        detail: Detail = {"consignment": ref}
        if isinstance(about, Question):
            item, event = None, about.scan
            detail |= {"box": about.box, "seen": about.seen, "unseen": len(about.unseen)}
            detail["units"] = [names[number].code for number in about.unseen[:MOST_NAMED]]
        else:
            item, event = about.item, events[about.item]
            if kind == "damaged" and item in told:
                continue
            if about.arrival.other:
                detail["with"] = about.arrival.other
        row = discrepancies.opened((subject, item, kind, event), now, detail)
        discrepancies.keep_once(connection, row | {"raised_by": by})


def _events(connection: Connection, units: Mapping[int, Unit]) -> dict[int, str]:
    """The event that each case is about: what showed the unit, or its newest."""
    rows = connection.execute(_ENDS, {"items": list(units)}) if units else ()
    return {row.id: units[row.id].arrival.event or row.last_event or row.first for row in rows}


def _told_already(connection: Connection, units: Mapping[int, Unit]) -> set[int]:
    """Those of whose damage the scan that brought them has opened a case."""
    hurt = [unit for unit in units.values() if _kind(unit) == "damaged"]
    events = [unit.arrival.event for unit in hurt if unit.arrival.event]
    if not events:
        return set()
    said = {"items": [unit.item for unit in hurt], "events": events}
    return {item for item in connection.scalars(_SAME, said) if item is not None}


def _asked(wanted: Collection[About]) -> set[int]:
    return {item for one in wanted if isinstance(one, Question) for item in one.unseen[:MOST_NAMED]}
