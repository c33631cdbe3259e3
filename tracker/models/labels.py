"""Labels: printed codes, each blank, bound or revoked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, Moment


class LabelBatch(Base):
    """Blank labels that were made together: how `many`, who made them and when."""

    __tablename__ = "label_batch"
    __table_args__ = (CheckConstraint("many > 0", name="many"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    many: Mapped[int] = mapped_column(Integer)
    made_by: Mapped[str] = mapped_column(String(40))
    made_at: Mapped[datetime] = mapped_column(Moment)


class Label(Base):
    """One code. Bound to an item, a handling unit or a location; blank; or revoked.

    A revoked label still names its unit: `replaced_by` is the label that the unit wears since
    `revoked_at`. `batch` is set on labels that were printed blank.
    """

    __tablename__ = "label"
    __table_args__ = (
        CheckConstraint("state IN ('blank', 'bound', 'revoked')", name="state"),
        CheckConstraint(
            "(state = 'blank') = (item IS NULL AND handling_unit IS NULL AND location IS NULL)",
            name="bound",
        ),
    )

    code: Mapped[str] = mapped_column(String(11), primary_key=True)
    state: Mapped[str] = mapped_column(String(7), default="blank")
    item: Mapped[int | None] = mapped_column(Integer, ForeignKey("item.id"), index=True)
    handling_unit: Mapped[str | None] = mapped_column(
        String(11), ForeignKey("handling_unit.code"), index=True
    )
    location: Mapped[str | None] = mapped_column(String(32), ForeignKey("location.ref"), index=True)
    batch: Mapped[int | None] = mapped_column(Integer, ForeignKey("label_batch.id"), index=True)
    replaced_by: Mapped[str | None] = mapped_column(String(11))
    printed_at: Mapped[datetime | None] = mapped_column(Moment)
    bound_at: Mapped[datetime | None] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)
