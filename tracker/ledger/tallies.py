"""Counts by day, kept as changes: what a donor's page adds up instead of counting items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import cast

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from tracker.clock import day_in_kyiv
from tracker.domain.custody import State
from tracker.domain.disclosure import DAMAGED, INSPECTED
from tracker.domain.lifecycle import Condition, Rung, Status
from tracker.models import Tally

Changes = Counter[tuple[str, str]]
"""(pledge, measure) -> change. Measures as `models.snapshots.Tally` says."""


def measures(state: State) -> Iterator[str]:
    """The measures in which an item of this state counts as one."""
    yield from _stands(state)
    for rung, at in state.rungs:
        yield _seen(rung, at)


GONE = frozenset({Status.LOST, Status.STOLEN, Status.DESTROYED, Status.WRITTEN_OFF})
"""Where a unit's condition says nothing any more."""

_GOOD = Condition.GOOD.value
_STATUS = {status: f"status:{status.value}" for status in Status}
_TOP = {rung: f"top:{rung.value}" for rung in Rung}


def _stands(state: State) -> Iterator[str]:
    if state.status is not None:
        yield _STATUS[state.status]
        top = state.top_rung
        if top is not None:
            yield _TOP[top]
            if top is Rung.INSPECTED and state.status is Status.DEPLOYED:
                yield INSPECTED
        if state.condition != _GOOD and state.status not in GONE:
            yield DAMAGED


@lru_cache(maxsize=256)  # what lies in one box was seen at one moment
def _seen(rung: Rung, at: datetime) -> str:
    return f"seen:{rung.value}:{day_in_kyiv(at):%Y%m%d}"


def count_change(changes: Changes, pledge: str, before: State, after: State) -> None:
    """Add what one item's move from `before` to `after` changes."""
    for measure in _stands(before):
        changes[pledge, measure] -= 1
    for measure in _stands(after):
        changes[pledge, measure] += 1
    if before.rungs != after.rungs:
        for rung, at in set(before.rungs).difference(after.rungs):
            changes[pledge, _seen(rung, at)] -= 1
        for rung, at in set(after.rungs).difference(before.rungs):
            changes[pledge, _seen(rung, at)] += 1


_TABLE = cast(Table, Tally.__table__)
_ADD = {
    dialect.__name__.rpartition(".")[2]: insert(_TABLE).on_conflict_do_update(
        index_elements=["pledge", "known_on", "measure"],
        set_={"change": Tally.change + insert(_TABLE).excluded.change},
    )
    for dialect, insert in ((sqlite, sqlite.insert), (postgresql, postgresql.insert))
}
"""The same statement in the words of each database, by the dialect's name."""


def keep(connection: Connection, changes: Changes, on: date) -> None:
    """Add `changes` to the day `on`, in one statement, in an order that cannot deadlock."""
    rows = [
        {"pledge": pledge, "known_on": on, "measure": measure, "change": change}
        for (pledge, measure), change in sorted(changes.items())
        if change
    ]
    if rows:
        connection.execute(_ADD[connection.dialect.name], rows)
