"""Receiving: what a unit's story says of one consignment at its destination, and how it adds up.

A consignment is received by what was seen. `follow` takes a unit's events one by one, as the fold
judged them, and says how the unit came with the consignment: seen singly, in a box that nobody
opened, elsewhere, not at all. The verdict of a person about a unit is made from that; a unit whose
box was scanned is never called good, because nobody has looked at it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from tracker.domain.custody import Verdict
from tracker.domain.lifecycle import (
    ANNOUNCING,
    ARRIVING_STEPS,
    SETTING_OUT_STEPS,
    STEPS,
    Journey,
    Move,
    Need,
    Presence,
    Status,
    Step,
)
from tracker.domain.occurrences import Occurrence, Spot
from tracker.domain.scans import Flag

VERDICTS = (
    *("good", "with_box", "damaged", "short", "elsewhere", "not_sent"),
    *("over", "wrong_serial", "unreadable_label"),
)
SAID_BY_HAND = ("damaged", "wrong_serial", "unreadable_label")
"""What a person may say of a unit that no scan has shown: it is no receipt."""

REASONS = (
    "unreadable_label",
    "packaging_damaged",
    "transport_damage",
    "wet",
    "incomplete",
    "not_working",
    "seal_broken",
    "missing_from_box",
    "sent_by_mistake",
)
"""Why a unit is not simply good: what a scan's `reason` may say when it receives or counts."""

DAMAGES = ("packaging_damaged", "transport_damage", "wet", "incomplete", "not_working")
"""Reasons that are said of a unit that arrived damaged."""


class How(StrEnum):
    """How a unit came with a consignment."""

    UNDER_WAY = "under_way"  # it is on it, and nothing has been seen of it since
    SINGLY = "singly"  # it was seen by itself at the destination
    WITH_BOX = "with_box"  # the box or pallet that it lies in was, and nobody looked inside
    ELSEWHERE = "elsewhere"  # it was seen at another place, or as of another consignment
    NOT_SENT = "not_sent"  # its shipping was undone, or it was seen where it should have left


@dataclass(frozen=True, slots=True)
class Trip:
    """A consignment's way: its ends, each with what counts as one place with it."""

    ref: str
    origin: Spot | None
    destination: Spot | None

    def reaches(self, event: Occurrence) -> bool:
        """Whether an event was made at the destination; anywhere but the origin if none is named.

        One that names no place was not.
        """
        if event.location is None:
            return False
        return _at(event, self.destination) if self.destination else not self.begins(event)

    def begins(self, event: Occurrence) -> bool:
        """Whether an event was made at the origin."""
        return _at(event, self.origin)


def _at(event: Occurrence, spot: Spot | None) -> bool:
    return spot is not None and (event.location == spot[0] or event.premises == spot[1])


@dataclass(frozen=True, slots=True)
class Arrival:
    """What became of one unit on one consignment.

    `known` says that a manifest or a scan has named the two together at all; `ended` that the unit
    has gone on since, so that what happens to it says nothing of this consignment any more. It was
    seen at `place`, or as of the consignment `other`, which `event` shows. `scan` is the newest
    scan of the box or pallet `box` that brought it here, `condition` what was stated of it last
    while it was on the way or here, `wrong` that its second identifier named another unit, `reason`
    what was said to be amiss.
    """

    how: How = How.NOT_SENT
    known: bool = False
    ended: bool = False
    place: str | None = None
    other: str | None = None
    event: str | None = None
    scan: str | None = None
    box: str | None = None
    condition: str = "good"
    wrong: bool = False
    reason: str | None = None

    @property
    def came(self) -> bool:
        """Whether it is received at the destination, looked at or not."""
        return self.how in (How.SINGLY, How.WITH_BOX)

    @property
    def is_nowhere(self) -> bool:
        """Whether its shipping was undone, and nobody has said since where it is."""
        undone = self.how is How.NOT_SENT and self.event is not None
        return undone and self.place is None and not self.ended

    @property
    def is_missing(self) -> bool:
        """Whether nobody has seen it since it was sent."""
        return self.how is How.UNDER_WAY or self.is_nowhere


NOTHING = Arrival()
_SETS_OUT = SETTING_OUT_STEPS | {ANNOUNCING}
NAMING = _SETS_OUT | ARRIVING_STEPS
"""Steps that may bring a unit and a consignment together."""
UNDOES = frozenset(
    step.id
    for step in STEPS.values()
    if step.journey is Journey.ENDS and Need.CONSIGNMENT in step.needs
)
_COUNTED = ("fits", "gap", "repeat")
_FINDS = frozenset(step.id for step in STEPS.values() if step.target is Move.BY_LOCATION)
_FOUND = _FINDS | ARRIVING_STEPS
"""What receives a unit wherever it was thought to be."""
_STANDS_HERE = (Status.IN_STOCK, Status.PACKED, Move.BY_LOCATION, Move.STAY, Move.WHERE_IT_WAS)


