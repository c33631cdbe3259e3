"""What a discrepancy holds beside its event, for the person who settles it."""

from __future__ import annotations

from typing import TypedDict


class UnbookedLine(TypedDict):
    """A line of an act that is not booked: its place on the act, and why."""

    line: int
    code: str
    why: str | None


With = TypedDict("With", {"with": str}, total=False)
"""The other consignment that a unit came with. A keyword of Python, so no class can name it."""


class Detail(With, total=False):
    """The members by what a discrepancy is about; kept as JSON (`Discrepancy.detail`)."""

    consignment: str | None
    step: str

    # An event that does not fit.
    missing: list[str]  # the steps that nobody scanned
    gap: list[str]  # the same, as it was once written
    known: str  # the place where the unit should have been
    second_identifier: str | None

    # A code that names nothing, or an id that came with two contents.
    code: str | None
    occurred_at: str
    location: str | None
    note: str | None

    # Units that arrived, or did not.
    pledge: str
    box: str
    seen: int
    unseen: int
    units: list[str]

    # A stock count.
    count: str
    missed_at: str

    # The report of a loss.
    report: str

    # A maker's number that was read on a unit and is not its own; both masked.
    scheme: str
    carried: str
    read: str

    # An act, and its paper; which of its lines are not booked.
    act: str | None
    act_id: int
    paper: str
    signed: int
    unbooked: int
    lines: list[UnbookedLine]
    miscounted: int | None
    unsigned: list[str]
