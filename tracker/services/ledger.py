"""The ledger: the only code that writes an event or an item's state.

`record` keeps scans, `announce` brings new units in, `rebuild` folds everything anew (and must
change nothing). `settle` lives in `services.discrepancies`.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar, cast

from flask import current_app
from sqlalchemy import Table, bindparam, func, insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from tracker.clock import day_in_kyiv
from tracker.db import transaction, writing
from tracker.domain import custody
from tracker.domain.disclosure import OPEN
from tracker.domain.permissions import Actor
from tracker.domain.scans import Mode, Outcome, Scan
from tracker.models import Item, Tally
from tracker.services import discrepancies, nesting, stories, tallies, units
from tracker.services.announcing import NewItem, announce
from tracker.services.binding import Overtaken, join
from tracker.services.chunk import Chunk, Sent
from tracker.services.discrepancies import settle, take
from tracker.services.events import Setting
from tracker.services.gathering import Gathering

__all__ = [
    "NewItem",
    "announce",
    "patiently",
    "rebuild",
    "record",
    "record_within",
    "settle",
    "take",
]

Written = TypeVar("Written")

TRIES = 10
_INSERT_ITEMS = insert(cast(Table, Item.__table__))


def record(
    scans: Sequence[Scan],
    *,
    sent_at: datetime,
    mode: Mode,
    by: Actor,
    now: datetime,
    approved_by: str | None = None,
) -> list[Outcome]:
    """Keep 1 to 1,000 scans; the outcomes in the same order.

    `sent_at` is the device's clock when it sent the batch; `approved_by` the second person of a
    step that takes two (given by the service that asked them, never by a device). The scans are
    written in chunks of `CHUNK`, each in its own transaction, so that no batch holds the write
    lock for long: what was answered is kept even if a later chunk fails. Small batches that wait
    for the lock at the same time are written together.
    """
    setting = Setting(by, mode, sent_at, now, approved_by)
    size = current_app.config["CHUNK"]
    sent = [(scan, setting) for scan in scans]
    gathering = Gathering.of(current_app.extensions, _keep)
    outcomes: list[Outcome] = []
    for start in range(0, len(sent), size):
        outcomes.extend(gathering.write(sent[start : start + size], most=size))
    return outcomes


def record_within(
    session: Session, scans: Sequence[Scan], setting: Setting, *, bound: Sequence[str] = ()
) -> list[Outcome]:
    """Keep scans inside the caller's transaction, with what they stand on.

    `bound` are labels that were bound in it to units of these scans: what waited under their codes
    joins the units' stories.
    """
    chunk = Chunk(session.connection(), [(scan, setting) for scan in scans])
    join(chunk.connection, chunk.found, bound)
    return chunk.record()


def _keep(sent: Sequence[Sent]) -> list[Outcome]:
    """One chunk in a transaction of its own."""

    def write() -> list[Outcome]:
        with writing() as connection:
            return Chunk(connection, sent).record()

    return patiently(write)


def patiently(write: Callable[[], Written]) -> Written:
    """What `write` returns, tried again when another writer was in the way (PostgreSQL).

    It holds one whole transaction. Raises what the last try raised.
    """
    for left in reversed(range(TRIES)):
        try:
            return write()
        except (IntegrityError, OperationalError, Overtaken) as error:
            if not left or not _passing(error):
                raise
            time.sleep(secrets.randbelow(20 * (TRIES - left)) / 1000)
    raise AssertionError("the last try returns or raises")


_PASSING = {"40001", "40P01", "23505"}
"""SQLSTATE of a serialization failure, a deadlock, and a key that another writer took first."""


def _passing(error: DBAPIError | Overtaken) -> bool:
    return isinstance(error, Overtaken) or getattr(error.orig, "sqlstate", None) in _PASSING


def rebuild(
    *, now: datetime, progress: Callable[[int], None] | None = None
) -> dict[str, list[str]]:
    """Fold every story anew and put right what the stored copy says otherwise.

    Returns what differed: `items` (codes), `discrepancies` (items' codes) and `tallies`
    (`pledge measure`). All must be empty: anything else was changed past the ledger.
    """
    differed: dict[str, list[str]] = {"items": [], "discrepancies": [], "tallies": []}
    totals: tallies.Changes = Counter()
    last = 0
    while True:
        with transaction() as session:
            connection = session.connection()
            numbers = connection.scalars(_NEXT_ITEMS, {"last": last}).all()
            part = units.by_number(connection, units.Loaded(), numbers)
            if not part:
                break
            _rebuild_part(connection, part, now, differed)
            for unit in part:
                for measure in tallies.measures(unit.state):
                    totals[unit.pledge, measure] += 1
        last = max(unit.item for unit in part)
        if progress:
            progress(len(part))
    _rebuild_tallies(totals, now, differed)
    return differed


_NEXT_ITEMS = select(Item.id).where(Item.id > bindparam("last")).order_by(Item.id).limit(1000)


def _rebuild_part(
    connection: Connection, part: list[units.Unit], now: datetime, differed: dict[str, list[str]]
) -> None:
    story = stories.load(connection, [unit.item for unit in part])
    chains = nesting.Chains(connection, ())
    for unit in part:
        folded = custody.fold(nesting.placed(story[unit.item], chains), whose=unit.holder)
        unit.state = folded.state
        if unit.state != unit.before:
            differed["items"].append(unit.code)
            columns = units.columns_of(unit.state)
            connection.execute(update(Item).where(Item.id == unit.item).values(columns))
        if discrepancies.align(connection, {unit.item: folded.discrepancies}, {}, now):
            differed["discrepancies"].append(unit.code)


def _rebuild_tallies(
    totals: tallies.Changes, now: datetime, differed: dict[str, list[str]]
) -> None:
    """Counts by day cannot be made anew exactly; their sums can, as a correction of today."""
    with transaction() as session:
        summed = {
            (row.pledge, row.measure): row.total
            for row in session.execute(
                select(Tally.pledge, Tally.measure, func.sum(Tally.change).label("total"))
                .where(~Tally.measure.startswith(OPEN))  # counted by the worker, not by the fold
                .group_by(Tally.pledge, Tally.measure)
            )
        }
        wrong: tallies.Changes = Counter()
        for key in summed.keys() | totals.keys():
            wrong[key] = totals[key] - int(summed.get(key, 0))
        tallies.keep(session.connection(), wrong, day_in_kyiv(now))
        differed["tallies"] = [" ".join(key) for key, change in sorted(wrong.items()) if change]
