"""The fold: an item's events in; its state, and what does not fit, out.

Pure and total: any set of events, in any order, gives one answer. `record()` folds a new event
onto the stored state when it is the newest, and refolds the whole story when it is not; both
give the same, which is what lets scans arrive weeks late, twice, and in any order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from tracker.domain.lifecycle import (
    ANNOUNCING,
    DECLARING_ERROR,
    SECOND_IDENTIFIER_STEPS,
    STEPS,
    Move,
    Need,
    Rung,
    Status,
    missing_steps,
)
from tracker.domain.scans import Flag

Key = tuple[datetime, int, str]
"""The order of the fold: (effective_at, device_seq, id)."""

FLAGS_TO_SETTLE = {
    Flag.LABEL_ONLY: "label_only",
    Flag.WRONG_SERIAL: "wrong_serial",
    Flag.CLOCK: "clock",
    Flag.INCOMPLETE: "misfit",
    Flag.DAMAGED: "damaged",
    Flag.OVER: "over",
    Flag.NOT_PRESENT: "loss",
    Flag.NOT_CIVILIAN: "suspected_diversion",
}
"""Flags of an event that open a discrepancy, and of which kind."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One event as the fold reads it. References are plain text; None means it was not said.

    `via` is the handling unit that the unit must lie in for this event to concern it, where the
    scan of one caused it, and `above` what was scanned, if that unit only stood in it; `at_site`
    whether `location` is a civilian site; `second` the subject that a second identifier named
    (`item:7`, or `nothing`); `working` whether somebody saw the unit work on this occasion.
    """

    id: str
    step: str
    effective_at: datetime
    device_seq: int | None = None
    location: str | None = None
    at_site: bool = False
    consignment: str | None = None
    handling_unit: str | None = None
    receiver: str | None = None
    condition: str | None = None
    via: str | None = None
    above: str | None = None
    declares: str | None = None
    second: str | None = None
    working: bool = False
    flags: tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        """Where it stands among the scans of its unit."""
        return (self.effective_at, self.device_seq or 0, self.id)

    @property
    def place(self) -> tuple[bool, Key]:
        """Where it stands in the order of the fold.

        An announcement is paper, and comes before every scan whenever it was filed: a unit that
        was received on Monday is not out of order because its manifest was imported on Tuesday.
        """
        return (self.step != ANNOUNCING, self.key)


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose story is folded: its subject, and whether it is a satellite terminal."""

    subject: str = ""
    terminal: bool = False

    def flags(self, event: Occurrence) -> tuple[str, ...]:
        """The event's flags, and what its second identifier says about this unit.

        Decided here and not when it was scanned, because a scan of a label that is still blank
        becomes this unit's only later.
        """
        if event.second is not None and event.second != self.subject:
            return (Flag.WRONG_SERIAL.value, *event.flags)
        if self.terminal and event.second is None and event.step in SECOND_IDENTIFIER_STEPS:
            return (Flag.LABEL_ONLY.value, *event.flags)
        return event.flags


NOBODY = Holder()


