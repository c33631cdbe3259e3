"""What a person decides about records that do not fit, kept by the ledger as events.

The decision itself is an event of the case's own story. Of two claims on one unit, the record that
it calls wrong is declared so by a second one in the unit's story, like any mistake: the fold leaves
it out from then on, and what else did not fit because of it heals. A scan by somebody who did not
reach the unit is said again by whoever admits it. Both events are kept in one transaction, or
neither is.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from functools import partial
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker.db import db, transaction
from tracker.domain.bodies import Body, scan_of
from tracker.domain.lifecycle import DECLARING_ERROR
from tracker.domain.permissions import Actor
from tracker.domain.scans import KEPT, Mode, Scan
from tracker.errors import InvalidValue, NotAllowed, NotFound
from tracker.ledger.events import Setting
from tracker.ledger.record import patiently, record_within
from tracker.models import Discrepancy, Event, Item, Label
from tracker.services import discrepancies

_DECIDED = UUID("0d1c8f52-3a0e-4bb1-9a35-6f7d1f0f5c11")
"""The name space of the declarations that decisions make: deciding twice declares nothing twice."""


def decide(discrepancy: int, decision: str, wrong: str | None, *, by: Actor, now: datetime) -> None:
    """Settle a discrepancy and, with `wrong`, declare that event of the same unit an error.

    Who settles that one person alone has written a unit off says that it stays: that word is
    declared wrong, or a later one would still be its second. Raises what `discrepancies.settle`
    raises, InvalidValue for an event of another unit, and NotAllowed for who may declare no error.
    """
    wrong = wrong or _said_alone(discrepancy)
    if wrong:
        patiently(partial(_decide, discrepancy, decision, wrong, by, now))
    else:
        discrepancies.settle(discrepancy, decision, by=by, now=now)


def admit(discrepancy: int, decision: str, *, by: Actor, now: datetime) -> None:
    """Settle the case of a scan out of reach, and say what it says as one's own word.

    The scan itself stays as it is: it joins the story when what is missing comes. Raises what
    `discrepancies.settle` raises, InvalidValue where the case is of no such scan, and NotAllowed
    for who may not record it.
    """
    patiently(partial(_admit, discrepancy, decision, by, now))


def _admit(discrepancy: int, decision: str, by: Actor, now: datetime) -> None:
    with transaction() as session:
        case = session.get(Discrepancy, discrepancy)
        if case is None:
            raise NotFound
        body = session.scalar(select(Event.body).where(Event.id == case.event))
        said: Body = json.loads(body or "{}")
        code = case.subject.removeprefix("code:")
        unit = select(Item.code).join(Label, Label.item == Item.id).where(Label.code == code)
        # Scans hold units before cases.
        known = session.scalar(unit.with_for_update(of=Item))
        if case.kind != "unknown_code" or "within" not in said or known is None:
            raise InvalidValue("This is not a scan of a unit out of reach.", field="admit")
        discrepancies.settle_within(session, discrepancy, decision, by=by, now=now)
        session.flush()
        scan = replace(scan_of(said), id=str(uuid5(_DECIDED, f"admit:{discrepancy}")), code=known)
        [outcome] = record_within(session, [scan], Setting(by, Mode.QUEUED, None, now))
        if outcome.result not in KEPT:
            raise NotAllowed


def _said_alone(discrepancy: int) -> str | None:
    """The write-off by one person that a case is about; of a box, its share for the unit."""
    query = (
        select(Event.id)
        .join(Discrepancy, Discrepancy.event == Event.id)
        .where(Discrepancy.id == discrepancy, Discrepancy.kind == "second_person")
    )
    return db.session.scalar(query)


def _decide(discrepancy: int, decision: str, wrong: str, by: Actor, now: datetime) -> None:
    with transaction() as session:
        scan = Scan(
            str(uuid5(_DECIDED, str(discrepancy))),
            _code_of(session, discrepancy, wrong),
            DECLARING_ERROR,
            now,
            note=decision.strip(),
            declares=wrong,
            reason="incorrect_data",
        )
        discrepancies.settle_within(session, discrepancy, decision, by=by, now=now, wrong=wrong)
        session.flush()
        [outcome] = record_within(session, [scan], Setting(by, Mode.LIVE, now, now))
        if outcome.result not in KEPT:
            raise NotAllowed


def _code_of(session: Session, discrepancy: int, wrong: str) -> str:
    """The code of the unit of a discrepancy, held from now on: scans hold units before cases.

    Raises NotFound, and InvalidValue where the event `wrong` is not the unit's own.
    """
    known = select(Discrepancy.item, Discrepancy.kind).where(Discrepancy.id == discrepancy)
    case = session.execute(known).first()
    if case is None:
        raise NotFound
    event = session.execute(select(Event.subject, Event.via).where(Event.id == wrong)).first()
    own = event is not None and (event.via is None or case.kind == "second_person")
    if case.item is None or event is None or not own or event.subject != f"item:{case.item}":
        raise InvalidValue("This record is not of the same unit.", field="wrong")
    return session.scalars(select(Item.code).where(Item.id == case.item).with_for_update()).one()
