"""Devices as rows: who may scan, since when, until when, and what came too late."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, or_, select

from tracker.db import db
from tracker.domain.permissions import Actor, Role
from tracker.models import Assignment, Device, Enrolment, LateAct, LateScan
from tracker.queries.people import token_hash


def list_devices() -> Sequence[Row[*tuple[Any, ...]]]:
    """All devices, newest first: number, name, role, whether it signs, when access began, ends."""
    return db.session.execute(
        select(
            Device.id,
            Device.name,
            Device.role,
            Device.public_key,
            Device.enrolled_at,
            Device.enrolled_by,
            Device.expires_at,
            Device.revoked_at,
        ).order_by(Device.id.desc())
    ).all()


def places_of(devices: Sequence[int]) -> dict[int, list[str]]:
    """Where each of these devices works."""
    rows = db.session.execute(
        select(Assignment.actor, Assignment.location)
        .where(Assignment.actor.in_([f"device:{number}" for number in devices]))
        .order_by(Assignment.location)
    )
    told: dict[int, list[str]] = {}
    for actor, location in rows:
        told.setdefault(int(actor.removeprefix("device:")), []).append(location)
    return told


def device(number: int) -> Device | None:
    """One device by its number."""
    return db.session.get(Device, number)


def maker(device: Device, now: datetime) -> Actor:
    """A device as an actor, for what it made and somebody else brings."""
    ref = f"device:{device.id}"
    rows = db.session.scalars(
        select(Assignment.location).where(
            Assignment.actor == ref, or_(Assignment.until.is_(None), Assignment.until > now)
        )
    )
    return Actor(ref, Role(device.role), frozenset(rows), key=device.public_key)


def ended_device(token: str, now: datetime) -> Device | None:
    """The device that had this token, if its access was revoked or has run out."""
    return db.session.scalars(
        select(Device).where(
            Device.token_hash == token_hash(token),
            or_(Device.revoked_at.is_not(None), Device.expires_at <= now),
        )
    ).first()


def answered(code: str) -> int | None:
    """The number of the device that has answered an invitation; None while none has."""
    return db.session.scalar(
        select(Enrolment.device).where(Enrolment.code_hash == token_hash(code))
    )


def late_scans(device: int, limit: int = 500) -> Sequence[LateScan]:
    """Scans of a device that came after its access had ended and wait for a person, in order."""
    return db.session.scalars(
        select(LateScan)
        .where(LateScan.device == device, LateScan.state == "waiting")
        .order_by(LateScan.came_at, LateScan.id)
        .limit(limit)
    ).all()


def late_acts(device: int, limit: int = 100) -> Sequence[LateAct]:
    """Acts of a device that came after its access had ended and wait for a person, in order."""
    return db.session.scalars(
        select(LateAct)
        .where(LateAct.device == device, LateAct.state == "waiting")
        .order_by(LateAct.came_at, LateAct.id)
        .limit(limit)
    ).all()


def late_counts() -> dict[int, tuple[int, int]]:
    """How many late scans and late acts of each device wait for a person."""
    scans = select(LateScan.device, func.count()).where(LateScan.state == "waiting")
    acts = select(LateAct.device, func.count()).where(LateAct.state == "waiting")
    many_scans = {row[0]: row[1] for row in db.session.execute(scans.group_by(LateScan.device))}
    many_acts = {row[0]: row[1] for row in db.session.execute(acts.group_by(LateAct.device))}
    return {
        device: (many_scans.get(device, 0), many_acts.get(device, 0))
        for device in many_scans.keys() | many_acts.keys()
    }
