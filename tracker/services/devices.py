"""Devices: invited by a QR, enrolled with a key of their own, revoked at once.

An invitation is a code of 128 bits that is good once and for minutes; only its SHA-256 is kept.
The phone answers it with the public half of a P-256 key that it cannot export. That key goes into
the ledger, as the first event of the device's own story, so that nobody can exchange it later
without breaking the log; revoking is the second.
"""

from __future__ import annotations

import binascii
import secrets
from base64 import b64decode
from collections.abc import Iterable
from datetime import datetime, timedelta

import qrcode
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker.db import transaction, writing
from tracker.domain.bodies import Said
from tracker.domain.clocks import Exchange
from tracker.domain.permissions import Action, Actor, Role
from tracker.errors import InvalidValue, InvitationOver, NotAllowed, NotFound
from tracker.ledger import clocks
from tracker.ledger.record import patiently
from tracker.ledger.stating import act_as
from tracker.ledger.writing import tell
from tracker.models import Assignment, Device, Enrolment, Location
from tracker.queries.people import token_hash
from tracker.services.people import assign

ENROLLING, REVOKING = "enrolling", "revoking"
INVITATION = timedelta(minutes=10)
LONGEST_NAME = 60
MOST_DAYS = 366
ENROLLABLE = (Role.FIELD, Role.WAREHOUSE)
"""What a phone may be: it is carried about, and so it never has a coordinator's rights."""


def invite(
    role: Role, *, locations: Iterable[str], days: int, by: Actor, now: datetime
) -> tuple[str, datetime]:
    """An invitation for one device: (its code, until when it is good).

    Raises NotAllowed, and InvalidValue for places that are none or a time that is too long.
    """
    if not by.may(Action.ENROL_DEVICE) or role not in ENROLLABLE:
        raise NotAllowed
    if not 1 <= days <= MOST_DAYS:
        raise InvalidValue(f"From 1 to {MOST_DAYS} days.", field="days")
    code = secrets.token_urlsafe(16)
    places = sorted(set(locations))
    with transaction() as session:
        act_as(session, by.ref)
        assign_check(session, places)
        session.add(
            Enrolment(
                code_hash=token_hash(code),
                role=role.value,
                locations=" ".join(places),
                days=days,
                made_by=by.ref,
                made_at=now,
                expires_at=now + INVITATION,
            )
        )
    return code, now + INVITATION


def enrol(code: str, name: str, public_key: str, *, now: datetime) -> tuple[int, str]:
    """Answer an invitation: (the device's number, its bearer token, kept only as its SHA-256).

    Raises InvitationOver for a code that is used, late or never was (which of them is not told),
    InvalidValue for a name or a key that is none.
    """
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise InvalidValue("Give the phone a short name.", field="name")
    check_key(public_key)
    with transaction() as session:
        invitation = session.scalars(
            select(Enrolment).where(Enrolment.code_hash == token_hash(code)).with_for_update()
        ).first()
        if invitation is None or invitation.device is not None or invitation.expires_at <= now:
            raise InvitationOver
        device, token = _device(
            session,
            name,
            Role(invitation.role),
            invitation.locations.split(),
            now + timedelta(days=invitation.days),
            invitation.made_by,
            now,
            public_key,
        )
        invitation.device = device
    return device, token


def add_device(
    name: str,
    role: Role,
    *,
    locations: Iterable[str] = (),
    expires_at: datetime | None = None,
    by: Actor,
    now: datetime,
) -> str:
    """Enrol a scanner or a program that has no key; its bearer token, kept only as its SHA-256."""
    if not by.may(Action.ENROL_DEVICE):
        raise NotAllowed
    with transaction() as session:
        act_as(session, by.ref)
        return _device(session, name, role, locations, expires_at, by.ref, now, None)[1]


def revoke_device(device: int, *, by: Actor, now: datetime) -> None:
    """End a device's access at once; what it sent stays. Raises NotAllowed and NotFound."""
    if not by.may(Action.ENROL_DEVICE):
        raise NotAllowed
    with transaction() as session:
        act_as(session, by.ref)
        row = session.get(Device, device, with_for_update=True)
        if row is None:
            raise NotFound(f"There is no device {device}.")
        if row.revoked_at is not None:
            return
        row.revoked_at = now
        for assigned in session.scalars(
            select(Assignment).where(Assignment.actor == f"device:{device}")
        ):
            session.delete(assigned)
        session.flush()
        tell(session, f"device:{device}", REVOKING, {}, by.ref, now)


def report_clock(exchange: Exchange, *, by: Actor, now: datetime) -> None:
    """Keep what a device reports of its clock (`ledger.clocks`)."""

    def write() -> None:
        with writing() as connection:
            clocks.note(connection, by.ref, exchange, now)

    patiently(write)


def check_key(public_key: str) -> EllipticCurvePublicKey:
    """The P-256 key in `public_key` (SubjectPublicKeyInfo, base64); InvalidValue for no such."""
    try:
        key = load_der_public_key(b64decode(public_key, validate=True))
    except (ValueError, binascii.Error, UnsupportedAlgorithm):
        raise InvalidValue("This is not a public key.", field="public_key") from None
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise InvalidValue("This is no P-256 key.", field="public_key")
    return key


def assign_check(session: Session, places: Iterable[str]) -> None:
    """Refuse places that are none before somebody is invited to them."""
    known = set(session.scalars(select(Location.ref).where(Location.ref.in_(list(places)))))
    for ref in places:
        if ref not in known:
            raise InvalidValue(f"There is no location {ref}.", field="location")


def symbol_of(address: str) -> tuple[int, str]:
    """An address as a QR symbol: modules a side, and the dark ones as an SVG path."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=0)
    code.add_data(address)
    code.make()
    rows = code.get_matrix()
    path = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark
    )
    return len(rows), path


def _device(
    session: Session,
    name: str,
    role: Role,
    locations: Iterable[str],
    expires_at: datetime | None,
    by: str,
    now: datetime,
    public_key: str | None,
) -> tuple[int, str]:
    token = secrets.token_urlsafe(24)
    act_as(session, by)
    row = Device(
        name=name,
        role=role.value,
        token_hash=token_hash(token),
        public_key=public_key,
        enrolled_at=now,
        enrolled_by=by,
        expires_at=expires_at,
    )
    session.add(row)
    session.flush()
    assign(session, f"device:{row.id}", locations)
    session.flush()
    said: Said = {"role": role.value}
    if public_key:
        said["public_key"] = public_key
    tell(session, f"device:{row.id}", ENROLLING, said, by, now)
    return row.id, token


def has_ended(device: Device, now: datetime) -> bool:
    """Whether the access of a device was revoked or has run out."""
    return bool(device.revoked_at or (device.expires_at and device.expires_at <= now))
