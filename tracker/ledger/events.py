"""Event rows: what is written for a scan, and how a stored body is read back for the fold.

The body is the truth (exact canonical text); the columns beside it repeat parts of it. Only
`ledger.record` inserts these rows.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from operator import attrgetter
from typing import Any, Literal, Required, TypedDict, get_args
from unicodedata import normalize

from labels.codes import is_canonical
from tracker.domain import chain
from tracker.domain.bodies import Body, Reach, stamp
from tracker.domain.clocks import Exchange, When
from tracker.domain.permissions import Actor
from tracker.domain.scans import Flag, Mode, Scan
from tracker.domain.statements import hidden, numbers


class Row(TypedDict, total=False):
    """An event's row: its body, and the columns that repeat parts of it.

    `seal` adds its place in its story.
    """

    id: Required[str]
    subject: Required[str]
    step: Required[str]
    effective_at: Required[datetime]
    device_seq: Required[int | None]
    by: Required[str]
    via: Required[str | None]  # the scan of the box that caused it
    handling_unit: Required[str | None]
    declares: Required[str | None]
    body: Required[str]
    scan_digest: Required[bytes]
    signature: Required[str | None]
    seq: int
    hash: bytes
    recorded_at: datetime


_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Setting:
    """What is the same for every scan of a batch: who, when, and what is known of the clock.

    `sent_at` is the sender's clock at `came_at` (None: at `now`); None where somebody else brings
    what a device kept, after who knows how long. `exchange` is the newest that the device reports.
    """

    by: Actor
    mode: Mode
    sent_at: datetime | None
    now: datetime
    approved_by: str | None = None
    came_at: datetime | None = None
    exchange: Exchange | None = None

    @property
    def lag(self) -> timedelta | None:
        """The server's clock less the sender's when the batch came: its error, and the way."""
        return (self.came_at or self.now) - self.sent_at if self.sent_at else None

    @cached_property
    def recorded_at(self) -> str:
        """The server's time as bodies hold it."""
        return stamp(self.now)


@dataclass(frozen=True, slots=True)
class Place:
    """A location as an event tells it: its kind, a site's commitment in place of its facts, and its
    premises where it counts as one place with another."""

    ref: str
    kind: str
    commitment: str | None
    area: str | None = None


NO_SCAN = "00" * 32
"""Stands for the digest of an event that no scan made: a unit's announcement."""

_COMPACT = json.JSONEncoder(ensure_ascii=False).encode


def scan_digest(scan: Scan, salt: str | None) -> bytes:
    """SHA-256 of what a scan says, without what may differ when it is sent again.

    With the salt of its opening, so that nobody finds a maker's number by trying.
    """
    code, second = scan.code, scan.second_identifier
    if salt is not None:
        code, second = hidden(salt, code), hidden(salt, second) if second else None
    said: tuple[Any, ...] = (
        scan.id,
        code,
        scan.step,
        stamp(scan.occurred_at),
        scan.device_seq,
        scan.location,
        scan.consignment,
        scan.handling_unit,
        second,
        scan.receiver,
        scan.act,
        scan.report,
        scan.condition,
        scan.note,
        scan.evidence,
        sorted(scan.findings.items()) if scan.findings else None,
        scan.declares,
        scan.reason,
    )
    if scan.sighted is False:
        said = (*said, False)
    if scan.bound_for is not None:
        said = (*said, "bound_for", scan.bound_for)
    return hashlib.sha256(_COMPACT(said).encode()).digest()


_Copied = Literal[
    "consignment",
    "handling_unit",
    "receiver",
    "act",
    "report",
    "condition",
    "note",
    "declares",
    "reason",
]
_COPIED: tuple[_Copied, ...] = get_args(_Copied)
_copied = attrgetter(*_COPIED)


