"""Products: the catalogue, and which identifiers a unit of each must have."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base

PRODUCT_KINDS = ("satellite_terminal", "network", "server", "computer", "power", "other")


class Product(Base):
    """A catalogue entry; `identifiers` lists the schemes a unit must have, separated by blanks."""

    __tablename__ = "product"
    __table_args__ = (CheckConstraint(f"kind IN {PRODUCT_KINDS}", name="kind"),)

    ref: Mapped[str] = mapped_column(String(32), primary_key=True)
    name_en: Mapped[str] = mapped_column(String(200))
    name_uk: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    identifiers: Mapped[str] = mapped_column(String(100), default="")
