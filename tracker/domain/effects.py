"""What a step changes beside the status, as its row of the table says: place, custodian, and so on.

`domain.containers` says the same of boxes, `domain.ladder` of what is proved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracker.domain.lifecycle import (
    Custodian,
    Destination,
    Journey,
    Move,
    Status,
    Step,
    Whereabouts,
)
from tracker.domain.occurrences import Occurrence, Spot

if TYPE_CHECKING:
    from tracker.domain.custody import State

Placed = tuple[str | None, str | None, bool]
"""(location, premises, whether that is a civilian site)."""


def custodian(step: Step, receiver: str | None, before: str | None) -> str | None:
    """Who answers for a unit after a step that names this receiver, or none."""
    if step.custodian is Custodian.KEPT:
        return before
    if step.custodian is Custodian.NOBODY:
        return None
    return receiver or (before if step.custodian is Custodian.NAMED else None)


def consignment(state: State, event: Occurrence, step: Step) -> str | None:
    """The consignment that a unit is on after a step, or is planned for."""
    if step.journey is Journey.JOINS:
        return event.consignment or state.consignment
    has_come = step.journey is Journey.ARRIVES and state.status is Status.IN_TRANSIT
    return None if has_come or step.journey is Journey.ENDS else state.consignment


def bound_for(state: State, event: Occurrence, step: Step) -> Spot | None:
    """The site that the act names by which a unit was handed over."""
    if step.destination is Destination.KEPT:
        return state.bound_for
    return event.bound_for if step.destination is Destination.NAMED else None


def placed(state: State, event: Occurrence, step: Step, status: Status | None) -> Placed:
    """Where a unit is after an event that fits, and that leaves it in this `status`.

    Who leaves transit without naming a place leaves it unknown: the border point was passed.
    """
    nowhere: Placed = (None, None, False)
    if step.whereabouts is Whereabouts.ON_THE_ROAD:
        return nowhere
    if event.location is not None:
        return event.location, event.premises, event.at_site
    if step.whereabouts is Whereabouts.ITS_SITE and state.bound_for is not None:
        return *state.bound_for, True
    if state.status is Status.IN_TRANSIT and status is not Status.IN_TRANSIT:
        return nowhere
    is_lost = step.whereabouts is Whereabouts.NAMED_ONLY
    return nowhere if is_lost else (state.location, state.area, state.at_site)


def target(state: State, event: Occurrence, step: Step) -> Status | None:
    """The status to which a step leads."""
    if isinstance(step.target, Status):
        return step.target
    if step.target is Move.WHERE_IT_WAS:
        return state.before or Status.IN_STOCK
    if step.target is Move.BY_LOCATION:
        return Status.HANDED_OVER if event.at_site else Status.IN_STOCK
    return state.status
