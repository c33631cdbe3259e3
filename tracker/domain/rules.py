"""What a newer version of the fold makes of states that an older one stored, in kinds.

Bodies of events never change, but what they add up to does when the rules of `domain.custody` get
better. Nobody must meet such a change unnamed: each difference between a stored state and the
folded one is put under a kind here, and what fits no kind is told unit by unit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum

from tracker.domain.custody import Folded, State, Verdict, apply
from tracker.domain.lifecycle import DECLARING_ERROR, STEPS, Condition, Rung, Status
from tracker.domain.occurrences import Holder, Occurrence
from tracker.domain.voiding import voided

RULES = 2
"""The version of the fold's rules. A new one is to be applied to the stories that are there."""


class Change(StrEnum):
    """Why a unit's folded state is another than an older version of the rules had it."""

    PROPOSED = "proposed"  # one person alone wrote it off: that is a proposal
    COUNTED = "counted"  # it stands where it was counted
    LEFT_BOX = "left_box"  # it is out of its box
    APART = "apart"  # it counts as in its box, but was seen by itself elsewhere
    NOT_DRAGGED = "not_dragged"  # what was done to a box no longer moves what was not in it
    PLACE_FILLED = "place_filled"  # a repeat said where it is
    PLACE_DROPPED = "place_dropped"  # a place that it only passed
    NOT_ONLINE = "not_online"  # on line only by a person's word, which is a rung of its own
    CONDITION = "condition"  # who called its box good did not see it
    UNNAMED = "unnamed"  # none of these


@dataclass(frozen=True, slots=True)
class Reasons:
    """Kinds of what changed, and the members of the state that none of them explains.

    `unnamed` is {member: (stored, folded)}.
    """

    kinds: frozenset[Change]
    unnamed: dict[str, tuple[object, object]]


_PLACE = frozenset({"location", "area", "at_site"})
_BOX = frozenset({"handling_unit", "apart", "left"})
_SAID = frozenset({Rung.WORKING, Rung.ONLINE})
_ON_THE_WAY = (Status.IN_TRANSIT, Status.RETURNING)
_MEMBERS = frozenset({*(member.name for member in fields(State)), "said"})
_MOVED = _MEMBERS - {"proposed", "bound_for", "last"}
_CAME = _PLACE | {"status", "custodian", "consignment", "before", "rungs", "said"}


def reasons(
    stored: State, folded: Folded, events: Sequence[Occurrence], whose: Holder
) -> Reasons | None:
    """Why `folded`, the story of `events`, is another state than `stored`; None if it is not."""
    if folded.state == stored:
        return None
    was, is_now = _members(stored), _members(folded.state)
    left = {name for name in _MEMBERS if was[name] != is_now[name]}
    kinds = set()
    for kind, explained in _explanations(stored, folded, events, whose):
        if not left:
            break
        if left & explained:
            kinds.add(kind)
            left -= explained
    if left:
        kinds.add(Change.UNNAMED)
    return Reasons(frozenset(kinds), {name: (was[name], is_now[name]) for name in sorted(left)})


def _members(state: State) -> dict[str, object]:
    """The state by its members; whether it works or is on line stands apart, as `said`."""
    members = {member.name: getattr(state, member.name) for member in fields(State)}
    members["rungs"] = tuple(pair for pair in state.rungs if pair[0] not in _SAID)
    members["said"] = tuple(pair for pair in state.rungs if pair[0] in _SAID)
    return members


def _explanations(
    stored: State, folded: Folded, events: Sequence[Occurrence], whose: Holder
) -> Iterator[tuple[Change, frozenset[str]]]:
    """What may have changed this unit, each with the members that it explains, closest first."""
    state = folded.state
    if stored.proved(Rung.ONLINE) and not state.proved(Rung.ONLINE):
        yield Change.NOT_ONLINE, frozenset({"said"})
    alone = any(verdict.kind == "proposed" for verdict in folded.verdicts.values())
    if alone and stored.status is Status.WRITTEN_OFF is not state.status:
        yield Change.PROPOSED, _MEMBERS  # and what was scanned since counts
    yield from _of_place(state, events, whose)
    if stored.handling_unit is not None and state.handling_unit is None:
        yield Change.LEFT_BOX, _BOX
    if state.apart:
        yield Change.APART, frozenset({"apart"})
    shares = [event for event in events if event.via is not None]
    if any(_moved_nothing(folded.verdicts[event.id]) for event in shares):
        yield Change.NOT_DRAGGED, _MOVED
    if any(event.condition == Condition.GOOD for event in shares):
        yield Change.CONDITION, frozenset({"condition"})


def _of_place(
    end: State, events: Sequence[Occurrence], whose: Holder
) -> Iterator[tuple[Change, frozenset[str]]]:
    """Whether a count, a repeat, or leaving transit without a word gave the place that it has."""
    state, mover, filled = State(), None, False
    void = voided(sorted(events, key=lambda event: event.place))
    for event in sorted(events, key=lambda event: event.place):
        if event.id in void or event.step == DECLARING_ERROR:
            continue
        before = state
        state, verdict = apply(before, event, whose)
        if state.location != before.location:
            mover = event
            filled = filled or (verdict.kind == "repeat" and before.location is None)
    if mover is not None and STEPS[mover.step].observes:
        yield Change.COUNTED, _PLACE
    if filled:
        yield Change.PLACE_FILLED, _CAME
    arrived = mover is not None and STEPS[mover.step].target not in _ON_THE_WAY
    if arrived and end.location is None:
        yield Change.PLACE_DROPPED, _PLACE


def _moved_nothing(verdict: Verdict) -> bool:
    """Whether the scan of a box left a unit where it was: not in it, or known to be elsewhere."""
    return not verdict.concerns or verdict.known is not None
