"""The state of an item, as the columns of its row: read, written, and what of them has changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

from tracker.domain.custody import State
from tracker.domain.lifecycle import Rung, Status

_RUNGS = tuple(Rung)
RUNG_COLUMNS = {rung: f"{rung.value}_at" for rung in Rung}

_STATUSES: dict[str | None, Status | None] = {None: None, **{s.value: s for s in Status}}


def state_of(stored: Sequence[Any]) -> State:
    """The stored copy of the fold, from the columns of `loading` between product and chain."""
    (
        status,
        condition,
        location,
        area,
        at_site,
        custodian,
        box,
        apart,
        left_box,
        left_event,
        consignment,
        before,
        proposed_by,
        proposed_event,
        bound_for,
        bound_area,
        waits,
        *moments,
    ) = stored
    *proved, at, device_seq, event = moments
    rungs = tuple([pair for pair in zip(_RUNGS, proved, strict=True) if pair[1] is not None])
    return State(
        status=_STATUSES[status],
        condition=condition,
        location=location,
        area=area,
        at_site=at_site,
        custodian=custodian,
        handling_unit=box,
        apart=apart,
        left=None if left_box is None else (left_box, left_event),
        consignment=consignment,
        before=_STATUSES[before],
        proposed=None if proposed_event is None else (proposed_by, proposed_event),
        bound_for=None if bound_for is None else (bound_for, bound_area),
        waits=waits,
        rungs=rungs,
        last=None if at is None else (at, device_seq, event),
    )


Columns = dict[str, str | bool | int | datetime | bytes | None]
"""Columns of an item's row."""

_PAIRS = {
    "left": ("left_box", "left_event"),
    "proposed": ("proposed_by", "proposed_event"),
    "bound_for": ("bound_for", "bound_area"),
}
_ALIKE = (
    *("condition", "location", "area", "at_site", "custodian", "handling_unit", "apart"),
    *("consignment", "waits"),
)
"""Columns that hold a member of the state as it is."""
_MEMBERS = ("status", *_ALIKE, *_PAIRS)
_members = attrgetter(*_MEMBERS)


def columns_of(state: State) -> Columns:
    """A state as the columns of an item's row."""
    columns: Columns = {name: getattr(state, name) for name in _ALIKE}
    columns["status"] = state.status.value if state.status else None
    columns["status_before"] = state.before.value if state.before else None
    for name, pair in _PAIRS.items():
        columns.update(zip(pair, getattr(state, name) or (None, None), strict=True))
    columns.update(zip(_LAST, state.last or (None, 0, None), strict=True))
    columns.update(dict.fromkeys(RUNG_COLUMNS.values()))
    for rung, at in state.rungs:
        columns[RUNG_COLUMNS[rung]] = at
    return columns


_LAST = ("last_effective_at", "last_device_seq", "last_event")


def changed_columns(before: State, after: State) -> Columns:
    """Only those columns of an item's row that differ between two states."""
    if before is after:
        return {}
    columns: Columns = {}
    for name, was, now in zip(_MEMBERS, _members(before), _members(after), strict=True):
        if was == now:
            continue
        if name in _PAIRS:
            columns.update(zip(_PAIRS[name], now or (None, None), strict=True))
        else:
            columns[name] = now
    if before.before is not after.before:
        columns["status_before"] = after.before
    if before.rungs != after.rungs:
        columns.update(_changed_rungs(before, after))
    if after.last is not None and before.last != after.last:
        columns.update(zip(_LAST, after.last, strict=True))
    return columns


def _changed_rungs(before: State, after: State) -> dict[str, datetime | None]:
    earlier, later = dict(before.rungs), dict(after.rungs)
    return {
        column: later.get(rung)
        for rung, column in RUNG_COLUMNS.items()
        if earlier.get(rung) != later.get(rung)
    }
