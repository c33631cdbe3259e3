"""Deliveries: the lists of donors for their pledges, and the files that brought them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, Moment

REF = 43
"""A pledge's reference, a dot and a number."""


class Delivery(Base):
    """One list of a donor for a pledge: the units that it announced, and its boxes.

    Deliveries are numbered within their pledge, and `ref` says both: `FLP-17.2`. What a donor
    writes on boxes is unique within a delivery only: each of them begins with carton 1.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("pledge", "number"),
        CheckConstraint("number > 0", name="number"),
    )

    ref: Mapped[str] = mapped_column(String(REF), primary_key=True)
    pledge: Mapped[str] = mapped_column(String(32), ForeignKey("pledge.ref"))
    number: Mapped[int] = mapped_column(Integer)
    made_at: Mapped[datetime] = mapped_column(Moment)


class DeliveryFile(Base):
    """One file that was imported as a delivery's list, or as the same list corrected.

    `sha256` is that of its bytes, by which it is known again; `rows` those of this pledge in it.
    Deliveries that are older than this table have none.
    """

    __tablename__ = "delivery_file"

    delivery: Mapped[str] = mapped_column(String(REF), ForeignKey("delivery.ref"), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True, index=True)
    name: Mapped[str] = mapped_column(String(255))
    rows: Mapped[int] = mapped_column(Integer)
    imported_by: Mapped[str] = mapped_column(String(40))
    imported_at: Mapped[datetime] = mapped_column(Moment)
