"""Expected less counted: short, over, wrong, damaged.

A verdict is worked out from what the scans of a unit say; a person may say another, and the last
word counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

VERDICTS = ("good", "damaged", "short", "over", "wrong_serial", "unreadable_label")

REASONS = (
    "unreadable_label",
    "packaging_damaged",
    "transport_damage",
    "wet",
    "incomplete",
    "not_working",
    "seal_broken",
    "missing_from_box",
    "sent_by_mistake",
)
"""Why a unit is not simply good: what a scan's `reason` may say when it receives or counts."""

DAMAGES = ("packaging_damaged", "transport_damage", "wet", "incomplete", "not_working")
"""Reasons that are said of a unit that arrived damaged."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the newest receiving of a unit says; `wrong` that its second identifier is another's."""

    event: str
    condition: str | None = None
    reason: str | None = None
    wrong: bool = False


def verdict(expected: bool, seen: Seen | None) -> str:
    """One word about one unit. The worst that is true of it: other, over, damaged, unreadable."""
    if seen is None:
        return "short"
    if seen.wrong:
        return "wrong_serial"
    if not expected:
        return "over"
    if seen.condition not in (None, "good"):
        return "damaged"
    if seen.reason == "unreadable_label":
        return "unreadable_label"
    return "good"


@dataclass(frozen=True, slots=True)
class Sum:
    """How a consignment adds up, in units. `counted` includes those that nobody expected."""

    expected: int
    counted: int
    by_verdict: dict[str, int]

    @property
    def missing(self) -> int:
        """Expected units that nobody has seen."""
        return self.by_verdict.get("short", 0)

    @property
    def fits(self) -> bool:
        """Whether everything came, and nothing else, in good condition."""
        return self.by_verdict.get("good", 0) == self.expected == self.counted


def add_up(expected: set[int], verdicts: Iterable[tuple[int | None, str]]) -> Sum:
    """The sum of a list: every expected item that has no verdict is short.

    `verdicts` holds the last word on each unit; None stands for a code that names no item.
    """
    counts: dict[str, int] = {}
    judged = set()
    for item, word in verdicts:
        counts[word] = counts.get(word, 0) + 1
        if item is not None:
            judged.add(item)
    unseen = len(expected - judged)
    if unseen:
        counts["short"] = counts.get("short", 0) + unseen
    counted = sum(many for word, many in counts.items() if word != "short")
    return Sum(len(expected), counted, counts)
