"""A consignment's way: its states, and what may happen in each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

STATES = ("draft", "packed", "dispatched", "arrived", "received", "closed")
PASSAGES = (
    "packed",
    "reopened",
    "dispatched",
    "border",
    "customs_in",
    "hold",
    "release",
    "arrived",
    "received",
    "closed",
    "mistaken",  # says of an earlier one that it did not happen
)
LOADING = ("draft", "packed")
"""The states in which a consignment still stands where it is loaded."""
CONCLUDED = ("received", "closed")
"""The states in which every unit has its verdict."""
RETRACTABLE = ("hold", "release")
"""What can be declared wrong: it moved no unit and led to no state."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One passage: the states it may follow, and the state it leads to (None: stays)."""

    sources: frozenset[str]
    target: str | None


_ON_THE_WAY = frozenset({"dispatched"})
_SINCE_IT_LEFT = frozenset({"dispatched", "arrived", "received", "closed"})
RULES: dict[str, Rule] = {
    "packed": Rule(frozenset({"draft"}), "packed"),
    "reopened": Rule(frozenset({"packed"}), "draft"),
    "dispatched": Rule(frozenset({"draft", "packed"}), "dispatched"),
    "border": Rule(_ON_THE_WAY, None),
    "customs_in": Rule(_ON_THE_WAY, None),
    "hold": Rule(_ON_THE_WAY, None),
    # The paper of a release may come long after the goods.
    "release": Rule(_SINCE_IT_LEFT, None),
    # A donor's consignment reaches us without our having seen it leave.
    "arrived": Rule(frozenset({"draft", "packed", "dispatched"}), "arrived"),
    "received": Rule(frozenset({"arrived"}), "received"),
    "closed": Rule(frozenset({"received"}), "closed"),
}


def possible(state: str, *, held: bool = False) -> tuple[str, ...]:
    """Passages that may follow, in the order of the way. What is held is released first."""
    fitting = (kind for kind, rule in RULES.items() if state in rule.sources)
    return tuple(kind for kind in fitting if not held or kind == "release")


def is_held(told: Iterable[tuple[date, int, str]]) -> bool:
    """Whether somebody holds it, by the (day, number, kind) of every passage that stands.

    The days decide, and within one the order in which they were told: a release of last week, told
    today, does not end the hold of yesterday.
    """
    held = False
    for _, _, kind in sorted(told):
        if kind in ("hold", "release", "arrived"):
            held = kind == "hold"
    return held
