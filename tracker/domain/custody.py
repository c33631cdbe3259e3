"""The fold: an item's events in; its state, and what does not fit, out.

Pure and total: any set of events, in any order, gives one answer. `record()` folds a new event
onto the stored state when it is the newest, and refolds the whole story when it is not; both
give the same, which is what lets scans arrive weeks late, twice, and in any order.

Beside which step fits it holds what is: whether the unit was still in the box that was scanned
(`domain.containers`), whether it was where the step says, who said so, and whether two people did.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from tracker.domain import containers, effects, ladder
from tracker.domain.ladder import Rungs
from tracker.domain.lifecycle import (
    ANNOUNCING,
    DECLARING_ERROR,
    STEPS,
    Journey,
    Need,
    Presence,
    Rung,
    Status,
    Step,
    Whereabouts,
    missing_steps,
)
from tracker.domain.occurrences import NOBODY, Holder, Key, Occurrence, Spot
from tracker.domain.permissions import is_person
from tracker.domain.reaching import is_before_them, reached
from tracker.domain.scans import Flag
from tracker.domain.voiding import voided

FLAGS_TO_SETTLE = {
    Flag.LABEL_ONLY: "label_only",
    Flag.WRONG_SERIAL: "wrong_serial",
    Flag.CLOCK: "clock",
    Flag.INCOMPLETE: "misfit",
    Flag.DAMAGED: "damaged",
    Flag.OVER: "over",
    Flag.NOT_PRESENT: "loss",
    Flag.NOT_CIVILIAN: "suspected_diversion",
    Flag.ELSEWHERE: "elsewhere",
}
"""Flags of an event that open a discrepancy, and of which kind."""

STANDING = frozenset({Status.IN_STOCK, Status.PACKED, Status.HANDED_OVER, Status.DEPLOYED})
"""Statuses in which a unit stands where the ledger has it."""


@dataclass(frozen=True, slots=True)
class State:
    """What an item's events add up to.

    `area` are the premises of `location`. `apart` says that the unit was seen by itself elsewhere
    than the box `handling_unit` that it still counts as lying in; `left` is the box that it left
    without anybody saying so, and the event that shows it. `proposed` is who alone wrote it off,
    and by which event; `bound_for` the site that its act of handover names. `rungs` holds the
    latest moment each rung was proved, `last` the newest scan.
    """

    status: Status | None = None
    condition: str = "good"
    location: str | None = None
    area: str | None = None
    at_site: bool = False
    custodian: str | None = None
    handling_unit: str | None = None
    apart: bool = False
    left: tuple[str, str] | None = None
    consignment: str | None = None
    before: Status | None = None
    proposed: tuple[str, str] | None = None
    bound_for: Spot | None = None
    waits: bool = False
    rungs: Rungs = ()
    last: Key | None = None

    def proved(self, rung: Rung) -> datetime | None:
        """When `rung` was last proved, or None."""
        return next((at for name, at in self.rungs if name is rung), None)

    @property
    def top_rung(self) -> Rung | None:
        """The highest rung proved so far."""
        return self.rungs[-1][0] if self.rungs else None

    def is_at(self, event: Occurrence) -> bool:
        """Whether the event names the place where the unit is known to be."""
        if self.location is None or event.location is None:
            return False
        return event.location == self.location or event.premises == (self.area or self.location)

    @property
    def cases(self) -> frozenset[tuple[str, str]]:
        """(kind, event) of what a person must settle as long as the state is this."""
        if self.left is None and self.proposed is None:
            return frozenset()
        found = {("left_box", self.left[1])} if self.left else set()
        if self.proposed:
            found.add(("second_person", self.proposed[1]))
        return frozenset(found)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the fold made of one event.

    `kind` is `fits`, `gap` (moved, with `missing` steps inferred), `misfit` (kept, not moved),
    `repeat` (says nothing new), `proposed` (one person alone wrote the unit off), `void` (declared
    wrong), `outside` (the unit was not in the box that was scanned), `left_behind` (it counted as
    in the box, but had been seen by itself elsewhere, and stays there), `unreached` (its maker did
    not reach the unit then, and it waits) or `declaration`. `known` is the place where the unit
    should have been, if the event was made elsewhere; `journey` the consignment that the unit is
    on by an event that moved it, or was until then.
    """

    event: str
    kind: str
    missing: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    known: str | None = None
    journey: str | None = None

    @property
    def concerns(self) -> bool:
        """Whether the event is about the unit at all."""
        return self.kind not in ("outside", "left_behind", "unreached")

    @property
    def discrepancies(self) -> tuple[str, ...]:
        """Kinds of discrepancy that this event opens for a person to settle."""
        if self.kind == "void" or not self.concerns:
            return ()
        kinds = [self.kind] if self.kind in ("gap", "misfit") else []
        for flag, kind in FLAGS_TO_SETTLE.items():
            if flag in self.flags and kind not in kinds:
                kinds.append(kind)
        return tuple(kinds)


