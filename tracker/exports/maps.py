"""The outline of Ukraine with numbers of sites, as the template draws it: SVG, on the server.

Colour is never alone: every shown cell has its number on the map, and a table stands beside it.
Kyiv and Sevastopol are a few pixels and get a marker of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from xml.etree import ElementTree

from tracker.domain.disclosure import MACRO
from tracker.domain.places import MACRO_REGIONS

VIEW = "0 0 1200 800"
CREDIT = "© OpenStreetMap contributors, geoBoundaries, ODbL 1.0"
BANDS = (5, 10, 20, 50)
"""Sites from which on a cell is drawn a step darker."""

MARKERS = {"UA80": (557, 212), "UA85": (752, 775)}
"""Where the two cities lie on the outline."""

MIDDLES = {
    "UA01": (815, 690), "UA05": (440, 350), "UA07": (205, 125), "UA12": (790, 435),
    "UA14": (975, 440), "UA18": (420, 190), "UA21": (75, 360), "UA23": (845, 535),
    "UA26": (165, 335), "UA32": (545, 285), "UA35": (610, 415), "UA44": (1075, 350),
    "UA46": (125, 250), "UA48": (610, 520), "UA51": (500, 560), "UA53": (735, 285),
    "UA56": (280, 150), "UA59": (755, 145), "UA61": (235, 275), "UA63": (890, 300),
    "UA65": (705, 590), "UA68": (330, 275), "UA71": (610, 330), "UA73": (240, 395),
    "UA74": (630, 110), "UA80": (557, 180), "UA85": (705, 785),
}  # fmt: skip
"""Where an oblast's number stands."""


@dataclass(frozen=True, slots=True)
class Area:
    """One oblast's outline. `band` is 0 where nothing is told, else 1 and up."""

    pcode: str
    path: str
    cell: str
    band: int


@dataclass(frozen=True, slots=True)
class Label:
    """A number of sites and where it stands."""

    x: int
    y: int
    cell: str
    sites: int


@dataclass(frozen=True, slots=True)
class Map:
    """What is drawn: outlines, the two cities' markers (x, y, band), numbers."""

    areas: tuple[Area, ...]
    markers: tuple[tuple[int, int, int], ...]
    labels: tuple[Label, ...]


@cache
def _outlines() -> dict[str, str]:
    text = (files("tracker") / "reference" / "oblasts.svg").read_text(encoding="utf-8")
    paths = ElementTree.fromstring(text).iter("{http://www.w3.org/2000/svg}path")  # noqa: S314
    return {path.get("id", ""): path.get("d", "") for path in paths}


def ukraine(cells: Mapping[str, int]) -> Map:
    """The map of these cells (`UA46`, `macro:east`) and their numbers of sites."""
    held = {region.pcodes: MACRO + region.id for region in MACRO_REGIONS}
    cell_of = {pcode: pcode for pcode in _outlines()}
    for pcodes, cell in held.items():
        if cell in cells:
            cell_of |= dict.fromkeys(pcodes, cell)
    areas = tuple(
        Area(pcode, path, cell_of[pcode], band(cells.get(cell_of[pcode], 0)))
        for pcode, path in _outlines().items()
    )
    markers = tuple((x, y, band(cells.get(cell_of[p], 0))) for p, (x, y) in MARKERS.items())
    return Map(areas, markers, tuple(_label(cell, sites) for cell, sites in cells.items()))


def band(sites: int) -> int:
    """How dark a cell is drawn."""
    return sum(sites >= least for least in BANDS)


def _label(cell: str, sites: int) -> Label:
    pcodes = next((r.pcodes for r in MACRO_REGIONS if MACRO + r.id == cell), frozenset({cell}))
    points = [MIDDLES[pcode] for pcode in sorted(pcodes)]
    across, down = (sum(axis) // len(points) for axis in zip(*points, strict=True))
    return Label(across, down, cell, sites)
