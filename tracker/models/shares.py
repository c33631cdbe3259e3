"""What one donor is shown: links that need no account, and how much later and coarser it is."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Integer, String, false, true
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, Moment


class Share(Base):
    """One link. The 128-bit token is kept only as its SHA-256 (hex).

    `photos` shows released photos too; `totals_only` leaves out days, places and photos.
    """

    __tablename__ = "share"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    pledge: Mapped[str] = mapped_column(String(32), ForeignKey("pledge.ref"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    photos: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    totals_only: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    made_by: Mapped[str] = mapped_column(String(40))
    made_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)
    uses: Mapped[int] = mapped_column(Integer, default=0)
    used_at: Mapped[datetime | None] = mapped_column(Moment)


class Disclosure(Base):
    """How much later and coarser than the installation says one pledge is shown, from a day on.

    Rows are added, never changed: the newest counts, the others are its history. Neither number
    can be below the installation's (`DONOR_DELAY_DAYS`, `SMALL_CELL`).
    """

    __tablename__ = "disclosure"
    __table_args__ = (
        CheckConstraint("delay_days >= 0", name="delay_days"),
        CheckConstraint("small_cell >= 0", name="small_cell"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    pledge: Mapped[str] = mapped_column(String(32), ForeignKey("pledge.ref"), index=True)
    delay_days: Mapped[int] = mapped_column(Integer)
    small_cell: Mapped[int] = mapped_column(Integer)
    set_by: Mapped[str] = mapped_column(String(40))
    set_at: Mapped[datetime] = mapped_column(Moment)
