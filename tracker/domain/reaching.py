"""Whether somebody reached a unit when they scanned it: by where it was, or was bound for, then.

Not by the place that the scan names, and not by when it arrives: the fold asks this at the scan's
own moment, so a scan that nobody could place joins the story when the missing ones come.
"""

from __future__ import annotations

from collections.abc import Set
from typing import TYPE_CHECKING, Protocol

from tracker.domain.lifecycle import Status

if TYPE_CHECKING:
    from tracker.domain.custody import State


class Reach(Protocol):
    """What somebody reaches: their places, and the journeys that end there."""

    @property
    def places(self) -> Set[str]:
        """References of places."""

    @property
    def journeys(self) -> Set[str]:
        """References of consignments."""


def reached(state: State, within: Reach, by: str | None, hand: str | None) -> bool:
    """Whether a unit in this state was in reach of `by`, where `hand` scanned it last.

    It stood at their places, was on its way there, or was handed over and in their own hands.
    """
    if state.location in within.places:
        return True
    if state.consignment is not None and state.consignment in within.journeys:
        return True
    if state.status is not Status.HANDED_OVER:
        return False
    bound = state.bound_for is not None and state.bound_for[0] in within.places
    return bound or (hand is not None and hand == by)
