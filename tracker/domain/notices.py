"""What a notice tells: by how much a pledge moved between two days that its donor may see.

Made from the donor's own counts and monthly tables and from nothing else, so that a notice can
tell no more than the page does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from tracker.domain.disclosure import Change, Counts, counts, newest_month

DAYS = {"daily": 1, "weekly": 7}
"""Cadence of a digest -> days between two."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a reader was last told: the last day, the number pledged, the newest month of places."""

    until: date
    pledged: int
    month: date | None


@dataclass(frozen=True, slots=True)
class Moved:
    """A number that changed.

    `kind` is `stage` (units at it), `rung` (`Counts.proved` of it), `damaged` (units) or
    `open` (discrepancies); the last two have no `name`.
    """

    kind: str
    name: str
    before: int
    after: int

    @property
    def by(self) -> int:
        """How many more; negative for fewer."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class News:
    """What changed after `since` and until the end of `until`; both are days that donors see.

    `pledged` is the number before and after, where it was revised; `month` a month whose table of
    places was published meanwhile; `photos` how many were released, `statements` what coordinators
    said, in English and Ukrainian. `said_online` units counted as on line until now, only because
    a person said that they work: told once.
    """

    since: date
    until: date
    moved: tuple[Moved, ...]
    pledged: tuple[int, int] | None = None
    month: date | None = None
    photos: int = 0
    statements: tuple[tuple[str, str], ...] = ()
    said_online: int = 0

    def __bool__(self) -> bool:
        """Whether there is anything to tell."""
        told = self.moved or self.pledged or self.month or self.photos or self.statements
        return bool(told or self.said_online)

    def of(self, *kinds: str) -> list[Moved]:
        """What moved of these kinds."""
        return [one for one in self.moved if one.kind in kinds]


def told_until(today: date, until: date) -> date:
    """The last day that notices tell of: one that donors see (`until`), and that is over."""
    return min(until, today - timedelta(days=1))


def is_due(cadence: str, told: date, until: date) -> bool:
    """Whether a reader who was told of `told` is to be told of `until` (as `told_until` has it)."""
    return (until - told).days >= DAYS[cadence]


def published_on(month: date, lag_days: int) -> date:
    """The first day on which `newest_month` is `month`: when donors first see its places."""
    following = (month + timedelta(days=31)).replace(day=1)
    return following + timedelta(days=max(lag_days, 0))


def next_month(today: date, lag_days: int) -> date:
    """The month whose places are published next, after `today`."""
    return (newest_month(today, lag_days) + timedelta(days=31)).replace(day=1)


def moved(before: Counts, after: Counts) -> tuple[Moved, ...]:
    """The stages, the rungs, then damaged units and open discrepancies, whose numbers differ."""
    numbers = [
        *(Moved("stage", name, before.stages[name], units) for name, units in after.stages.items()),
        *(Moved("rung", step.rung.value, before.proved(step.rung), step.units)
          for step in after.ladder),
        Moved("damaged", "", before.damaged, after.damaged),
        Moved("open", "", sum(before.open.values()), sum(after.open.values())),
    ]  # fmt: skip
    return tuple(one for one in numbers if one.by)


def news(told: Told, before: Counts, after: Counts, month: date | None) -> News:
    """What a reader who was `told` is to be told now; `month` is the newest table of places."""
    return News(
        told.until,
        after.until,
        moved(before, after),
        (told.pledged, after.pledged) if told.pledged != after.pledged else None,
        month if month is not None and month != told.month else None,
    )


def day_by_day(changes: Iterable[Change], pledged: int, until: date, most: int) -> list[News]:
    """One news for each of the newest `most` days on which a number changed, newest first."""
    known = sorted((each for each in changes if each.on <= until), key=lambda each: each.on)
    days = sorted({each.on for each in known})[-most:]
    found: list[News] = []
    if not days:
        return found
    sums, rest = _summed(known, days[0])
    before = counts(sums, pledged, days[0] - timedelta(days=1))
    for day in days:
        sums, rest = _summed([*sums, *rest], day + timedelta(days=1))
        after = counts(sums, pledged, day)
        newly_said = after.said_online - before.said_online
        one = News(before.until, day, moved(before, after), said_online=newly_said)
        found += [one] if one else []
        before = after
    return found[::-1]


def _summed(changes: Iterable[Change], day: date) -> tuple[list[Change], Sequence[Change]]:
    """The changes before `day` added up, as if of the day before it; and those from it on."""
    sums: dict[str, int] = {}
    rest = []
    for each in changes:
        if each.on >= day:
            rest.append(each)
        else:
            sums[each.measure] = sums.get(each.measure, 0) + each.change
    eve = day - timedelta(days=1)
    return [Change(eve, measure, change) for measure, change in sums.items()], rest
