"""Parties: anyone who gives, carries, receives or answers."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base

PARTY_KINDS = (
    "member_state",
    "observer",
    "private_sector",
    "non_profit",
    "carrier",
    "recipient",
    "end_user",
)


class Party(Base):
    """One party; its membership of the Mechanism changes with time, so it is a row, not code.

    `code` is its number in a register (ЄДРПОУ in Ukraine) and `address` its seat, as acts and
    waybills name them; never a site's.
    """

    __tablename__ = "party"
    __table_args__ = (CheckConstraint(f"kind IN {PARTY_KINDS}", name="kind"),)

    ref: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    country: Mapped[str | None] = mapped_column(String(2))
    code: Mapped[str | None] = mapped_column(String(20))
    address: Mapped[str | None] = mapped_column(String(200))
