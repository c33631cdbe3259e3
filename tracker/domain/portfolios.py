"""Portfolios: the pledges that a donor's page adds up, and what changed on it between two days."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from tracker.domain.disclosure import Counts
from tracker.domain.lifecycle import Rung

FEWEST_DONORS = 3
"""The whole Mechanism is shown to a donor only when so many stand behind it: of two, each would
read the other's figures off the difference."""


class Kind(StrEnum):
    """What holds the pledges of a portfolio together."""

    PLEDGE = "pledge"
    INITIATIVE = "initiative"
    DONOR = "donor"
    MECHANISM = "mechanism"


@dataclass(frozen=True, slots=True)
class Portfolio:
    """One pledge, an initiative's, a donor's, or all of the Mechanism's.

    `ref` is the pledge's, initiative's or donor's reference, empty for the Mechanism. With `donor`
    only that party's pledges belong to it: so a donor sees its own part of an initiative.
    """

    kind: Kind
    ref: str = ""
    donor: str | None = None


def pledge(ref: str) -> Portfolio:
    """The portfolio of one pledge."""
    return Portfolio(Kind.PLEDGE, ref)


@dataclass(frozen=True, slots=True)
class Difference:
    """By how much stages, rungs (`Counts.proved`) and open discrepancies changed.

    Only what changed is in it, in the order of the page; false when nothing did.
    """

    stages: dict[str, int] = field(default_factory=dict)
    proved: dict[Rung, int] = field(default_factory=dict)
    open: int = 0
    damaged: int = 0
    pledged: int = 0

    def __bool__(self) -> bool:
        return any((self.stages, self.proved, self.open, self.damaged, self.pledged))


def difference(before: Counts, after: Counts) -> Difference:
    """What changed from one day to a later one."""
    stages = {name: after.stages[name] - before.stages[name] for name in after.stages}
    proved = {rung: after.proved(rung) - before.proved(rung) for rung in Rung}
    return Difference(
        {name: change for name, change in stages.items() if change},
        {rung: change for rung, change in proved.items() if change},
        sum(after.open.values()) - sum(before.open.values()),
        after.damaged - before.damaged,
        after.pledged - before.pledged,
    )