def became(
    story: Iterable[tuple[Occurrence, Verdict]],
    trip: Trip,
    start: Arrival = NOTHING,
    *,
    condition: str = "good",
) -> Arrival:
    """What became of a unit on a consignment, by its events in the order of the fold.

    With `start` and the `condition` that the unit had until then, by those that are newer; a
    shipping that is undone among them needs the whole story.
    """
    arrival, gone = start, False
    for event, verdict in story:
        if verdict.kind in _COUNTED:
            condition = event.statement_of_condition or condition
        arrival = follow(arrival, event, verdict, trip, condition, gone=gone)
        gone = _is_gone(event, verdict, trip, gone)
    return arrival


def _is_gone(event: Occurrence, verdict: Verdict, trip: Trip, was: bool) -> bool:
    """Whether a unit has been seen away from where the journey begins since it was sent."""
    if verdict.kind not in _COUNTED:
        return was
    if event.step in _SETS_OUT and verdict.journey == trip.ref:
        return False
    shows = STEPS[event.step].presence is not Presence.NONE and event.sighted
    return not trip.begins(event) if shows and event.location is not None else was


def follow(
    was: Arrival,
    event: Occurrence,
    verdict: Verdict,
    trip: Trip,
    condition: str,
    *,
    gone: bool = False,
) -> Arrival:
    """What became of it after one more event, which leaves the unit in this `condition`.

    `gone` says that it was seen away from where the journey begins since it was sent.

    What does not concern the unit, or does not follow from where it stood, says nothing: a unit is
    not received by a scan that the ledger could not follow. What was declared wrong says only that
    somebody took the unit to be on the consignment.
    """
    if verdict.kind == "void" and event.step in _SETS_OUT and event.consignment == trip.ref:
        return replace(was, known=True)
    if verdict.kind not in _COUNTED:
        return was
    if event.step in _SETS_OUT and verdict.journey == trip.ref:
        return Arrival(How.UNDER_WAY, known=True, condition=condition)
    comes = event.step in ARRIVING_STEPS and event.consignment == trip.ref
    if was.ended or not (was.known or (comes and verdict.kind != "repeat")):
        return was
    now, step = replace(was, condition=condition), STEPS[event.step]
    if event.step in UNDOES and was.how is How.UNDER_WAY:
        return _undone(now, event, trip, gone)
    if event.sighted and _shows(now, event, verdict, step, trip):
        now = _seen(now, event, verdict, trip)
    if not now.known:
        return was
    return replace(now, ended=True) if _goes_on(now, event, verdict, step, trip) else now


def _undone(was: Arrival, event: Occurrence, trip: Trip, gone: bool) -> Arrival:
    """A unit whose shipping was undone: it is where that says, and not sent if that may be true.

    Where nobody says where it is, or taps a place in a list, it is missed like any other.
    """
    undone = replace(was, how=How.NOT_SENT, place=event.location, event=event.id)
    if event.location is None:
        return undone
    if trip.begins(event) or trip.origin is None:
        return replace(undone, how=How.ELSEWHERE) if gone else undone
    return _found(was, event, None, trip) if event.sighted else replace(undone, place=None)


def _shows(was: Arrival, event: Occurrence, verdict: Verdict, step: Step, trip: Trip) -> bool:
    """Whether an event shows where the unit is, more than is known of it.

    A count finds what is under way, but does not receive it; it looks, though, at what came in a
    closed box, and at what was thought to stand elsewhere.
    """
    if step.presence not in (Presence.HERE, Presence.ARRIVES):
        return False
    if was.came:
        return True
    again = verdict.kind == "repeat"
    if was.other is not None:  # counted there already
        return event.consignment == trip.ref and not again
    if was.is_nowhere:
        return event.location is not None
    if event.step in _FOUND:
        return True
    if was.how is How.UNDER_WAY:
        return step.target is not Move.STAY and not again  # that it left may be said again
    back = was.how is How.ELSEWHERE and trip.begins(event)
    return event.via is None and (back or trip.reaches(event))


