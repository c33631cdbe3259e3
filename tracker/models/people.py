"""People who sign in, devices that scan, and the places assigned to them."""

from __future__ import annotations

from datetime import datetime

from flask_security.core import RoleMixin, UserMixin
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
    Uuid,
    false,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tracker.db import Base, Moment
from tracker.domain.permissions import Role
from tracker.models.passkeys import Passkey

ROLES = tuple(role.value for role in Role)

account_role = Table(
    "account_role",
    Base.metadata,
    Column("account", Integer, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("role", Integer, ForeignKey("role.id"), primary_key=True),
)


class RoleRow(Base, RoleMixin):
    """A role as Flask-Security wants it: a row. What it may do is in `domain.permissions`."""

    __tablename__ = "role"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(20), unique=True)
    description: Mapped[str | None] = mapped_column(String(200))


class Account(Base, UserMixin):
    """A person who signs in. `oblasts` are the p-codes a coordinator answers for.

    `passkey_handle` is the random number by which a passkey's device knows the account.
    """

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    email: Mapped[str] = mapped_column(String(255), unique=True)
    password: Mapped[str | None] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(100), default="")
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    locale: Mapped[str | None] = mapped_column(String(2))
    party: Mapped[str | None] = mapped_column(String(32), ForeignKey("party.ref"))
    oblasts: Mapped[str] = mapped_column(String(200), default="")
    made_at: Mapped[datetime | None] = mapped_column(Moment)
    fs_webauthn_user_handle: Mapped[str | None] = mapped_column(  # type: ignore[assignment]
        "passkey_handle", String(64), unique=True
    )

    webauthn: Mapped[list[Passkey]] = relationship(  # type: ignore[assignment]
        order_by=Passkey.id, viewonly=True
    )
    roles: Mapped[list[RoleRow]] = relationship(  # type: ignore[assignment]
        secondary=account_role, lazy="joined"
    )


class EndedSession(Base):
    """A session that was ended by signing out, kept for as long as its cookie would last."""

    __tablename__ = "ended_session"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    ended_at: Mapped[datetime] = mapped_column(Moment)


class Device(Base):
    """An enrolled phone or scanner. Only the SHA-256 of its token is kept.

    `public_key` (SubjectPublicKeyInfo, base64) is a P-256 key whose other half never leaves the
    phone: where there is one, every scan is signed. The ledger's story of the device says it too.
    """

    __tablename__ = "device"
    __table_args__ = (CheckConstraint(f"role IN {ROLES}", name="role"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    role: Mapped[str] = mapped_column(String(20))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    public_key: Mapped[str | None] = mapped_column(String(200))
    enrolled_at: Mapped[datetime] = mapped_column(Moment)
    enrolled_by: Mapped[str] = mapped_column(String(40))
    expires_at: Mapped[datetime | None] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)


class DeviceClock(Base):
    """What is known of a device's clock (`domain.clocks.Clock`), and its scan with the largest
    number: that number and when the scan happened. `device` is as the ledger names it."""

    __tablename__ = "device_clock"

    device: Mapped[str] = mapped_column(String(40), primary_key=True)
    offset_ms: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    is_seen: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_sure: Mapped[bool] = mapped_column(default=False, server_default=false())
    told_at: Mapped[datetime | None] = mapped_column(Moment)
    last_seq: Mapped[int | None] = mapped_column(BigInteger)
    last_at: Mapped[datetime | None] = mapped_column(Moment)


class Enrolment(Base):
    """An invitation for one device: shown once as a QR, good for minutes. Its SHA-256 is kept."""

    __tablename__ = "enrolment"
    __table_args__ = (CheckConstraint(f"role IN {ROLES}", name="role"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(20))
    locations: Mapped[str] = mapped_column(String(2000), default="")
    days: Mapped[int] = mapped_column(Integer)
    made_by: Mapped[str] = mapped_column(String(40))
    made_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    device: Mapped[int | None] = mapped_column(Integer, ForeignKey("device.id"))


LATE_STATES = ("waiting", "kept", "refused")


class LateScan(Base):
    """A scan that is set aside for a person to judge: its device's access had ended when it came,
    or its device signs and had not signed it (`is_signed`).

    `said` is the scan as it was sent, with its signature; `sent_at` the device's clock then (None:
    somebody else brought it).
    """

    __tablename__ = "late_scan"
    __table_args__ = (CheckConstraint(f"state IN {LATE_STATES}", name="state"),)

    id: Mapped[str] = mapped_column(Uuid(as_uuid=False), primary_key=True)
    device: Mapped[int] = mapped_column(Integer, ForeignKey("device.id"), index=True)
    said: Mapped[str] = mapped_column(Text)
    is_signed: Mapped[bool] = mapped_column(default=True, server_default=true())
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
    came_at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    decided_by: Mapped[str | None] = mapped_column(String(40))
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    decision: Mapped[str | None] = mapped_column(String(1000))


class LateAct(Base):
    """A signed handover act that came after its device's access had ended, as late scans do.

    `said` is the text that both sides signed, `signature` the device's over it.
    """

    __tablename__ = "late_act"
    __table_args__ = (CheckConstraint(f"state IN {LATE_STATES}", name="state"),)

    id: Mapped[str] = mapped_column(Uuid(as_uuid=False), primary_key=True)
    device: Mapped[int] = mapped_column(Integer, ForeignKey("device.id"), index=True)
    said: Mapped[str] = mapped_column(Text)
    signature: Mapped[str] = mapped_column(String(200))
    came_at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    decided_by: Mapped[str | None] = mapped_column(String(40))
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    decision: Mapped[str | None] = mapped_column(String(1000))


class Assignment(Base):
    """A location at which a person (`account:7`) or device (`device:3`) works or has a task."""

    __tablename__ = "assignment"

    actor: Mapped[str] = mapped_column(String(40), primary_key=True)
    location: Mapped[str] = mapped_column(
        String(32), ForeignKey("location.ref", ondelete="CASCADE"), primary_key=True
    )
    until: Mapped[datetime | None] = mapped_column(Moment)
