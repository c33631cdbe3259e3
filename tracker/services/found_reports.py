"""What finders say: kept for the coordinators, and erased when one of them has seen to it.

Nothing is ever answered to a finder that depends on the code.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from tracker.db import transaction
from tracker.domain.permissions import Action, Actor
from tracker.domain.texts import fitting
from tracker.errors import Conflict, InvalidValue, NotAllowed, NotFound
from tracker.models import FoundReport
from tracker.services.codes import read_code
from tracker.services.discrepancies import in_words


def keep(code: str, message: str, contact: str, *, now: datetime) -> None:
    """Keep a finder's message and how to reach them.

    Raises TooLong for more than 500 and 200 characters.
    """
    said = fitting(_plain(message), 500, "message")
    reached = fitting(_plain(contact), 200, "contact") or None
    shown = _readable(code)[:64]  # of the address, which nobody types
    with transaction() as session:
        session.add(FoundReport(code=shown, message=said, contact=reached, made_at=now))


def settle(report: int, decision: str, *, by: Actor, now: datetime) -> None:
    """Keep what was decided, and erase what the finder wrote: it may tell where a unit stands.

    Raises NotAllowed, NotFound, Conflict (settled already) and InvalidValue (no words).
    """
    if not by.may(Action.SETTLE_DISCREPANCY):
        raise NotAllowed
    decision = in_words(decision)
    with transaction() as session:
        row = session.execute(
            select(FoundReport).where(FoundReport.id == report).with_for_update()
        ).scalar_one_or_none()
        if row is None:
            raise NotFound
        if row.settled_at is not None:
            raise Conflict
        row.message, row.contact = "", None
        row.settled_by, row.settled_at, row.decision = by.ref, now, decision


def _readable(code: str) -> str:
    """The canonical code, so that the unit can be found; as it was written if it is none."""
    try:
        return read_code(code)
    except InvalidValue:
        return _plain(code)


def _plain(text: str) -> str:
    """Without control characters and what no database holds."""
    kept = "".join(letter if letter.isprintable() else " " for letter in text).strip()
    return kept.encode("utf-8", "ignore").decode()
