"""Receiving a consignment: what was seen is held against what was expected.

The scans are the ledger's, and what became of each unit is kept with them (`ledger.arrivals`). Here
a person concludes: every unit gets its verdict, what is missing becomes a discrepancy that goes
back to the consignor, and what turns up later changes the verdict. Verdicts are never changed, only
followed by others.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker.db import transaction
from tracker.domain.permissions import Action, Actor
from tracker.domain.receiving import REASONS, SAID_BY_HAND, Sum
from tracker.domain.texts import fitting
from tracker.errors import (
    Conflict,
    CountMoved,
    DoesNotFit,
    InvalidValue,
    NotAllowed,
    NotFound,
)
from tracker.ledger import shortfalls
from tracker.ledger.discrepancies import keep_once, opened
from tracker.models import Consignment, Discrepancy, Event, Item, ReceivingVerdict
from tracker.queries.standings import Standing, news, standing
from tracker.services.consignments import fix_packing_list, locked, passed

OPENS = {
    "damaged": "damaged",
    "wrong_serial": "wrong_serial",
    "unreadable_label": "misfit",
}
"""The discrepancy that a person's word about a unit opens."""


def conclude(ref: str, *, by: Actor, now: datetime, shown: str | None = None) -> Sum:
    """Say that counting is over: each expected unit gets its verdict; how it adds up.

    What is missing is a discrepancy from now on, which whoever concluded cannot settle. Done again
    after more was found, it adds the verdicts that changed. `shown` is the standing (`seal`) that
    the person had before them. Raises NotAllowed, NotFound, DoesNotFit (it has not arrived, or
    brings nothing) and CountMoved (it stands otherwise by now).
    """
    if not by.may(Action.SCAN_STOCK):
        raise NotAllowed
    with transaction() as session:
        row = locked(session, ref, by)
        if row.state not in ("arrived", "received"):
            raise DoesNotFit("Say first that the consignment has arrived.")
        fix_packing_list(session, ref)
        found = standing(session.connection(), ref)
        if not found.units:
            raise DoesNotFit("Nothing was expected with this consignment, and nothing came.")
        if shown is not None and shown != found.seal:
            raise CountMoved(was=_four(shown), now=list(found.sum.four))
        keep_verdicts(session, ref, found, by=by, now=now)
        shortfalls.align(session.connection(), ref, by.ref, now)
        if row.state == "arrived":
            passed(session, row, "received", by, now)
        return found.sum


def _four(seal: str) -> list[int]:
    """The four numbers of a standing that a page brings back."""
    numbers = seal.split("-")[:4]
    return [int(one) for one in numbers if one.isascii() and one.isdecimal() and len(one) < 10]


def say(
    ref: str,
    item: int,
    said: str,
    *,
    reason: str | None,
    note: str | None,
    by: Actor,
    now: datetime,
) -> None:
    """A person's own word about a unit that no scan has shown; it stands until the unit turns up.

    It is a discrepancy from now on, and no receipt: a unit is received by a scan. Raises
    NotAllowed, NotFound, InvalidValue and Conflict (a scan has shown the unit).
    """
    if not by.may(Action.SCAN_STOCK):
        raise NotAllowed
    if said not in SAID_BY_HAND or reason not in (None, *REASONS):
        raise InvalidValue("This is not one of the verdicts.", field="verdict")
    with transaction() as session:
        locked(session, ref, by)
        unit = standing(session.connection(), ref).units.get(item)
        if unit is None or not unit.listed:
            raise NotFound
        if not unit.arrival.is_missing:
            raise Conflict("A scan has shown this unit: scan it again to say more of it.")
        row = {"verdict": said, "reason": reason, "note": fitting(note, 500, "note") or None}
        _insert(session, [_row(ref, item, _code(session, item), by, now) | row])
        _open(session, ref, item, OPENS[said], by, now)
        if session.scalar(select(Consignment.state).where(Consignment.ref == ref)) == "received":
            shortfalls.align(session.connection(), ref, by.ref, now)


def close(ref: str, *, by: Actor, now: datetime) -> None:
    """The consignment is done with. Raises DoesNotFit while a verdict is lacking or is no longer
    what the ledger says, and Conflict while a discrepancy waits for somebody's decision.
    """
    if not by.may(Action.EDIT_CONSIGNMENTS):
        raise NotAllowed
    with transaction() as session:
        row = locked(session, ref, by)
        if row.state != "received":
            raise DoesNotFit("Receiving must be concluded first.")
        connection = session.connection()
        if news(connection, ref, standing(connection, ref)):
            raise DoesNotFit("Some units have another verdict by now: conclude the receiving.")
        waits = select(Discrepancy.id).where(
            Discrepancy.consignment == ref,
            Discrepancy.state == "open",
            Discrepancy.review.is_(None),
        )
        if session.scalar(waits.limit(1)) is not None:
            raise Conflict("Discrepancies of this consignment are open: settle them first.")
        passed(session, row, "closed", by, now)


def keep_verdicts(session: Session, ref: str, found: Standing, *, by: Actor, now: datetime) -> int:
    """Write the verdicts that are new or other than before; how many, inside the caller's
    transaction.
    """
    changed = news(session.connection(), ref, found)
    new = []
    for item, unit in sorted(changed.items()):
        if unit is None:
            gone = _row(ref, item, _code(session, item), by, now)
            new.append(gone | {"verdict": "not_sent"})
            continue
        row = _row(ref, item, unit.code, by, now)
        row |= {"verdict": unit.verdict, "reason": unit.arrival.reason}
        row |= {"event": unit.arrival.event, "location": unit.elsewhere}
        new.append(row | {"handling_unit": unit.unopened})
    _insert(session, new)
    return len(new)


_NOTHING = dict.fromkeys(("reason", "note", "event", "location", "handling_unit"))


def _row(ref: str, item: int, code: str, by: Actor, now: datetime) -> dict[str, Any]:
    told = {"consignment": ref, "item": item, "code": code, "said_by": by.ref, "said_at": now}
    return _NOTHING | told


def _insert(session: Session, rows: list[dict[str, Any]]) -> None:
    if rows:
        session.add_all(ReceivingVerdict(**row) for row in rows)
        session.flush()


def _code(session: Session, item: int) -> str:
    return session.scalar(select(Item.code).where(Item.id == item)) or ""


def _open(session: Session, ref: str, item: int, kind: str, by: Actor, now: datetime) -> None:
    """A discrepancy about what a person said of a unit, unless there is the same."""
    event = session.scalar(select(Item.last_event).where(Item.id == item))
    known = select(Discrepancy.id).where(
        Discrepancy.item == item, Discrepancy.kind == kind, Discrepancy.consignment == ref
    )
    if session.scalar(known.limit(1)) is None:
        found = (f"item:{item}", item, kind, event or _first(session, item))
        row = opened(found, now, {"consignment": ref})
        keep_once(session.connection(), row | {"raised_by": by.ref})


def _first(session: Session, item: int) -> str:
    """The event that announced a unit: nothing has been scanned of it."""
    first = select(Event.id).where(Event.subject == f"item:{item}", Event.seq == 1)
    return session.scalars(first).one()
