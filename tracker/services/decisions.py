"""Two claims on one unit: a person says which stands, and the ledger keeps that as events.

The decision itself is an event of the case's own story. The record that it calls wrong is declared
so by a second one in the unit's story, like any mistake: the fold leaves it out from then on, and
what else did not fit because of it heals.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import select

from tracker.db import db
from tracker.domain.lifecycle import DECLARING_ERROR
from tracker.domain.permissions import Actor
from tracker.domain.scans import KEPT, Mode, Scan
from tracker.errors import InvalidValue, NotAllowed, NotFound
from tracker.models import Discrepancy, Event, Item
from tracker.services import discrepancies, ledger

_DECIDED = UUID("0d1c8f52-3a0e-4bb1-9a35-6f7d1f0f5c11")
"""The name space of the declarations that decisions make: deciding twice declares nothing twice."""


def decide(discrepancy: int, decision: str, wrong: str | None, *, by: Actor, now: datetime) -> None:
    """Settle a discrepancy and, with `wrong`, declare that event of the same unit an error.

    Raises what `discrepancies.settle` raises, InvalidValue for an event of another unit, and
    NotAllowed for who may not declare errors.
    """
    if not wrong:
        discrepancies.settle(discrepancy, decision, by=by, now=now)
        return
    case = db.session.get(Discrepancy, discrepancy)
    if case is None:
        raise NotFound
    item = db.session.get(Item, case.item) if case.item else None
    event = db.session.scalar(select(Event).where(Event.id == wrong))
    if item is None or event is None or event.subject != f"item:{item.id}" or event.via:
        raise InvalidValue("This record is not of the same unit.", field="wrong")
    code = item.code
    discrepancies.settle(discrepancy, decision, by=by, now=now, wrong=wrong)
    scan = Scan(
        str(uuid5(_DECIDED, str(discrepancy))),
        code,
        DECLARING_ERROR,
        now,
        note=decision.strip(),
        declares=wrong,
        reason="incorrect_data",
    )
    [outcome] = ledger.record([scan], sent_at=now, mode=Mode.LIVE, by=by, now=now)
    if outcome.result not in KEPT:
        raise NotAllowed
