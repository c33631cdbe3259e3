"""Discrepancies settled by people: taken on, and decided in words that the ledger keeps."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker.db import transaction
from tracker.domain.bodies import Said
from tracker.domain.permissions import Action, Actor
from tracker.domain.texts import fitting
from tracker.errors import Conflict, InvalidValue, NotAllowed, NotFound, OwnEvent
from tracker.ledger.writing import tell
from tracker.models import Discrepancy, Event

SETTLING = "settling"
"""The step of a decision, on the story of its case: `case:17`."""


def settle(
    discrepancy: int, decision: str, *, by: Actor, now: datetime, wrong: str | None = None
) -> None:
    """A person decides about an open discrepancy, in words; the ledger keeps it as an event.

    `wrong` is the event that the decision calls wrong, if it does.

    Raises NotAllowed, NotFound, OwnEvent (one's own scan opened it), Conflict (no longer open)
    and InvalidValue (no words).
    """
    with transaction() as session:
        settle_within(session, discrepancy, decision, by=by, now=now, wrong=wrong)


def settle_within(
    session: Session,
    discrepancy: int,
    decision: str,
    *,
    by: Actor,
    now: datetime,
    wrong: str | None = None,
) -> Discrepancy:
    """`settle` inside the caller's transaction; the discrepancy."""
    if not by.may(Action.SETTLE_DISCREPANCY):
        raise NotAllowed
    decision = in_words(decision)
    row = session.execute(
        select(Discrepancy).where(Discrepancy.id == discrepancy).with_for_update()
    ).scalar_one_or_none()
    if row is None:
        raise NotFound
    maker = session.scalar(select(Event.by).where(Event.id == row.event))
    if by.ref in (maker, row.raised_by):
        raise OwnEvent
    if row.state != "open":
        raise Conflict
    row.state, row.decision, row.settled_by, row.settled_at = "settled", decision, by.ref, now
    row.wrong = wrong
    said: Said = {"kind": row.kind, "about": row.subject, "event": row.event, "decision": decision}
    if wrong:
        said["wrong"] = wrong
    tell(session, f"case:{row.id}", SETTLING, said, by.ref, now)
    return row


def take(discrepancy: int, *, by: Actor) -> None:
    """Become the owner of an open discrepancy: the one who answers for settling it.

    Raises NotAllowed, NotFound and Conflict (it is no longer open).
    """
    if not by.may(Action.SETTLE_DISCREPANCY):
        raise NotAllowed
    with transaction() as session:
        row = session.get(Discrepancy, discrepancy, with_for_update=True)
        if row is None:
            raise NotFound
        if row.state != "open":
            raise Conflict
        row.owner = by.ref


def in_words(decision: str) -> str:
    """What a person wrote about a decision, without blanks around it.

    Raises InvalidValue for fewer than 3 characters, TooLong for more than 1,000.
    """
    decision = fitting(decision, 1000, "decision")
    if len(decision) < 3:
        raise InvalidValue("Say in a sentence what was decided and why.", field="decision")
    return decision
