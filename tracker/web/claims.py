"""Two stories of one unit side by side: the one that stands, and the one that does not fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tracker.domain.lifecycle import DECLARING_ERROR
from tracker.domain.permissions import Actor
from tracker.queries import items
from tracker.queries.discrepancies import Case
from tracker.queries.items import StoryEvent

KINDS = ("misfit", "wrong_serial", "label_only", "suspected_diversion", "loss")
MOST = 5  # events of each story


@dataclass(frozen=True, slots=True)
class Claims:
    """The newest events of each story; `rival` is what the odd one contradicts."""

    stands: Sequence[StoryEvent]
    odd: Sequence[StoryEvent]
    rival: StoryEvent | None


def claims_of(case: Case, reader: Actor) -> Claims | None:
    """The two stories behind a discrepancy; None where there are not two."""
    if case.kind not in KINDS or case.item is None:
        return None
    told = items.folded_story(case.item, reader)
    verdicts = told.verdicts
    story = [event for event in told.events if event.step != DECLARING_ERROR]
    odd = [
        event
        for event in story
        if event.id == case.event
        or (event.by == case.made_by and verdicts[event.id].kind == "misfit")
    ]
    named = {event.id for event in odd}
    stands = [
        event
        for event in story
        if event.id not in named and verdicts[event.id].kind in ("fits", "gap", "repeat")
    ]
    if not any(event.id == case.event for event in odd) or not stands:
        return None
    at = next(event.effective_at for event in odd if event.id == case.event)
    before = [event for event in stands if event.effective_at <= at and not event.via]
    rival = before[-1] if before and before[-1].step != "announcing" else None
    return Claims(stands[-MOST:], odd[-MOST:], rival)
