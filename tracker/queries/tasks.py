"""What waits for a reader, the most urgent first: one list for the start page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from tracker.db import db
from tracker.domain.aid_codes import AidTerms
from tracker.domain.permissions import Action, Actor
from tracker.models import Consignment
from tracker.queries import discrepancies, reach
from tracker.queries.acts import list_acts
from tracker.queries.aid_codes import running_codes
from tracker.queries.boards import ON_THE_WAY
from tracker.queries.consignments import Journey, list_consignments

AHEAD = timedelta(days=7)
MOST = 40
"""Of each kind: who has more waiting works through the list of that kind."""


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do: its kind, the day it is due, and the row that a page tells it by.

    `kind` is `consignment` (a Journey), `discrepancy` (a Case), `report` (an AidCode) or `act`
    (an ActRow, due on no day).
    """

    kind: str
    due_on: date | None
    row: Any


@dataclass(frozen=True, slots=True)
class Tasks:
    """What is past its day, due today, and due within a week or on no day; none in two of them.

    `is_cut` says that of some kind more waits than MOST: the lists of that kind have the rest.
    """

    overdue: Sequence[Task]
    today: Sequence[Task]
    week: Sequence[Task]
    is_cut: bool

    @property
    def many(self) -> int:
        """How many things wait."""
        return len(self.overdue) + len(self.today) + len(self.week)


def tasks(reader: Actor, today: date, terms: AidTerms) -> Tasks:
    """What waits for `reader` on `today` (Kyiv's day): at their own places, if they work there."""
    found = sorted(_tasks(reader, today, terms), key=lambda task: task.due_on or today + AHEAD)
    return Tasks(
        overdue=[task for task in found if task.due_on and task.due_on < today],
        today=[task for task in found if task.due_on == today],
        week=[task for task in found if task.due_on is None or task.due_on > today],
        is_cut=MOST in Counter(task.kind for task in found).values(),
    )


def _tasks(reader: Actor, today: date, terms: AidTerms) -> Iterator[Task]:
    if reader.may(Action.READ_CONSIGNMENTS):
        for journey in expected(reader, today, today + AHEAD):
            yield Task("consignment", journey.eta_on, journey)
    if reader.may(Action.READ_DISCREPANCIES):
        for case in discrepancies.due_by(today + AHEAD, reader, MOST):
            yield Task("discrepancy", case.due_on, case)
    if reader.may(Action.EDIT_CONSIGNMENTS):
        for code in running_codes(today, terms, reader):
            if code.report and code.report.due_on <= today + AHEAD:
                yield Task("report", code.report.due_on, code)
    if reader.may(Action.SCAN_FIELD):
        for act in list_acts(reader, state="draft", limit=MOST):
            yield Task("act", None, act)


def expected(reader: Actor, today: date, until: date) -> Sequence[Journey]:
    """Consignments in reach that have not arrived and should by `until`, the oldest day first."""
    query = (
        select(Consignment.ref)
        .where(Consignment.state.in_(ON_THE_WAY), Consignment.eta_on <= until)
        .where(reach.of(Consignment, reader))
        .order_by(Consignment.eta_on, Consignment.ref)
        .limit(MOST)
    )
    return list_consignments(today, reader, refs=db.session.scalars(query).all(), limit=MOST)
