"""A consignment's way: its states, what may happen in each, and the days that the law counts.

Source of the two periods: the rules of Ukraine's automated registration of humanitarian aid; a
declaration is good for 30 days, the recipient's report is due 90 days after the code was given,
and a recipient whose report is late loses its status.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

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
)

DECLARATION_DAYS = 30
REPORT_DAYS = 90
SOON = 14  # days before a deadline on which it is due soon


@dataclass(frozen=True, slots=True)
class Rule:
    """One passage: the states it may follow, and the state it leads to (None: stays)."""

    sources: frozenset[str]
    target: str | None


_ON_THE_WAY = frozenset({"dispatched"})
RULES: dict[str, Rule] = {
    "packed": Rule(frozenset({"draft"}), "packed"),
    "reopened": Rule(frozenset({"packed"}), "draft"),
    "dispatched": Rule(frozenset({"draft", "packed"}), "dispatched"),
    "border": Rule(_ON_THE_WAY, None),
    "customs_in": Rule(_ON_THE_WAY, None),
    "hold": Rule(_ON_THE_WAY, None),
    "release": Rule(_ON_THE_WAY, None),
    # A donor's consignment reaches us without our having seen it leave.
    "arrived": Rule(frozenset({"draft", "packed", "dispatched"}), "arrived"),
    "received": Rule(frozenset({"arrived"}), "received"),
    "closed": Rule(frozenset({"received"}), "closed"),
}


def possible(state: str, *, held: bool = False) -> tuple[str, ...]:
    """Passages that may follow, in the order of the way. What is held is released first."""
    fitting = (kind for kind, rule in RULES.items() if state in rule.sources)
    if held:
        return tuple(kind for kind in fitting if kind == "release")
    return tuple(kind for kind in fitting if kind != "release")


@dataclass(frozen=True, slots=True)
class AidClock:
    """The days of a humanitarian-aid code: the next deadline, and how many days are left."""

    what: str
    due_on: date
    left: int

    @property
    def is_late(self) -> bool:
        """Whether the day has passed."""
        return self.left < 0

    @property
    def is_soon(self) -> bool:
        """Whether it is late or comes within two weeks."""
        return self.left <= SOON


def aid_clock(
    declared_on: date | None, coded_on: date | None, reported_on: date | None, today: date
) -> AidClock | None:
    """What is due next for a code: `report` once the code is given, until then `declaration`.

    None when nothing is due: no dates are known, or the report is filed.
    """
    if reported_on is not None:
        return None
    if coded_on is not None:
        due, what = coded_on + timedelta(days=REPORT_DAYS), "report"
    elif declared_on is not None:
        due, what = declared_on + timedelta(days=DECLARATION_DAYS), "declaration"
    else:
        return None
    return AidClock(what, due, (due - today).days)
