"""Humanitarian-aid codes as rows: which clocks run, from which day, and what waits to start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import aliased

from tracker.db import db
from tracker.domain.aid_codes import (
    HUMANITARIAN,
    AidTerms,
    Countdown,
    declaration_deadline,
    report_deadline,
)
from tracker.domain.permissions import Actor
from tracker.models import Consignment, Passage, Pledge
from tracker.queries import reach


@dataclass(frozen=True, slots=True)
class AidCode:
    """What runs for the humanitarian aid of one consignment.

    `report` counts from the passage that starts the clock, told `starts` times; `waits` says that
    there is a code or declaration whose clock has not started.
    """

    ref: str
    report: Countdown | None
    declaration: Countdown | None
    starts: int
    waits: bool


def aid_code(ref: str, today: date, terms: AidTerms) -> AidCode | None:
    """That of one consignment; None for one that is no humanitarian aid, or has its report."""
    return next(_codes(today, terms, Consignment.ref == ref), None)


def running_codes(today: date, terms: AidTerms, reader: Actor) -> list[AidCode]:
    """Every consignment in reach for which something runs; those whose day comes first, first."""
    found = [
        one
        for one in _codes(today, terms, reach.of(Consignment, reader))
        if one.report or one.declaration
    ]
    return sorted(found, key=lambda one: (_first_day(one), one.ref))


def standing(kind: str) -> ColumnElement[bool]:
    """Whether a passage is of this kind and nobody declared it wrong."""
    error = aliased(Passage)
    wrong = select(error.id).where(error.declares == Passage.id).correlate(Passage)
    return (Passage.kind == kind) & ~wrong.exists()


def _codes(today: date, terms: AidTerms, *said: ColumnElement[bool]) -> Iterator[AidCode]:
    marked = or_(
        Consignment.aid_code.is_not(None),
        Consignment.aid_declared_on.is_not(None),
        Consignment.aid_coded_on.is_not(None),
    )
    rows = db.session.execute(
        select(
            Consignment.ref,
            Consignment.aid_declared_on,
            Consignment.aid_coded_on,
            marked.label("marked"),
        )
        .outerjoin(Pledge, Pledge.ref == Consignment.pledge)
        .where(
            Consignment.aid_reported_on.is_(None),
            or_(marked, Pledge.legal_basis == HUMANITARIAN),
            *said,
        )
    ).all()
    days = _starts(terms, *said)
    for ref, declared_on, coded_on, is_marked in rows:
        started_on = days.get(ref, [])
        is_over = coded_on is not None or bool(started_on)
        yield AidCode(
            ref,
            report_deadline(started_on, today, terms),
            declaration_deadline(declared_on, is_over=is_over, today=today, terms=terms),
            len(started_on),
            bool(is_marked) and not started_on,
        )


def _starts(terms: AidTerms, *said: ColumnElement[bool]) -> dict[str, list[date]]:
    """By consignment the days on which what starts the clock happened."""
    found: dict[str, list[date]] = {}
    for ref, happened_at, happened_on in db.session.execute(
        select(Passage.consignment, Passage.happened_at, Passage.happened_on)
        .join(Consignment, Consignment.ref == Passage.consignment)
        .where(Consignment.aid_reported_on.is_(None), standing(terms.starts_with), *said)
    ):
        found.setdefault(ref, []).append(happened_on or terms.day_of(happened_at))
    return found


def _first_day(one: AidCode) -> date:
    return min(each.due_on for each in (one.report, one.declaration) if each)
