"""Answers to scans: what the fold's verdicts and a refusal make of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tracker.domain.custody import Verdict
from tracker.domain.scans import Flag, Outcome, Result, Scan
from tracker.errors import Refusal
from tracker.services.events import derived_id
from tracker.services.units import Unit


def answer(outcome: Outcome, verdict: Verdict) -> None:
    """Add to an outcome what the verdict on one of its events says."""
    if verdict.kind == "misfit":
        outcome.result = Result.MISFIT
    if verdict.kind != "fits" or verdict.flags:
        outcome.gap = tuple(dict.fromkeys((*outcome.gap, *verdict.missing)))
        more = (Flag.REPEAT.value,) if verdict.kind == "repeat" else ()
        outcome.flags = tuple(dict.fromkeys((*outcome.flags, *verdict.flags, *more)))
        outcome.discrepancy = outcome.discrepancy or next(iter(verdict.discrepancies), None)


def answer_for_box(
    outcome: Outcome, scan: str, units: Iterable[Unit], verdicts: Mapping[str, Verdict]
) -> None:
    """A box answers for every item that was inside it."""
    for unit in units:
        share = verdicts.get(derived_id(scan, unit.item))
        if share is not None and share.kind != "outside":
            outcome.units += 1
            answer(outcome, share)


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
    )


def told(refusal: Refusal) -> dict[str, Any]:
    """A refusal as an outcome carries it: the API makes a problem document of it."""
    return {"slug": refusal.slug, "detail": refusal.detail, **refusal.extra}