@dataclass(frozen=True, slots=True)
class Folded:
    """A whole story, folded."""

    state: State
    verdicts: dict[str, Verdict] = field(default_factory=dict)

    @property
    def discrepancies(self) -> frozenset[tuple[str, str]]:
        """(kind, event id) of everything that does not fit."""
        return self.state.cases | {
            (kind, verdict.event)
            for verdict in self.verdicts.values()
            for kind in verdict.discrepancies
        }


def fold(
    events: Iterable[Occurrence], start: State | None = None, *, whose: Holder = NOBODY
) -> Folded:
    """Fold the events of `whose` story in their own order, whatever order they come in.

    With `start`, the events must all be newer than it and declare nothing: the one-step case.
    """
    story = sorted({event.id: event for event in events}.values(), key=lambda event: event.place)
    void = voided(story)
    present = {event.id for event in story}
    state, verdicts, hand = start or State(), {}, None
    for event in story:
        if event.id in void:
            verdicts[event.id] = Verdict(event.id, "void")
        elif _is_out_of_reach(state, event, hand):
            verdicts[event.id] = Verdict(event.id, "unreached")
            state = replace(state, waits=True)
            continue
        elif event.step == DECLARING_ERROR:
            known = event.declares in present
            verdicts[event.id] = Verdict(event.id, "declaration" if known else "misfit")
        else:
            state, verdicts[event.id] = apply(state, event, whose)
            hand = event.by
            continue
        state = _seen(state, event)
    return Folded(state, verdicts)


def _is_out_of_reach(state: State, event: Occurrence, hand: str | None) -> bool:
    """Whether an event waits: its maker did not reach the unit, nor says that it is here."""
    if event.within is None or is_before_them(event):
        return False
    return not reached(state, event.within, event.by, hand)


def apply(state: State, event: Occurrence, whose: Holder = NOBODY) -> tuple[State, Verdict]:
    """One event onto a state: the new state and the verdict. Never raises, never refuses."""
    step = STEPS[event.step]
    path = () if whose.box else _missing(state, event, step)
    again = not whose.box and says_again(state, event)
    if event.via is not None:
        state, kind = containers.share(state, event, in_one_step=again or path == ())
        if kind is not None:
            return _seen(state, event), Verdict(event.id, kind)
    flags = (*whose.flags(event), *_arrival(state, event, step), *_surprise(state, event))
    if again:
        flags = tuple(flag for flag in flags if flag != Flag.OVER)
        return _observed(state, event, whose), Verdict(event.id, "repeat", flags=flags)
    if path is None:
        return _seen(state, event), Verdict(event.id, "misfit", flags=flags)
    known = None if path or whose.box else contradicted(state, event, step)
    if known is not None and Flag.ELSEWHERE.value not in flags:
        flags = (*flags, Flag.ELSEWHERE.value)
    named = event.consignment or state.consignment or whose.box
    if step.sets_out and not named:
        flags = (*flags, Flag.INCOMPLETE.value)
    if Need.SECOND_PERSON in step.needs and not whose.box and not _two_people(state, event):
        return _proposed(state, event), Verdict(event.id, "proposed", path, flags)
    moved = _moved(_inferred(state, path), event, step, whose, known is not None)
    journey = moved.consignment or state.consignment
    return moved, Verdict(event.id, "gap" if path else "fits", path, flags, known, journey)


def _missing(state: State, event: Occurrence, step: Step) -> tuple[str, ...] | None:
    """The steps that nobody scanned before this one; None when none lead to it."""
    if step.observes and state.status in step.sources:
        return ()
    return missing_steps(state.status, event.step)


def _inferred(state: State, path: tuple[str, ...]) -> State:
    """The state after steps that nobody scanned: of those nobody knows where they were made."""
    for missing in path:
        target = STEPS[missing].target
        assert isinstance(target, Status)
        state = replace(state, status=target)
        if target is Status.IN_TRANSIT:
            state = replace(state, location=None, area=None, at_site=False)
    return state


