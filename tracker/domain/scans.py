"""What a scan says and what the ledger answers: plain values that every floor passes around."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Required, TypedDict


class Mode(StrEnum):
    """`live`: the person is looking at the answer. `queued`: it happened offline; evidence."""

    LIVE = "live"
    QUEUED = "queued"


class Result(StrEnum):
    """What became of one scan."""

    RECORDED = "recorded"
    MISFIT = "misfit"
    UNKNOWN_CODE = "unknown_code"
    DUPLICATE = "duplicate"
    REFUSED = "refused"
    FORBIDDEN = "forbidden"
    INVALID = "invalid"
    SET_ASIDE = "set_aside"  # kept apart, for a person to judge: the device's access had ended


KEPT = frozenset({Result.RECORDED, Result.MISFIT, Result.UNKNOWN_CODE, Result.DUPLICATE})
"""Results after which the ledger holds the scan."""


class Flag(StrEnum):
    """What is odd about a scan that was kept, decided from the scan itself when it was recorded.

    `BEFORE_COUNT` and `REPEAT` are decided beside others' scans, and said in the answer alone.
    """

    LABEL_ONLY = "label_only"  # a second identifier was asked for and not given
    WRONG_SERIAL = "wrong_serial"  # the second identifier is of another unit
    CLOCK = "clock"  # the device's clock cannot be right
    INCOMPLETE = "incomplete"  # something the step needs is missing
    NOT_PRESENT = "not_present"  # an inspection did not find the unit
    NOT_CIVILIAN = "not_civilian"  # an inspection found it in other use or with somebody else
    CONFIRMED = "confirmed"  # it did not fit and the person kept it all the same
    REVOKED = "revoked_label"  # the label was replaced by a newer one
    DAMAGED = "damaged"  # it arrived damaged
    OVER = "over"  # it came with a consignment that it does not belong to
    ELSEWHERE = "elsewhere"  # done at another place than where the ledger has the unit
    UNOPENED = "unopened"  # who scanned the box said that what nobody saw lies inside, unopened
    UNREADABLE = "unreadable_label"  # its label could not be read; a person named it
    BEFORE_COUNT = "before_count"  # made before the count began that is open at its place
    REPEAT = "repeat"  # says again what the story already says
    CONFLICT = "conflict"  # the id is in the ledger with other content


class Findings(TypedDict, total=False):
    """What an inspection was asked, and answered."""

    present: bool
    working: bool
    civilian_use: bool


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan as a device made it. Times are aware UTC; references are as sent, normalised.

    `code` is a canonical label code, or a maker's identifier; `declares` is the id of the event
    that this one says is wrong, with `reason` one of `lifecycle.ERROR_REASONS`; of other steps
    `reason` says why the unit is not simply good (`receiving.REASONS`); `findings` are an
    inspection's answers: `present`, `working`, `civilian_use`. `sighted` is False where
    nobody stood before the thing, but chose it in a list; `bound_for` the site of the act that it
    is handed over by. `confirm` keeps a live scan whatever does not fit, `answers` are the keys of
    questions that were answered with yes. `salt` (32 hexadecimal digits) is what a phone hid the
    maker's numbers with in what it signed.
    """

    id: str
    code: str
    step: str
    occurred_at: datetime
    device_seq: int | None = None
    location: str | None = None
    consignment: str | None = None
    handling_unit: str | None = None
    second_identifier: str | None = None
    receiver: str | None = None
    act: str | None = None
    report: str | None = None
    condition: str | None = None
    note: str | None = None
    evidence: tuple[str, ...] = ()
    findings: Findings | None = None
    declares: str | None = None
    reason: str | None = None
    sighted: bool | None = None
    bound_for: str | None = None
    confirm: bool = False
    answers: tuple[str, ...] = ()
    signature: str | None = None
    salt: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What proves that the ledger holds a scan: the event's hash (hex) and place in its chain."""

    hash: str
    item_seq: int
    recorded_at: datetime


class Brief(TypedDict):
    """What an answer tells about the unit that was scanned."""

    code: str
    product: str
    status: str | None
    condition: str
    location: str | None


class NamedUnit(TypedDict):
    """A unit as a question names it."""

    code: str
    name_uk: str
    name_en: str


class Question(TypedDict, total=False):
    """What a live scan was refused for until somebody answers it (`ledger.questions`).

    A client may remember the answer under `key`; the rest is what the sentence names, by its kind.
    """

    kind: Required[str]
    key: Required[str]
    box: str
    name: str  # of the box
    place: str  # only to who may see it
    act: str
    consignment: str
    steps: list[str]  # that nobody scanned
    seen: int  # of a box's units
    unseen: int
    units: list[NamedUnit]  # some of those that were not seen


class Problem(TypedDict, total=False):
    """A refusal as an outcome carries it: the API makes a problem document of it."""

    slug: Required[str]
    detail: Required[str]
    gap: Sequence[str]
    allowed: Sequence[str]
    missing: Sequence[str]
    question: Question


@dataclass(slots=True)
class Outcome:
    """The answer to one scan, in the order of the batch."""

    id: str
    result: Result
    gap: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    discrepancy: str | None = None
    item: Brief | None = None
    receipt: Receipt | None = None
    problem: Problem | None = None
    question: Question | None = None
    units: int = field(default=1)
