"""Writing a unit off takes two people: one proposes, another approves or refuses."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Row, func, select, update
from sqlalchemy.orm import Session

from tracker.db import transaction
from tracker.domain import lifecycle
from tracker.domain.lifecycle import STEPS, Move, Status
from tracker.domain.permissions import Action, Actor
from tracker.domain.scans import KEPT, Mode, Scan
from tracker.domain.texts import fitting
from tracker.errors import Conflict, DoesNotFit, InvalidValue, NotAllowed, NotFound, OwnEvent
from tracker.ledger.events import Setting
from tracker.ledger.record import patiently, record_within
from tracker.models import Event, Item, Proposal
from tracker.queries import stories

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
    reason = fitting(reason, 500, "reason")
    if len(reason) < 3:
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
        row = Proposal(**said, proposed_by=by.ref, proposed_at=now)
        session.add(row)
    return row.id


def approve(proposal: int, *, by: Actor, now: datetime) -> None:
    """Write the item off: one event that names both people. Approving twice makes no second one.

    Raises NotAllowed, NotFound, OwnEvent (one's own proposal), Conflict (decided already) and
    DoesNotFit (the unit has moved since, and stays as it is).
    """
    if not by.may(Action.WRITE_OFF):
        raise NotAllowed
    patiently(partial(_approve, proposal, by, now))


def _approve(proposal: int, by: Actor, now: datetime) -> None:
    with transaction() as session:
        row = _held(session, proposal)
        if row.proposed_by == by.ref:
            raise OwnEvent
        scan = Scan(
            id=str(uuid5(_APPROVED, str(proposal))),
            code=row.code,
            step=row.step,
            occurred_at=now,
            note=row.reason,
        )
        if _has_moved(session, row):
            raise DoesNotFit("Its status has changed since it was proposed: propose it anew.")
        first = Actor(row.proposed_by, by.role)
        setting = Setting(first, Mode.LIVE, now, now, approved_by=by.ref)
        [outcome] = record_within(session, [scan], setting)
        if outcome.result not in KEPT:
            raise DoesNotFit(allowed=list(outcome.allowed))
        _decide(session, proposal, approved=True, by=by, now=now)


def refuse(proposal: int, *, by: Actor, now: datetime) -> None:
    """Let the item stay: a second person's refusal, or the first person's second thought.

    Raises NotAllowed, NotFound and Conflict (decided already).
    """
    if not by.may(Action.WRITE_OFF):
        raise NotAllowed
    with transaction() as session:
        _held(session, proposal)
        _decide(session, proposal, approved=False, by=by, now=now)


def _held(session: Session, proposal: int) -> Row[*tuple[Any, ...]]:
    """A proposal that waits, which nobody else decides until this transaction ends.

    Raises NotFound, and Conflict for one that is decided.
    """
    row = session.execute(
        select(
            *(Proposal.item, Proposal.proposed_by, Proposal.proposed_at, Proposal.step),
            *(Proposal.reason, Item.code, Proposal.decided_at),
        )
        .join(Item, Item.id == Proposal.item)
        .where(Proposal.id == proposal)
        .with_for_update(of=Proposal)
    ).first()
    if row is None:
        raise NotFound
    if row.decided_at is not None:
        raise Conflict
    return row


def _has_moved(session: Session, row: Row[*tuple[Any, ...]]) -> bool:
    """Whether something has changed the unit's status since it was proposed."""
    since = select(Event.id).where(
        Event.subject == f"item:{row.item}", Event.recorded_at > row.proposed_at
    )
    ids = set(session.scalars(since))
    if not ids:
        return False
    events, folded = stories.events_and_folds(session.connection(), [row.item])[row.item]
    return any(
        STEPS[event.step].target is not Move.STAY
        for event in events
        if event.id in ids and folded.verdicts[event.id].kind in ("fits", "gap")
    )


def _decide(session: Session, proposal: int, *, approved: bool, by: Actor, now: datetime) -> None:
    """Keep who decided."""
    session.execute(
        update(Proposal)
        .where(Proposal.id == proposal)
        .values(decided_by=by.ref, decided_at=now, approved=approved)
    )