def body_of(
    scan: Scan,
    setting: Setting,
    when: When,
    subject: str,
    code: str | None,
    flags: tuple[str, ...],
    place: Place | None,
    second: str | None = None,
    bound_for: Place | None = None,
    within: Reach | None = None,
) -> Body:
    """What the ledger keeps of a scan, before it is made canonical. No name, no sealed fact.

    `code` is the label that was scanned, or that the unit wears whose maker's barcode was. Of a
    maker's number it keeps only which item it named (`second`) and what hides it (`bind`): the
    number itself would let a stranger add a terminal to an account. `within` is what its maker
    reached of a unit that was not known to be within that.
    """
    body: Body = {
        "v": 1,
        "id": scan.id,
        "subject": subject,
        "step": scan.step,
        "occurred_at": stamp(scan.occurred_at),
        "effective_at": stamp(when.at),
        "recorded_at": setting.recorded_at,
        "offset_ms": when.offset // _MILLISECOND,
        "mode": setting.mode,
        "by": setting.by.ref,
    }
    for name, said in zip(_COPIED, _copied(scan), strict=True):
        if said is not None:
            body[name] = said if said.isascii() else normalize("NFC", said)
    if code:
        body["code"] = code
    if setting.by.role:
        body["role"] = setting.by.role
    if setting.approved_by:
        body["approved_by"] = setting.approved_by
    if second:
        body["second"] = second
    if within is not None:
        body["within"] = within
    _say_where(body, place, bound_for)
    _say_what_was_seen(body, scan, flags)
    return body


def _say_where(body: Body, place: Place | None, bound_for: Place | None) -> None:
    if place is not None:
        body["location"] = place.ref
        if place.area:
            body["area"] = place.area
        if place.kind == "site":
            body["at_site"] = True
        if place.commitment:
            body["commitment"] = place.commitment
    if bound_for is not None:
        body["bound_for"] = bound_for.ref
        if bound_for.area:
            body["bound_area"] = bound_for.area


def _say_what_was_seen(body: Body, scan: Scan, flags: tuple[str, ...]) -> None:
    if scan.evidence:
        body["evidence"] = list(scan.evidence)
    if scan.findings:
        body["findings"] = scan.findings.copy()
    if flags:
        body["flags"] = list(flags)
    if scan.device_seq is not None:
        body["device_seq"] = scan.device_seq
    if scan.sighted is False:
        body["sighted"] = False


def salt_for(scan: Scan) -> str | None:
    """What hides the maker's numbers of a scan: the phone's own salt, or a new one, or None."""
    if scan.second_identifier is None and is_canonical(scan.code):
        return None
    return scan.salt or secrets.token_hex(16)


def bind(body: Body, scan: Scan, salt: str | None, statement: str | None = None) -> None:
    """Put what the scan said, and what the device signed, under the event's hash.

    Maker's numbers are hidden with `salt`; `statement` is the text of the signature, where it was
    checked against the device's key.
    """
    body["scan"] = scan_digest(scan, salt).hex()
    if salt is not None:
        body["numbers"] = numbers(scan, salt, is_label=is_canonical(scan.code))
    if scan.signature and statement is not None:
        body["statement"], body["signature"] = statement, scan.signature
    if scan.signature:
        body["signed"] = hashlib.sha256(scan.signature.encode()).hexdigest()


def row_of(body: Body, at: datetime, signature: str | None = None) -> Row:
    """The event's row, still without its place in a chain (`seal` gives it that)."""
    via = body.get("via")
    return {
        "id": body["id"],
        "subject": body["subject"],
        "step": body["step"],
        "effective_at": at,
        "device_seq": body.get("device_seq"),
        "by": body["by"],
        "via": via["event"] if via else None,
        "handling_unit": body.get("handling_unit"),
        "declares": body.get("declares"),
        "body": chain.canonical(body),
        "scan_digest": bytes.fromhex(body.get("scan", NO_SCAN)),
        "signature": signature,
    }


def seal(row: Row, previous: bytes | None, seq: int, now: datetime) -> bytes:
    """Give `row` its place in its chain after the hash `previous`; returns the new head."""
    head = chain.event_hash(previous or chain.GENESIS, row["body"])
    row["seq"], row["hash"], row["recorded_at"] = seq, head, now
    return head


def inspection_flags(scan: Scan) -> tuple[str, ...]:
    """What an inspection's answers say that a person must look into."""
    findings = scan.findings or {}
    flags = []
    if findings.get("present") is False:
        flags.append(Flag.NOT_PRESENT.value)
    if findings.get("civilian_use") is False:
        flags.append(Flag.NOT_CIVILIAN.value)
    return tuple(flags)
