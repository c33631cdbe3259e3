"""A device that sent too much is a case for a coordinator, who looks into it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from tracker.db import transaction
from tracker.domain.permissions import Action, Actor
from tracker.errors import NotAllowed, NotFound
from tracker.models import QuotaCase


def open_case(device: int, what: str, *, now: datetime) -> None:
    """Say that a device has reached a quota; one open case of a kind is enough."""
    with transaction() as session:
        waits = select(QuotaCase.id).where(
            QuotaCase.device == device, QuotaCase.what == what, QuotaCase.settled_at.is_(None)
        )
        if session.scalar(waits.limit(1)) is None:
            session.add(QuotaCase(device=device, what=what, reached_at=now))


def settle_case(number: int, *, by: Actor, now: datetime) -> None:
    """Somebody has looked into it. Raises NotAllowed and NotFound."""
    if not by.may(Action.ENROL_DEVICE):
        raise NotAllowed
    with transaction() as session:
        case = session.get(QuotaCase, number, with_for_update=True)
        if case is None:
            raise NotFound
        if case.settled_at is None:
            case.settled_by, case.settled_at = by.ref, now
