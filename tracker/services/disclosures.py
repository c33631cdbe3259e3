"""How late and how coarse one pledge is shown to its donor."""

from __future__ import annotations

from datetime import datetime

from flask import current_app

from tracker.db import transaction
from tracker.domain.permissions import Action, Actor
from tracker.errors import InvalidValue, NotAllowed, NotFound
from tracker.models import Disclosure, Pledge

LATEST_DAYS, COARSEST_CELL = 366, 100


def set_disclosure(
    pledge: str, *, delay_days: int, small_cell: int, by: Actor, now: datetime
) -> None:
    """Show `pledge` later (days) or coarser (sites) than the installation does, from now on.

    Neither can be less than the installation's. The earlier settings stay as history. Raises
    NotAllowed, NotFound, InvalidValue.
    """
    if not by.may(Action.RELEASE):
        raise NotAllowed
    settings = current_app.config
    if not settings["DONOR_DELAY_DAYS"] <= delay_days <= LATEST_DAYS:
        raise InvalidValue(
            "A pledge can be shown later than the others, and not earlier.", field="delay_days"
        )
    if not settings["SMALL_CELL"] <= small_cell <= COARSEST_CELL:
        raise InvalidValue(
            "Places can be shown coarser than the others, and not finer.", field="small_cell"
        )
    with transaction() as session:
        if session.get(Pledge, pledge) is None:
            raise NotFound
        session.add(
            Disclosure(
                pledge=pledge,
                delay_days=delay_days,
                small_cell=small_cell,
                set_by=by.ref,
                set_at=now,
            )
        )
