"""What donors may see: counts as they were known some days ago, places by month in coarse cells.

Counts are sums of daily changes up to a day; places are numbers of sites, published once a month
with small cells merged. Nothing here takes an item, a site or a moment: what is not an argument
cannot leak.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import groupby

from tracker.domain import places
from tracker.domain.lifecycle import Rung, Status

STAGES: dict[str, tuple[Status, ...]] = {
    "announced": (Status.ANNOUNCED,),
    "in_stock": (Status.IN_STOCK, Status.IN_REPAIR),
    "packed": (Status.PACKED,),
    "on_the_way": (Status.IN_TRANSIT, Status.RETURNING),
    "handed_over": (Status.HANDED_OVER,),
    "in_use": (Status.DEPLOYED,),
    "inspected": (),
    "lost": (Status.LOST, Status.STOLEN, Status.DESTROYED),
    "written_off": (Status.WRITTEN_OFF,),
}
"""What a donor's progress bar shows, and the statuses that each part adds up.

`inspected` is taken out of `in_use`: units in use that were inspected where they are now.
"""

INSPECTED, DAMAGED, OPEN = "inspected", "damaged", "open:"
"""Measures beside statuses and rungs: units of the stage above; units in a bad condition that are
still there; open discrepancies of a kind (`open:gap`)."""

REVIEW, SAID_ONLINE = "review", "said_online"
"""Discrepancies that newer rules found in old stories, being looked through as one batch; units
that were shown on line only because a person said that they work, as long as that counted."""

BY_ITSELF = frozenset({Rung.WORKING, Rung.ONLINE})
"""Rungs that no higher one implies: a check neither says that a unit works nor measures it."""

NOT_FOLDED = (OPEN, REVIEW, SAID_ONLINE)
"""Measures, by how they begin, that do not come from units' states."""


def known_until(today: date, delay_days: int) -> date:
    """The last day (Kyiv's) that donors see: what became known later stays out."""
    return today - timedelta(days=max(delay_days, 0))


def newest_month(today: date, lag_days: int) -> date:
    """The first day of the newest month that ended `lag_days` or more before `today`."""
    return ((today - timedelta(days=lag_days)).replace(day=1) - timedelta(days=1)).replace(day=1)


@dataclass(frozen=True, slots=True)
class Change:
    """By how much one measure (`models.snapshots.Tally`) changed on one day."""

    on: date
    measure: str
    change: int


@dataclass(frozen=True, slots=True)
class Step:
    """A rung of the proof ladder: units that reached it or a higher one; the newest proof's day.

    Of the rungs that no higher one implies (`BY_ITSELF`) units of which just that is proved.

    `newest_on` is the day on which the newest proof of this very rung was made (not the later one
    on which it became known); None where no unit has one.
    """

    rung: Rung
    units: int
    newest_on: date | None


@dataclass(frozen=True, slots=True)
class Counts:
    """The progress of a pledge, or of several together, until a day.

    `stages` adds up, with `to_come`, to the pledged number; where more units exist than were
    pledged `to_come` is negative: the page says by how many. `timeline` holds, per day on which
    a stage changed, the stages at its end. `damaged` units are counted at their stages too;
    `open` counts open discrepancies by kind, without those in `review`, which newer rules found in
    old stories. `said_online` units were shown on line once, only because a person said so.
    """

    pledged: int
    until: date
    stages: dict[str, int]
    ladder: tuple[Step, ...]
    timeline: tuple[tuple[date, dict[str, int]], ...] = ()
    damaged: int = 0
    open: dict[str, int] = field(default_factory=dict)
    review: int = 0
    said_online: int = 0

    @property
    def matters(self) -> dict[str, int]:
        """Everything that is open, by kind; what is in review is a kind of its own, the last."""
        return self.open | ({REVIEW: self.review} if self.review else {})

    @property
    def units(self) -> int:
        """Units that exist in the records."""
        return sum(self.stages.values())

    @property
    def to_come(self) -> int:
        """Pledged and not yet announced; negative when there are more units than were pledged."""
        return self.pledged - self.units

    @property
    def ever(self) -> list[str]:
        """The stages at which there was a unit on any day."""
        return [name for name in self.stages if any(day[name] for _, day in self.timeline)]

    def proved(self, rung: Rung) -> int:
        """Units proved at `rung` or higher; of those `BY_ITSELF` units of which it is proved."""
        return next(step.units for step in self.ladder if step.rung == rung)


