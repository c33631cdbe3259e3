"""Loss reports: what was lost, stolen or destroyed, how, and who was told."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, Moment

LOSS_KINDS = ("lost", "stolen", "destroyed")


class LossReport(Base):
    """One report about one or many units. `authority` is the police's or another body's number."""

    __tablename__ = "loss_report"
    __table_args__ = (CheckConstraint(f"kind IN {LOSS_KINDS}", name="kind"),)

    number: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    happened_on: Mapped[date | None] = mapped_column(Date)
    circumstances: Mapped[str] = mapped_column(Text)
    authority: Mapped[str | None] = mapped_column(String(120))
    consignment: Mapped[str | None] = mapped_column(String(32), ForeignKey("consignment.ref"))
    reported_by: Mapped[str] = mapped_column(String(40))
    reported_at: Mapped[datetime] = mapped_column(Moment)


class LossLine(Base):
    """One unit of a report."""

    __tablename__ = "loss_line"

    report: Mapped[str] = mapped_column(
        String(32), ForeignKey("loss_report.number"), primary_key=True
    )
    item: Mapped[int] = mapped_column(
        Integer, ForeignKey("item.id"), primary_key=True, autoincrement=False, index=True
    )


class LossEvidence(Base):
    """One photo or file of a report."""

    __tablename__ = "loss_evidence"

    report: Mapped[str] = mapped_column(
        String(32), ForeignKey("loss_report.number"), primary_key=True
    )
    sha256: Mapped[str] = mapped_column(String(64), ForeignKey("evidence.sha256"), primary_key=True)
