"""One event as the fold reads it, and whose story it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tracker.domain.lifecycle import ANNOUNCING, SECOND_IDENTIFIER_STEPS
from tracker.domain.scans import Flag

Key = tuple[datetime, int, str]
"""The order of the fold: (effective_at, device_seq, id)."""

Spot = tuple[str, str]
"""A location and what counts as one place with it: (reference, premises)."""


@dataclass(frozen=True, slots=True)
class Within:
    """What whoever made a scan reached then: their places, and the journeys that end there.

    Of who works there also the journeys that begin there, and in `untold` those of which nobody has
    said where they end; None for who has only tasks there.
    """

    places: frozenset[str]
    journeys: frozenset[str]
    untold: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One event as the fold reads it. References are plain text; None means it was not said.

    `location` is where it happened, `area` what counted as one place with it when it was recorded
    (the premises; None: the location alone), `at_site` whether that is a civilian site; `sighted`
    whether somebody stood before the thing, and did not tap it in a list. `bound_for` is the site
    that an act of handover names. `via` is the handling unit that the unit must lie in for this
    event to concern it, where the scan `cause` of one caused it, and `above` what was scanned, if
    that unit only stood in it. `second` is the subject that a second identifier named (`item:7`,
    or `nothing`); `working` whether somebody saw the unit work on this occasion, or that it does
    not, `reading` whether an instrument measured that it is on line. `reason` is what was said to
    be amiss. `by` made it, `approved_by` agreed beforehand. `within` is what the maker reached,
    where the unit was not known to be within that.
    """

    id: str
    step: str
    effective_at: datetime
    device_seq: int | None = None
    location: str | None = None
    area: str | None = None
    at_site: bool = False
    sighted: bool = True
    bound_for: Spot | None = None
    consignment: str | None = None
    handling_unit: str | None = None
    receiver: str | None = None
    condition: str | None = None
    via: str | None = None
    cause: str | None = None
    above: str | None = None
    declares: str | None = None
    second: str | None = None
    working: bool | None = None
    reading: bool = False
    reason: str | None = None
    by: str | None = None
    approved_by: str | None = None
    flags: tuple[str, ...] = ()
    within: Within | None = None

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

    @property
    def premises(self) -> str | None:
        """What counts as one place with `location`."""
        return self.area or self.location

    @property
    def statement_of_condition(self) -> str | None:
        """What it says of the unit's own condition.

        Who scans a closed box can say that it was damaged, and not that what lies in it is good.
        """
        return None if self.via is not None and self.condition == "good" else self.condition


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose story is folded: its subject, whether it is a satellite terminal, or a box.

    What happens to a box is never a misfit: it has no lifecycle of its own.
    """

    subject: str = ""
    terminal: bool = False
    box: bool = False

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
