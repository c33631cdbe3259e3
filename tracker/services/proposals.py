"""Writing a unit off takes two people: one proposes, another approves or refuses."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import Row, func, insert, select, update

from tracker.db import db, transaction
from tracker.domain import lifecycle
from tracker.domain.lifecycle import Status
from tracker.domain.permissions import Action, Actor
from tracker.domain.scans import KEPT, Mode, Scan
from tracker.errors import Conflict, DoesNotFit, InvalidValue, NotAllowed, NotFound, OwnEvent
from tracker.models import Item, Proposal
from tracker.services import ledger

WRITING_OFF = "decommissioning"
_APPROVED = UUID("6f6c7b0e-0c49-4ac5-9f0b-6f0f5a3d9a11")
"""The name space of the events that approvals make: the same proposal gives the same event."""


def propose_write_off(item: int, reason: str, *, by: Actor, now: datetime) -> int:
    """Propose to write off the item numbered `item`; the proposal's number.

    Raises NotAllowed, NotFound, DoesNotFit (it cannot be written off from where it stands),
    Conflict (it is proposed already) and InvalidValue (no reason).
    """
    if not by.may(Action.WRITE_OFF):
        raise NotAllowed
    reason = reason.strip()
    if not 3 <= len(reason) <= 500:
        raise InvalidValue("Say in a sentence why the unit is written off.", field="reason")
    with transaction() as session:
        status = session.scalar(select(Item.status).where(Item.id == item).with_for_update())
        if status is None:
            raise NotFound
        if WRITING_OFF not in lifecycle.allowed(Status(status)):
            raise DoesNotFit
        waits = select(func.count()).where(Proposal.item == item, Proposal.decided_at.is_(None))
        if session.scalar(waits):
            raise Conflict("Somebody has proposed this already; it waits for a second person.")
        said = {"item": item, "step": WRITING_OFF, "reason": reason}
        made = insert(Proposal).values(**said, proposed_by=by.ref, proposed_at=now)
        number: int = session.execute(made.returning(Proposal.id)).scalar_one()
    return number


def approve(proposal: int, *, by: Actor, now: datetime) -> None:
    """Write the item off: one event that names both people. Approving twice makes no second one.

    Raises NotAllowed, NotFound, OwnEvent (one's own proposal), Conflict (decided already) and
    DoesNotFit (the unit has moved since, and stays as it is).
    """
    row = _open(proposal, by)
    if row.proposed_by == by.ref:
        raise OwnEvent
    scan = Scan(
        id=str(uuid5(_APPROVED, str(proposal))),
        code=row.code,
        step=row.step,
        occurred_at=now,
        note=row.reason,
    )
    first = Actor(row.proposed_by, by.role)
    [outcome] = ledger.record(
        [scan], sent_at=now, mode=Mode.LIVE, by=first, now=now, approved_by=by.ref
    )
    if outcome.result not in KEPT:
        raise DoesNotFit(allowed=list(outcome.allowed))
    _decide(proposal, approved=True, by=by, now=now)


def refuse(proposal: int, *, by: Actor, now: datetime) -> None:
    """Let the item stay: a second person's refusal, or the first person's second thought.

    Raises NotAllowed, NotFound and Conflict (decided already).
    """
    _open(proposal, by)
    _decide(proposal, approved=False, by=by, now=now)


def _open(proposal: int, by: Actor) -> Row[tuple[str, str, str, str]]:
    if not by.may(Action.WRITE_OFF):
        raise NotAllowed
    row = db.session.execute(
        select(Proposal.proposed_by, Proposal.step, Proposal.reason, Item.code, Proposal.decided_at)
        .join(Item, Item.id == Proposal.item)
        .where(Proposal.id == proposal)
    ).first()
    if row is None:
        raise NotFound
    if row.decided_at is not None:
        raise Conflict
    return row  # type: ignore[return-value]


def _decide(proposal: int, *, approved: bool, by: Actor, now: datetime) -> None:
    """Keep who decided; of several at once only the first."""
    with transaction() as session:
        decided = session.execute(
            update(Proposal)
            .where(Proposal.id == proposal, Proposal.decided_at.is_(None))
            .values(decided_by=by.ref, decided_at=now, approved=approved)
        )
        if decided.rowcount != 1:  # type: ignore[attr-defined]
            raise Conflict
