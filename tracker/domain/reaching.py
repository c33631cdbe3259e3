"""Whether somebody reached a unit when they scanned it: by where it was, or was bound for, then.

Not by the place that the scan names, and not by when it arrives: the fold asks this at the scan's
own moment, so a scan that nobody could place joins the story when the missing ones come.
"""

from __future__ import annotations

from collections.abc import Set
from typing import TYPE_CHECKING, Protocol

from tracker.domain.lifecycle import STEPS, Journey, Status

if TYPE_CHECKING:
    from tracker.domain.custody import State
    from tracker.domain.occurrences import Occurrence


class Reach(Protocol):
    """What somebody reaches: their places, and the journeys that end there.

    Who works at the places, and has not only tasks there, reaches also the journeys that begin
    there, and what nobody has said the goal of: `untold` are the journeys of that kind.
    """

    @property
    def places(self) -> Set[str]:
        """References of places."""

    @property
    def journeys(self) -> Set[str]:
        """References of consignments."""

    @property
    def untold(self) -> Set[str] | None:
        """Consignments without a destination; None for who has only tasks at the places."""


GOING = frozenset({Status.ANNOUNCED, Status.IN_TRANSIT, Status.RETURNING})
STORED = frozenset({Status.IN_STOCK, Status.PACKED})


def reached(state: State, within: Reach, by: str | None, hand: str | None) -> bool:
    """Whether a unit in this state was in reach of `by`, where `hand` scanned it last.

    It stood at their places or was on its way there; or it had left them, or nobody had said where
    it is going, for who works there; or it was handed over and in their own hands.
    """
    if state.location in within.places:
        return True
    if state.consignment is not None and state.consignment in within.journeys:
        return True
    if within.untold is not None:
        return may_come_anywhere(state, within.untold)
    if state.status is not Status.HANDED_OVER:
        return False
    bound = state.bound_for is not None and state.bound_for[0] in within.places
    return bound or (hand is not None and hand == by)


def may_come_anywhere(state: State, untold: Set[str]) -> bool:
    """Whether nobody has said where a unit is or goes, so that any warehouse may be the one.

    The place of what was sent back is the one that it was sent from.
    """
    if state.status not in GOING | STORED:
        return False
    if state.location is not None and state.status is not Status.RETURNING:
        return False
    if state.consignment is not None:
        return state.consignment in untold
    return state.bound_for is None


def is_before_them(event: Occurrence) -> bool:
    """Whether who works at a place says that a unit which they did not reach is here before them.

    They have received or counted it, at their own place and standing before it. That counts, and
    that the ledger had it elsewhere is for a person to settle.
    """
    within, step = event.within, STEPS.get(event.step)
    if within is None or within.untold is None or step is None:
        return False
    comes = step.journey is Journey.ARRIVES or step.observes
    return comes and event.sighted and event.location in within.places
