"""Discrepancies as the fold says them: opened, healed, opened again."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, TypedDict, cast

from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from tracker.clock import day_in_kyiv
from tracker.domain.bodies import moment
from tracker.domain.custody import Folded, Verdict
from tracker.domain.discrepancies import Detail
from tracker.domain.lifecycle import STEPS, Presence
from tracker.domain.occurrences import Occurrence
from tracker.ledger import checks
from tracker.ledger.loading import Unit
from tracker.models import Discrepancy, Item

DAYS_TO_SETTLE = 7
DAYS_TO_REVIEW = 90

Found = tuple[str, int | None, str, str]
"""(subject, item, kind, event id)."""


class Row(TypedDict, total=False):
    """A discrepancy's row, as it is opened. `for_review` says of old cases that they are."""

    subject: str
    item: int | None
    kind: str
    event: str
    consignment: str | None
    detail: str
    state: str
    opened_at: datetime
    due_on: date
    raised_by: str
    review: str


def opened(found: Found, now: datetime, detail: Detail | None = None) -> Row:
    """The row of a discrepancy that is open from `now`, due a week later."""
    subject, item, kind, event = found
    return {
        "subject": subject,
        "item": item,
        "kind": kind,
        "event": event,
        "consignment": (detail or {}).get("consignment"),
        "detail": json.dumps(detail or {}, ensure_ascii=False, sort_keys=True),
        "state": "open",
        "opened_at": now,
        "due_on": day_in_kyiv(now) + timedelta(days=DAYS_TO_SETTLE),
    }


_INSERT = insert(cast(Table, Discrepancy.__table__))


def keep(connection: Connection, rows: Sequence[Row]) -> None:
    """Insert newly opened discrepancies."""
    if rows:
        connection.execute(_INSERT, rows)


def keep_once(connection: Connection, row: Row) -> None:
    """Insert a newly opened discrepancy, unless the same is known."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    connection.execute(dialect.insert(Discrepancy).values(row).on_conflict_do_nothing())


class Known(NamedTuple):
    """A discrepancy that is kept: its number, and what it is about."""

    id: int
    subject: str
    kind: str


@dataclass(frozen=True, slots=True)
class Misaligned:
    """How the kept discrepancies of some items or boxes differ from what the fold finds.

    `new` are those that nothing is kept of, `gone` those that are open and that the fold no longer
    finds, `back` those that had healed and are found again.
    """

    new: list[Found]
    gone: list[Known]
    back: list[Known]

    @property
    def subjects(self) -> set[str]:
        """Whose they are: `item:7`, `unit:<code>`."""
        return {found[0] for found in self.new} | {one.subject for one in (*self.gone, *self.back)}


def compare(connection: Connection, wanted: Mapping[int, frozenset[tuple[str, str]]]) -> Misaligned:
    """What is kept of items against what the fold says: {item: {(kind, event)}}.

    What a person raised or settled stays as it is.
    """
    known: dict[tuple[int, str, str], Any] = {}
    raised = set()  # by a person, who has said the same: theirs stands
    query = select(
        Discrepancy.id,
        Discrepancy.item,
        Discrepancy.kind,
        Discrepancy.event,
        Discrepancy.state,
        Discrepancy.raised_by,
    ).where(Discrepancy.item.in_(list(wanted)), Discrepancy.kind.in_(FOLDED))
    for row in connection.execute(query):
        if row.raised_by is None:
            known[row.item, row.kind, row.event] = row
        else:
            raised.add((row.item, row.kind, row.event))
    new: list[Found] = []
    back: list[Known] = []
    for item, pairs in wanted.items():
        for kind, event in sorted(pairs):
            row = known.pop((item, kind, event), None)
            if row is None and (item, kind, event) not in raised:
                new.append((f"item:{item}", item, kind, event))
            elif row is not None and row.state == "healed":
                back.append(Known(row.id, f"item:{item}", kind))
    gone = [Known(r.id, f"item:{r.item}", r.kind) for r in known.values() if r.state == "open"]
    return Misaligned(new, gone, back)


def align(
    connection: Connection,
    wanted: Mapping[int, frozenset[tuple[str, str]]],
    details: Mapping[tuple[str, str], Detail],
    now: datetime,
) -> None:
    """Make the discrepancies of refolded items what the fold says: {item: {(kind, event)}}.

    Those that are new are opened; open ones that the fold no longer finds are healed; healed ones
    that are back are opened again; those a person settled stay settled.
    """
    put_right(connection, compare(connection, wanted), details, now)


def put_right(
    connection: Connection,
    differ: Misaligned,
    details: Mapping[tuple[str, str], Detail],
    now: datetime,
    review: Row | None = None,
) -> None:
    """Open, heal and open again. With `review` (`for_review`) what opens belongs to that batch."""
    rows = [opened(found, now, details.get(found[2:])) for found in differ.new]
    keep(connection, [row | (review or {}) for row in rows])
    set_state(connection, [one.id for one in differ.gone], "healed")
    set_state(connection, [one.id for one in differ.back], "open", review)


def for_review(name: str, now: datetime) -> Row:
    """What a discrepancy of old stories says that newer rules opened: a batch, and no alarm."""
    return {"review": name, "due_on": day_in_kyiv(now) + timedelta(days=DAYS_TO_REVIEW)}


FOLDED = (
    "gap", "misfit", "wrong_serial", "clock", "label_only", "loss", "suspected_diversion",
    "damaged", "over", "elsewhere", "left_box", "second_person",
)  # fmt: skip
"""Kinds that the fold finds; others, and those a person raised, are closed by who knows of them."""


_OF_BOXES = select(Discrepancy.id, Discrepancy.subject, Discrepancy.event, Discrepancy.state).where(
    Discrepancy.subject.in_(bindparam("subjects", expanding=True)), Discrepancy.kind == "left_box"
)


def compare_boxes(
    connection: Connection, wanted: Mapping[str, frozenset[tuple[str, str]]]
) -> Misaligned:
    """The same of boxes that left the pallets they stood on: {subject: {(kind, event)}}."""
    known = {
        (row.subject, row.event): row
        for row in connection.execute(_OF_BOXES, {"subjects": list(wanted)})
    }
    new: list[Found] = []
    back: list[Known] = []
    for subject, cases in wanted.items():
        for kind, event in sorted(cases):
            row = known.pop((subject, event), None)
            if row is None:
                new.append((subject, None, kind, event))
            elif row.state == "healed":
                back.append(Known(row.id, subject, kind))
    gone = [Known(r.id, r.subject, "left_box") for r in known.values() if r.state == "open"]
    return Misaligned(new, gone, back)


def align_box(
    connection: Connection, subject: str, wanted: frozenset[tuple[str, str]], now: datetime
) -> None:
    """Make the discrepancies of a box what its own story says: {(kind, event)}."""
    put_right(connection, compare_boxes(connection, {subject: wanted}), {}, now)


def set_state(connection: Connection, ids: list[int], state: str, said: Row | None = None) -> None:
    """Say of cases that they are open, or closed by a scan, and what is `said` beside."""
    if ids:
        values = {"state": state, **(said or {})}
        connection.execute(update(Discrepancy).where(Discrepancy.id.in_(ids)).values(values))


def of_new(
    unit: Unit,
    verdicts: Mapping[str, Verdict],
    details: Mapping[tuple[str, str], Detail],
    now: datetime,
) -> Iterator[Row]:
    """What a unit's events open that were folded in one step."""
    cases = unit.state.cases
    for event in unit.new:
        verdict = verdicts[event.id]
        for kind in (*verdict.discrepancies, *(k for k, id_ in cases if id_ == event.id)):
            found = (unit.subject, unit.item, kind, event.id)
            yield opened(found, now, details.get((kind, event.id)) or checks.detail(verdict, event))