def _seen(was: Arrival, event: Occurrence, verdict: Verdict, trip: Trip) -> Arrival:
    other = event.consignment if event.step in ARRIVING_STEPS else None
    if not was.came:
        was = _found(was, event, None if other == trip.ref else other, trip)
    elif was.how is How.WITH_BOX and event.via is None and event.location is not None:
        if trip.reaches(event):
            was = replace(was, how=How.SINGLY, place=event.location, event=event.id)
        elif verdict.known is not None or other == trip.ref:
            was = _found(was, event, None, trip)
    return _as_received(was, event, verdict, trip) if was.came else was


def _found(was: Arrival, event: Occurrence, other: str | None, trip: Trip) -> Arrival:
    """A unit that nobody had seen on this consignment was."""
    how = How.ELSEWHERE
    if other is None and trip.reaches(event):
        how = How.SINGLY if event.via is None else How.WITH_BOX
    elif other is None and trip.begins(event):
        how = How.NOT_SENT
    told = Arrival(how, known=True, place=event.location, other=other, event=event.id)
    return replace(told, condition=was.condition)


def _as_received(was: Arrival, event: Occurrence, verdict: Verdict, trip: Trip) -> Arrival:
    """What a receipt says beside that the unit is there: its box, its identity, a reason."""
    if event.step not in ARRIVING_STEPS or not trip.reaches(event):
        return was
    if event.via is not None:
        return replace(was, scan=event.cause, box=event.above or event.via)
    wrong = was.wrong
    if event.second is not None:
        wrong = Flag.WRONG_SERIAL.value in verdict.flags
    return replace(was, wrong=wrong, reason=event.reason or was.reason)


def _goes_on(was: Arrival, event: Occurrence, verdict: Verdict, step: Step, trip: Trip) -> bool:
    """Whether the unit is about something else after this event."""
    if was.how is How.UNDER_WAY or verdict.kind == "repeat":
        return False
    if was.is_nowhere and step.presence is Presence.NONE:
        return False
    if step.target not in _STANDS_HERE:
        return True
    places = step.presence in (Presence.HERE, Presence.ARRIVES) and event.location is not None
    return was.came and places and event.sighted and not trip.reaches(event)


def verdict_on(arrival: Arrival, *, listed: bool = True) -> str | None:
    """One word about one unit, the worst that is true of it; None if it is no matter of the list.

    A unit that was scanned where it should not be is not judged any further: its condition is for
    whoever has it.
    """
    if not listed:
        return "over" if arrival.came else None
    if arrival.is_missing:
        return "short"
    if not arrival.came:
        return arrival.how.value
    if arrival.wrong:
        return "wrong_serial"
    if arrival.condition != "good":
        return "damaged"
    if arrival.reason == "unreadable_label":
        return "unreadable_label"
    return "good" if arrival.how is How.SINGLY else "with_box"


@dataclass(frozen=True, slots=True)
class Judged:
    """What is said of one unit, and how that is known: `how`, or None for a person's bare word."""

    verdict: str
    how: How | None
    listed: bool = True


@dataclass(frozen=True, slots=True)
class Sum:
    """How a consignment adds up, in units.

    Every unit is in one of four numbers: `singly` and `with_box` came and were expected, looked at
    or not, in whatever condition; `short` were not seen anywhere; `other` is all else: elsewhere,
    not sent, not expected, or only spoken of. So the four make up `expected` and `over`.
    """

    expected: int
    singly: int
    with_box: int
    short: int
    other: int
    by_verdict: dict[str, int]

    @property
    def counted(self) -> int:
        """Units that were received here, also those that nobody expected."""
        return self.singly + self.with_box + self.over

    @property
    def over(self) -> int:
        """Units that came and were not expected."""
        return self.by_verdict.get("over", 0)

    @property
    def missing(self) -> int:
        """Expected units that nobody has seen."""
        return self.short

    @property
    def fits(self) -> bool:
        """Whether everything came, and nothing else, and nothing is known to be wrong with it."""
        unmarred = self.by_verdict.get("good", 0) + self.by_verdict.get("with_box", 0)
        return unmarred == self.expected == self.counted

    @property
    def four(self) -> tuple[int, int, int, int]:
        """The numbers that a person sees before concluding."""
        return self.singly, self.with_box, self.short, self.other


def add_up(units: Iterable[Judged]) -> Sum:
    """The sum of a consignment's units."""
    words: Counter[str] = Counter()
    hows: Counter[How | None] = Counter()
    expected = 0
    for unit in units:
        words[unit.verdict] += 1
        expected += unit.listed
        hows[unit.how if unit.listed else None] += 1
    four = hows[How.SINGLY], hows[How.WITH_BOX], words["short"]
    return Sum(expected, *four, words.total() - sum(four), dict(words))
