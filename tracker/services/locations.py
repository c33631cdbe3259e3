"""Locations: which of them count as one place."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from tracker.db import transaction
from tracker.domain.permissions import Action, Actor
from tracker.errors import InvalidValue, NotAllowed, NotFound
from tracker.ledger.arrivals import judge_anew
from tracker.ledger.record import patiently
from tracker.ledger.stating import act_as
from tracker.models import Consignment, Location
from tracker.services.counts import running_at


def set_premises(ref: str, premises: str | None, *, by: Actor, now: datetime) -> None:
    """Let the location `ref` count as one place with `premises`; None: with itself alone.

    Two doors of one site, or a hub beside a border point: a unit that moves between them has not
    moved. It holds for scans that are recorded from now on, and for counts that are opened from now
    on: what is being counted stays as it is until that count is closed. What came with consignments
    from and to here is judged anew, as when they get another destination. A site goes with a site,
    another place with another place, and what counts as one with others is named by one of them,
    which has no premises of its own. Raises NotAllowed, NotFound, InvalidValue.
    """
    if not by.may(Action.EDIT_PLEDGES):
        raise NotAllowed
    patiently(partial(_set, ref, premises, by, now))


def _set(ref: str, premises: str | None, by: Actor, now: datetime) -> None:
    with transaction() as session:
        act_as(session, by.ref)
        place = session.get(Location, ref, with_for_update=True)
        if place is None:
            raise NotFound
        if place.premises == premises:
            return
        # Whoever begins to count locks the whole as well (`services.counts`).
        wholes = sorted(one for one in {place.premises, premises} if one and one != ref)
        for whole in wholes:
            session.get(Location, whole, with_for_update=True)
        if premises is not None:
            _fit(session, place, premises)
        if session.scalar(running_at([ref, *wholes])) is not None:
            raise InvalidValue("It is being counted now: close that count first.", field="premises")
        place.premises = premises
        session.flush()
        ends = or_(Consignment.origin == ref, Consignment.destination == ref)
        refs = session.scalars(select(Consignment.ref).where(ends)).all()
        judge_anew(session.connection(), refs, by.ref, now)


def _fit(session: Session, place: Location, premises: str) -> None:
    """See whether a location may count as one place with another."""
    whole = session.get(Location, premises)
    if whole is None:
        raise InvalidValue("There is no location with this reference.", field="premises")
    if whole.ref == place.ref or (whole.kind == "site") is not (place.kind == "site"):
        raise InvalidValue(
            "Name another place: for a site a site, for others no site.", field="premises"
        )
    doors = session.scalar(select(Location.ref).where(Location.premises == place.ref))
    if whole.premises is not None or doors is not None:
        raise InvalidValue(
            "Name the one place that all of them count as: it has no premises itself.",
            field="premises",
        )