def follow_waiting(
    connection: Connection,
    told: Iterable[tuple[Sequence[Occurrence], Folded]],
    new: Iterable[Row],
) -> None:
    """Close the cases of scans that have joined their unit's story, and open again those of scans
    that are out of reach after all. `new` are cases that are not written yet."""
    scans = [
        (event.id, folded.verdicts[event.id].kind != "unreached")
        for story, folded in told
        for event in story
        if event.within is not None
    ]
    joined = {event for event, has_joined in scans if has_joined}
    for row in new:
        if row["kind"] == "unknown_code" and row["event"] in joined:
            row["state"] = "healed"
    for state, before, has_joined in (("healed", "open", True), ("open", "healed", False)):
        ids = [event for event, one in scans if one is has_joined]
        if ids:
            connection.execute(
                update(Discrepancy)
                .where(
                    Discrepancy.event.in_(ids),
                    Discrepancy.kind == "unknown_code",
                    Discrepancy.state == before,
                )
                .values(state=state)
            )


def heal_unknown_codes(connection: Connection, codes: Iterable[str]) -> None:
    """A label was bound: the scans that waited under its code are no longer unknown."""
    subjects = [f"code:{code}" for code in codes]
    connection.execute(
        update(Discrepancy)
        .where(Discrepancy.subject.in_(subjects), Discrepancy.state == "open")
        .values(state="healed")
    )


_SHORT = select(Discrepancy.id, Discrepancy.item, Discrepancy.opened_at, Discrepancy.detail).where(
    Discrepancy.item.in_(bindparam("items", expanding=True)),
    Discrepancy.kind == "short",
    Discrepancy.state == "open",
    Discrepancy.consignment.is_(None),
)
_FOUND = (
    update(cast(Table, Item.__table__)).where(Item.id == bindparam("number")).values(sought=False)
)


def heal_short(connection: Connection, moved: Iterable[Unit]) -> None:
    """Close the shortages of those units that a count missed and that a scan made after it shows.

    A scan of the unit itself: a closed box may lack just the unit that was missed. Those of
    consignments follow what became of the unit (`ledger.shortfalls`).
    """
    sought = {unit.item: unit.new for unit in moved if unit.sought}
    if not sought:
        return
    rows = connection.execute(_SHORT, {"items": list(sought)}).all()
    found = [row for row in rows if _shows(sought[row.item], row)]
    set_state(connection, [row.id for row in found], "healed")
    no_longer_sought(connection, {row.item for row in found})


def _shows(events: Iterable[Occurrence], short: Any) -> bool:
    """Whether one of the events shows a unit after it was missed."""
    missed_at = json.loads(short.detail).get("missed_at")
    since = moment(missed_at) if missed_at else short.opened_at
    return any(
        event.via is None
        and event.sighted
        and event.effective_at > since
        and STEPS[event.step].presence in (Presence.HERE, Presence.ARRIVES)
        for event in events
        if event.step in STEPS
    )


def no_longer_sought(connection: Connection, items: Collection[int]) -> None:
    """Nobody misses the items any more, as far as no shortage of theirs is open."""
    if not items:
        return
    still = {row.item for row in connection.execute(_SHORT, {"items": list(items)})}
    here = [{"number": item} for item in items if item not in still]
    if here:
        connection.execute(_FOUND, here)
