"""In which order labels are printed, so that who sticks them on walks along the boxes once."""

from __future__ import annotations

import re
from collections.abc import Iterable

from labels.kinds import Label

_NUMBERS = re.compile(r"(\d+)")


def by_box(labels: Iterable[tuple[str, Label]]) -> list[Label]:
    """The labels of (box, label) pairs, box by box; in a box they keep their order.

    BOX-2 comes before BOX-10. What is in no box comes last.
    """
    pairs = sorted(labels, key=lambda pair: (not pair[0], natural(pair[0])))
    return [label for _, label in pairs]


def natural(text: str) -> list[tuple[int, str]]:
    """A key that sorts numbers inside a text by their value, and letters whatever their case."""
    parts = _NUMBERS.split(text.casefold())
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
