"""Places by code: the 27 first-level units of Ukraine and the hromadas of the state codifier.

A name never identifies a place (119 settlements share one name), a code does. Codes: KATOTTG
(`UA` and 17 digits, the state codifier), UN p-codes (`UA46`), ISO 3166-2 (`UA-46`); the two-digit
numbers differ between them, so none is made from another.

Source: the state codifier of administrative units, 2026 edition, in `tracker/reference`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Oblast:
    """A first-level unit: an oblast, Crimea, Kyiv or Sevastopol. `name_uk` as in the codifier."""

    pcode: str
    katottg: str
    iso: str
    name_uk: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Hromada:
    """A territorial community, its raion's code and its oblast."""

    katottg: str
    name_uk: str
    raion: str
    oblast: Oblast


@dataclass(frozen=True, slots=True)
class MacroRegion:
    """A group of oblasts: how front-line oblasts are shown to donors."""

    id: str
    name_uk: str
    name_en: str
    pcodes: frozenset[str]


SECTORS = ("health", "education", "energy", "water", "government", "emergency", "telecom")
"""What a site may serve."""


class UnknownPlace(ValueError):
    """A code that the codifier does not have; the message says what it lacks."""


_KATOTTG = re.compile(r"UA[0-9]{17}")


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = (files("tracker") / "reference" / name).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines())


def _read_oblasts() -> tuple[Oblast, ...]:
    return tuple(
        Oblast(row["pcode"], row["katottg"], row["iso_3166_2"], row["name_uk"], row["name_en"])
        for row in _rows("oblasts.csv")
    )


OBLASTS: tuple[Oblast, ...] = _read_oblasts()
BY_PCODE: dict[str, Oblast] = {oblast.pcode: oblast for oblast in OBLASTS}

MACRO_REGIONS: tuple[MacroRegion, ...] = (
    MacroRegion("north", "Північ", "North", frozenset({"UA18", "UA32", "UA59", "UA74", "UA80"})),
    MacroRegion("east", "Схід", "East", frozenset({"UA12", "UA14", "UA23", "UA44", "UA63"})),
    MacroRegion("south", "Південь", "South", frozenset({"UA01", "UA48", "UA51", "UA65", "UA85"})),
    MacroRegion("centre", "Центр", "Centre", frozenset({"UA05", "UA35", "UA53", "UA71"})),
    MacroRegion(
        "west",
        "Захід",
        "West",
        frozenset({"UA07", "UA21", "UA26", "UA46", "UA56", "UA61", "UA68", "UA73"}),
    ),
)  # Kharkiv with the east, Zaporizhzhia and Dnipropetrovsk too: the usual five.


def oblast_of(katottg: str) -> Oblast:
    """The oblast in which the place with this KATOTTG code lies, whatever its level.

    The code must be an oblast's, a raion's, a hromada's, or lie within a known hromada (the
    settlements themselves are not carried). Raises UnknownPlace.
    """
    if not _KATOTTG.fullmatch(katottg):
        raise UnknownPlace("no KATOTTG code: UA and 17 digits")
    oblast = BY_PCODE.get(katottg[:4])
    if oblast is None:
        raise UnknownPlace(f"the codifier has no oblast {katottg[:4]}")
    if katottg == oblast.katottg or katottg in _raions() or hromada(katottg):
        return oblast
    if katottg[:6] in _CITIES:  # districts of Kyiv and Sevastopol: no hromada between
        return oblast
    raise UnknownPlace("the codifier has no hromada with this code")


def hromada(katottg: str) -> Hromada | None:
    """The hromada with this code, or the one in which the settlement with this code lies.

    None for a code of an oblast or a raion, and for one that is unknown.
    """
    found = _hromadas().get(katottg[:9])
    if found is None or katottg == found.katottg:
        return found
    is_inside = bool(_KATOTTG.fullmatch(katottg)) and katottg[9:14] != "00000"
    return found if is_inside else None


def macro_region(pcode: str) -> MacroRegion:
    """The macro-region of an oblast's p-code. Raises UnknownPlace."""
    for region in MACRO_REGIONS:
        if pcode in region.pcodes:
            return region
    raise UnknownPlace(f"there is no oblast {pcode}")


_CITIES = frozenset({"UA8000", "UA8500"})


@cache
def _hromadas() -> dict[str, Hromada]:
    """By the first nine characters, which are one hromada's."""
    return {
        row["katottg"][:9]: Hromada(
            row["katottg"], row["name_uk"], row["parent"], BY_PCODE[row["katottg"][:4]]
        )
        for row in _rows("katottg.csv")
        if row["level"] == "hromada"
    }


@cache
def _raions() -> frozenset[str]:
    return frozenset(row["katottg"] for row in _rows("katottg.csv") if row["level"] == "raion")
