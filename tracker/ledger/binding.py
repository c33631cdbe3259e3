"""Which label a unit wears, decided by the commissioning scans of its story; for `ledger.chunk`.

A unit wears one label: that of its newest commissioning scan, or the code it was announced with.
Those before it are revoked. They still name the unit, so whatever is scanned on them is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.engine import Connection

from tracker.domain.identifiers import search_key
from tracker.ledger.discrepancies import heal_unknown_codes
from tracker.ledger.events import Row
from tracker.ledger.loading import Loaded, Overtaken, Unit
from tracker.models import Event, Item, Label

COMMISSIONING = "commissioning"


def bind(
    connection: Connection,
    found: Loaded,
    pending: Iterable[Row],
    code: str,
    unit: Unit,
    at: datetime,
) -> list[str]:
    """Bind the blank label `code` to `unit`, scanned `at`; the codes it replaces.

    A scan that comes late, when the unit has been given another label since, binds a label that is
    revoked already: the order of arrival does not matter. Raises Overtaken.
    """
    newer = _newest(connection, pending, unit)
    state: dict[str, object] = {"item": unit.item, "bound_at": at, "state": "bound"}
    replaced: list[str] = []
    if newer is not None and newer > at:
        state |= {"state": "revoked", "replaced_by": unit.code, "revoked_at": newer}
        found.revoked[code] = newer
    else:
        replaced = _revoke(connection, unit, code, at)
        found.revoked.update(dict.fromkeys(replaced, at))
    _take(connection, code, state)
    text = {"search_text": Item.search_text + f"|{search_key(code)}"}
    if state["state"] == "bound":
        unit.code = code
    connection.execute(update(Item).where(Item.id == unit.item).values(code=unit.code, **text))
    unit.refold = True
    found.by_code[code] = unit
    found.blank.discard(code)
    return replaced


def join(connection: Connection, found: Loaded, codes: Sequence[str]) -> None:
    """Take what waited under the codes of labels that are bound now into their units' past."""
    for code in codes:
        unit = found.by_code[code]
        assert isinstance(unit, Unit)
        unit.refold = True
    heal_unknown_codes(connection, codes)


def _newest(connection: Connection, pending: Iterable[Row], unit: Unit) -> datetime | None:
    """When the unit was last given or found with a label, by its story and this chunk's part."""
    kept = connection.scalar(
        select(func.max(Event.effective_at)).where(
            Event.subject == unit.subject, Event.step == COMMISSIONING
        )
    )
    mine = (
        row["effective_at"]
        for row in pending
        if row["subject"] == unit.subject and row["step"] == COMMISSIONING
    )
    return max([*mine, *([kept] if kept else [])], default=None)


def _revoke(connection: Connection, unit: Unit, code: str, at: datetime) -> list[str]:
    """Revoke the labels that the unit wears; their codes."""
    worn = connection.scalars(
        select(Label.code).where(Label.item == unit.item, Label.state == "bound")
    ).all()
    connection.execute(
        update(Label)
        .where(Label.item == unit.item, Label.state == "bound")
        .values(state="revoked", replaced_by=code, revoked_at=at)
    )
    return sorted(worn)


def _take(connection: Connection, code: str, state: dict[str, object]) -> None:
    """Turn a blank label into what `state` says, if it still is blank."""
    taken = connection.execute(
        update(Label).where(Label.code == code, Label.state == "blank").values(**state)
    )
    if taken.rowcount != 1:
        raise Overtaken(code)
