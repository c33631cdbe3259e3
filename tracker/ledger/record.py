"""The ledger: the only code that writes an event or an item's state.

`record` keeps scans. New units are brought in by `ledger.announcing`; `ledger.rebuilding` folds
everything anew.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar, cast

from flask import current_app
from sqlalchemy import Table, insert
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from tracker.db import writing
from tracker.domain.clocks import Exchange
from tracker.domain.permissions import Actor
from tracker.domain.scans import Flag, Mode, Outcome, Scan
from tracker.errors import SignatureWrong
from tracker.ledger import counts, outcomes
from tracker.ledger.binding import join
from tracker.ledger.chunk import Chunk, Sent
from tracker.ledger.events import Setting
from tracker.ledger.loading import Overtaken
from tracker.ledger.queue import WriteQueue
from tracker.ledger.signatures import is_believed
from tracker.models import Item

Written = TypeVar("Written")

TRIES = 10
_INSERT_ITEMS = insert(cast(Table, Item.__table__))


def record(
    scans: Sequence[Scan],
    *,
    sent_at: datetime | None,
    mode: Mode,
    by: Actor,
    now: datetime,
    approved_by: str | None = None,
    exchange: Exchange | None = None,
) -> list[Outcome]:
    """Keep 1 to 1,000 scans; the outcomes in the same order.

    `sent_at` is the device's clock when it sent the batch, None where somebody else brings it, and
    `exchange` the newest that it reports (`domain.clocks`); `approved_by` the second person of a
    step that takes two (given by the service that asked them, never by a device). The scans are
    written in chunks of `CHUNK`, each in its own transaction, so that no batch holds the write
    lock for long: what was answered is kept even if a later chunk fails. Small batches that wait
    for the lock at the same time are written together. What a device that signs has not signed
    becomes no event, whoever brings it (`outcomes.unsigned`).
    """
    believed = [is_believed(scan, by) for scan in scans]
    setting = Setting(by, mode, sent_at, now, approved_by, exchange=exchange)
    size = current_app.config["CHUNK"]
    sent = [(scan, setting) for scan, fits in zip(scans, believed, strict=True) if fits]
    queue = WriteQueue.of(current_app.extensions, _keep)
    kept: list[Outcome] = []
    for start in range(0, len(sent), size):
        kept.extend(queue.write(sent[start : start + size], most=size))
    if len(kept) == len(scans):
        return kept
    answers = iter(kept)
    pairs = zip(scans, believed, strict=True)
    return [next(answers) if fits else outcomes.unsigned(scan) for scan, fits in pairs]


def record_within(
    session: Session, scans: Sequence[Scan], setting: Setting, *, bound: Sequence[str] = ()
) -> list[Outcome]:
    """Keep scans inside the caller's transaction, with what they stand on.

    `bound` are labels that were bound in it to units of these scans: what waited under their codes
    joins the units' stories. Raises SignatureWrong for what a device that signs has not signed.
    """
    if not all(is_believed(scan, setting.by) for scan in scans):
        raise SignatureWrong
    chunk = Chunk(session.connection(), [(scan, setting) for scan in scans])
    join(chunk.connection, chunk.found, bound)
    return _written(chunk)


def _keep(sent: Sequence[Sent]) -> list[Outcome]:
    """One chunk in a transaction of its own."""

    def write() -> list[Outcome]:
        with writing() as connection:
            return _written(Chunk(connection, sent))

    return patiently(write)


def _written(chunk: Chunk) -> list[Outcome]:
    """The outcomes of a chunk, once it is written and the stock counts follow it."""
    answers = chunk.record()
    units = chunk.found.units.values()
    early = counts.follow(chunk.connection, chunk.rows, units, chunk.verdicts, chunk.now)
    for outcome in answers:
        if outcome.id in early:
            outcome.flags = (*outcome.flags, Flag.BEFORE_COUNT.value)
    return answers


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
