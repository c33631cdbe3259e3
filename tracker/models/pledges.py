"""Pledges: what was promised, line by line, with every revision kept."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Date, ForeignKey, Integer, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tracker.db import Base, Moment


class Initiative(Base):
    """A group of pledges."""

    __tablename__ = "initiative"

    ref: Mapped[str] = mapped_column(String(32), primary_key=True)
    name_en: Mapped[str] = mapped_column(String(200))
    name_uk: Mapped[str] = mapped_column(String(200))


class Pledge(Base):
    """One donor's promise."""

    __tablename__ = "pledge"

    ref: Mapped[str] = mapped_column(String(32), primary_key=True)
    donor: Mapped[str] = mapped_column(String(32), ForeignKey("party.ref"), index=True)
    initiative: Mapped[str | None] = mapped_column(
        String(32), ForeignKey("initiative.ref"), index=True
    )
    pledged_on: Mapped[date] = mapped_column(Date)
    purpose: Mapped[str | None] = mapped_column(String(500))
    legal_basis: Mapped[str | None] = mapped_column(String(40))
    note: Mapped[str | None] = mapped_column(String(2000))
    source: Mapped[str | None] = mapped_column(String(500))

    lines: Mapped[list[PledgeLine]] = relationship(order_by="PledgeLine.id")


class PledgeLine(Base):
    """Product x quantity of a pledge. `quantity` is the newest revision's."""

    __tablename__ = "pledge_line"
    __table_args__ = (
        UniqueConstraint("pledge", "product"),
        CheckConstraint("quantity >= 0", name="quantity"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    pledge: Mapped[str] = mapped_column(String(32), ForeignKey("pledge.ref"), index=True)
    product: Mapped[str] = mapped_column(String(32), ForeignKey("product.ref"))
    quantity: Mapped[int] = mapped_column(Integer)
    unit_value: Mapped[Decimal | None] = mapped_column(Numeric(14, 2, asdecimal=True))
    currency: Mapped[str | None] = mapped_column(String(3))


class Revision(Base):
    """One change of a pledge line's quantity: what it was, what it became, who, when, why."""

    __tablename__ = "pledge_revision"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    pledge_line: Mapped[int] = mapped_column(Integer, ForeignKey("pledge_line.id"), index=True)
    quantity_before: Mapped[int] = mapped_column(Integer)
    quantity_after: Mapped[int] = mapped_column(Integer)
    revised_at: Mapped[datetime] = mapped_column(Moment)
    revised_by: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str | None] = mapped_column(String(500))
