"""The clock of a humanitarian-aid code: what starts it, when the recipient's report is due.

Source: Law 1192 and resolution 953 of the Cabinet of Ministers (amended by 1216, 390 and 1092): a
report within 90 days of the release from customs. Their headings were read, the forms that belong
to them were not, and that a declaration is good for 30 days is unverified: so the days and what
starts them are settings (docs/operating.md).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

HUMANITARIAN = "humanitarian"
"""The legal basis of a pledge that comes as humanitarian aid."""
SOON = 14  # days before a deadline on which it is due soon


@dataclass(frozen=True, slots=True)
class AidTerms:
    """What an installation counts by.

    The clock starts with the passage `starts_with`; the report is due `report_days` later. A
    declaration is good for `declaration_days`. `day_of` gives the day on which a moment falls.
    """

    starts_with: str
    report_days: int
    declaration_days: int
    day_of: Callable[[datetime], date]


@dataclass(frozen=True, slots=True)
class Countdown:
    """`due_on` is some days after `counts_from`; `left` is how many days are left."""

    counts_from: date
    due_on: date
    left: int

    @property
    def is_late(self) -> bool:
        """Whether the day has passed."""
        return self.left < 0

    @property
    def is_soon(self) -> bool:
        """Whether it is late or comes within two weeks."""
        return self.left <= SOON


def report_deadline(started_on: Collection[date], today: date, terms: AidTerms) -> Countdown | None:
    """When the report is due, by the days on which the starting passage happened.

    None before there is one. Of several the first day counts: a
    deadline that is told too early costs nobody anything, one that is told too late the recipient
    its status. Whoever knows that the first was none declares it wrong, and the next one counts.
    """
    if not started_on:
        return None
    return _after(min(started_on), terms.report_days, today)


def declaration_deadline(
    declared_on: date | None, *, is_over: bool, today: date, terms: AidTerms
) -> Countdown | None:
    """Until when a declaration is good; None where there is none, or nothing waits for it."""
    if declared_on is None or is_over:
        return None
    return _after(declared_on, terms.declaration_days, today)


def _after(start: date, days: int, today: date) -> Countdown:
    due = start + timedelta(days=days)
    return Countdown(start, due, (due - today).days)
