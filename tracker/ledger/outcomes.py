"""Answers to scans: what the fold's verdicts and a refusal make of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import cast

from tracker.domain import custody
from tracker.domain.bodies import derived_id
from tracker.domain.custody import Verdict
from tracker.domain.occurrences import Occurrence
from tracker.domain.scans import Flag, Outcome, Problem, Result, Scan
from tracker.errors import Refusal, SignatureWrong
from tracker.ledger.loading import Unit


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


def refused(scan: Scan, unit: Unit | None, refusal: Refusal) -> Outcome:
    """A live scan that is not kept, with what would be."""
    return Outcome(
        scan.id,
        Result.REFUSED,
        gap=tuple(refusal.extra.get("gap", ())),
        allowed=tuple(refusal.extra.get("allowed", ())),
        missing=tuple(refusal.extra.get("missing", ())),
        item=unit.brief() if unit else None,
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
