"""The proof ladder of one unit: which rungs an event climbs, and which it takes back."""

from __future__ import annotations

from datetime import datetime

from tracker.domain.lifecycle import STEPS, Rung
from tracker.domain.occurrences import Holder, Occurrence
from tracker.domain.scans import Flag

Rungs = tuple[tuple[Rung, datetime], ...]
"""The latest moment at which each rung was proved, the lowest rung first."""

_PROVES_NOTHING = frozenset({Flag.NOT_PRESENT, Flag.NOT_CIVILIAN})
_NOBODY_LOOKED = frozenset({Flag.WRONG_SERIAL, Flag.INCOMPLETE})

_ORDER = {rung: place for place, rung in enumerate(Rung)}


def proved(rungs: Rungs, event: Occurrence, whose: Holder) -> Rungs:
    """The ladder after `event`.

    A check that found the unit missing or misused proves nothing, and one that was only tapped in
    a list, or left out whether the unit is there, or read the number of another, neither that the
    unit stands there nor that it works; who taps a unit in a list has not received it. A person's
    word that it works is one rung, which the word that it does not takes back; a measurement that
    it is on line is another. Only products that can have either.
    """
    flags = whose.flags(event)
    if event.working is False and event.sighted and Flag.WRONG_SERIAL not in flags:
        rungs = without(rungs, (Rung.WORKING,))
    if not _PROVES_NOTHING.isdisjoint(flags):
        return rungs
    looked = event.sighted and _NOBODY_LOOKED.isdisjoint(flags)
    rung = STEPS[event.step].rung
    if rung is Rung.INSPECTED:
        climbs = looked
    else:
        climbs = event.sighted or rung is not Rung.RECEIVED
    if rung and climbs:
        rungs = _climb(rungs, rung, event.effective_at)
    if not whose.terminal:
        return rungs
    if event.working and looked:
        rungs = _climb(rungs, Rung.WORKING, event.effective_at)
    return _climb(rungs, Rung.ONLINE, event.effective_at) if event.reading else rungs


def without(rungs: Rungs, lost: tuple[Rung, ...]) -> Rungs:
    """The ladder without the rungs that a step takes back."""
    return tuple(pair for pair in rungs if pair[0] not in lost) if lost else rungs


def _climb(rungs: Rungs, rung: Rung, at: datetime) -> Rungs:
    if not rungs or _ORDER[rungs[-1][0]] < _ORDER[rung]:
        return (*rungs, (rung, at))
    kept = [pair for pair in rungs if pair[0] is not rung]
    kept.append((rung, at))
    kept.sort(key=lambda pair: _ORDER[pair[0]])
    return tuple(kept)
