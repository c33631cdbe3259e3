"""IATI documents: a pledge, or those of an initiative, as they may be published today."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask import current_app

from tracker import clock
from tracker.domain import iati
from tracker.domain.iati import Activity, Line, Publisher
from tracker.domain.permissions import Action, Actor
from tracker.errors import NotAllowed, NotFound, Refusal
from tracker.queries import iati as rows
from tracker.queries.donors import Discretion
from tracker.queries.notices import view_of

MEDIA_TYPE = "application/xml"
HUMANITARIAN = "humanitarian"
"""The legal basis of a pledge that comes as humanitarian aid."""


def pledge_document(pledge: str, *, by: Actor, now: datetime) -> str:
    """The IATI document of one pledge. Raises NotAllowed, NotFound, Refusal (no publisher)."""
    return _document([pledge], by, now)


def initiative_document(initiative: str, *, by: Actor, now: datetime) -> str:
    """One document with an activity for each pledge of an initiative; raises as the other."""
    pledges = rows.pledges_of(initiative)
    if pledges is None:
        raise NotFound(f"There is no initiative {initiative}.")
    return _document(pledges, by, now)


def _document(pledges: Sequence[str], by: Actor, now: datetime) -> str:
    if not by.may(Action.EXPORT_RECORDS):
        raise NotAllowed
    publisher = _publisher()
    return iati.document([_activity(pledge, now) for pledge in pledges], publisher, now)


def _publisher() -> Publisher:
    settings = current_app.config
    if not settings["IATI_ORG"] or not settings["IATI_NAME"]:
        raise Refusal("Who publishes is not set: TRACKER_IATI_ORG and TRACKER_IATI_NAME.")
    return Publisher(settings["IATI_ORG"], settings["IATI_NAME"], settings["IATI_KIND"])


def _activity(pledge: str, now: datetime) -> Activity:
    """A pledge with the counts of the view that its donor has today."""
    settings = current_app.config
    promise = rows.promise(pledge)
    view = view_of(
        pledge,
        today=clock.day_in_kyiv(now),
        installation=Discretion(settings["DONOR_DELAY_DAYS"], settings["SMALL_CELL"]),
        lag_days=settings["DONOR_PLACE_LAG_DAYS"],
    )
    if promise is None or view is None:
        raise NotFound(f"There is no pledge {pledge}.")
    return Activity(
        ref=promise.ref,
        donor=promise.donor,
        donor_kind=promise.donor_kind,
        pledged_on=promise.pledged_on,
        humanitarian=promise.legal_basis == HUMANITARIAN,
        lines=[Line(*row) for row in rows.lines(pledge)],
        counts=view.counts,
        changes=view.changes,
    )
