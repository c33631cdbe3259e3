"""Webhooks: addresses of donors' own systems that are told how a pledge goes on."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, Moment


class Webhook(Base):
    """One address for one pledge, kept for an account: it ends with what the account may see.

    `secret` signs, and for a day after it was replaced `old_secret` signs too, until `old_until`;
    both are sealed under the key `notices`. `told_*` as in a subscription.
    """

    __tablename__ = "webhook"
    __table_args__ = (CheckConstraint("(old_secret IS NULL) = (old_until IS NULL)", name="old"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    pledge: Mapped[str] = mapped_column(String(32), ForeignKey("pledge.ref"), index=True)
    account: Mapped[int] = mapped_column(
        Integer, ForeignKey("account.id", ondelete="CASCADE"), index=True
    )
    address: Mapped[str] = mapped_column(String(500))
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    old_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    old_until: Mapped[datetime | None] = mapped_column(Moment)
    made_at: Mapped[datetime] = mapped_column(Moment)
    told_until: Mapped[date] = mapped_column(Date)
    told_pledged: Mapped[int] = mapped_column(Integer)
    told_month: Mapped[date | None] = mapped_column(Date)
    told_rules: Mapped[int] = mapped_column(Integer, server_default="1")
    looked_on: Mapped[date] = mapped_column(Date)
