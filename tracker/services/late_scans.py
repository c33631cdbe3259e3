"""Scans of a device whose access had ended: set aside, signed as they are, until a person judges.

A phone that was lost may be in other hands; one whose time ran out in a place without a network
holds true work. Nobody can tell the two apart but a person, so neither is lost and neither is
believed.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid5

from flask import current_app
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from tracker.db import db, transaction
from tracker.domain.clocks import Exchange
from tracker.domain.permissions import Action, Actor, Role
from tracker.domain.scans import KEPT, Mode, Outcome, Result, Scan
from tracker.errors import NotAllowed
from tracker.ledger import clocks
from tracker.ledger.events import Setting
from tracker.ledger.outcomes import is_unsigned, unsigned
from tracker.ledger.record import patiently, record, record_within
from tracker.ledger.signatures import is_signed
from tracker.models import Device, LateScan
from tracker.services.devices import has_ended
from tracker.services.discrepancies import in_words

_Came = tuple[datetime | None, datetime, bool]
"""The device's clock and ours when a scan came (that it waited since is no error of that clock),
and whether the device had signed it."""


def set_aside(
    device: Device,
    scans: Sequence[tuple[Scan, Mapping[str, Any]]],
    sent_at: datetime | None,
    now: datetime,
    exchange: Exchange | None = None,
) -> list[Outcome]:
    """Keep scans apart, each with what was sent; `sent_at` and `exchange` as `ledger.record` takes
    them.

    A scan of a device that signs is only held if it is signed: anything else proves nothing.
    """
    good = [device.public_key is None or is_signed(scan, device.public_key) for scan, _ in scans]
    with transaction() as session:
        ids = [scan.id for scan, _ in scans]
        mine = LateScan.id.in_(ids)
        session.execute(delete(LateScan).where(mine, ~LateScan.is_signed))  # the signed one counts
        held = set(session.scalars(select(LateScan.id).where(mine)))
        for (scan, raw), fits in zip(scans, good, strict=True):
            if fits and scan.id not in held:
                held.add(scan.id)
                said = json.dumps(raw, ensure_ascii=False, sort_keys=True)
                session.add(
                    LateScan(id=scan.id, device=device.id, said=said, sent_at=sent_at, came_at=now)
                )
        if exchange is not None and any(good):
            clocks.note(session.connection(), f"device:{device.id}", exchange, now)
    return [
        Outcome(scan.id, Result.SET_ASIDE) if fits else unsigned(scan)
        for (scan, _), fits in zip(scans, good, strict=True)
    ]


def set_unsigned_aside(
    by: Actor,
    scans: Sequence[Mapping[str, Any]],
    answers: Sequence[Outcome],
    sent_at: datetime | None,
    now: datetime,
) -> list[Outcome]:
    """Keep apart what a device sent and has not signed, though it signs; the answers with that.

    `scans` are as they were sent, `answers` what the ledger said of each. Somebody may use a
    device's token without its key, or the device has lost its key: a person finds out.
    """
    device = int(by.ref.removeprefix("device:"))
    told = list(answers)
    with transaction() as session:
        for place, (raw, answer) in enumerate(zip(scans, answers, strict=True)):
            if not is_unsigned(answer):
                continue
            told[place] = Outcome(answer.id, Result.SET_ASIDE)
            if session.get(LateScan, answer.id) is None:
                said = json.dumps(raw, ensure_ascii=False, sort_keys=True)
                row = LateScan(id=answer.id, device=device, said=said, is_signed=False)
                row.sent_at, row.came_at = sent_at, now
                session.add(row)
    return told


def hand_over(
    device: Device,
    maker: Actor,
    scans: Sequence[tuple[Scan, Mapping[str, Any]]],
    now: datetime,
) -> list[Outcome]:
    """Record scans that `device` exported to a file and somebody else brings.

    Only what it has signed counts. Its clock is as wrong as the ledger knows it to be: how long the
    file was on its way is no error of a clock. If the device's access has ended they are set aside.
    """
    if has_ended(device, now):
        return set_aside(device, scans, None, now)
    if maker.key is None:
        return [unsigned(scan) for scan, _ in scans]
    read = [scan for scan, _ in scans]
    return record(read, sent_at=None, mode=Mode.QUEUED, by=maker, now=now)


def judge(
    device: int,
    scans: Sequence[Scan],
    *,
    keep: bool,
    decision: str,
    by: Actor,
    now: datetime,
) -> int:
    """Decide about late scans of one device: into the ledger as what they are, or not.

    Those kept are the device's own, approved by whoever decides; what the device has not signed
    stands in the ledger as the word of whoever decides, under an id of its own. How many this
    decision kept, or refused: what somebody else has judged meanwhile stays as it is, and what the
    device may not do goes on waiting. Raises NotAllowed, InvalidValue (no reason).
    """
    if not by.may(Action.SETTLE_DISCREPANCY):
        raise NotAllowed
    verdict = decided(keep, in_words(decision), by, now)
    batches: dict[_Came, list[Scan]] = defaultdict(list)
    rows = {row.id: row for row in _waiting(device, [scan.id for scan in scans])}
    for scan in scans:
        if row := rows.get(scan.id):
            batches[row.sent_at, row.came_at, row.is_signed].append(scan)
    size = current_app.config["CHUNK"]
    judged = 0
    for came, batch in sorted(batches.items(), key=lambda one: one[0][1]):
        for start in range(0, len(batch), size):
            part = batch[start : start + size]
            judged += patiently(partial(_judge, device, part, came, verdict, by))
    return judged


def _maker(session: Session, device: int, scans: Sequence[Scan]) -> Actor:
    """The device as it was where it scanned."""
    row = session.get(Device, device)
    assert row is not None
    places = frozenset(scan.location for scan in scans if scan.location)
    return Actor(f"device:{device}", Role(row.role), places, key=row.public_key)


def _as_word_of(scan: Scan, by: Actor) -> Scan:
    """What a device has not signed, as somebody else says it: the device's own may come yet."""
    mine = str(uuid5(UUID(scan.id), by.ref))
    return replace(scan, id=mine, device_seq=None, signature=None)


