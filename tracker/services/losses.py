"""Losses: reported under a number, with circumstances and photos; reversed when a unit is found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4, uuid5

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from tracker.db import transaction
from tracker.domain.discrepancies import Detail
from tracker.domain.lifecycle import Status, allowed
from tracker.domain.permissions import Action, Actor
from tracker.domain.scans import KEPT, Mode, Scan
from tracker.domain.texts import fitting
from tracker.errors import DoesNotFit, InvalidValue, NotAllowed, NotFound
from tracker.ledger.discrepancies import Row, opened
from tracker.ledger.events import Setting
from tracker.ledger.record import patiently, record_within
from tracker.models import Discrepancy, Item, LossEvidence, LossLine, LossReport
from tracker.models.loss_reports import LOSS_KINDS
from tracker.queries import items as item_queries
from tracker.services.codes import read_scanned
from tracker.services.papers.numbering import next_number

STEPS = {"lost": "reporting_lost", "stolen": "reporting_stolen", "destroyed": "destroying"}
OPENS = {"lost": "loss", "stolen": "theft", "destroyed": "loss"}
MOST_UNITS = 500
_REPORTED = UUID("c5a0a0b4-5a5e-4f0e-9d27-93b1f2a1f3c2")
"""The name space of the scans that a report makes."""


def report_loss(
    kind: str,
    codes: Sequence[str],
    circumstances: str,
    *,
    happened_on: date | None = None,
    authority: str | None = None,
    evidence: Sequence[str] = (),
    consignment: str | None = None,
    by: Actor,
    now: datetime,
) -> str:
    """Report units lost, stolen or destroyed, all under one number; the number.

    All or nothing, in one transaction: a code that names no unit, or a unit that is lost already,
    refuses the report. Each unit gets its event and a discrepancy that somebody else settles.
    Raises NotAllowed, InvalidValue and DoesNotFit.
    """
    if not by.may(Action.REPORT_LOSS):
        raise NotAllowed
    if kind not in LOSS_KINDS:
        raise InvalidValue("Say whether it was lost, stolen or destroyed.", field="kind")
    circumstances = fitting(circumstances, 4000, "circumstances")
    if len(circumstances) < 10:
        raise InvalidValue("Tell in a few sentences what happened.", field="circumstances")
    units = _units(kind, codes, by)
    with transaction() as session:
        number = next_number(session, "loss_report", now)
        session.add(
            LossReport(
                number=number,
                kind=kind,
                happened_on=happened_on,
                circumstances=circumstances,
                authority=fitting(authority, 120, "authority") or None,
                consignment=consignment or None,
                reported_by=by.ref,
                reported_at=now,
            )
        )
        session.flush()
        _add(session, number, units, evidence)
        session.execute(
            insert(Discrepancy),
            [_opened(number, item, kind, consignment, by, now) for item in units],
        )
        scans = _scans(session, number, kind, evidence, now)
        record_within(session, scans, Setting(by, Mode.QUEUED, now, now))
    return number


def _add(session: Session, number: str, units: Sequence[int], evidence: Sequence[str]) -> None:
    """The units of a report and its photos."""
    session.execute(insert(LossLine), [{"report": number, "item": item} for item in units])
    proofs = [{"report": number, "sha256": sha} for sha in dict.fromkeys(evidence)]
    if proofs:
        session.execute(insert(LossEvidence), proofs)


def _opened(
    number: str, item: int, kind: str, consignment: str | None, by: Actor, now: datetime
) -> Row:
    """The discrepancy about one unit of a report."""
    found = (f"item:{item}", item, OPENS[kind], _event(number, item))
    told: Detail = {"report": number, "consignment": consignment}
    return opened(found, now, told) | {"raised_by": by.ref}


def _scans(
    session: Session, number: str, kind: str, evidence: Sequence[str], now: datetime
) -> list[Scan]:
    """The events of a report, one for each unit."""
    rows = session.execute(
        select(Item.id, Item.code)
        .join(LossLine, LossLine.item == Item.id)
        .where(LossLine.report == number)
        .order_by(Item.id)
    )
    proofs = tuple(sorted(set(evidence)))
    return [
        Scan(_event(number, item), code, STEPS[kind], now, report=number, evidence=proofs)
        for item, code in rows
    ]


def reverse(number: str, item: int, location: str, *, by: Actor, now: datetime) -> None:
    """A unit of a report was found: it is in stock, or with its holder, again.

    Its discrepancy closes in the same transaction. Raises NotAllowed, NotFound and DoesNotFit (it
    is not lost, or somebody has found it before).
    """
    if not by.may(Action.REPORT_LOSS):
        raise NotAllowed
    patiently(partial(_reverse, number, item, location, by, now))


def _reverse(number: str, item: int, location: str, by: Actor, now: datetime) -> None:
    with transaction() as session:
        unit = session.execute(
            select(Item.code, Item.status)
            .join(LossLine, LossLine.item == Item.id)
            .where(LossLine.report == number, Item.id == item)
            .with_for_update(of=Item)
        ).first()
        if unit is None:
            raise NotFound
        if unit.status not in LOSS_KINDS:
            raise DoesNotFit(allowed=list(allowed(Status(unit.status))))
        scan = Scan(str(uuid4()), unit.code, "finding", now, location=location, report=number)
        [outcome] = record_within(session, [scan], Setting(by, Mode.LIVE, now, now))
        if outcome.result not in KEPT:
            raise DoesNotFit(allowed=list(outcome.allowed))
        session.execute(
            update(Discrepancy)
            .where(
                Discrepancy.item == item,
                Discrepancy.event == _event(number, item),
                Discrepancy.state == "open",
            )
            .values(state="healed")
        )


def _units(kind: str, codes: Sequence[str], by: Actor) -> list[int]:
    """The numbers of the units that `codes` name, each once."""
    found: dict[int, Any] = {}
    for text in codes:
        code, _ = read_scanned(text)
        unit = item_queries.item_by_code(code, by) or item_queries.item_by_identifier(code, by)
        if unit is None:
            raise InvalidValue("One of these codes names no unit.", field="codes")
        if STEPS[kind] not in allowed(Status(unit.status)) or unit.status in LOSS_KINDS:
            raise DoesNotFit("One of these units is lost, destroyed or written off already.")
        found[unit.id] = unit
    if not 1 <= len(found) <= MOST_UNITS:
        raise InvalidValue("Name 1 to 500 units.", field="codes")
    return sorted(found)


def _event(number: str, item: int) -> str:
    return str(uuid5(_REPORTED, f"{number} {item}"))
