"""People who sign in, devices that scan, and the places assigned to them."""

from __future__ import annotations

from datetime import datetime

from flask_security.core import RoleMixin, UserMixin
from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Integer, String, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tracker.db import Base, Moment
from tracker.domain.permissions import Role

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
    """A person who signs in. `oblasts` are the p-codes a coordinator answers for."""

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

    roles: Mapped[list[RoleRow]] = relationship(  # type: ignore[assignment]
        secondary=account_role, lazy="joined"
    )


class Device(Base):
    """An enrolled phone or scanner. Only the SHA-256 of its token is kept."""

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


class Assignment(Base):
    """A location at which a person (`account:7`) or device (`device:3`) works or has a task."""

    __tablename__ = "assignment"

    actor: Mapped[str] = mapped_column(String(40), primary_key=True)
    location: Mapped[str] = mapped_column(
        String(32), ForeignKey("location.ref", ondelete="CASCADE"), primary_key=True
    )
    until: Mapped[datetime | None] = mapped_column(Moment)
