"""Boxes and pallets: made with labels of their own, closed, opened again.

What lies in them is the ledger's: units and boxes are packed and unpacked by scans.
"""

from __future__ import annotations

from datetime import datetime

from flask import current_app
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from tracker.db import transaction
from tracker.domain.permissions import Action, Actor
from tracker.domain.sscc import sscc
from tracker.errors import Conflict, InvalidValue, LabelInUse, NotAllowed, NotFound
from tracker.models import HandlingUnit, Label, Pledge
from tracker.queries import reach
from tracker.services.codes import fresh_codes

KINDS = ("box", "pallet")
MOST_AT_ONCE = 500


def make_units(
    many: int, kind: str, *, pledge: str | None = None, by: Actor, now: datetime
) -> list[str]:
    """Make `many` boxes or pallets, each with a label of its own to be printed; their codes.

    They are named `BOX-0001`, `PALLET-0001` and so on within their pledge. Raises NotAllowed and
    InvalidValue.
    """
    if not by.may(Action.PRINT_LABELS):
        raise NotAllowed
    if kind not in KINDS:
        raise InvalidValue("There are boxes and pallets.", field="kind")
    if not 1 <= many <= MOST_AT_ONCE:
        raise InvalidValue("Make 1 to 500 at a time.", field="many")
    with transaction() as session:
        if pledge is not None and session.get(Pledge, pledge) is None:
            raise InvalidValue("There is no such pledge.", field="pledge")
        codes = fresh_codes(session, many)
        _add(session, codes, kind, pledge, now)
        labels = [{"code": code, "state": "bound", "bound_at": now} for code in codes]
        session.execute(
            insert(Label), [{**label, "handling_unit": label["code"]} for label in labels]
        )
    return codes


def make_from_blank(code: str, kind: str, *, by: Actor, now: datetime) -> str:
    """A blank label was stuck on an empty box: it is a box from now on. Raises LabelInUse."""
    if not by.may(Action.SCAN_STOCK):
        raise NotAllowed
    with transaction() as session:
        label = session.get(Label, code, with_for_update=True)
        if label is None or label.state != "blank":
            raise LabelInUse
        _add(session, [code], kind, None, now)
        label.state, label.handling_unit, label.bound_at = "bound", code, now
    return code


def close_unit(code: str, *, by: Actor, now: datetime) -> None:
    """Close a box or pallet: it moves as one. Raises NotAllowed, NotFound, Conflict (closed)."""
    _turn(code, by, now)


def reopen_unit(code: str, *, by: Actor) -> None:
    """Open it again, to take out or add. Raises NotAllowed, NotFound, Conflict (open)."""
    _turn(code, by, None)


def _turn(code: str, by: Actor, closed_at: datetime | None) -> None:
    if not by.may(Action.SCAN_STOCK):
        raise NotAllowed
    with transaction() as session:
        unit = reach.one(session, HandlingUnit, code, by, lock=True)
        if unit is None:
            raise NotFound
        if (unit.closed_at is None) == (closed_at is None):
            raise Conflict
        unit.closed_at = closed_at


def _add(session: Session, codes: list[str], kind: str, pledge: str | None, now: datetime) -> None:
    """Handling units named in the order of their making."""
    here = select(func.count()).where(
        HandlingUnit.kind == kind,
        HandlingUnit.pledge == pledge if pledge else HandlingUnit.pledge.is_(None),
    )
    first = (session.scalar(here) or 0) + 1
    taken = set(
        session.scalars(
            select(HandlingUnit.name).where(
                HandlingUnit.pledge == pledge if pledge else HandlingUnit.pledge.is_(None)
            )
        )
    )
    names: list[str] = []
    while len(names) < len(codes):
        name = f"{kind.upper()}-{first:04d}"
        first += 1
        if name not in taken:
            names.append(name)
    numbers = _serials(session, len(codes))
    session.execute(
        insert(HandlingUnit),
        [
            {
                "code": code,
                "name": name,
                "kind": kind,
                "pledge": pledge,
                "seq": 0,
                "made_at": now,
                "sscc": number,
            }
            for code, name, number in zip(codes, names, numbers, strict=True)
        ],
    )


def _serials(session: Session, many: int) -> list[str | None]:
    """The next SSCCs of this installation, where it has a GS1 prefix."""
    prefix = current_app.config["GS1_PREFIX"]
    if not prefix:
        return [None] * many
    last = session.scalar(
        select(func.max(HandlingUnit.sscc)).where(HandlingUnit.sscc.startswith(f"0{prefix}"))
    )
    first = int(last[1 + len(prefix) : -1]) + 1 if last else 1
    return [sscc(prefix, number) for number in range(first, first + many)]
