"""Scans of a device whose access had ended: set aside, signed as they are, until a person judges.

A phone that was lost may be in other hands; one whose time ran out in a place without a network
holds true work. Nobody can tell the two apart but a person, so neither is lost and neither is
believed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from tracker.db import db, transaction
from tracker.domain.permissions import Action, Actor, Role
from tracker.domain.scans import KEPT, Mode, Outcome, Result, Scan
from tracker.errors import NotAllowed, SignatureWrong
from tracker.models import Device, LateScan
from tracker.services import ledger
from tracker.services.devices import has_ended
from tracker.services.discrepancies import in_words
from tracker.services.outcomes import told
from tracker.services.signatures import is_signed


def set_aside(
    device: Device,
    scans: Sequence[tuple[Scan, Mapping[str, Any]]],
    sent_at: datetime,
    now: datetime,
) -> list[Outcome]:
    """Keep scans apart, each with what was sent.

    A scan of a device that signs is only held if it is signed: anything else proves nothing.
    """
    good = [device.public_key is None or is_signed(scan, device.public_key) for scan, _ in scans]
    with transaction() as session:
        ids = [scan.id for scan, _ in scans]
        held = set(session.scalars(select(LateScan.id).where(LateScan.id.in_(ids))))
        for (scan, raw), fits in zip(scans, good, strict=True):
            if fits and scan.id not in held:
                held.add(scan.id)
                said = json.dumps(raw, ensure_ascii=False, sort_keys=True)
                session.add(
                    LateScan(id=scan.id, device=device.id, said=said, sent_at=sent_at, came_at=now)
                )
    return [
        Outcome(scan.id, Result.SET_ASIDE) if fits else _unsigned(scan)
        for (scan, _), fits in zip(scans, good, strict=True)
    ]


def hand_over(
    device: Device,
    maker: Actor,
    scans: Sequence[tuple[Scan, Mapping[str, Any]]],
    now: datetime,
) -> list[Outcome]:
    """Record scans that `device` exported to a file and somebody else brings.

    Only what it has signed counts. Times are taken as they are: how long the file was on its way
    is not the error of a clock. If the device's access has ended they are set aside.
    """
    if has_ended(device, now):
        return set_aside(device, scans, now, now)
    signed = [scan for scan, _ in scans if maker.key and is_signed(scan, maker.key)]
    kept = ledger.record(signed, sent_at=now, mode=Mode.QUEUED, by=maker, now=now) if signed else []
    answers = {id(scan): outcome for scan, outcome in zip(signed, kept, strict=True)}
    return [answers.get(id(scan)) or _unsigned(scan) for scan, _ in scans]


def _unsigned(scan: Scan) -> Outcome:
    return Outcome(scan.id, Result.FORBIDDEN, problem=told(SignatureWrong()))


def judge(
    device: int,
    scans: Sequence[Scan],
    *,
    keep: bool,
    decision: str,
    by: Actor,
    now: datetime,
) -> list[Outcome]:
    """Decide about late scans of one device: into the ledger as what they are, or not.

    Those kept are the device's own, approved by whoever decides. Raises NotAllowed, InvalidValue
    (no reason).
    """
    if not by.may(Action.SETTLE_DISCREPANCY):
        raise NotAllowed
    decision = in_words(decision)
    outcomes: list[Outcome] = []
    rows = {row.id: row for row in _waiting(device, [scan.id for scan in scans])}
    waiting = [scan for scan in scans if scan.id in rows]
    if keep and waiting:
        outcomes = _record(device, waiting, rows, by, now)
    kept = {outcome.id for outcome in outcomes if outcome.result in KEPT}
    with transaction() as session:
        for scan in waiting:
            row = session.get(LateScan, scan.id, with_for_update=True)
            if row is None or row.state != "waiting" or (keep and scan.id not in kept):
                continue
            row.state = "kept" if keep else "refused"
            row.decided_by, row.decided_at, row.decision = by.ref, now, decision
    return outcomes


def _waiting(device: int, ids: Sequence[str]) -> Sequence[LateScan]:
    return db.session.scalars(
        select(LateScan).where(
            LateScan.device == device, LateScan.id.in_(ids), LateScan.state == "waiting"
        )
    ).all()


def _record(
    device: int, scans: Sequence[Scan], rows: Mapping[str, LateScan], by: Actor, now: datetime
) -> list[Outcome]:
    """Into the ledger, as many at a time as were sent by one clock."""
    row = db.session.get(Device, device)
    assert row is not None
    outcomes: list[Outcome] = []
    batches = {(rows[scan.id].sent_at, rows[scan.id].came_at) for scan in scans}
    for sent_at, came_at in sorted(batches):
        mine = [s for s in scans if (rows[s.id].sent_at, rows[s.id].came_at) == (sent_at, came_at)]
        places = frozenset(scan.location for scan in mine if scan.location)
        maker = Actor(f"device:{device}", Role(row.role), places, key=row.public_key)
        # The clock was off by what it was off when they came, however long they waited since.
        outcomes += ledger.record(
            mine, sent_at=sent_at + (now - came_at), mode=Mode.QUEUED, by=maker, now=now,
            approved_by=by.ref,
        )  # fmt: skip
    return outcomes
