"""Passkeys: what a person signs in with instead of a password. Only public keys are kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_security import AsaList
from flask_security.core import WebAuthnMixin
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, Moment


class Passkey(Base, WebAuthnMixin):
    """One passkey of an account, under the `name` that its owner gave it.

    Attributes are called as Flask-Security wants them, columns as here. `usage` is always `first`:
    a passkey is enough by itself, because it asks its owner for a PIN, a finger or a face.
    """

    __tablename__ = "passkey"
    __table_args__ = (
        UniqueConstraint("account", "name"),
        CheckConstraint("usage = 'first'", name="usage"),
        CheckConstraint("sign_count >= 0", name="sign_count"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    account: Mapped[int] = mapped_column(
        Integer, ForeignKey("account.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(String(64))
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1024), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(Integer, default=0)
    transports: Mapped[list[str] | None] = mapped_column(AsaList())
    backup_state: Mapped[bool] = mapped_column("backed_up", Boolean)
    device_type: Mapped[str] = mapped_column(String(20))
    extensions: Mapped[str | None] = mapped_column(String(255))
    usage: Mapped[str] = mapped_column(String(10), default="first")
    made_at: Mapped[datetime] = mapped_column(Moment)
    lastuse_datetime: Mapped[datetime] = mapped_column("used_at", Moment)

    def get_user_mapping(self) -> dict[str, Any]:
        """How Flask-Security finds whose it is."""
        return {"id": self.account}
