"""Scans of a device whose access had ended: set aside, signed as they are, until a person judges.

A phone that was lost may be in other hands; one whose time ran out in a place without a network
holds true work. Nobody can tell the two apart but a person, so neither is lost and neither is
believed.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from operator import itemgetter
from typing import Any

from flask import current_app
from sqlalchemy import select, update

from tracker.db import db, transaction
from tracker.domain.permissions import Action, Actor, Role
from tracker.domain.scans import KEPT, Mode, Outcome, Result, Scan
from tracker.errors import NotAllowed, SignatureWrong
from tracker.models import Device, LateScan
from tracker.services import ledger
from tracker.services.devices import has_ended
from tracker.services.discrepancies import in_words
from tracker.services.events import Setting
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
) -> int:
    """Decide about late scans of one device: into the ledger as what they are, or not.

    Those kept are the device's own, approved by whoever decides. How many this decision kept, or
    refused: what somebody else has judged meanwhile stays as it is, and what the device may not
    do goes on waiting. Raises NotAllowed, InvalidValue (no reason).
    """
    if not by.may(Action.SETTLE_DISCREPANCY):
        raise NotAllowed
    verdict = decided(keep, in_words(decision), by, now)
    batches: dict[tuple[datetime, datetime], list[Scan]] = defaultdict(list)
    rows = {row.id: row for row in _waiting(device, [scan.id for scan in scans])}
    for scan in scans:
        if row := rows.get(scan.id):
            batches[row.sent_at, row.came_at].append(scan)
    size = current_app.config["CHUNK"]
    judged = 0
    for (sent_at, came_at), batch in sorted(batches.items(), key=itemgetter(0)):
        # The clock was off by what it was off when they came, however long they waited since.
        sent = sent_at + (now - came_at)
        for start in range(0, len(batch), size):
            part = batch[start : start + size]
            judged += ledger.patiently(partial(_judge, device, part, sent, verdict))
    return judged


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


def _judge(device: int, scans: Sequence[Scan], sent_at: datetime, verdict: dict[str, Any]) -> int:
    """Take those that wait still, and what they are kept as, in one transaction."""
    with transaction() as session:
        waits = update(LateScan).where(
            LateScan.id.in_([scan.id for scan in scans]), LateScan.state == "waiting"
        )
        ours = set(session.scalars(waits.values(verdict).returning(LateScan.id)))
        if not ours or verdict["state"] != "kept":
            return len(ours)
        row = session.get(Device, device)
        assert row is not None
        mine = [scan for scan in scans if scan.id in ours]
        places = frozenset(scan.location for scan in mine if scan.location)
        maker = Actor(f"device:{device}", Role(row.role), places, key=row.public_key)
        setting = Setting(maker, Mode.QUEUED, sent_at, verdict["decided_at"], verdict["decided_by"])
        outcomes = ledger.record_within(session, mine, setting)
        left = [outcome.id for outcome in outcomes if outcome.result not in KEPT]
        if left:
            again = dict.fromkeys(("decided_by", "decided_at", "decision"), None)
            waits = update(LateScan).where(LateScan.id.in_(left))
            session.execute(waits.values(again | {"state": "waiting"}))
        return len(ours) - len(left)
