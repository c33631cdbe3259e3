"""Found reports: what a stranger who found a unit told us."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, Moment


class FoundReport(Base):
    """One message. `code` is as it stood in the address: it may be of no label of ours.

    What the finder wrote is erased when a coordinator settles it: it may tell where a unit stands.
    """

    __tablename__ = "found_report"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    code: Mapped[str] = mapped_column(String(64))
    message: Mapped[str] = mapped_column(String(500))
    contact: Mapped[str | None] = mapped_column(String(200))
    made_at: Mapped[datetime] = mapped_column(Moment)
    settled_by: Mapped[str | None] = mapped_column(String(40))
    settled_at: Mapped[datetime | None] = mapped_column(Moment)
    decision: Mapped[str | None] = mapped_column(String(1000))