def decided(keep: bool, decision: str, by: Actor, now: datetime) -> dict[str, Any]:
    """A decision about what came too late, as its row holds it."""
    state = "kept" if keep else "refused"
    return {"state": state, "decided_by": by.ref, "decided_at": now, "decision": decision}


def _waiting(device: int, ids: Sequence[str]) -> Sequence[LateScan]:
    return db.session.scalars(
        select(LateScan).where(
            LateScan.device == device, LateScan.id.in_(ids), LateScan.state == "waiting"
        )
    ).all()


def _judge(
    device: int,
    scans: Sequence[Scan],
    came: _Came,
    verdict: dict[str, Any],
    by: Actor,
) -> int:
    """Take those that wait still, and what they are kept as, in one transaction."""
    with transaction() as session:
        waits = update(LateScan).where(
            LateScan.id.in_([scan.id for scan in scans]), LateScan.state == "waiting"
        )
        ours = set(session.scalars(waits.values(verdict).returning(LateScan.id)))
        if not ours or verdict["state"] != "kept":
            return len(ours)
        mine = [scan for scan in scans if scan.id in ours]
        sent_at, came_at, is_signed = came
        said = sent_at, verdict["decided_at"]
        if is_signed:
            maker = _maker(session, device, mine)
            setting = Setting(maker, Mode.QUEUED, *said, verdict["decided_by"], came_at)
            outcomes = record_within(session, mine, setting)
        else:
            theirs = [_as_word_of(scan, by) for scan in mine]
            setting = Setting(by, Mode.QUEUED, *said, came_at=came_at)
            outcomes = record_within(session, theirs, setting)
        pairs = zip(mine, outcomes, strict=True)
        left = [scan.id for scan, outcome in pairs if outcome.result not in KEPT]
        if left:
            again = dict.fromkeys(("decided_by", "decided_at", "decision"), None)
            waits = update(LateScan).where(LateScan.id.in_(left))
            session.execute(waits.values(again | {"state": "waiting"}))
        return len(ours) - len(left)
