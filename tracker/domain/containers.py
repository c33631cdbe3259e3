"""What lies in what: whether a unit was still in the box that was scanned, and when it left it.

A box that stands on a pallet follows the same rule one storey up. A unit that is done something to
by itself has left its box, if the step implies so (`lifecycle.Leaving`). One that was only seen by
itself at another place than its box is `apart`: it goes on with the box if the box is scanned where
the unit was seen (checking unit by unit while a carton is received is this), and otherwise it stays
where it was seen. Who leaves a box without anybody saying so is a case for a person (`State.left`),
which closes when the missing scan arrives.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tracker.domain.lifecycle import SETTING_OUT_STEPS, Leaving, Presence, Status, Step
from tracker.domain.occurrences import Occurrence

if TYPE_CHECKING:
    from tracker.domain.custody import State


def share(state: State, event: Occurrence, *, in_one_step: bool) -> tuple[State, str | None]:
    """Whether the scan of a box concerns a unit: the state to go on from, and None if it does.

    Otherwise the verdict: `outside`, `left_behind`, or `repeat` for a unit that was shipped by
    itself on the journey on which its box was shipped too: it never left it. `in_one_step` says
    that the step fits where the unit stands, or only says so again.
    """
    assert event.via is not None
    if state.handling_unit == event.via:
        if not state.apart:
            return state, None
        if in_one_step and (event.location is None or state.is_at(event)):
            return replace(state, apart=False), None
        left = (event.via, event.id)
        return replace(state, handling_unit=None, apart=False, left=left), "left_behind"
    if _shipped_with(state, event):
        return replace(state, handling_unit=event.via, left=None), "repeat"
    return state, "outside"


def _shipped_with(state: State, event: Occurrence) -> bool:
    return (
        event.step in SETTING_OUT_STEPS
        and state.left is not None
        and state.left[0] == event.via
        and state.status is Status.IN_TRANSIT
        and event.consignment is not None
        and event.consignment == state.consignment
    )


Lies = tuple[str | None, bool, tuple[str, str] | None]
"""(handling_unit, apart, left) of a state."""


def own(state: State, event: Occurrence, step: Step, *, moved: bool) -> Lies:
    """Where a unit lies after an event that fits; `moved` says that the event changed its place."""
    box = state.handling_unit
    if step.leaving is Leaving.ENTERS:
        return event.handling_unit or box, False, None
    if event.via is not None:  # its box is done something to, with all that lies in it
        return (None, False, None) if step.unpacks else (box, state.apart, state.left)
    if step.leaving is Leaving.ENDS:
        return None, False, None
    if box is None:
        return None, False, state.left
    if step.leaving is Leaving.UNSAID:
        return None, False, (box, event.id)
    claims = step.presence in (Presence.HERE, Presence.ARRIVES) and event.location is not None
    return box, state.apart or (claims and moved and not state.is_at(event)), state.left
