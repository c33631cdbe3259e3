"""Handling units: boxes and pallets with a label of their own; they nest."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, Moment
from tracker.models.deliveries import REF


class HandlingUnit(Base):
    """A box or pallet. `name` is what the sender wrote on it, unique within the `delivery`.

    Those that were made here belong to no delivery, and have names of their own in their `pledge`.
    `parent` is the unit that it stands in now, as the events of its chain say. A unit that is
    closed (`closed_at`) moves as one. `sscc` is its number for other people's systems, where the
    installation has a GS1 prefix.
    """

    __tablename__ = "handling_unit"
    __table_args__ = (
        CheckConstraint("kind IN ('box', 'pallet')", name="kind"),
        UniqueConstraint("delivery", "name"),
        Index(
            "uq_handling_unit_own",
            "pledge",
            "name",
            unique=True,
            sqlite_where=text("delivery IS NULL"),
            postgresql_where=text("delivery IS NULL"),
        ),
    )

    code: Mapped[str] = mapped_column(String(11), primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(6), default="box")
    pledge: Mapped[str | None] = mapped_column(String(32), ForeignKey("pledge.ref"))
    delivery: Mapped[str | None] = mapped_column(String(REF), ForeignKey("delivery.ref"))
    parent: Mapped[str | None] = mapped_column(
        String(11), ForeignKey("handling_unit.code"), index=True
    )
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    sscc: Mapped[str | None] = mapped_column(String(18), unique=True)
    made_at: Mapped[datetime | None] = mapped_column(Moment)
    last_effective_at: Mapped[datetime | None] = mapped_column(Moment)
    seq: Mapped[int] = mapped_column(Integer, default=0)
    head: Mapped[bytes | None] = mapped_column(LargeBinary(32))
