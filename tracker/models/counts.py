"""Stock counts: what stood at a location when somebody looked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Integer, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, Moment


class StockCount(Base):
    """One count of one location; open until somebody closes it."""

    __tablename__ = "stock_count"

    number: Mapped[str] = mapped_column(String(32), primary_key=True)
    location: Mapped[str] = mapped_column(String(32), ForeignKey("location.ref"), index=True)
    opened_by: Mapped[str] = mapped_column(String(40))
    opened_at: Mapped[datetime] = mapped_column(Moment)
    closed_by: Mapped[str | None] = mapped_column(String(40))
    closed_at: Mapped[datetime | None] = mapped_column(Moment)


class CountExpected(Base):
    """One unit that should have stood there when the count was opened."""

    __tablename__ = "count_expected"

    count: Mapped[str] = mapped_column(
        String(32), ForeignKey("stock_count.number"), primary_key=True
    )
    item: Mapped[int] = mapped_column(
        Integer, ForeignKey("item.id"), primary_key=True, autoincrement=False
    )


class Sighting(Base):
    """One unit that was seen in a count; `item` is None for a code that names nothing here."""

    __tablename__ = "sighting"
    __table_args__ = (UniqueConstraint("count", "code"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    count: Mapped[str] = mapped_column(String(32), ForeignKey("stock_count.number"))
    code: Mapped[str] = mapped_column(String(40))
    item: Mapped[int | None] = mapped_column(Integer, ForeignKey("item.id"), index=True)
    event: Mapped[str] = mapped_column(Uuid(as_uuid=False))
    seen_by: Mapped[str] = mapped_column(String(40))
    seen_at: Mapped[datetime] = mapped_column(Moment)
