"""Subscriptions: who is told by mail how a pledge goes on."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    Integer,
    String,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, Moment

CADENCES = ("daily", "weekly")
LOCALES = ("uk", "en")


class Subscription(Base):
    """One reader of one pledge: an account, or an address that the holder of a link gave.

    Nothing but the question goes to an address before `confirmed_at`. Tokens are worked out from
    `uid` and the key `notices`; kept are their SHA-256s: `manage_hash` opens the page that
    confirms and ends, `end_hash` can only end. `told_*` is what the reader was last told: the day,
    the number pledged, the newest month of places, and by which rules of the fold; `looked_on` the
    day on which the worker last looked for news. A subscription that ends is deleted.
    """

    __tablename__ = "subscription"
    __table_args__ = (
        CheckConstraint(f"cadence IN {CADENCES}", name="cadence"),
        CheckConstraint(f"locale IN {LOCALES}", name="locale"),
        CheckConstraint("(account IS NULL) <> (share IS NULL)", name="whose"),
        CheckConstraint("(address IS NULL) = (share IS NULL)", name="address"),
        UniqueConstraint("pledge", "account"),
        UniqueConstraint("share", "address"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    uid: Mapped[str] = mapped_column(Uuid(as_uuid=False), unique=True)
    pledge: Mapped[str] = mapped_column(String(32), ForeignKey("pledge.ref"))
    account: Mapped[int | None] = mapped_column(
        Integer, ForeignKey("account.id", ondelete="CASCADE"), index=True
    )
    share: Mapped[int | None] = mapped_column(
        Integer, ForeignKey("share.id", ondelete="CASCADE"), index=True
    )
    address: Mapped[str | None] = mapped_column(String(254))
    cadence: Mapped[str] = mapped_column(String(8))
    locale: Mapped[str] = mapped_column(String(2))
    asked_at: Mapped[datetime] = mapped_column(Moment)
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    manage_hash: Mapped[str] = mapped_column(String(64), unique=True)
    end_hash: Mapped[str] = mapped_column(String(64), unique=True)
    told_until: Mapped[date] = mapped_column(Date)
    told_pledged: Mapped[int] = mapped_column(Integer)
    told_month: Mapped[date | None] = mapped_column(Date)
    told_rules: Mapped[int] = mapped_column(Integer, server_default="1")
    looked_on: Mapped[date] = mapped_column(Date)
