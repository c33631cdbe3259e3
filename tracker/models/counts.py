"""Stock counts: what stood at a place when somebody looked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Uuid, false
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, Moment


class StockCount(Base):
    """One count of one place; open until somebody closes it.

    `location` is the door at which it was begun, `CountDoor` all of them. `changed_at` is when a
    scan that came after the closing last changed what the count says.
    """

    __tablename__ = "stock_count"

    number: Mapped[str] = mapped_column(String(32), primary_key=True)
    location: Mapped[str] = mapped_column(String(32), ForeignKey("location.ref"), index=True)
    opened_by: Mapped[str] = mapped_column(String(40))
    opened_at: Mapped[datetime] = mapped_column(Moment)
    closed_by: Mapped[str | None] = mapped_column(String(40))
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    changed_at: Mapped[datetime | None] = mapped_column(Moment)


class CountDoor(Base):
    """One location that a count is of: the doors of its place when it was opened, for good."""

    __tablename__ = "count_door"

    count: Mapped[str] = mapped_column(
        String(32), ForeignKey("stock_count.number"), primary_key=True
    )
    location: Mapped[str] = mapped_column(
        String(32), ForeignKey("location.ref"), primary_key=True, index=True
    )


class CountExpected(Base):
    """One unit that should have stood there when the count was opened.

    `gone` says that by the time of the closing it should not any more: it left meanwhile.
    """

    __tablename__ = "count_expected"

    count: Mapped[str] = mapped_column(
        String(32), ForeignKey("stock_count.number"), primary_key=True
    )
    item: Mapped[int] = mapped_column(
        Integer, ForeignKey("item.id"), primary_key=True, autoincrement=False
    )
    gone: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())


class Sighting(Base):
    """One scan of a count that stands, as the fold has it (written by `ledger.counts` alone).

    `scan` is what somebody made: the event itself, or that of the box which caused it. `item` is
    None for a code that names nothing here. `handling_unit` is the closed box that was
    scanned in place of the unit, by itself or on its pallet; None where the unit was seen singly.
    Of units whose box turned out to be open `inside` keeps what a person said when asked whether
    they are in it. `condition` and `reason` are what the scan said of the unit.
    """

    __tablename__ = "sighting"
    __table_args__ = (Index("ix_sighting_count_item", "count", "item"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    count: Mapped[str] = mapped_column(String(32), ForeignKey("stock_count.number"))
    event: Mapped[str] = mapped_column(Uuid(as_uuid=False), unique=True)
    scan: Mapped[str] = mapped_column(Uuid(as_uuid=False), index=True)
    code: Mapped[str] = mapped_column(String(64))
    item: Mapped[int | None] = mapped_column(Integer, ForeignKey("item.id"), index=True)
    handling_unit: Mapped[str | None] = mapped_column(String(11), ForeignKey("handling_unit.code"))
    inside: Mapped[bool | None]
    condition: Mapped[str | None] = mapped_column(String(14))
    reason: Mapped[str | None] = mapped_column(String(20))
    seen_by: Mapped[str] = mapped_column(String(40))
    seen_at: Mapped[datetime] = mapped_column(Moment)
