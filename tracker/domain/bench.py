"""The scanning bench: what a person is doing, and the cards that say so when they are scanned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from tracker.domain.lifecycle import STEPS

CARD = "KITTRAIL:"
STEP_CARDS = {step.card: step.id for step in STEPS.values() if step.card}
"""Cards of steps: the word on each, and the step that scans then record."""

DOING = {**{step: step for step in STEP_CARDS.values()}, "handover": "accepting"}
"""What is done at a bench, and the step that a scan then records: to an act units are listed, which
are handed over when it is signed."""

CARDS = {
    **STEP_CARDS,
    "CLOSE": "close",
    "DAMAGED": "damaged",
    "DONE": "done",
    "UNDO LAST": "undo",
    "YES": "yes",
    "NO": "no",
}
"""Printed cards: the word on each, after `CARD` in its symbol, and what it stands for."""

LIVE = timedelta(seconds=10)
"""A scan that waited longer than this is evidence, and not refused any more."""

MOST_ANSWERS = 50
"""So many answers a bench remembers, the newest."""

UNDO = timedelta(seconds=60)
"""How long a scan can be undone at the bench."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What the bench is set to; references are None where nothing was said.

    `box` is the handling unit that is being packed; `first` a label that waits for the maker's
    barcode of the same unit, where `pair` asks for both; `condition`, `reason` and `photo` (the
    SHA-256 of one that is kept) hold for the next unit alone. `answers` are the questions that
    were answered with yes: the answer serves the rest of the same box or place.
    """

    doing: str | None = None
    location: str | None = None
    consignment: str | None = None
    box: str | None = None
    count: str | None = None
    act: int | None = None
    pair: bool = False
    first: str | None = None
    condition: str | None = None
    reason: str | None = None
    photo: str | None = None
    answers: tuple[str, ...] = ()


def card(text: str) -> str | None:
    """What an action card says, or None for what is no card."""
    said = " ".join(text.upper().split())
    if not said.startswith(CARD):
        return None
    return CARDS.get(said[len(CARD) :].replace("-", " ").replace("_", " ").strip())
