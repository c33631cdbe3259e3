"""Feed keys: passwords with which a feed reader or a calendar fetches, and nothing else."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, Moment


class FeedKey(Base):
    """One password for the feed and the calendar of `pledge`; None: the calendar of the staff.

    It belongs to an account or to a share link, and opens no more than its owner may see on the
    day it is used. Only its SHA-256 is kept.
    """

    __tablename__ = "feed_key"
    __table_args__ = (
        CheckConstraint("(account IS NULL) <> (share IS NULL)", name="whose"),
        CheckConstraint("pledge IS NOT NULL OR account IS NOT NULL", name="staff"),
        UniqueConstraint("account", "pledge"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    account: Mapped[int | None] = mapped_column(
        Integer, ForeignKey("account.id", ondelete="CASCADE")
    )
    share: Mapped[int | None] = mapped_column(
        Integer, ForeignKey("share.id", ondelete="CASCADE"), unique=True
    )
    pledge: Mapped[str | None] = mapped_column(String(32), ForeignKey("pledge.ref"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime] = mapped_column(Moment)