def counts(changes: Iterable[Change], pledged: int, until: date) -> Counts:
    """Add up what was known at the end of `until`."""
    seen = sorted((c for c in changes if c.on <= until), key=lambda c: c.on)
    sums: dict[str, int] = {}
    timeline: list[tuple[date, dict[str, int]]] = []
    reached = _stages(sums)
    for day, told in groupby(seen, key=lambda c: c.on):
        for change in told:
            sums[change.measure] = sums.get(change.measure, 0) + change.change
        before, reached = reached, _stages(sums)
        if reached != before:
            timeline.append((day, reached))
    kinds = {name.removeprefix(OPEN): n for name, n in sums.items() if name.startswith(OPEN)}
    return Counts(
        pledged,
        until,
        reached,
        _ladder(sums, until),
        tuple(timeline),
        sums.get(DAMAGED, 0),
        {kind: number for kind, number in sorted(kinds.items()) if number > 0},
        max(0, sums.get(REVIEW, 0)),
        sums.get(SAID_ONLINE, 0),
    )


def _stages(sums: Mapping[str, int]) -> dict[str, int]:
    stages = {
        stage: sum(sums.get(f"status:{status.value}", 0) for status in statuses)
        for stage, statuses in STAGES.items()
    }
    stages["inspected"] = sums.get(INSPECTED, 0)
    stages["in_use"] -= stages["inspected"]
    return stages


def _ladder(sums: Mapping[str, int], until: date) -> tuple[Step, ...]:
    """Units whose highest proof is each rung or above it, and how old the newest proof is.

    A proof that a wrong clock puts into the future is no newer than the day it was known on.
    """
    newest: dict[str, date] = {}
    own: Counter[str] = Counter()
    for measure, units in sums.items():
        kind, _, name = measure.partition(":")
        if kind == "seen":
            rung, _, day = name.partition(":")
            own[rung] += units
            if units > 0:
                newest[rung] = max(newest.get(rung, date.min), min(date.fromisoformat(day), until))
    steps = []
    reached = 0
    for rung in reversed(Rung):
        reached += sums.get(f"top:{rung.value}", 0)
        units = own[rung.value] if rung in BY_ITSELF else reached
        steps.append(Step(rung, units, newest.get(rung.value)))
    return tuple(reversed(steps))


@dataclass(frozen=True, slots=True)
class Places:
    """One month's published places: sites per cell (`UA46`, `macro:east`), and the rest together.

    `other` is the number of sites in cells that are not shown, None where it is not told.
    `sectors` says in how many sites per sector units are in use, *at the least*.
    """

    month: date
    cells: dict[str, int] = field(default_factory=dict)
    other: int | None = None
    sectors: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """As it is kept."""
        return {
            "month": self.month.isoformat(),
            "cells": self.cells,
            "other": self.other,
            "sectors": self.sectors,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, object]) -> Places:
        """As it was kept; early snapshots have no sectors."""
        cells, other, sectors = kept["cells"], kept["other"], kept.get("sectors", {})
        assert isinstance(cells, dict)
        assert isinstance(sectors, dict)
        assert other is None or isinstance(other, int)
        return cls(date.fromisoformat(str(kept["month"])), dict(cells), other, dict(sectors))


def add_up(places: Iterable[Places]) -> Places | None:
    """The places of several pledges together: sums of what each of them shows, nothing else.

    A total so made says nothing that the pledges' own tables do not. A site that holds units of
    two pledges counts once for each. The sums are of the newest month among `places`; tables of
    earlier months are left out, and where there is no table the answer is None. `other` adds up
    the sites that are told without their oblast, some of which may lie in oblasts that are shown;
    None where no pledge tells any.
    """
    given = list(places)
    month = max((one.month for one in given), default=None)
    if month is None:
        return None
    cells: Counter[str] = Counter()
    sectors: Counter[str] = Counter()
    others = []
    for one in given:
        if one.month == month:
            cells.update(one.cells)
            sectors.update(one.sectors)
            others += [one.other] if one.other is not None else []
    other = sum(others) if others else None
    return Places(month, dict(sorted(cells.items())), other, dict(sorted(sectors.items())))


MACRO = "macro:"


def cells_of_ukraine(front_line: Iterable[str] = ()) -> dict[str, str]:
    """Oblast (p-code) -> the cell in which its sites are counted, for all 27 oblasts.

    A macro-region with a front-line oblast is one cell, whole: were only its front-line oblasts
    one cell, a region with a single one would show just that. Raises `places.UnknownPlace`.
    """
    coarse = {places.macro_region(pcode).id for pcode in front_line}
    cells = {}
    for oblast in places.OBLASTS:
        region = places.macro_region(oblast.pcode).id
        cells[oblast.pcode] = f"{MACRO}{region}" if region in coarse else oblast.pcode
    return cells


