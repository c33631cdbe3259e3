"""Units that were loaded onto a consignment whose list was written already.

A scan came late, or somebody said that the unit had been loaded before. It is on its way with the
others, so it belongs on the list: it is expected with them, and missed if it does not come.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, cast

from sqlalchemy import BindParameter, Table, bindparam, insert, select
from sqlalchemy.engine import Connection

from tracker.domain.consignments import LOADING
from tracker.domain.custody import Verdict
from tracker.domain.lifecycle import SETTING_OUT_STEPS
from tracker.ledger.loading import Unit
from tracker.ledger.stating import Touch, state
from tracker.models import Consignment, PackingLine

_LOADED = ("fits", "gap")
_LINES = cast(Table, PackingLine.__table__)
_REFS: BindParameter[Any] = bindparam("refs", expanding=True)
_ITEMS: BindParameter[Any] = bindparam("items", expanding=True)
_WRITTEN = select(Consignment.ref).where(
    Consignment.ref.in_(_REFS),
    Consignment.state.not_in(LOADING),
    select(PackingLine.item).where(PackingLine.consignment == Consignment.ref).exists(),
)
_LISTED = select(_LINES.c.consignment, _LINES.c.item).where(
    _LINES.c.consignment.in_(_REFS), _LINES.c.item.in_(_ITEMS)
)


class _Line(TypedDict):
    """A line of a packing list: a unit, the box that it lies in, and what that stands on."""

    consignment: str
    item: int
    handling_unit: str | None
    package: str | None


def keep(connection: Connection, moved: Sequence[Unit], verdicts: Mapping[str, Verdict]) -> None:
    """Add the units that new events of theirs have loaded onto what has left with its list."""
    loaded: dict[tuple[str, int], _Line] = {}
    for unit in moved:
        for event in unit.new:
            verdict = verdicts[event.id]
            if event.step in SETTING_OUT_STEPS and verdict.kind in _LOADED and verdict.journey:
                loaded[verdict.journey, unit.item] = {
                    "consignment": verdict.journey,
                    "item": unit.item,
                    "handling_unit": event.via,
                    "package": event.above or event.via,
                }
    if not loaded:
        return
    refs = list({ref for ref, _ in loaded})
    written = set(connection.scalars(_WRITTEN, {"refs": refs}))
    late = {key: row for key, row in loaded.items() if key[0] in written}
    if not late:
        return
    asked = {"refs": list(written), "items": [item for _, item in late]}
    listed = {(row.consignment, row.item) for row in connection.execute(_LISTED, asked)}
    new = [row for key, row in late.items() if key not in listed]
    if new:
        connection.execute(insert(_LINES), new)
        keys = ((row["consignment"], row["item"]) for row in new)
        state(connection, "packing_line", {key: Touch(new=True) for key in keys})
