"""What both sides of a handover act have signed, held against what the ledger has booked.

An act signed without a network is evidence and is kept as it is. What the ledger cannot book of it
stands on its paper as not booked, and is a case for a person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum


class Doubt(StrEnum):
    """Why a signed line is not booked."""

    UNKNOWN = "unknown"  # the code names no unit of ours, or none yet
    PRODUCT = "product"  # a product's barcode (EAN): no unit's number
    BOX = "box"  # a box was signed for as if it were one unit
    TWICE = "twice"  # its unit stands on an earlier line, by another of its codes
    UNSCANNED = "unscanned"  # the ledger has no scan of the unit under this act
    OTHER_ACT = "other_act"  # it was handed over already, and not under this act
    MISFIT = "misfit"  # it has, but the scan did not fit the unit's story
    WRONG = "wrong"  # it has, but the scan was declared wrong


BOOKED = frozenset({"fits", "gap"})
"""What the fold says of a scan by which the unit went to the receiver.

A repeat alone says that it went there before, under another act or under none.
"""


@dataclass(frozen=True, slots=True)
class Named:
    """What a code names: a unit (`item`) or a handling unit (`box`); `product` for an EAN."""

    item: int | None = None
    box: str | None = None
    product: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an act as it was signed: its code and, if it names a unit, that; `doubt` is why
    it is not booked, and `same_as` the number of the earlier line of the same unit.
    """

    code: str
    item: int | None
    doubt: Doubt | None
    same_as: int | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """An act's lines in the order in which they were signed.

    `unsigned` are the units that the ledger handed over under the act although no line names them:
    they lay in a box that was signed for as one, or were scanned beside the list. `counted` is how
    many units the signed text says that there are, where it says so.
    """

    lines: tuple[Line, ...]
    unsigned: tuple[int, ...] = ()
    counted: int | None = None

    @property
    def booked(self) -> list[Line]:
        """The lines that the ledger has booked."""
        return [line for line in self.lines if line.doubt is None]

    @property
    def unbooked(self) -> list[tuple[int, Line]]:
        """The lines that it has not, each with its number."""
        told = enumerate(self.lines, start=1)
        return [(place, line) for place, line in told if line.doubt is not None]

    @property
    def is_whole(self) -> bool:
        """Whether act and ledger name the same units, and as many as were signed for."""
        return not self.unbooked and not self.unsigned and self.miscounted is None

    @property
    def miscounted(self) -> int | None:
        """The number that was signed for, where it is not that of the lines."""
        return None if self.counted in (None, len(self.lines)) else self.counted


def balance(
    codes: Sequence[str],
    named: Mapping[str, Named],
    verdicts: Mapping[int, Set[str]],
    boxed: Set[int] = frozenset(),
    counted: int | None = None,
) -> Balance:
    """Hold the signed `codes` against the ledger.

    `verdicts` has, for each unit, what the fold says of its scans under this act; `boxed` are the
    units that the ledger handed over under the act without a line of their own.
    """
    lines: list[Line] = []
    first: dict[int, int] = {}
    for place, code in enumerate(codes, start=1):
        name = named.get(code, Named())
        if name.item is None:
            lines.append(Line(code, None, _nameless(name)))
        elif name.item in first:
            lines.append(Line(code, name.item, Doubt.TWICE, first[name.item]))
        else:
            first[name.item] = place
            lines.append(Line(code, name.item, _doubt(verdicts.get(name.item, frozenset()))))
    return Balance(tuple(lines), tuple(sorted(boxed - first.keys())), counted)


def _nameless(name: Named) -> Doubt:
    if name.box is not None:
        return Doubt.BOX
    return Doubt.PRODUCT if name.product else Doubt.UNKNOWN


def _doubt(verdicts: Set[str]) -> Doubt | None:
    if verdicts & BOOKED:
        return None
    if not verdicts:
        return Doubt.UNSCANNED
    if "repeat" in verdicts:
        return Doubt.OTHER_ACT
    return Doubt.WRONG if verdicts == {"void"} else Doubt.MISFIT
