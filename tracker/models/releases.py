"""Releases: photos and statements that people let a donor see."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, Moment

RELEASE_KINDS = ("photo", "statement")


class Release(Base):
    """A photo or a statement about a pledge: proposed by one person, decided by another.

    `name` is random and stands in the photo's address; `source` is the photo as evidence holds
    it, `sha256` the smaller copy that donors get, made when it was released. A statement is
    released by whoever writes it. `withdrawn_at` ends the release.
    """

    __tablename__ = "release"
    __table_args__ = (
        CheckConstraint(f"kind IN {RELEASE_KINDS}", name="kind"),
        CheckConstraint("(kind = 'photo') = (source IS NOT NULL)", name="source"),
        CheckConstraint("(decided_at IS NULL) = (decided_by IS NULL)", name="decided"),
        CheckConstraint(
            "kind <> 'photo' OR decided_by IS NULL OR approved IS NOT TRUE"
            " OR decided_by <> proposed_by",
            name="two_people",
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    pledge: Mapped[str] = mapped_column(String(32), ForeignKey("pledge.ref"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(22), unique=True)
    source: Mapped[str | None] = mapped_column(String(64), ForeignKey("evidence.sha256"))
    sha256: Mapped[str | None] = mapped_column(String(64), ForeignKey("evidence.sha256"))
    text_en: Mapped[str] = mapped_column(String(1000), default="")
    text_uk: Mapped[str] = mapped_column(String(1000), default="")
    proposed_by: Mapped[str] = mapped_column(String(40))
    proposed_at: Mapped[datetime] = mapped_column(Moment)
    decided_by: Mapped[str | None] = mapped_column(String(40))
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    approved: Mapped[bool | None] = mapped_column(Boolean)
    withdrawn_by: Mapped[str | None] = mapped_column(String(40))
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment)
