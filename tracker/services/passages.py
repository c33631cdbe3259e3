"""Passages of a consignment: which of them stand, and taking back one that did not happen."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker.clock import day_in_kyiv
from tracker.db import transaction
from tracker.domain.consignments import RETRACTABLE, is_held
from tracker.domain.permissions import Action, Actor
from tracker.domain.texts import fitting
from tracker.errors import DoesNotFit, InvalidValue, NotAllowed, NotFound
from tracker.ledger.stating import act_as
from tracker.models import Consignment, Passage


def declare_wrong(
    ref: str, passage: int, *, by: Actor, now: datetime, note: str | None = None
) -> None:
    """Say of a hold or a release that it did not happen: what follows from it is taken back.

    The row stays, with another that names it. Doing it twice is doing it once. Raises NotAllowed,
    NotFound, and DoesNotFit for a passage that moved units or led to a state.
    """
    if not by.may(Action.EDIT_CONSIGNMENTS):
        raise NotAllowed
    with transaction() as session:
        act_as(session, by.ref)
        row = session.get(Consignment, ref, with_for_update=True)
        wrong = session.get(Passage, passage)
        if row is None or wrong is None or wrong.consignment != ref:
            raise NotFound
        if wrong.kind not in RETRACTABLE:
            raise DoesNotFit("Only a hold and a release can be declared wrong.")
        if session.scalar(select(Passage.id).where(Passage.declares == passage)) is not None:
            return
        said = fitting(note, 500, "note") or None
        session.add(
            Passage(
                consignment=ref,
                kind="mistaken",
                declares=passage,
                note=said,
                happened_at=now,
                told_by=by.ref,
            )
        )
        row.held = is_still_held(session, ref)


def check_day(kind: str, day: date | None, now: datetime) -> None:
    """Only a release is told for another day than today: the others make scans of this moment."""
    if day is None:
        return
    today = day_in_kyiv(now)
    if kind != "release" and day != today:
        raise InvalidValue(
            "Only a release can be reported for an earlier day.", field="happened_on"
        )
    if day > today:
        raise InvalidValue("This day has not come yet.", field="happened_on")


def is_still_held(session: Session, ref: str) -> bool:
    """Whether somebody holds the consignment, by what stands of its passages."""
    session.flush()
    return is_held((day, row.id, row.kind) for day, row in _standing(session, ref))


def is_repeated(
    session: Session, ref: str, day: date, location: str | None, note: str | None
) -> bool:
    """Whether this very release is the newest word of customs already: a second click.

    After another hold it is a release of its own.
    """
    words = [(on, row) for on, row in _standing(session, ref) if row.kind in ("hold", "release")]
    if not words:
        return False
    on, last = max(words, key=lambda one: (one[0], one[1].id))
    return last.kind == "release" and (on, last.location, last.note) == (day, location, note)


def _standing(session: Session, ref: str) -> list[tuple[date, Passage]]:
    """Each passage of a consignment that nobody declared wrong, with its day."""
    rows = session.scalars(select(Passage).where(Passage.consignment == ref)).all()
    wrong = {row.declares for row in rows if row.declares is not None}
    return [
        (row.happened_on or day_in_kyiv(row.happened_at), row)
        for row in rows
        if row.id not in wrong and row.declares is None
    ]
