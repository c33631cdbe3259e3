"""Event rows: what is written for a scan, and how a stored body is read back for the fold.

The body is the truth (exact canonical text); the columns beside it repeat parts of it. Only
`services.ledger` inserts these rows.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from unicodedata import normalize
from uuid import UUID, uuid5

from labels.codes import is_canonical
from tracker.domain import chain
from tracker.domain.custody import Occurrence
from tracker.domain.permissions import Actor
from tracker.domain.scans import Flag, Mode, Scan
from tracker.domain.statements import hidden, numbers

Row = dict[str, Any]


@dataclass(frozen=True)
class Setting:
    """What is the same for every scan of a batch: who, when, and how the clock is off."""

    by: Actor
    mode: Mode
    sent_at: datetime
    now: datetime
    approved_by: str | None = None

    @cached_property
    def offset(self) -> timedelta:
        """By how much the device's clock is behind the server's."""
        return self.now - self.sent_at

    @cached_property
    def recorded_at(self) -> str:
        """The server's time as bodies hold it."""
        return stamp(self.now)

    def effective_at(self, scan: Scan) -> datetime:
        """When it happened by the server's clock: the device's word plus the device's error."""
        return scan.occurred_at + self.offset


@dataclass(frozen=True, slots=True)
class Place:
    """A location as an event tells it: its kind, and a site's commitment in place of its facts."""

    ref: str
    kind: str
    commitment: str | None


def stamp(moment: datetime) -> str:
    """UTC to the millisecond, as bodies hold it: `2026-05-01T09:30:00.000Z`."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="milliseconds")[:23] + "Z"


def moment(stamped: str) -> datetime:
    """The moment that `stamp` wrote."""
    return datetime.fromisoformat(stamped)


_PLAIN = frozenset({"device_seq"})
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
    said = (
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
    return hashlib.sha256(_COMPACT(said).encode()).digest()


_COPIED = ("consignment", "handling_unit", "receiver", "act", "report", "condition", "note",
           "declares", "reason", "device_seq")  # fmt: skip


def body_of(
    scan: Scan,
    setting: Setting,
    subject: str,
    code: str | None,
    flags: tuple[str, ...],
    place: Place | None,
    second: str | None = None,
) -> dict[str, Any]:
    """What the ledger keeps of a scan, before it is made canonical. No name, no sealed fact.

    `code` is the label that was scanned, or that the unit wears whose maker's barcode was. Of a
    maker's number it keeps only which item it named (`second`) and what hides it (`bind`): the
    number itself would let a stranger add a terminal to an account.
    """
    body: dict[str, Any] = {
        "v": 1,
        "id": scan.id,
        "subject": subject,
        "step": scan.step,
        "occurred_at": stamp(scan.occurred_at),
        "effective_at": stamp(setting.effective_at(scan)),
        "recorded_at": setting.recorded_at,
        "offset_ms": round(setting.offset.total_seconds() * 1000),
        "mode": setting.mode,
        "by": setting.by.ref,
    }
    for name in _COPIED:
        value = getattr(scan, name)
        if value is not None:
            body[name] = value if name in _PLAIN or value.isascii() else normalize("NFC", value)
    extras: dict[str, Any] = {
        "code": code,
        "role": setting.by.role,
        "approved_by": setting.approved_by,
        "evidence": list(scan.evidence),
        "findings": dict(scan.findings or {}),
        "flags": list(flags),
        "second": second,
    }
    if place is not None:
        extras["location"] = place.ref
        extras["at_site"] = place.kind == "site"
        extras["commitment"] = place.commitment
    body.update({name: value for name, value in extras.items() if value})
    return body


def salt_for(scan: Scan) -> str | None:
    """What hides the maker's numbers of a scan: the phone's own salt, or a new one, or None."""
    if scan.second_identifier is None and is_canonical(scan.code):
        return None
    return scan.salt or secrets.token_hex(16)


def bind(body: dict[str, Any], scan: Scan, salt: str | None, statement: str | None = None) -> None:
    """Put what the scan said, and what the device signed, under the event's hash.

    Maker's numbers are hidden with `salt`; `statement` is the text of the signature, where it was
    checked against the device's key.
    """
    body["scan"] = scan_digest(scan, salt).hex()
    if salt is not None:
        body["numbers"] = numbers(scan, salt, is_label=is_canonical(scan.code))
    if statement is not None:
        body["statement"], body["signature"] = statement, scan.signature
    if scan.signature:
        body["signed"] = hashlib.sha256(scan.signature.encode()).hexdigest()


def row_of(body: Mapping[str, Any], at: datetime, signature: str | None = None) -> Row:
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


_OF_THE_SCAN = ("signed", "statement", "signature", "numbers")
"""What a device signed and read about a box, and not about each unit in it."""


def inside(body: Mapping[str, Any], box: str, item: int, code: str) -> dict[str, Any]:
    """The event of one item inside handling unit `box`, made from the unit's own event.

    `body` may also be of a unit that `box` stood in: the event then names that too.
    """
    mine = {name: said for name, said in body.items() if name not in _OF_THE_SCAN}
    mine["via"] = {"event": body["id"], "unit": box}
    scanned = body["subject"].removeprefix("unit:")
    if scanned != box:
        mine["via"]["above"] = scanned
    mine["id"] = derived_id(body["id"], item)
    mine["subject"] = f"item:{item}"
    mine["code"] = code
    if "declares" in body:
        mine["declares"] = derived_id(body["declares"], item)
    return mine


def derived_id(event: str, item: int) -> str:
    """The id of an item's share of a handling unit's event: the same wherever it is computed."""
    return str(uuid5(UUID(event), str(item)))


def occurrence(body: Mapping[str, Any], at: datetime | None = None) -> Occurrence:
    """A body as the fold reads it."""
    via = body.get("via")
    findings = body.get("findings") or {}
    return Occurrence(
        id=body["id"],
        step=body["step"],
        effective_at=at or moment(body["effective_at"]),
        device_seq=body.get("device_seq"),
        location=body.get("location"),
        at_site=bool(body.get("at_site")),
        consignment=body.get("consignment"),
        handling_unit=body.get("handling_unit"),
        receiver=body.get("receiver"),
        condition=body.get("condition"),
        via=via["unit"] if via else None,
        above=via.get("above") if via else None,
        declares=body.get("declares"),
        second=body.get("second"),
        working=bool(findings.get("working")),
        flags=tuple(body.get("flags", ())),
    )


def inspection_flags(scan: Scan) -> tuple[str, ...]:
    """What an inspection's answers say that a person must look into."""
    findings = scan.findings or {}
    flags = []
    if findings.get("present") is False:
        flags.append(Flag.NOT_PRESENT.value)
    if findings.get("civilian_use") is False:
        flags.append(Flag.NOT_CIVILIAN.value)
    return tuple(flags)
