"""Numbers that are given once: `ACT-2026-00017`. A number is never used again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tracker.clock import day_in_kyiv
from tracker.models import DocumentSeries

SERIES = {
    "consignment": "CN",
    "packing_list": "PKL",
    "waybill": "WB",
    "received_note": "GRN",
    "handover_act": "ACT",
    "count_sheet": "CNT",
    "loss_report": "LOSS",
    "write_off_act": "WOF",
}


def next_number(session: Session, kind: str, now: datetime) -> str:
    """The next number of a kind in Kyiv's year, inside the caller's transaction.

    The series' row is locked: of two who ask at once, the second waits for the first.
    """
    name = f"{SERIES[kind]}-{day_in_kyiv(now).year}"
    if _last(session, name) is None:
        try:
            with session.begin_nested():
                session.execute(insert(DocumentSeries).values(name=name, last=0))
        except IntegrityError:
            pass  # somebody else has begun the series in this moment
    last = _last(session, name)
    assert last is not None
    session.execute(update(DocumentSeries).where(DocumentSeries.name == name).values(last=last + 1))
    return f"{name}-{last + 1:05d}"


def _last(session: Session, name: str) -> int | None:
    return session.scalar(
        select(DocumentSeries.last).where(DocumentSeries.name == name).with_for_update()
    )
