"""Labels: printed codes, each blank, bound or revoked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, Moment


class Label(Base):
    """One code. Bound to an item or a handling unit, blank, or revoked (`replaced_by` a newer)."""

    __tablename__ = "label"
    __table_args__ = (
        CheckConstraint("state IN ('blank', 'bound', 'revoked')", name="state"),
        CheckConstraint(
            "(state = 'blank') = (item IS NULL AND handling_unit IS NULL)", name="bound"
        ),
    )

    code: Mapped[str] = mapped_column(String(11), primary_key=True)
    state: Mapped[str] = mapped_column(String(7), default="blank")
    item: Mapped[int | None] = mapped_column(Integer, ForeignKey("item.id"), index=True)
    handling_unit: Mapped[str | None] = mapped_column(
        String(11), ForeignKey("handling_unit.code"), index=True
    )
    replaced_by: Mapped[str | None] = mapped_column(String(11))
    printed_at: Mapped[datetime | None] = mapped_column(Moment)
    bound_at: Mapped[datetime | None] = mapped_column(Moment)
