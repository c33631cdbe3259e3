"""The ledger as a whole: how long it is, what of it is signed, and a pledge's newest events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from tracker.db import db
from tracker.models import Checkpoint, Event, Item


@dataclass(frozen=True, slots=True)
class Signed:
    """One signed checkpoint: the first `size` entries of the log have the Merkle root `root`."""

    size: int
    root: str
    note: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class Recent:
    """The newest event of one item of a pledge."""

    code: str
    step: str
    effective_at: datetime
    by: str
    status: str | None


def newest_checkpoints(limit: int = 10) -> Sequence[Signed]:
    """The newest checkpoints, newest first; the root in hexadecimal."""
    rows = db.session.execute(
        select(Checkpoint.size, Checkpoint.root, Checkpoint.note, Checkpoint.signed_at)
        .order_by(Checkpoint.size.desc())
        .limit(limit)
    )
    return [Signed(row.size, row.root.hex(), row.note, row.signed_at) for row in rows]


def length() -> int:
    """How many events the ledger holds: they are numbered and none is ever deleted."""
    return int(db.session.scalar(select(func.max(Event.position))) or 0)


def units() -> int:
    """How many units the ledger tells of."""
    return int(db.session.scalar(select(func.count(Item.id))) or 0)


def recent_events(pledge: str, limit: int = 10) -> list[Recent]:
    """What happened last to the units of one pledge: one event for each unit, newest first."""
    newest = db.session.execute(
        select(Item.last_event, Item.code, Item.status)
        .where(Item.pledge == pledge, Item.last_event.is_not(None))
        .order_by(Item.last_effective_at.desc(), Item.id)
        .limit(limit)
    ).all()
    units = {row.last_event: row for row in newest}
    rows = db.session.execute(
        select(Event.id, Event.step, Event.effective_at, Event.by)
        .where(Event.id.in_(units))
        .order_by(Event.effective_at.desc(), Event.id)
    )
    return [
        Recent(units[row.id].code, row.step, row.effective_at, row.by, units[row.id].status)
        for row in rows
    ]
