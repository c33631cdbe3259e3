"""Consignments: one journey each under one waybill."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, Moment


class Consignment(Base):
    """One journey from consignor to consignee."""

    __tablename__ = "consignment"

    ref: Mapped[str] = mapped_column(String(32), primary_key=True)
    pledge: Mapped[str | None] = mapped_column(String(32), ForeignKey("pledge.ref"), index=True)
    consignor: Mapped[str | None] = mapped_column(String(32), ForeignKey("party.ref"))
    consignee: Mapped[str | None] = mapped_column(String(32), ForeignKey("party.ref"))
    carrier: Mapped[str | None] = mapped_column(String(32), ForeignKey("party.ref"))
    waybill: Mapped[str | None] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(Moment)
