"""Exports too large to be made while somebody waits: asked for, made by the worker, kept a day."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, Moment

EXPORT_STATES = ("asked", "begun", "ready", "failed")


class PreparedExport(Base):
    """One file of one pledge in one form and language, as known until the end of a day.

    `name` is that of the file in TRACKER_HOME/exports; nobody who has only it gets the file.
    `done` of `units` rows are written.
    """

    __tablename__ = "prepared_export"
    __table_args__ = (
        CheckConstraint(f"state IN {EXPORT_STATES}", name="state"),
        CheckConstraint("done >= 0", name="done"),
        Index("ix_prepared_export_pledge", "pledge", "known_until"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    pledge: Mapped[str] = mapped_column(String(32), ForeignKey("pledge.ref"))
    form: Mapped[str] = mapped_column(String(10))
    language: Mapped[str] = mapped_column(String(2))
    known_until: Mapped[date] = mapped_column(Date)
    name: Mapped[str] = mapped_column(String(32), unique=True)
    state: Mapped[str] = mapped_column(String(6), default="asked")
    units: Mapped[int] = mapped_column(Integer)
    done: Mapped[int] = mapped_column(Integer, default=0)
    size: Mapped[int | None] = mapped_column(Integer)
    asked_at: Mapped[datetime] = mapped_column(Moment)
    begun_at: Mapped[datetime | None] = mapped_column(Moment)
    ready_at: Mapped[datetime | None] = mapped_column(Moment)
