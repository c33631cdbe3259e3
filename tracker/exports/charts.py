"""What a donor's drawings are made of: numbers in, places on the drawing out.

The drawings are SVG written by the templates, on the server: no script, no inline style, and
nothing that only colour tells, because a donor prints the page in black and white.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tracker.domain.disclosure import Counts

REST = "rest"
SMALLEST = 3.0  # per cent of the bar: six pixels and a gap on the narrowest phone
SMALLEST_LABELLED = 3.0  # per cent of the bar: narrower parts have no room for a number


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the bar: its stage (`rest`: not announced yet), number in the legend, units,
    and where it begins and how wide it is, in per cent of the bar."""

    stage: str
    number: int
    units: int
    start: float
    width: float

    @property
    def middle(self) -> float | None:
        """Where its number stands, in per cent; None where there is no room for it."""
        return self.start + self.width / 2 if self.width >= SMALLEST_LABELLED else None


def bar(counts: Counts) -> list[Part]:
    """The stages that have units, then what is still to come, side by side."""
    stages = [*counts.stages.items(), (REST, counts.to_come)]
    told = [(stage, units) for stage, units in stages if units > 0]
    places = spread([units for _, units in told], 100.0, SMALLEST)
    return [
        Part(stage, number, units, start, width)
        for number, ((stage, units), (start, width)) in enumerate(zip(told, places, strict=True), 1)
    ]


def spread(numbers: Sequence[int], whole: float, least: float) -> list[tuple[float, float]]:
    """(start, width) of each of `numbers` side by side on a bar `whole` wide, none narrower than
    `least`: what the narrow ones lack the wide ones give, each by what it can spare.

    One lost unit of thousands is seen. `numbers` are above 0; where there are too many for
    `least`, all are equally wide.
    """
    if not numbers:
        return []
    least = min(least, whole / len(numbers))
    widths = [whole * number / sum(numbers) for number in numbers]
    lacking = sum(max(least - width, 0.0) for width in widths)
    spare = sum(max(width - least, 0.0) for width in widths)
    share = lacking / spare if spare else 0.0
    widths = [least + max(width - least, 0.0) * (1 - share) for width in widths]
    starts = [sum(widths[:place]) for place in range(len(widths))]
    return list(zip(starts, widths, strict=True))


@dataclass(frozen=True, slots=True)
class Days:
    """Two lines over the days, as paths in a box of WIDTH x HEIGHT with 0 units at the bottom."""

    first: date
    last: date
    most: int
    reached: str
    in_use: str


WIDTH, HEIGHT = 600, 140


def days(counts: Counts) -> Days | None:
    """Units handed over or further, and units in use, day by day; None when there are none.

    A line is level until the day on which it changes: nothing is made up in between.
    """
    told = [
        (day, stages["handed_over"] + in_use, in_use)
        for day, stages in counts.timeline
        for in_use in (stages["in_use"] + stages["inspected"],)
    ]
    most = max((reached for _, reached, _ in told), default=0)
    if most <= 0:
        return None
    first = told[0][0]
    span = max((counts.until - first).days, 1)
    reached = _steps([((day - first).days / span, here / most) for day, here, _ in told])
    in_use = _steps([((day - first).days / span, here / most) for day, _, here in told])
    return Days(first, counts.until, most, reached, in_use)


def _steps(points: Sequence[tuple[float, float]]) -> str:
    """A stepped line through (across, up), each from 0 to 1, on to the right edge."""
    path = [f"M0 {HEIGHT}"]
    for across, up in points:
        path.append(f"H{across * WIDTH:.1f}V{HEIGHT - max(up, 0) * HEIGHT:.1f}")
    return "".join([*path, f"H{WIDTH}"])
