"""Letters: Fira Sans, how wide they are, and how a text is made to fit a box.

Sizes are millimetres: a size of 4.0 is a type of 11.3 points. Widths at size 1 are ems.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import fontpkg_fira_sans
from reportlab.pdfbase.ttfonts import TTFont

Weight = Literal["regular", "bold"]

SMALLEST = 2.1  # millimetres, 6 points: below that a label is not read at arm's length
ASCENT, DESCENT = 0.935, 0.265  # of Fira Sans, in ems: every letter with its marks stays inside
LEADING = ASCENT + DESCENT
ELLIPSIS = "…"

_FILES: dict[Weight, str] = {"regular": "FiraSans-Regular.ttf", "bold": "FiraSans-SemiBold.ttf"}
_STEP = 0.1  # millimetres between the sizes that are tried


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text; `x` and `y` are the left end of its baseline, in mm from the top left."""

    x: float
    y: float
    size: float
    weight: Weight
    text: str

    @property
    def width(self) -> float:
        """How far it reaches to the right of `x`, in mm."""
        return width(self.text, self.weight) * self.size


def font_file(weight: Weight) -> Path:
    """The TrueType file of a weight."""
    return Path(fontpkg_fira_sans.ROOT) / "files" / _FILES[weight]


@lru_cache(maxsize=2)
def font(weight: Weight) -> Any:
    """The reportlab font of a weight: measures, and embeds what a document uses of it."""
    return TTFont(f"labels-{weight}", str(font_file(weight)))


@lru_cache(maxsize=4096)
def width(text: str, weight: Weight) -> float:
    """The width of `text` in ems."""
    return float(font(weight).stringWidth(text, 1000)) / 1000


@lru_cache(maxsize=4096)
def clean(text: str) -> str:
    """`text` on one line, composed, without control and invisible characters."""
    composed = unicodedata.normalize("NFC", " ".join(text.split()))
    return "".join(letter for letter in composed if unicodedata.category(letter)[0] != "C")


def sizes(largest: float, smallest: float = SMALLEST) -> Iterator[float]:
    """The sizes to try, from `largest` down to `smallest`, both included."""
    steps = round((largest - smallest) / _STEP)
    yield from (round(smallest + step * _STEP, 3) for step in range(steps, -1, -1))


def wrap(text: str, room: float, weight: Weight) -> list[str]:
    """`text` in lines of at most `room` ems, broken at blanks; a longer word sticks out."""
    lines: list[str] = []
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and width(joined, weight) <= room:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines


def fits(lines: list[str], room: float, weight: Weight) -> bool:
    """Whether each line is at most `room` ems wide."""
    return all(width(line, weight) <= room for line in lines)


def cut(lines: list[str], room: float, weight: Weight, most: int) -> list[str]:
    """At most `most` lines, none wider than `room` ems; an ellipsis where something is missing."""
    kept = lines[:most]
    if len(lines) > most and kept:
        kept[-1] += ELLIPSIS
    return [_shortened(line, room, weight) for line in kept]


def _shortened(line: str, room: float, weight: Weight) -> str:
    if width(line, weight) <= room:
        return line
    stem = line.rstrip(ELLIPSIS)
    while stem and width(stem.rstrip() + ELLIPSIS, weight) > room:
        stem = stem[:-1]
    return stem.rstrip() + ELLIPSIS