def contradicted(state: State, event: Occurrence, step: Step) -> str | None:
    """The place where the unit should be, if a step that is done where it stands says another.

    What was handed over may have been carried to where it is used: until it has been seen at a
    site, only the site that its act names can be the wrong one.
    """
    if step.presence is not Presence.HERE or state.status not in STANDING or not event.location:
        return None
    if step.whereabouts is Whereabouts.ITS_SITE and state.bound_for is not None:
        fits = event.location == state.bound_for[0] or event.premises == state.bound_for[1]
        return None if fits else state.bound_for[0]
    if state.location is None or state.is_at(event):
        return None
    if step.at_receiver:
        return state.location if event.at_site == state.at_site else None
    carried = state.status in (Status.HANDED_OVER, Status.DEPLOYED) and not state.at_site
    return None if carried else state.location


def _arrival(state: State, event: Occurrence, step: Step) -> tuple[str, ...]:
    """What is odd about a unit that arrives: it belongs elsewhere, or it is damaged.

    A manifest may not say with which consignment a unit comes; then any is right.
    """
    if step.journey is not Journey.ARRIVES:
        return ()
    unplanned = state.status in (None, Status.ANNOUNCED) and state.consignment is None
    flags = []
    if event.consignment not in (None, state.consignment) and not unplanned:
        flags.append(Flag.OVER.value)
    if event.condition not in (None, "good", state.condition):
        flags.append(Flag.DAMAGED.value)
    return tuple(flags)


def _surprise(state: State, event: Occurrence) -> tuple[str, ...]:
    """That a unit came before somebody at whose place the ledger neither had it nor awaited it."""
    if event.within is None or not is_before_them(event):
        return ()
    return () if reached(state, event.within, event.by, None) else (Flag.ELSEWHERE.value,)


def says_again(state: State, event: Occurrence) -> bool:
    """Whether the event only says again what the state already holds."""
    step = STEPS.get(event.step)  # none for an error declaration
    if step is None or step.target is not state.status:
        return False
    if missing_steps(state.status, event.step) == ():
        return False
    if Need.CONSIGNMENT in step.needs and event.consignment not in (None, state.consignment):
        return False
    if Need.RECEIVER in step.needs and event.receiver not in (None, state.custodian):
        return False
    if Need.LOCATION in step.needs or Need.SITE in step.needs:
        return event.location is None or state.location is None or state.is_at(event)
    return True


def _two_people(state: State, event: Occurrence) -> bool:
    """Whether a second person stands behind the event: beforehand, or by another event.

    Nobody knows who held a device, or typed a command: neither is a second person.
    """
    known = {event.by, event.approved_by, state.proposed[0] if state.proposed else None}
    return sum(map(is_person, known)) > 1


def _proposed(state: State, event: Occurrence) -> State:
    """The state after one alone said what takes two; the first person's word stands."""
    proposed = state.proposed
    if proposed is None or not is_person(proposed[0]):
        proposed = event.by or "", event.id
    return replace(_seen(state, event), proposed=proposed)


def _observed(state: State, event: Occurrence, whose: Holder) -> State:
    """A repeat still tells the newest condition, renews the rung's date, fills an unknown place."""
    seen = _seen(state, event)
    if state.location is None and event.location is not None:
        seen = replace(seen, location=event.location, area=event.premises, at_site=event.at_site)
    condition = event.statement_of_condition or state.condition
    return replace(seen, condition=condition, rungs=ladder.proved(state.rungs, event, whose))


def _seen(state: State, event: Occurrence) -> State:
    """The state after an event that tells nothing of the unit but that it was scanned."""
    return state if event.step == ANNOUNCING else replace(state, last=event.key)


def _moved(state: State, event: Occurrence, step: Step, whose: Holder, elsewhere: bool) -> State:
    """The state after an event that fits: what each step changes beside the status.

    Of a place that contradicts the known one, only what stood before the unit itself is evidence.
    """
    target = effects.target(state, event, step)
    location, area, at_site = effects.placed(state, event, step, target)
    contradicts = elsewhere or (step.observes and state.location is not None)
    if contradicts and location is not None and not (event.sighted and event.via is None):
        location, area, at_site = state.location, state.area, state.at_site
    unit, apart, left = containers.own(state, event, step, moved=location != state.location)
    pauses = target in _PAUSES and state.status not in _PAUSES
    return State(
        status=target,
        condition=event.statement_of_condition or state.condition,
        location=location,
        area=area,
        at_site=at_site,
        custodian=effects.custodian(step, event.receiver, state.custodian),
        handling_unit=unit,
        apart=apart,
        left=left,
        consignment=effects.consignment(state, event, step),
        before=state.status if pauses else state.before,
        proposed=state.proposed if target is state.status else None,
        bound_for=effects.bound_for(state, event, step),
        waits=state.waits,
        rungs=ladder.proved(ladder.without(state.rungs, step.drops), event, whose),
        last=state.last if event.step == ANNOUNCING else event.key,
    )


_PAUSES = frozenset({Status.IN_REPAIR})
