"""Donors' counts from the stories: what they should be by day, and what corrects them.

A count that donors have not seen yet can be made anew exactly: what was known at the end of a day
is folded from what had been recorded by then. Days before that stay as they were told.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.engine import Connection

from tracker.clock import day_in_kyiv, end_of_day_in_kyiv
from tracker.domain.custody import State
from tracker.domain.disclosure import NOT_FOLDED, known_until
from tracker.domain.lifecycle import Rung
from tracker.ledger import tallies
from tracker.ledger.loading import Unit
from tracker.models import Event, Tally
from tracker.queries import donor_units, donors, stories

ONLINE = f"seen:{Rung.ONLINE.value}:"

Key = tuple[str, str]
"""(pledge, measure)."""


class Recount:
    """The counts of all units: at the end of `since`, and the changes of each day after it.

    Units are given to `add` by the thousand; `since` may be `today`.
    """

    def __init__(self, since: date, today: date) -> None:
        self.since, self.today = since, today
        self.wanted: Counter[tuple[str, str, date]] = Counter()
        self._moved: set[int] | None = None

    def add(self, connection: Connection, units: Sequence[Unit]) -> None:
        """Count units whose `state` is the folded one."""
        late = self._recorded(connection, units) if self.since < self.today else {}
        for unit in units:
            if unit.item not in late:
                self._change(unit.pledge, State(), unit.state, self.since)
        if late:
            self._add_by_day(connection, [unit for unit in units if unit.item in late], late)

    def _add_by_day(
        self, connection: Connection, units: Sequence[Unit], recorded: dict[int, set[date]]
    ) -> None:
        """Units about which something became known after `since`: as they were each day."""
        known = {unit.item: State() for unit in units}
        for number in range((self.today - self.since).days):
            day = self.since + timedelta(days=number)
            due = [u for u in units if number == 0 or day in recorded[u.item]]
            found = stories.folded(
                connection, [unit.item for unit in due], before=end_of_day_in_kyiv(day)
            )
            for unit in due:
                state = found[unit.item].state
                self._change(unit.pledge, known[unit.item], state, day)
                known[unit.item] = state
        for unit in units:
            self._change(unit.pledge, known[unit.item], unit.state, self.today)

    def _change(self, pledge: str, before: State, after: State, day: date) -> None:
        changes: tallies.Changes = Counter()
        tallies.count_change(changes, pledge, before, after)
        for (_, measure), change in changes.items():
            self.wanted[pledge, measure, day] += change

    def _recorded(self, connection: Connection, units: Sequence[Unit]) -> dict[int, set[date]]:
        """On which days after `since` something was recorded about whom of `units`."""
        moment = end_of_day_in_kyiv(self.since)
        if self._moved is None:
            self._moved = _inside_what_moved(connection, moment)
        days: defaultdict[int, set[date]] = defaultdict(set)
        subjects = {unit.subject: unit.item for unit in units}
        rows = connection.execute(
            select(Event.subject, Event.recorded_at).where(
                Event.subject.in_(list(subjects)), Event.recorded_at >= moment
            )
        )
        for subject, recorded_at in rows:
            days[subjects[subject]].add(day_in_kyiv(recorded_at))
        every = {self.since + timedelta(days=n) for n in range((self.today - self.since).days)}
        for item in self._moved & set(subjects.values()):
            days[item] |= every
        return days

    def corrections(self, connection: Connection) -> dict[date, tallies.Changes]:
        """By how much the kept counts differ, by the day on which they do."""
        differ = Counter({key: number for key, number in self.wanted.items() if number})
        for pledge, measure, day, number in self._kept(connection):
            differ[pledge, measure, day] -= number
        found: dict[date, tallies.Changes] = {}
        for (pledge, measure, day), number in differ.items():
            if number:
                found.setdefault(day, Counter())[pledge, measure] += number
        return found

    def _kept(self, connection: Connection) -> Iterator[tuple[str, str, date, int]]:
        total = func.sum(Tally.change).label("total")
        rows = connection.execute(
            select(Tally.pledge, Tally.measure, total)
            .where(of_the_fold(), Tally.on <= self.since)
            .group_by(Tally.pledge, Tally.measure)
        )
        for pledge, measure, units in rows:
            yield pledge, measure, self.since, int(units)
        later = select(Tally.pledge, Tally.measure, Tally.on, Tally.change)
        for pledge, measure, day, change in connection.execute(
            later.where(of_the_fold(), Tally.on > self.since)
        ):
            yield pledge, measure, min(day, self.today), change

    def no_longer_online(
        self, connection: Connection, installation: donors.Discretion
    ) -> dict[str, int]:
        """How many units of each pledge its donor saw on line that are not, by the newer rules."""
        seen: Counter[str] = Counter()
        own = donors.newest_discretions()
        rows = connection.execute(
            select(Tally.pledge, Tally.on, func.sum(Tally.change).label("change"))
            .where(Tally.measure.startswith(ONLINE))
            .group_by(Tally.pledge, Tally.on)
        )
        for pledge, day, change in rows:
            late = max(installation.delay_days, own.get(pledge, installation).delay_days)
            if day <= known_until(self.today, late):
                seen[pledge] += int(change)
        for (pledge, measure, _), number in self.wanted.items():
            if measure.startswith(ONLINE):
                seen[pledge] -= number
        return {pledge: number for pledge, number in seen.items() if number > 0}


def of_the_fold() -> ColumnElement[bool]:
    """Which counts the fold makes: others are the worker's."""
    return and_(*(~Tally.measure.startswith(name) for name in NOT_FOLDED))


def _inside_what_moved(connection: Connection, moment: datetime) -> set[int]:
    """Units in boxes that, since `moment`, were said to stand in another one, or not to."""
    return {
        item
        for box in donor_units.boxes_moved_since(connection, moment)
        for item in stories.ever_inside(connection, box).items
    }
