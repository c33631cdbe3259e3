"""The log read in order, a part at a time: for the sequencer, the signer, verification, exports.

Each part is read in a transaction of its own, so a walk over ten million events neither holds a
snapshot open nor grows in memory. What was read stays true: rows of the ledger never change.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    String,
    Uuid,
    and_,
    cast,
    func,
    literal,
    select,
    tuple_,
    type_coerce,
)
from sqlalchemy.orm import Session, aliased

from tracker.db import Moment, db
from tracker.domain.bodies import Body
from tracker.models import (
    Checkpoint,
    Event,
    FoldRules,
    HandlingUnit,
    HandoverAct,
    Identifier,
    Item,
    Label,
    LogEntry,
    Opening,
)

PART = 2_000
LOOK_BACK = 20_000
Line = Row[*tuple[Any, ...]]

Before = aliased(Event, name="before")
"""The event before an event, on the same subject."""

Cause = aliased(Event, name="cause")
"""The scan of a box that caused an event."""

_before = and_(Before.subject == Event.subject, Before.seq == Event.seq - 1)


def log_size() -> int:
    """How many events have a place in the log: one more than the highest place."""
    return _number(select(func.coalesce(func.max(LogEntry.log_index) + 1, 0)))


def last_position() -> int:
    """The highest position of an event; 0 where there is none."""
    return _number(select(func.coalesce(func.max(Event.position), 0)))


def unlogged(session: Session, most: int, *, thorough: bool) -> tuple[int, list[Line]]:
    """The place that is free next, and events without a place, oldest first, at most `most`.

    Each comes with the hash of the event `before` it and the place of that one. On PostgreSQL a
    transaction may commit after one that took higher positions, so what is `LOOK_BACK` positions
    behind the newest place is looked at again; when `thorough`, everything is, if counting says
    that something is missing there.
    """
    start, newest = session.execute(
        select(
            func.coalesce(func.max(LogEntry.log_index) + 1, 0),
            func.coalesce(func.max(LogEntry.position), 0),
        )
    ).one()
    searched_from = newest - LOOK_BACK
    if thorough:
        everything = select(func.count()).select_from(Event)
        newer = session.scalar(everything.where(Event.position > newest)) or 0
        if session.scalar(everything) != start + newer:
            searched_from = 0
    place, place_before = aliased(LogEntry), aliased(LogEntry)
    query = (
        select(
            Event.position,
            Event.id,
            Event.subject,
            Event.seq,
            Event.hash,
            Event.body,
            Before.hash.label("before"),
            Before.position.label("before_position"),
            place_before.log_index.label("before_index"),
        )
        .outerjoin(Before, _before)
        .outerjoin(place_before, place_before.position == Before.position)
        .outerjoin(place, place.position == Event.position)
        .where(Event.position > searched_from, place.position.is_(None))
        .order_by(Event.position)
        .limit(most)
    )
    return start, list(session.execute(query))


def entries(start: int, stop: int) -> Iterator[Line]:
    """Places of the log from `start` up to, not including, `stop`, with their events.

    Fields: log_index, leaf, and of the event id, subject, seq, hash, body, and `before`, the
    hash of the event before it. Those of the event are None where it is gone.
    """
    query = (
        select(
            LogEntry.log_index,
            LogEntry.leaf,
            Event.id,
            Event.subject,
            Event.seq,
            Event.hash,
            Event.body,
            Before.hash.label("before"),
        )
        .outerjoin(Event, Event.position == LogEntry.position)
        .outerjoin(Before, _before)
        .order_by(LogEntry.log_index)
    )
    while start < stop:
        rows = _part(query.where(LogEntry.log_index >= start, LogEntry.log_index < stop))
        if not rows:
            return
        yield from rows
        start = rows[-1].log_index + 1


def leaves(stop: int) -> Iterator[tuple[int, bytes]]:
    """Places of the log below `stop`, in order, with their leaves and nothing else."""
    query = select(LogEntry.log_index, LogEntry.leaf).order_by(LogEntry.log_index)
    last = -1
    while rows := _part(query.where(LogEntry.log_index > last, LogEntry.log_index < stop)):
        for row in rows:
            yield row.log_index, row.leaf
        last = rows[-1].log_index


def stories(last_position: int) -> Iterator[Line]:
    """Every event up to a position, story after story: by subject, then by place in it.

    All columns of the event, its `log_index` and `leaf`, None while it has none, the `salt` of its
    opening, None where it hides nothing, and the `cause_body` of the event that caused it. SQLite
    keeps whatever was put into a column: moments and ids come as the text it holds, so that a row
    which nobody should have written can still be read and named.
    """
    columns = [_as_text(column).label(column.name) for column in Event.__table__.c]
    query = (
        select(
            *columns,
            LogEntry.log_index,
            LogEntry.leaf,
            Opening.salt,
            Cause.body.label("cause_body"),
        )
        .outerjoin(Cause, Cause.id == Event.via)
        .outerjoin(LogEntry, LogEntry.position == Event.position)
        .outerjoin(Opening, Opening.event == Event.id)
        .where(Event.position <= last_position)
        .order_by(Event.subject, Event.seq)
    )
    rows = _part(query)
    while rows:
        yield from rows
        last = rows[-1]
        rows = _part(query.where(tuple_(Event.subject, Event.seq) > (last.subject, last.seq)))


def numbers_of(item: int) -> list[str]:
    """All that ever named a unit: its labels, and every number read on it."""
    labels = select(Label.code).where(Label.item == item)
    return list(
        db.session.scalars(
            select(Identifier.value).where(Identifier.item == item).union_all(labels)
        )
    )


def labels_of(items: Collection[int]) -> dict[int, dict[str, str]]:
    """The labels of these units: of each its code and its state."""
    found: dict[int, dict[str, str]] = {}
    query = select(Label.item, Label.code, Label.state).where(Label.item.in_(items))
    for item, code, state in db.session.execute(query):
        found.setdefault(item or 0, {})[code] = state
    return found


def items_of(items: Collection[int]) -> dict[int, Line]:
    """What the rows of these units hold that their stories began with: code, pledge, product."""
    query = select(Item.id, Item.code, Item.pledge, Item.product).where(Item.id.in_(items))
    return {row.id: row for row in db.session.execute(query)}


def has_rules() -> bool:
    """Whether it stands anywhere by which rules the stored states were folded."""
    return db.session.scalar(select(FoldRules.version).limit(1)) is not None


def stood_in(box: str) -> set[str]:
    """Every box or pallet that this box was ever put into or onto."""
    query = select(Event.handling_unit).where(
        Event.subject == f"unit:{box}", Event.handling_unit.is_not(None)
    )
    return {code for code in db.session.scalars(query) if code}


def ends() -> Iterator[Line]:
    """Items and handling units with what they hold of their chain's end, and what the chain has.

    Fields: subject, seq and head as stored; `hash` of the event at that place, `later` the place
    of an event after it; None where there is no such event.
    """
    item_subject = literal("item:") + cast(Item.id, String)
    unit_subject = literal("unit:") + HandlingUnit.code
    for model, key, subject in (
        (Item, Item.id, item_subject),
        (HandlingUnit, HandlingUnit.code, unit_subject),
    ):
        here, after = aliased(Event), aliased(Event)
        query = (
            select(
                key.label("key"),
                subject.label("subject"),
                model.seq,
                model.head,
                here.hash,
                after.seq.label("later"),
            )
            .outerjoin(here, and_(here.subject == subject, here.seq == model.seq))
            .outerjoin(after, and_(after.subject == subject, after.seq == model.seq + 1))
            .order_by(key)
        )
        rows = _part(query)
        while rows:
            yield from rows
            rows = _part(query.where(key > rows[-1].key))


def signed_acts() -> Iterator[Line]:
    """Acts with the text that a device has signed, the oldest first: id, number, made_by, said,
    device_signature."""
    query = (
        select(
            HandoverAct.id,
            HandoverAct.number,
            HandoverAct.made_by,
            HandoverAct.said,
            HandoverAct.device_signature,
        )
        .where(HandoverAct.said.is_not(None))
        .order_by(HandoverAct.id)
    )
    rows = _part(query)
    while rows:
        yield from rows
        rows = _part(query.where(HandoverAct.id > rows[-1].id))


def orphans() -> Iterator[tuple[str, str | None]]:
    """Stories of units and boxes whose rows are gone: the subject, and the label, where it is told.

    Nothing of ours deletes such a row.
    """
    first = aliased(Event)
    for model, prefix, key in (
        (Item, "item:", cast(Item.id, String)),
        (HandlingUnit, "unit:", HandlingUnit.code),
    ):
        kept = select(model).where(first.subject == literal(prefix) + key).exists()
        query = (
            select(first.subject, first.body)
            .where(first.seq == 1, first.subject.startswith(prefix), ~kept)
            .order_by(first.subject)
        )
        rows = _part(query)
        while rows:
            yield from ((row.subject, _label_in(row.body)) for row in rows)
            rows = _part(query.where(first.subject > rows[-1].subject))


def _label_in(body: str) -> str | None:
    try:
        code = json.loads(body).get("code")
    except (ValueError, AttributeError):
        return None
    return code if isinstance(code, str) else None


def event_at(log_index: int) -> Line | None:
    """The event at a place of the log: id, subject, seq."""
    query = (
        select(Event.id, Event.subject, Event.seq)
        .join(LogEntry, LogEntry.position == Event.position)
        .where(LogEntry.log_index == log_index)
    )
    return next(iter(_part(query)), None)


def device_keys() -> dict[str, str]:
    """The public keys of devices as the ledger has them: `device:3` and the key, base64."""
    query = select(Event.subject, Event.body).where(Event.step == "enrolling")
    keys: dict[str, str] = {}
    for row in db.session.execute(query.order_by(Event.subject, Event.seq)):
        body: Body = json.loads(row.body)
        if "public_key" in body:
            keys.setdefault(
                row.subject, body["public_key"]
            )  # a second enrolment counts for nothing
    return keys


def checkpoints() -> Iterator[Line]:
    """Every checkpoint, the smallest first: size, root, note."""
    query = select(Checkpoint.size, Checkpoint.root, Checkpoint.note).order_by(Checkpoint.size)
    last = -1
    while rows := _part(query.where(Checkpoint.size > last)):
        yield from rows
        last = rows[-1].size


def newest_checkpoint() -> Line | None:
    """The largest checkpoint: size, root, note."""
    query = select(Checkpoint.size, Checkpoint.root, Checkpoint.note)
    return next(iter(_part(query.order_by(Checkpoint.size.desc()), most=1)), None)


def _part(query: Select[*tuple[Any, ...]], most: int = PART) -> list[Line]:
    with db.engine.connect() as connection:
        return list(connection.execute(query.limit(most)))


def _as_text(column: ColumnElement[Any]) -> ColumnElement[Any]:
    if db.engine.dialect.name == "sqlite" and isinstance(column.type, (Moment, Uuid)):
        return type_coerce(column, String)
    return column


def _number(query: Select[*tuple[Any, ...]]) -> int:
    return int(_part(query)[0][0])