@dataclass(frozen=True, slots=True)
class State:
    """What an item's events add up to.

    `rungs` holds the latest moment each rung was proved, `last` the newest scan.
    """

    status: Status | None = None
    condition: str = "good"
    location: str | None = None
    custodian: str | None = None
    handling_unit: str | None = None
    consignment: str | None = None
    before: Status | None = None
    rungs: tuple[tuple[Rung, datetime], ...] = ()
    last: Key | None = None

    def proved(self, rung: Rung) -> datetime | None:
        """When `rung` was last proved, or None."""
        return next((at for name, at in self.rungs if name is rung), None)

    @property
    def top_rung(self) -> Rung | None:
        """The highest rung proved so far."""
        return self.rungs[-1][0] if self.rungs else None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the fold made of one event.

    `kind` is `fits`, `gap` (moved, with `missing` steps inferred), `misfit` (kept, not moved),
    `repeat` (says nothing new), `void` (declared wrong), `outside` (the unit was not in the box
    that was scanned) or `declaration`.
    """

    event: str
    kind: str
    missing: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def discrepancies(self) -> tuple[str, ...]:
        """Kinds of discrepancy that this event opens for a person to settle."""
        if self.kind in ("void", "outside"):
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
        return frozenset(
            (kind, verdict.event)
            for verdict in self.verdicts.values()
            for kind in verdict.discrepancies
        )


def fold(
    events: Iterable[Occurrence], start: State | None = None, *, whose: Holder = NOBODY
) -> Folded:
    """Fold the events of `whose` story in their own order, whatever order they come in.

    With `start`, the events must all be newer than it and declare nothing: the one-step case.
    """
    story = sorted({event.id: event for event in events}.values(), key=lambda event: event.place)
    void = _void(story)
    present = {event.id for event in story}
    state, verdicts = start or State(), {}
    for event in story:
        if event.id in void:
            verdicts[event.id] = Verdict(event.id, "void")
        elif event.step == DECLARING_ERROR:
            known = event.declares in present
            verdicts[event.id] = Verdict(event.id, "declaration" if known else "misfit")
        else:
            state, verdicts[event.id] = apply(state, event, whose)
            continue
        state = _seen(state, event)
    return Folded(state, verdicts)


def apply(state: State, event: Occurrence, whose: Holder = NOBODY) -> tuple[State, Verdict]:
    """One event onto a state: the new state and the verdict. Never raises, never refuses."""
    step = STEPS[event.step]
    if event.via is not None and state.handling_unit != event.via:
        return _seen(state, event), Verdict(event.id, "outside")
    flags = (*whose.flags(event), *_arrival(state, event))
    if step.observes and state.status in step.sources:
        return _seen(state, event), Verdict(event.id, "fits", flags=flags)
    path = missing_steps(state.status, event.step)
    if says_again(state, event):
        flags = tuple(flag for flag in flags if flag != Flag.OVER)
        return _observed(state, event), Verdict(event.id, "repeat", flags=flags)
    if path is None:
        return _seen(state, event), Verdict(event.id, "misfit", flags=flags)
    for missing in path:
        target = STEPS[missing].target
        assert isinstance(target, Status)
        state = replace(state, status=target)
    moved = _moved(state, event, _target(state, step.target, event))
    return moved, Verdict(event.id, "gap" if path else "fits", path, flags)


def _arrival(state: State, event: Occurrence) -> tuple[str, ...]:
    """What is odd about a unit that arrives: it belongs elsewhere, or it is damaged.

    A manifest may not say with which consignment a unit comes; then any is right.
    """
    if event.step != "receiving":
        return ()
    unplanned = state.status in (None, Status.ANNOUNCED) and state.consignment is None
    flags = []
    if event.consignment not in (None, state.consignment) and not unplanned:
        flags.append(Flag.OVER.value)
    if event.condition not in (None, "good", state.condition):
        flags.append(Flag.DAMAGED.value)
    return tuple(flags)


def _void(story: Sequence[Occurrence]) -> set[str]:
    """Ids declared wrong. A declaration can be declared wrong by a later one, and then counts not.

    Read from the newest back: a declaration that stands makes its target void, wherever an
    ordinary target stands in the order, but another declaration only when it is older.
    """
    kinds = {event.id: event.step for event in story}
    void: set[str] = set()
    seen: set[str] = set()
    for event in reversed(story):
        seen.add(event.id)
        if event.step != DECLARING_ERROR or event.id in void or event.declares is None:
            continue
        is_declaration = kinds.get(event.declares) == DECLARING_ERROR
        if not (is_declaration and event.declares in seen):
            void.add(event.declares)
    return void


def _target(state: State, target: Status | Move, event: Occurrence) -> Status | None:
    if isinstance(target, Status):
        return target
    if target is Move.WHERE_IT_WAS:
        return state.before or Status.IN_STOCK
    if target is Move.BY_LOCATION:
        return Status.HANDED_OVER if event.at_site else Status.IN_STOCK
    return state.status


def says_again(state: State, event: Occurrence) -> bool:
    """Whether the event only says again what the state already holds."""
    step = STEPS.get(event.step)  # none for an error declaration
    if step is None or step.target is not state.status:
        return False
    if missing_steps(state.status, event.step) == ():
        return False
    said = {
        Need.LOCATION: (event.location, state.location),
        Need.SITE: (event.location, state.location),
        Need.CONSIGNMENT: (event.consignment, state.consignment),
        Need.RECEIVER: (event.receiver, state.custodian),
    }
    return all(said[need][0] in (None, said[need][1]) for need in step.needs if need in said)


def _observed(state: State, event: Occurrence) -> State:
    """A repeat still tells the newest condition and renews the rung's date."""
    rungs = _proved(state.rungs, event)
    seen = _seen(state, event)
    return replace(seen, condition=event.condition or state.condition, rungs=rungs)


