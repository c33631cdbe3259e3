"""Answers to scans: what the fold's verdicts and a refusal make of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import cast

from tracker.domain import custody
from tracker.domain.bodies import derived_id
from tracker.domain.custody import Verdict
from tracker.domain.occurrences import Occurrence
from tracker.domain.permissions import Actor
from tracker.domain.reaching import Reach, reached
from tracker.domain.scans import Brief, Flag, Outcome, Problem, Result, Scan
from tracker.errors import Refusal, SignatureWrong
from tracker.ledger.loading import Unit
from tracker.queries.reach import works_there


def answer(
    outcome: Outcome,
    verdict: Verdict,
    again: bool | None = None,
    cases: Collection[tuple[str, str]] = (),
) -> None:
    """Add to an outcome what the verdict on one of its events says.

    `again` is said of a live scan, by when it arrived; of others the verdict tells. `cases` are
    those that the unit's state holds open, by kind and event.
    """
    if verdict.kind == "proposed":
        outcome.discrepancy = "second_person"
    elif ("left_box", verdict.event) in cases:
        outcome.discrepancy = "left_box"
    if verdict.kind == "misfit":
        outcome.result = Result.MISFIT
    is_repeat = verdict.kind == "repeat" if again is None else again
    if is_repeat or verdict.kind != "fits" or verdict.flags:
        outcome.gap = tuple(dict.fromkeys((*outcome.gap, *verdict.missing)))
        more = (Flag.REPEAT.value,) if is_repeat else ()
        outcome.flags = tuple(dict.fromkeys((*outcome.flags, *verdict.flags, *more)))
        outcome.discrepancy = outcome.discrepancy or next(iter(verdict.discrepancies), None)


def answer_for_box(
    outcome: Outcome,
    scan: str,
    units: Iterable[Unit],
    verdicts: Mapping[str, Verdict],
    again: bool | None,
) -> None:
    """A box answers for every item that was inside it."""
    for unit in units:
        share = verdicts.get(derived_id(scan, unit.item))
        if share is None or share.kind == "outside":
            continue
        if share.kind == "left_behind":
            outcome.discrepancy = outcome.discrepancy or "left_box"
            continue
        outcome.units += 1
        answer(outcome, share, again)


def said_again(events: Sequence[tuple[Unit, Occurrence]]) -> bool:
    """Whether somebody scans, live, what somebody else has just scanned.

    By its own clock the later arrival may be the earlier scan, and the one that counts: who stands
    there is told all the same.
    """
    told = [custody.says_again(unit.state, event) for unit, event in events]
    return bool(told) and all(told)


def brief(unit: Unit, by: Actor, within: Reach | None = None) -> Brief:
    """What `by` is told of a unit: no place that is out of reach, and no site of others."""
    told, state = unit.brief(), unit.state
    is_far = within is not None and not reached(state, within, None, None)
    at_site = state.at_site and works_there(by) and state.location not in by.locations
    if is_far or at_site:
        told["location"] = None
    return told


class Pending:
    """Outcomes of scans that are kept, until the fold has said what it makes of them."""

    def __init__(self) -> None:
        self._units: list[tuple[Outcome, Unit, str, bool | None, Actor, Reach | None]] = []
        self._boxes: list[tuple[Outcome, str, bool | None]] = []

    def add(
        self,
        outcome: Outcome,
        unit: Unit,
        event: str,
        again: bool | None,
        by: Actor,
        within: Reach | None,
    ) -> None:
        """The outcome of a scan of one unit; `within` is said of one that its sender, `by`, did
        not reach."""
        self._units.append((outcome, unit, event, again, by, within))

    def add_box(self, outcome: Outcome, event: str, again: bool | None) -> None:
        """The outcome of a scan of a box."""
        self._boxes.append((outcome, event, again))

    def settle(self, units: Iterable[Unit], verdicts: Mapping[str, Verdict]) -> None:
        """Add to each outcome what has become of its unit, or of what lies in its box."""
        for outcome, unit, event, again, by, within in self._units:
            outcome.item = brief(unit, by, within)
            answer(outcome, verdicts[event], again, unit.state.cases)
        for told, event, again in self._boxes:
            answer_for_box(told, event, units, verdicts, again)


def refused(scan: Scan, unit: Unit | None, refusal: Refusal, by: Actor) -> Outcome:
    """A live scan that is not kept, with what would be."""
    return Outcome(
        scan.id,
        Result.REFUSED,
        gap=tuple(refusal.extra.get("gap", ())),
        allowed=tuple(refusal.extra.get("allowed", ())),
        missing=tuple(refusal.extra.get("missing", ())),
        item=brief(unit, by) if unit else None,
        problem=told(refusal),
        question=refusal.extra.get("question"),
    )


def unsigned(scan: Scan) -> Outcome:
    """A scan of a device that signs, and that has not signed it: it becomes no event."""
    return Outcome(scan.id, Result.FORBIDDEN, problem=told(SignatureWrong()))


def is_unsigned(outcome: Outcome) -> bool:
    """Whether a scan was not kept because its device has not signed it."""
    problem = outcome.problem
    return problem is not None and problem["slug"] == SignatureWrong.slug


def told(refusal: Refusal) -> Problem:
    """A refusal as an outcome carries it: the API makes a problem document of it."""
    return cast(Problem, {"slug": refusal.slug, "detail": refusal.detail, **refusal.extra})
