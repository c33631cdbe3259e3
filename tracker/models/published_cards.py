"""Cards: a pledge's totals as a picture for the donor's own web site, off until somebody asks."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, Moment


class PublishedCard(Base):
    """A pledge's totals, published under a random name that is no secret: an image for any page.

    It shows the totals and nothing else, until it is withdrawn. Rows are kept as its history.
    """

    __tablename__ = "published_card"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    pledge: Mapped[str] = mapped_column(String(32), ForeignKey("pledge.ref"), index=True)
    name: Mapped[str] = mapped_column(String(22), unique=True)
    published_by: Mapped[str] = mapped_column(String(40))
    published_at: Mapped[datetime] = mapped_column(Moment)
    withdrawn_by: Mapped[str | None] = mapped_column(String(40))
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment)
