"""Locations: warehouses, hubs and border points in the clear; sites sealed.

A site's row holds only its reference, sector and oblast. Everything that would lead a person
there is in `SealedSite`, encrypted; who opened it, when and why is in `SiteReading`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, Moment
from tracker.domain.places import SECTORS

LOCATION_KINDS = ("warehouse", "hub", "border", "site")


class Location(Base):
    """A place. For a site `name_en` and `name_uk` are None: they are sealed.

    `premises` is the location that this one counts as one place with: a site's other doors, a hub
    beside a border point; it has none itself. `oblast` is the UN p-code (`UA46`), None abroad.
    `commitment` is the salted SHA-256 (hex) of a site's facts that events carry, so that the facts
    can be erased and still be provable.
    """

    __tablename__ = "location"
    __table_args__ = (
        CheckConstraint(f"kind IN {LOCATION_KINDS}", name="kind"),
        CheckConstraint(f"sector IS NULL OR sector IN {SECTORS}", name="sector"),
        CheckConstraint("kind != 'site' OR (name_en IS NULL AND name_uk IS NULL)", name="sealed"),
    )

    ref: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    sector: Mapped[str | None] = mapped_column(String(12))
    oblast: Mapped[str | None] = mapped_column(String(4), index=True)
    name_en: Mapped[str | None] = mapped_column(String(200))
    name_uk: Mapped[str | None] = mapped_column(String(200))
    premises: Mapped[str | None] = mapped_column(String(32), ForeignKey("location.ref"))
    commitment: Mapped[str | None] = mapped_column(String(64))


class SealedSite(Base):
    """The sealed facts of one site: a data key wrapped by the server's key, and one field a row.

    `field` is `name_en`, `name_uk`, `katottg`, `address`, `contact`, `note`, `salt` or `key`
    (the wrapped data key); `sealed` is nonce + AES-256-GCM ciphertext + tag, bound to table, row
    and field.
    """

    __tablename__ = "sealed_site"

    location: Mapped[str] = mapped_column(
        String(32), ForeignKey("location.ref", ondelete="CASCADE"), primary_key=True
    )
    field: Mapped[str] = mapped_column(String(12), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class SiteReading(Base):
    """One opening of a sealed site: who, when, why. Rows are never changed or deleted."""

    __tablename__ = "site_reading"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    location: Mapped[str] = mapped_column(String(32), ForeignKey("location.ref"), index=True)
    read_by: Mapped[str] = mapped_column(String(40), index=True)
    read_at: Mapped[datetime] = mapped_column(Moment)
    reason: Mapped[str] = mapped_column(String(500))
