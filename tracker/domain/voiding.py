"""Which events a story has declared wrong."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.domain.lifecycle import DECLARING_ERROR
from tracker.domain.occurrences import Occurrence


def voided(story: Sequence[Occurrence]) -> set[str]:
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
