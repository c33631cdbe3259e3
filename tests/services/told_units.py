"""What the ledger tells of a unit about one consignment, read without the code that judges it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from tests.services.journeys import TO
from tracker.domain.custody import State, Verdict
from tracker.domain.lifecycle import STEPS, Move, Presence
from tracker.domain.occurrences import Occurrence

STANDS = ("in_stock", "packed")
AWAY = ("shipping", "reporting_lost", "accepting", "returning")
Told = tuple[Occurrence, Verdict]


@dataclass
class Unit:
    """What the ledger says of a unit about a consignment; when it was concluded to be unopened."""

    code: str
    ref: str
    told: list[Told]
    state: State
    unopened_at: datetime | None = None

    @cached_property
    def sent(self) -> int | None:
        """Where its story put it on the consignment for the last time."""
        places = [
            place
            for place, (event, verdict) in enumerate(self.told)
            if event.step in ("announcing", "shipping")
            and verdict.kind in ("fits", "gap")
            and verdict.journey == self.ref
        ]
        return places[-1] if places else None

    @cached_property
    def since(self) -> list[Told]:
        """What happened to it since, or at all; nothing that the ledger could not follow."""
        rest = self.told[self.sent + 1 :] if self.sent is not None else self.told
        return [(event, verdict) for event, verdict in rest if verdict.kind in COUNTED]

    @property
    def looks(self) -> list[Occurrence]:
        """Where somebody stood before the unit itself."""
        return [event for event, _ in self.since if shows(event) and event.via is None]

    def is_late(self, event: Occurrence) -> bool:
        """Whether it was made after the verdict that nobody had looked at it."""
        return self.unopened_at is not None and event.effective_at > self.unopened_at

    @property
    def undone(self) -> bool:
        """Whether its shipping was taken back since."""
        return self.sent is None or self.undoing is not None

    @property
    def undoing(self) -> Occurrence | None:
        """What took its shipping back."""
        return next((event for event, _ in self.since if event.step == "void_shipping"), None)

    @property
    def after_undoing(self) -> list[Occurrence]:
        """Who stood before it since its shipping was taken back."""
        events = [event for event, _ in self.since]
        after = events[events.index(self.undoing) :] if self.undoing else []
        return [event for event in after if shows(event)]

    @property
    def receipts(self) -> list[Occurrence]:
        """What received it, or moved it on from wherever it had come."""
        return [event for event, verdict in self.since if shows(event) and moves(event, verdict)]

    def here_since(self, receipt: Occurrence) -> list[Occurrence]:
        """What happened after a receipt until it went on, or was seen at another place."""
        rest = [event for event, _ in self.since]
        after = self.since[rest.index(receipt) + 1 :]
        for place, (event, verdict) in enumerate(after):
            leaves = event.step in AWAY and verdict.kind != "repeat"
            if leaves or (shows(event) and event.location not in (TO, None)):
                return [one for one, _ in after[:place]]
        return [one for one, _ in after]

    @property
    def has_gone_on(self) -> bool:
        """Whether it has left where it was seen, or was lost there."""
        return self.state.status is None or self.state.status.value not in STANDS


COUNTED = ("fits", "gap", "repeat")


def shows(event: Occurrence) -> bool:
    presence = STEPS[event.step].presence
    return presence in (Presence.HERE, Presence.ARRIVES) and event.sighted


def moves(event: Occurrence, verdict: Verdict) -> bool:
    again = verdict.kind == "repeat" and event.step != "receiving"
    return STEPS[event.step].target is not Move.STAY and not again