def publish(
    month: date,
    sites: Mapping[str, int],
    previous: Places | None = None,
    *,
    units: int,
    cells: Mapping[str, str],
    small_cell: int = 5,
) -> Places:
    """What may be shown for `month` of `sites` (per oblast), where `units` are in use.

    `cells` maps every oblast, with sites or without, to its cell; all of it is public. Whoever
    knows this function, everything it ever published and the number of units must find each
    hidden cell able to hold any number below `small_cell`, and no figure or change below it:

    1. Only cells of `small_cell` sites or more are shown.
    2. A shown figure stands until the cell has changed by `small_cell` or more.
    3. There are no more sites than units. Where units less shown figures would leave a hidden
       cell less room than `small_cell` - 1, the smallest figures are hidden too, one by one.
    4. The rest is told only when it is `small_cell` or more, and small enough for any hidden cell
       to be empty while the others stay below `small_cell`; and when all figures together are no
       more than the units.

    No total is given; totals above (of a donor, of all) are to be sums of what is shown.
    """
    sums = dict.fromkeys(sorted(cells.values()), 0)
    for oblast, number in sites.items():
        sums[cells[oblast]] += number
    before = _no_less_than(previous or Places(month), small_cell)
    shown = _shown(sums, before.cells, units, small_cell)
    hidden = sums.keys() - shown.keys()
    rest, room = sum(sums[cell] for cell in hidden), (small_cell - 1) * (len(hidden) - 1)
    other = _steady(rest, before.other, small_cell) if small_cell <= rest <= room else None
    if other is not None and other > units - sum(shown.values()):
        other = None
    return Places(month, shown, other)


def with_sectors(places: Places, sectors: Mapping[str, int], small_cell: int = 5) -> Places:
    """`places` with what may be said of the same sites by sector; `sectors` holds all, also empty.

    There is no table unless `places` tells more than `small_cell` sites for each sector, at the
    least. In it every figure means "so many or more": it is rounded down to a multiple of
    `small_cell` (what is less has none), and none is higher than one height for all. That is the
    highest multiple at which the sectors, each filled up to just below its next multiple or to
    the height, would hold fewer sites than `places` tells at the least.

    So there is always a sector that holds more than is said, and nobody can tell how much: the
    sectors never say more about the number of all sites than the oblasts did. Whatever the
    oblasts may be by their own table, each sector without a figure may have none or any number
    below `small_cell` beside it, whichever the others have.
    """
    told = _told_at_least(places, small_cell)
    assert sum(sectors.values()) >= told, "both tables are of the same sites"
    if told <= small_cell * len(sectors):
        return places
    floors = {name: number - number % small_cell for name, number in sorted(sectors.items())}
    height = small_cell
    while _filled(floors.values(), height + small_cell, small_cell) < told:
        height += small_cell
    return replace(places, sectors={n: min(floor, height) for n, floor in floors.items() if floor})


def _filled(floors: Iterable[int], height: int, small_cell: int) -> int:
    return sum(min(floor + small_cell - 1, height) for floor in floors)


def _told_at_least(places: Places, small_cell: int) -> int:
    """The sites that there are for certain: a figure may stand `small_cell` - 1 above the truth."""
    figures = [*places.cells.values(), *([places.other] if places.other is not None else [])]
    return sum(max(small_cell, figure - small_cell + 1) for figure in figures)


def _no_less_than(before: Places, small_cell: int) -> Places:
    """The figures that may stand: those of a month with a lower threshold may be too small now."""
    cells = {cell: figure for cell, figure in before.cells.items() if figure >= small_cell}
    other = before.other if before.other is not None and before.other >= small_cell else None
    return replace(before, cells=cells, other=other)


def _shown(
    sums: Mapping[str, int], before: Mapping[str, int], units: int, small_cell: int
) -> dict[str, int]:
    """The cells to be shown and their figures (rules 1 to 3).

    What rule 3 hides depends on figures and units alone, which are public: were it the true
    numbers, a figure that stands beside few units would tell how far it is from the truth.
    """
    shown = {
        cell: _steady(number, before.get(cell), small_cell)
        for cell, number in sums.items()
        if number >= small_cell
    }
    while shown and units - sum(shown.values()) < small_cell - 1:
        del shown[min(shown, key=lambda cell: (shown[cell], cell))]
    return shown


def _steady(now: int, before: int | None, small_cell: int) -> int:
    """The figure to show: a new one only when it differs enough from the one shown before."""
    return before if before is not None and abs(now - before) < small_cell else now
