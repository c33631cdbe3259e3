"""Stock counts follow the ledger: whoever scans `counting` at a place joins the count there.

A place may have several doors (`Location.premises`): a count is of all that it had at its opening.

Bench, phone and device alike, live or days later: what counts is when the scan was made. One that
was made before the count began is none of its, but for the half hour (`EARLY`) in which a bench may
have waited for somebody to begin it: what stood there days ago need not stand there now. A sighting
is the stored copy of what the fold makes of one such scan, written in the same transaction: undone,
it is gone; a unit that turns out not to have lain in the box that was scanned is not seen, nor one
that somebody only chose in a list. What a scan that comes after the closing explains closes by
itself, and what it shows anew opens.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypedDict, cast

from sqlalchemy import BindParameter, Table, bindparam, delete, insert, select
from sqlalchemy.engine import Connection

from tracker.domain.bodies import Body, moment
from tracker.domain.custody import Verdict
from tracker.domain.lifecycle import DECLARING_ERROR
from tracker.ledger import count_cases
from tracker.ledger.count_cases import Affected
from tracker.ledger.events import Row
from tracker.ledger.loading import Unit
from tracker.models import CountDoor, Discrepancy, Event, Sighting, StockCount
from tracker.queries.stories import item_of, labels_of

COUNTING = "counting"
EARLY = timedelta(minutes=30)
"""By how much a scan that names its count may be older than the count."""

_SUBJECTS: BindParameter[Any] = bindparam("subjects", expanding=True)
_EVENTS: BindParameter[Any] = bindparam("events", expanding=True)
_PLACES: BindParameter[Any] = bindparam("places", expanding=True)
_ANY_COUNT = select(StockCount.number).limit(1)
_COUNTED = select(Event.subject, Event.body).where(
    Event.step == COUNTING, Event.subject.in_(_SUBJECTS)
)
_SIGHTINGS = cast(Table, Sighting.__table__)
_KNOWN = select(Sighting.event, Sighting.count.label("number"), Sighting.item).where(
    Sighting.event.in_(_EVENTS)
)
_FORGET = delete(_SIGHTINGS).where(Sighting.event.in_(_EVENTS))
_UNNAMED = select(Discrepancy.event, Discrepancy.detail).where(
    Discrepancy.event.in_(_EVENTS), Discrepancy.kind == "unknown_code"
)
# Shared with other scans: who closes the count waits for those that are being written.
_COUNTS = (
    select(
        StockCount.number,
        CountDoor.location,
        StockCount.opened_at,
        StockCount.closed_at,
        StockCount.closed_by,
    )
    .join(CountDoor, CountDoor.count == StockCount.number)
    .where(CountDoor.location.in_(_PLACES))
    .order_by(StockCount.number)
    .with_for_update(read=True, of=StockCount)
)


@dataclass(frozen=True, slots=True)
class _Counted:
    """One scan that counts, as it was kept: `item` is None for a code that names nothing."""

    item: int | None
    body: Body

    @property
    def event(self) -> str:
        """Its id."""
        return self.body["id"]


def follow(
    connection: Connection,
    rows: Sequence[Row],
    units: Iterable[Unit],
    verdicts: Mapping[str, Verdict],
    now: datetime,
) -> set[str]:
    """Bring the sightings, and the cases of closed counts, into line with what was just written.

    `rows` are the new events, `units` those that they touched, `verdicts` what the fold makes of
    every event that was folded. Returns the scans that were made before the count began that is
    open at their place: they are none of its.
    """
    new = [row for row in rows if row["step"] == COUNTING]
    touched = [unit for unit in units if unit.refold or (unit.sought and unit.new)]
    again = [unit.item for unit in touched if unit.refold]
    undone = [row["declares"] for row in rows if row["step"] == DECLARING_ERROR and row["declares"]]
    if not (new or touched or undone) or connection.scalar(_ANY_COUNT) is None:
        return set()
    counted = _counted(connection, new, again)
    joined, early = _joined(connection, counted, verdicts)
    affected = _rewrite(connection, [*(one.event for one in counted), *undone], joined)
    cases = count_cases.of_items(connection, [unit.item for unit in touched])
    for number, items in cases.items():
        affected.items[number] |= items
    count_cases.align(connection, affected, now)
    return {row["via"] or row["id"] for row in new if row["id"] in early}


def _counted(connection: Connection, new: Sequence[Row], again: Sequence[int]) -> list[_Counted]:
    """The scans that count among the new events, and in the stories that were folded anew."""
    found: dict[str, _Counted] = {}
    labels = labels_of(connection, again) if again else {}
    subjects = [f"item:{item}" for item in again] + [f"code:{code}" for code in labels]
    told = [(row["subject"], row["body"]) for row in new]
    if subjects:
        told += connection.execute(_COUNTED, {"subjects": subjects}).all()
    for subject, text in told:
        kind, _, name = subject.partition(":")
        if kind == "unit":  # the box's own event: its shares tell of the units
            continue
        one = _Counted(item_of(subject) or labels.get(name), json.loads(text))
        found[one.event] = one
    return list(found.values())


def _joined(
    connection: Connection, counted: Sequence[_Counted], verdicts: Mapping[str, Verdict]
) -> tuple[dict[str, tuple[_Counted, str]], set[str]]:
    """{event: (the scan, the count that it is of)} of those that stand and are of one.

    And the events of others that are older than the open count of their place.
    """
    standing = [one for one in counted if _is_seen(one.body, verdicts.get(one.event))]
    places = {str(one.body["location"]) for one in standing if one.body.get("location")}
    counts: dict[str, list[Any]] = defaultdict(list)
    if places:
        for row in connection.execute(_COUNTS, {"places": sorted(places)}):
            counts[row.location].append(row)
    found, early = {}, set()
    for one in standing:
        here = counts.get(one.body.get("location", ""), ())
        number = _count_of(one.body, here)
        if number is not None:
            found[one.event] = one, number
        elif any(count.closed_at is None for count in here):
            early.add(one.event)
    return found, early


def _is_seen(body: Body, verdict: Verdict | None) -> bool:
    """Whether a scan shows a unit: it stands, is about it, and was made in front of it."""
    stands = verdict is not None and verdict.kind != "void" and verdict.concerns
    return stands and body.get("sighted") is not False


def _count_of(body: Body, counts: Iterable[Any]) -> str | None:
    """The count of the place that was open when a scan was made.

    A scan that names its count may be a little older than it: the bench was waiting for the server,
    or for somebody to begin the count.
    """
    at, named = moment(body["effective_at"]), None
    for count in counts:
        if count.closed_at is not None and count.closed_at < at:
            continue
        if count.opened_at <= at:
            return str(count.number)
        if count.number == body.get("report") and may_be_of(count.opened_at, at):
            named = str(count.number)
    return named


def may_be_of(opened_at: datetime, made_at: datetime) -> bool:
    """Whether a scan may be of the count that it names: not if it is much older."""
    return made_at >= opened_at - EARLY


def _rewrite(
    connection: Connection, events: Collection[str], joined: Mapping[str, tuple[_Counted, str]]
) -> Affected:
    """Make the sightings of `events` those in `joined`; what that changes."""
    if not events:
        return Affected()
    known = {row.event: row for row in connection.execute(_KNOWN, {"events": list(events)})}
    codes = _codes(connection, [one.event for one, _ in joined.values() if one.item is None])
    rows = {}
    for event, (one, number) in joined.items():
        row, before = _row(one, number, codes), known.get(event)
        if before is None or (before.number, before.item) != (number, one.item):
            rows[event] = row
    stale = [event for event in known if event not in joined or event in rows]
    if stale:
        connection.execute(_FORGET, {"events": stale})
    if rows:
        connection.execute(insert(_SIGHTINGS), list(rows.values()))
    affected = Affected()
    for count, item in [
        *((known[event].number, known[event].item) for event in stale),
        *((row["count"], row["item"]) for row in rows.values()),
    ]:
        affected.see(count, item)
    return affected


class _Sighting(TypedDict):
    """The row of what a scan saw in a count."""

    count: str
    event: str
    scan: str
    code: str
    item: int | None
    handling_unit: str | None
    condition: str | None
    reason: str | None
    seen_by: str
    seen_at: datetime


def _row(one: _Counted, number: str, codes: Mapping[str, str]) -> _Sighting:
    body = one.body
    via = body.get("via")
    return {
        "count": number,
        "event": one.event,
        "scan": via["event"] if via else one.event,
        "code": codes.get(one.event) or body.get("code") or one.event,
        "item": one.item,
        "handling_unit": via["unit"] if via else None,
        "condition": body.get("condition"),
        "reason": body.get("reason"),
        "seen_by": body["by"],
        "seen_at": moment(body["effective_at"]),
    }


def _codes(connection: Connection, events: Sequence[str]) -> dict[str, str]:
    """What was scanned where it named nothing: the ledger hides numbers, a case has them."""
    if not events:
        return {}
    rows = connection.execute(_UNNAMED, {"events": list(events)})
    return {row.event: str(json.loads(row.detail).get("code", ""))[:64] for row in rows}