def _seen(state: State, event: Occurrence) -> State:
    """The state after an event that tells nothing of the unit but that it was scanned."""
    return state if event.step == ANNOUNCING else replace(state, last=event.key)


def _moved(state: State, event: Occurrence, target: Status | None) -> State:
    """The state after an event that fits: what each step changes beside the status."""
    step = event.step
    location = event.location or state.location
    custodian, unit, consignment = state.custodian, state.handling_unit, state.consignment
    rungs = state.rungs
    if step == "shipping":
        location, consignment = None, event.consignment or consignment
    elif step == "void_shipping":
        consignment = None
    elif step in ("packing", ANNOUNCING):
        unit = event.handling_unit or unit
        consignment = event.consignment or consignment
    elif step == "unpacking":
        unit = None
    elif step == "receiving":
        custodian = event.receiver
        consignment = None if state.status is Status.IN_TRANSIT else consignment
    elif step in ("accepting", "deploying"):
        custodian, unit, consignment = event.receiver or custodian, None, None
    elif step == "returning":
        custodian, location = None, event.location
    if step == "collecting":
        rungs = _without(rungs, Rung.DEPLOYED, Rung.ONLINE, Rung.INSPECTED)
    elif step == "returning":
        rungs = _without(rungs, Rung.SIGNED_FOR)
    rungs = _proved(rungs, event)
    before = state.status if target in _PAUSES and state.status not in _PAUSES else state.before
    return State(
        status=target,
        condition=event.condition or state.condition,
        location=location,
        custodian=custodian,
        handling_unit=unit,
        consignment=consignment,
        before=before,
        rungs=rungs,
        last=state.last if step == ANNOUNCING else event.key,
    )


_PAUSES = frozenset({Status.IN_REPAIR})
_RUNG_ORDER = {rung: place for place, rung in enumerate(Rung)}


def _proved(
    rungs: tuple[tuple[Rung, datetime], ...], event: Occurrence
) -> tuple[tuple[Rung, datetime], ...]:
    """The ladder after `event`. A check that found the unit missing or misused proves nothing."""
    rung = STEPS[event.step].rung
    if Flag.NOT_PRESENT in event.flags or Flag.NOT_CIVILIAN in event.flags:
        return rungs
    if rung:
        rungs = _climb(rungs, rung, event.effective_at)
    return _climb(rungs, Rung.ONLINE, event.effective_at) if event.working else rungs


def _climb(
    rungs: tuple[tuple[Rung, datetime], ...], rung: Rung, at: datetime
) -> tuple[tuple[Rung, datetime], ...]:
    if not rungs or _RUNG_ORDER[rungs[-1][0]] < _RUNG_ORDER[rung]:
        return (*rungs, (rung, at))
    kept = [pair for pair in rungs if pair[0] is not rung]
    kept.append((rung, at))
    kept.sort(key=lambda pair: _RUNG_ORDER[pair[0]])
    return tuple(kept)


def _without(
    rungs: tuple[tuple[Rung, datetime], ...], *lost: Rung
) -> tuple[tuple[Rung, datetime], ...]:
    return tuple(pair for pair in rungs if pair[0] not in lost)
