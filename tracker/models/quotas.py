"""Devices that sent more in an hour than any phone has to say."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, Moment

QUOTAS = ("unknown_code", "note", "photo", "unfinished", "late_scan")


class QuotaCase(Base):
    """One quota of one device that was reached, until a coordinator has looked into it."""

    __tablename__ = "quota_case"
    __table_args__ = (CheckConstraint(f"what IN {QUOTAS}", name="what"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    device: Mapped[int] = mapped_column(Integer, ForeignKey("device.id"), index=True)
    what: Mapped[str] = mapped_column(String(16))
    reached_at: Mapped[datetime] = mapped_column(Moment)
    settled_by: Mapped[str | None] = mapped_column(String(40))
    settled_at: Mapped[datetime | None] = mapped_column(Moment)
