"""Units by status as one bar: which part is how wide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tracker.exports.charts import REST, spread

ORDER = (
    "announced",
    "in_stock",
    "packed",
    "in_transit",
    "handed_over",
    "deployed",
    "returning",
    "in_repair",
    "lost",
    "stolen",
    "destroyed",
    "written_off",
)
WIDTH = 1000.0
LEAST = 30.0
"""Of WIDTH: six pixels and the gap beside them, on the narrowest bar that a phone shows."""


class Part(NamedTuple):
    """One status in the bar: where it begins and how wide it is, of WIDTH."""

    stage: str
    x: float
    width: float


def parts(counts: Mapping[str, int], whole: int) -> list[Part]:
    """Each status that has units, then what of `whole` is not listed yet (`rest`)."""
    told = [(status, counts.get(status) or 0) for status in ORDER]
    told.append((REST, whole - sum(number for _, number in told)))
    seen = [(stage, number) for stage, number in told if number > 0] or [(REST, 1)]
    places = spread([number for _, number in seen], WIDTH, LEAST)
    return [Part(stage, *place) for (stage, _), place in zip(seen, places, strict=True)]
