"""One live scan with what the person in front of the unit has answered so far.

What was answered serves the rest of the same box or place: the answers' keys are kept by who asks
(the bench, a page) and sent along with every scan.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from sqlalchemy import select

from tracker.db import db
from tracker.domain.clocks import Exchange
from tracker.domain.lifecycle import SETTING_OUT_STEPS, STEPS, Need, Presence
from tracker.domain.permissions import Actor
from tracker.domain.scans import Mode, Outcome, Question, Result, Scan
from tracker.ledger.checks import SAID_BY_SCAN
from tracker.ledger.record import record
from tracker.models import Event, HandlingUnit, Label
from tracker.queries import reach

TAKEN_OUT = UUID("0d9c3a52-5d8e-4f0e-9a57-3f6c2b7e1d40")
JUST_BEFORE = timedelta(milliseconds=1)


def record_answered(
    scan: Scan,
    answers: Collection[str],
    *,
    sent_at: datetime,
    mode: Mode,
    by: Actor,
    now: datetime,
    exchange: Exchange | None = None,
) -> Outcome:
    """Record `scan` as `ledger.record` does, with yes to the questions whose keys are `answers`.

    Who stands before a unit says where that is: nothing else tells whether it is where the ledger
    has it, and the server fills in no place. A unit that was taken out of its box gets that as an
    event of its own, just before. The outcome holds the question that is still open, if there is
    one.
    """
    missing = _not_said(scan) if mode is Mode.LIVE and not scan.confirm else ()
    if missing:
        return Outcome(scan.id, Result.REFUSED, missing=missing)
    if mode is Mode.LIVE and not scan.confirm and _ships_open(scan, answers, by):
        return Outcome(scan.id, Result.REFUSED, question=_open_box(scan.code))
    scan = replace(scan, answers=tuple(answers))
    scans = [scan]
    for _ in range(2):
        outcomes = record(scans, sent_at=sent_at, mode=mode, by=by, now=now, exchange=exchange)
        question = next((one.question for one in outcomes if one.question), None)
        if question is None or question["kind"] != "left_box" or question["key"] not in answers:
            break
        scans = [_taken_out(scan, question["box"]), scan]
    refused = (one for one in outcomes if one.result is Result.REFUSED)
    return next(refused, None) or _together(outcomes)


def _together(outcomes: Sequence[Outcome]) -> Outcome:
    """The last of what was recorded, which is no better than what was recorded just before it."""
    *before, last = outcomes
    for one in before:
        last.discrepancy = last.discrepancy or one.discrepancy
        last.flags = tuple(dict.fromkeys((*last.flags, *one.flags)))
    return last


def _not_said(scan: Scan) -> tuple[str, ...]:
    """What the scan does not say, if it does not say where it was made."""
    step = STEPS.get(scan.step)
    if step is None or not step.is_done_there:
        return ()
    if scan.sighted is False and step.presence is Presence.ARRIVES:
        return (Need.LABEL.value,)  # what comes is what somebody has before them
    if scan.location is not None:
        return ()
    needs = [need for need in step.needs if need in SAID_BY_SCAN]
    lacking = [need.value for need in needs if not getattr(scan, SAID_BY_SCAN[need])]
    placed = {Need.LOCATION.value, Need.SITE.value}.intersection(lacking)
    return tuple(lacking) if placed else (Need.LOCATION.value, *lacking)


def taken_out_for(scan: str) -> str:
    """The id of the event that says that a unit left its box, where that was answered of `scan`."""
    return str(uuid5(TAKEN_OUT, scan))


def _open_box(code: str) -> Question:
    name = db.session.scalar(select(HandlingUnit.name).where(HandlingUnit.code == code))
    return {"kind": "box_open", "key": f"box_open:{code}", "box": code, "name": name or code}


def _ships_open(scan: Scan, answers: Collection[str], by: Actor) -> bool:
    return (
        scan.step in SETTING_OUT_STEPS
        and f"box_open:{scan.code}" not in answers
        and is_open_box(scan.code, by)
    )


def is_open_box(code: str, reader: Actor) -> bool:
    """Whether a label is of a box or pallet in reach that nobody has closed."""
    row = db.session.execute(
        select(HandlingUnit.closed_at)
        .join(Label, Label.handling_unit == HandlingUnit.code)
        .where(Label.code == code, reach.of(HandlingUnit, reader))
    ).first()
    return row is not None and row.closed_at is None


def taken_out_beside(scan: str) -> str | None:
    """The event of `taken_out_for`, where there is one: it goes with `scan` when that is wrong."""
    return db.session.scalar(select(Event.id).where(Event.id == taken_out_for(scan)))


def _taken_out(scan: Scan, box: str) -> Scan:
    return Scan(
        taken_out_for(scan.id),
        scan.code,
        "unpacking",
        scan.occurred_at - JUST_BEFORE,
        location=scan.location,
        handling_unit=box,
        sighted=scan.sighted,
        answers=scan.answers,
    )
