"""The paper of a handover act: what both sides signed, and what of it the ledger has booked."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from labels.codes import is_canonical, show
from tracker.db import db, transaction
from tracker.domain.booked_acts import Balance
from tracker.domain.booked_acts import Line as SignedLine
from tracker.domain.permissions import Action, Actor
from tracker.errors import Conflict, NotAllowed, NotFound
from tracker.ledger.record import patiently
from tracker.models import Document, HandoverAct
from tracker.papers import handover_act
from tracker.papers.parts import Line, Side, Signature, Title
from tracker.papers.words import DOUBTS
from tracker.queries import reach
from tracker.queries.paper_lines import paper_lines
from tracker.services.booked_acts import balance_of
from tracker.services.evidence import strokes_of
from tracker.services.papers.documents import Issued, issue_within
from tracker.services.papers.issuing import line_of, side_of


def is_issued(act: int) -> bool:
    """Whether an act has its paper."""
    found = select(Document.id).where(Document.about == f"act:{act}").limit(1)
    return db.session.scalar(found) is not None


def issue_act(act: int, *, by: Actor, now: datetime) -> Issued:
    """Issue an act under its own number; to be signed by hand where nobody has signed it yet.

    Raises Conflict while it has no number.
    """
    if not by.may(Action.SCAN_FIELD):
        raise NotAllowed
    return patiently(partial(_issue, act, by, now))


def _issue(act: int, by: Actor, now: datetime) -> Issued:
    with transaction() as session:
        if reach.one(session, HandoverAct, act, by) is None:
            raise NotFound
        return issue_act_within(session, act, by=by, now=now)


def issue_act_within(session: Session, act: int, *, by: Actor, now: datetime) -> Issued:
    """`issue_act` inside the caller's transaction, for who may do what leads to it."""
    row = session.get(HandoverAct, act)
    if row is None:
        raise NotFound
    if row.number is None:
        raise Conflict("The act is not signed yet.")
    told = balance_of(row)
    units = paper_lines({*_units_of(told), *told.unsigned})
    known = {line.item: line_of(line, {}, {}) for line in units}
    lines = [
        known[line.item] if line.item is not None else Line(_shown(line.code), "", "")
        for line in told.lines
    ]
    # Nothing is booked before it is signed.
    odd = {place: _why(line) for place, line in told.unbooked if row.state == "signed"}
    giver, giver_signed = _signed(row, "giver", "Передав", "handed over by")
    receiver, receiver_signed = _signed(row, "receiver", "Прийняв", "accepted by")

    def compose(title: Title) -> bytes:
        return handover_act.write(
            handover_act.HandoverAct(
                title=title,
                giver=giver,
                receiver=receiver,
                purpose=row.purpose,
                commission=commission_of(row.commission),
                lines=lines,
                signatures=(giver_signed, receiver_signed),
                unbooked=odd,
                miscounted=told.miscounted,
                unsigned=[known[item] for item in told.unsigned],
            )
        )

    about = f"act:{act}"
    return issue_within(session, "handover_act", about, compose, by=by, now=now, number=row.number)


def _why(line: SignedLine) -> tuple[str, str]:
    """Why a line is not booked, in Ukrainian and in English."""
    assert line.doubt is not None
    uk, en = DOUBTS[line.doubt]
    return (f"{uk} {line.same_as}", f"{en} {line.same_as}") if line.same_as else (uk, en)


def _shown(code: str) -> str:
    return show(code) if is_canonical(code) else code


def _units_of(told: Balance) -> set[int]:
    return {line.item for line in told.lines if line.item is not None}


def _signed(row: HandoverAct, side: str, uk: str, en: str) -> tuple[Side, Signature]:
    """One side of an act, and what it signed."""
    person = getattr(row, f"{side}_person") or ""
    position = getattr(row, f"{side}_position") or ""
    named = side_of(getattr(row, side), person, position)
    assert named is not None
    strokes = strokes_of(getattr(row, f"{side}_signature"))
    return named, Signature(uk, en, person, position, row.signed_at, strokes)


def commission_of(text: str) -> list[tuple[str, str]]:
    """(name, position) from lines of `name; position`."""
    told = []
    for line in text.splitlines():
        name, _, position = line.partition(";")
        if name.strip():
            told.append((name.strip(), position.strip()))
    return told
