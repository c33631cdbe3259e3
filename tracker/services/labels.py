"""What becomes of labels: made blank, bound to a unit, replaced, given to a place.

Binding and replacing are scans of the step `commissioning`, so the ledger tells which label a unit
wore when. How labels are drawn is in `services.printing`.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import uuid4

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from tracker.db import transaction
from tracker.domain.permissions import Action, Actor
from tracker.domain.scans import KEPT, Mode, Result, Scan
from tracker.errors import InvalidValue, LabelInUse, NotAllowed, NotFound, UnitUnknown
from tracker.ledger.binding import COMMISSIONING
from tracker.ledger.events import Setting
from tracker.ledger.record import patiently, record_within
from tracker.ledger.stating import act_as
from tracker.models import Label, LabelBatch, Location
from tracker.queries import items, reach
from tracker.queries.labels import scanned_label
from tracker.services.codes import fresh_codes, read_code, read_scanned

LARGEST_BATCH = 10_000


def make_blanks(many: int, *, by: Actor, now: datetime) -> int:
    """Make `many` codes that are bound to nothing yet; the number of their batch.

    Raises NotAllowed and InvalidValue (fewer than 1, or more than `LARGEST_BATCH`).
    """
    if not by.may(Action.PRINT_LABELS):
        raise NotAllowed
    if not 1 <= many <= LARGEST_BATCH:
        raise InvalidValue("A batch has 1 to 10,000 labels.", field="many")
    with transaction() as session:
        act_as(session, by.ref)
        batch = LabelBatch(many=many, made_by=by.ref, made_at=now)
        session.add(batch)
        session.flush()
        codes = fresh_codes(session, many)
        session.execute(
            insert(Label),
            [{"code": code, "state": "blank", "batch": batch.id} for code in sorted(codes)],
        )
    return batch.id


def blank_code(text: str) -> str:
    """The code of the blank label in `text`. Raises InvalidValue and LabelInUse."""
    code = read_code(text)
    label = scanned_label(code)
    if label is None:
        raise LabelInUse("This label was not printed here.")
    if label.state != "blank":
        raise LabelInUse("It is on a unit already.")
    return code


def bind(label: str, barcode: str, *, by: Actor, now: datetime) -> str:
    """Bind a blank label to the unit whose maker's barcode was scanned; the unit's code from now.

    The two may come in either order. Doing it twice is doing it once. Raises InvalidValue,
    LabelInUse, UnitUnknown, NotAllowed.
    """
    if not by.may_scan(COMMISSIONING, None):
        raise NotAllowed
    code, number = _told_apart(read_scanned(label)[0], read_scanned(barcode)[0])
    unit = items.item_by_identifier(number, by)
    if unit is None:
        raise UnitUnknown
    known = scanned_label(code)
    if known is not None and known.item == unit.id and known.state == "bound":
        return code
    blank_code(code)
    patiently(partial(_bind, code, number, by, now))
    return code


def _bind(code: str, number: str, by: Actor, now: datetime) -> None:
    with transaction() as session:
        act_as(session, by.ref)
        _commission(session, code, number, by=by, now=now)


def replace(code: str, *, by: Actor, now: datetime) -> str:
    """Give the unit that `code` names a new label; its code. The old one is revoked.

    It is made blank and bound by a scan, in one transaction: no code is left that is on nothing.
    Raises NotAllowed, NotFound, InvalidValue.
    """
    if not by.may(Action.PRINT_LABELS) or not by.may_scan(COMMISSIONING, None):
        raise NotAllowed
    canonical = read_code(code)
    unit = items.item_by_code(canonical, by) or items.item_by_identifier(canonical, by)
    if unit is None:
        raise NotFound
    return patiently(partial(_replace, unit.code, by, now))


def _replace(code: str, by: Actor, now: datetime) -> str:
    with transaction() as session:
        act_as(session, by.ref)
        [new] = fresh_codes(session, 1)
        session.add(Label(code=new, state="blank"))
        session.flush()
        _commission(session, new, code, by=by, now=now)
    return new


def label_of_place(ref: str, *, by: Actor) -> str:
    """The code of a location's label, made when it is first asked for.

    Raises NotAllowed, NotFound, and InvalidValue for a site: a label would say where it is.
    """
    if not by.may(Action.PRINT_LABELS):
        raise NotAllowed
    with transaction() as session:
        act_as(session, by.ref)
        place = reach.one(session, Location, ref, by)
        if place is None:
            raise NotFound
        if place.kind == "site":
            raise InvalidValue("A site gets no label: it would say where the site is.")
        known = session.scalar(
            select(Label.code).where(Label.location == ref, Label.state == "bound")
        )
        if known is not None:
            return known
        [code] = fresh_codes(session, 1)
        session.add(Label(code=code, state="bound", location=ref))
    return code


def _told_apart(one: str, other: str) -> tuple[str, str]:
    """(label, maker's number) of two scans, whichever came first."""
    swapped = scanned_label(one) is None and scanned_label(other) is not None
    return (other, one) if swapped else (one, other)


def _commission(session: Session, code: str, of: str, *, by: Actor, now: datetime) -> None:
    scan = Scan(str(uuid4()), code, COMMISSIONING, now, second_identifier=of)
    [outcome] = record_within(session, [scan], Setting(by, Mode.LIVE, now, now))
    if outcome.result is Result.UNKNOWN_CODE:
        raise NotFound("This unit is not at your place: its label is replaced where it is.")
    if outcome.result not in KEPT:
        raise NotAllowed
