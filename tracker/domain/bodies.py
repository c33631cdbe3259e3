"""The stored body of an event: what it may hold, and how the fold reads it.

A body is written once, as exact canonical text, and never changed. What is not said is left out.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TypedDict, cast
from uuid import UUID, uuid5

from tracker.domain.occurrences import Key, Occurrence, Within
from tracker.domain.scans import Findings, Scan
from tracker.domain.statements import Numbers


class _Box(TypedDict):
    event: str  # the scan of the box
    unit: str  # the box that the unit lies in


class Via(_Box, total=False):
    """Why a scan of a box concerns a unit."""

    above: str  # what was scanned, if the box only stood in it


class _Reach(TypedDict):
    places: list[str]
    journeys: list[str]


class Reach(_Reach, total=False):
    """What the maker of a scan reached of a unit that was not known to be within that."""

    untold: list[str]  # of who works there: journeys of which nobody has said where they end


class Said(TypedDict, total=False):
    """What an event may say beside who, when and what. What is not said is left out, never None."""

    # Of every scan.
    offset_ms: int  # by how much its clock was taken to be behind ours
    mode: str  # `scans.Mode`
    role: str  # of who made it
    approved_by: str  # the second person of a step that takes two
    device_seq: int
    code: str  # the label that was scanned, or that the unit wears
    second: str  # the subject that a second identifier named, or `nothing`
    flags: list[str]  # `scans.Flag`
    via: Via
    sighted: bool  # there, and false, where nobody stood before the thing

    # What it tells, by the names of `scans.Scan`.
    location: str
    area: str  # the premises of `location`, where they are more than it
    at_site: bool
    commitment: str  # stands for a site's sealed facts
    bound_for: str  # the site of an act of handover
    bound_area: str  # and its premises
    consignment: str
    handling_unit: str
    receiver: str
    act: str
    report: str
    condition: str
    note: str
    reason: str
    declares: str  # the event that this one says is wrong
    evidence: list[str]
    findings: Findings
    reading: bool  # an instrument measured that it is on line
    replaces: list[str]  # labels that the unit wore until it was given this one
    within: Reach  # there where its code named nothing that its maker was known to reach

    # What binds it to what was sent, and to the device that signed it.
    scan: str  # the digest of what was sent
    numbers: Numbers
    signed: str  # the digest of `signature`
    statement: str  # the text that was signed
    signature: str

    # Of a unit's announcement.
    pledge: str
    product: str

    # Of a device's enrolment (`services.devices`).
    public_key: str

    # Of a case that a person settled (`services.discrepancies`).
    kind: str
    about: str  # its subject
    event: str
    decision: str
    wrong: str  # the event that was declared wrong with it

    # Of an official record (`domain.records`): the columns that are new or have changed.
    record: dict[str, bool | int | str | None]
    hidden: dict[str, str | None]  # digests in place of what names a person, a place or a secret
    found: bool  # the row was there before the ledger spoke of such rows


class Body(Said):
    """What the ledger keeps of an event. No name, no sealed fact, no maker's number.

    Moments are UTC as `stamp` writes them.
    """

    v: int  # the version of bodies: 1
    id: str
    subject: str  # whose story it is of: `item:7`, `unit:<code>`, `device:3`, ...
    step: str
    occurred_at: str  # by the clock of who made it
    effective_at: str  # when it is held to have happened
    recorded_at: str
    by: str  # `account:7`, `device:3`


@lru_cache(maxsize=256)  # of one scan the same moment is written several times
def stamp(moment: datetime) -> str:
    """UTC to the millisecond, as bodies hold it: `2026-05-01T09:30:00.000Z`."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="milliseconds")[:23] + "Z"


def moment(stamped: str) -> datetime:
    """The moment that `stamp` wrote."""
    return datetime.fromisoformat(stamped)


def key_of(body: Body) -> Key:
    """Where an event stands in the order of the fold."""
    return moment(body["effective_at"]), body.get("device_seq") or 0, body["id"]


def occurrence(body: Body, at: datetime | None = None) -> Occurrence:
    """A body as the fold reads it; `at` is its `effective_at`, where that is known already."""
    via = body.get("via")
    findings: Findings = body.get("findings") or {}
    bound_for = body.get("bound_for")
    return Occurrence(
        id=body["id"],
        step=body["step"],
        effective_at=at or moment(body["effective_at"]),
        device_seq=body.get("device_seq"),
        location=body.get("location"),
        area=body.get("area"),
        at_site=bool(body.get("at_site")),
        sighted=body.get("sighted", True),
        bound_for=(bound_for, body.get("bound_area") or bound_for) if bound_for else None,
        consignment=body.get("consignment"),
        handling_unit=body.get("handling_unit"),
        receiver=body.get("receiver"),
        condition=body.get("condition"),
        via=via["unit"] if via else None,
        cause=via["event"] if via else None,
        above=via.get("above") if via else None,
        declares=body.get("declares"),
        second=body.get("second"),
        working=findings.get("working"),
        reading=bool(body.get("reading")),
        reason=body.get("reason"),
        by=body.get("by"),
        approved_by=body.get("approved_by"),
        flags=tuple(body.get("flags", ())),
        within=_within(body.get("within")),
    )


def _within(said: Reach | None) -> Within | None:
    if said is None:
        return None
    untold = frozenset(said["untold"]) if "untold" in said else None
    return Within(frozenset(said["places"]), frozenset(said["journeys"]), untold)


def scan_of(body: Body) -> Scan:
    """What a body tells, as a scan that says it again: by its step, and when it happened."""
    return Scan(
        id=body["id"],
        code=body.get("code", ""),
        step=body["step"],
        occurred_at=moment(body["effective_at"]),
        location=body.get("location"),
        consignment=body.get("consignment"),
        handling_unit=body.get("handling_unit"),
        receiver=body.get("receiver"),
        act=body.get("act"),
        report=body.get("report"),
        condition=body.get("condition"),
        note=body.get("note"),
        evidence=tuple(body.get("evidence", ())),
        findings=body.get("findings"),
        reason=body.get("reason"),
        sighted=body.get("sighted"),
        bound_for=body.get("bound_for"),
    )


_OF_THE_SCAN = ("signed", "statement", "signature", "numbers")
"""What a device signed and read about a box, and not about each unit in it."""


def inside(body: Body, box: str, item: int, code: str) -> Body:
    """The event of one item inside handling unit `box`, made from the unit's own event.

    `body` may also be of a unit that `box` stood in: the event then names that too.
    """
    mine = cast(Body, {name: said for name, said in body.items() if name not in _OF_THE_SCAN})
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
