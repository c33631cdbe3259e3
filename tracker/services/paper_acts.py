"""Acts signed on paper: printed with their list, photographed on a phone, held against the scans.

A printed act has its number, and its list does not change any more. The phone photographs the
signed paper; the number stands in its symbol, which the phone reads, or else the server when the
photo has come. What was scanned is then compared with what is on the paper: each difference is a
discrepancy for a person to settle.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tracker.db import db, transaction
from tracker.domain.permissions import Action, Actor
from tracker.errors import Conflict, EvidenceBroken, InvalidValue, NotAllowed, NotFound
from tracker.files.symbols import symbols_in
from tracker.ledger import discrepancies
from tracker.ledger.record import patiently
from tracker.ledger.stating import act_as
from tracker.models import ActLine, HandoverAct, Upload
from tracker.queries import reach
from tracker.services.act_lists import changes, refuse_changed
from tracker.services.evidence import evidence_content
from tracker.services.papers import act_papers
from tracker.services.papers.documents import Issued, document_address
from tracker.services.papers.numbering import next_number

_NUMBER = re.compile(r"/DOCUMENTS/([A-Z0-9-]{1,32})/?$")


def print_act(act: int, *, by: Actor, now: datetime) -> Issued:
    """Give an act in draft its number and its paper, to be signed by hand, in one transaction.

    Raises NotAllowed, NotFound, InvalidValue (no unit on it), Conflict (signed already) and
    ListChanged, which says what is not as it was listed.
    """
    if not by.may(Action.SCAN_FIELD):
        raise NotAllowed
    return patiently(partial(_print, act, by, now))


def _print(act: int, by: Actor, now: datetime) -> Issued:
    with transaction() as session:
        act_as(session, by.ref)
        row = reach.one(session, HandoverAct, act, by, lock=True)
        if row is None:
            raise NotFound
        if row.state == "signed":
            raise Conflict("The act is signed already.")
        if not session.scalar(select(func.count()).where(ActLine.act == act)):
            raise InvalidValue("There is no unit on the act yet.")
        if row.number is None:
            refuse_changed(changes(session, act, by, lock=True))
            row.number = next_number(session, "handover_act", now)
            session.flush()
        return act_papers.issue_act_within(session, act, by=by, now=now)


def number_in(text: str) -> str | None:
    """The number of our own act in the text of a symbol; None for any other text."""
    found = _NUMBER.search(text.strip().upper())
    if found is None or text.strip().upper() != document_address(found[1]):
        return None
    return found[1]


def link(session: Session, act: HandoverAct, number: str, by: Actor, now: datetime) -> bool:
    """Say that `act`, signed on a phone, is the printed act `number`; whether there is such.

    The printed act is signed by that. What is on one list only becomes a discrepancy.
    """
    paper = session.scalars(
        select(HandoverAct).where(HandoverAct.number == number).with_for_update()
    ).first()
    if paper is None or paper.id == act.id or act.paper is not None:
        return False
    act.paper = number
    if paper.state == "draft":
        paper.state, paper.signed_at = "signed", act.signed_at
        for name in ("giver_person", "giver_position", "receiver_person", "receiver_position"):
            setattr(paper, name, getattr(act, name))
    printed, scanned = (_items(session, one.id) for one in (paper, act))
    rows = [
        discrepancies.opened(
            (f"item:{item}", item, kind, str(act.uid)), now, {"act": act.number, "paper": number}
        )
        | {"raised_by": by.ref}
        for kind, items in (("short", printed - scanned), ("over", scanned - printed))
        for item in sorted(items)
    ]
    discrepancies.keep(session.connection(), rows)
    return True


def look_for_paper(sha: str, *, by: Actor, now: datetime) -> None:
    """Look for the number of a printed act in a photo that has come, if an act waits for one."""
    waits = select(HandoverAct.id).where(
        HandoverAct.paper.is_(None), HandoverAct.uid.is_not(None), HandoverAct.photos.contains(sha)
    )
    row, act = db.session.get(Upload, sha), db.session.scalar(waits)
    if act is None or row is None or row.kept_as is None:
        return
    try:
        texts = [one.text for one in symbols_in(evidence_content(row.kept_as)[0])]
    except (InvalidValue, EvidenceBroken):
        return
    numbers = [number for text in texts if (number := number_in(text))]
    if not numbers:
        return
    with transaction() as session:
        act_as(session, by.ref)
        waiting = session.get(HandoverAct, act, with_for_update=True)
        assert waiting is not None
        link(session, waiting, numbers[0], by, now)


def _items(session: Session, act: int) -> set[int]:
    return set(session.scalars(select(ActLine.item).where(ActLine.act == act)))
