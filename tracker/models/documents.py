"""Documents and evidence: papers fixed once issued, and the files that prove something.

A document's number is never used again; a correction is a new version under the same number.
Files stand in a store outside the database, under their SHA-256.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, Moment

DOCUMENT_KINDS = (
    "packing_list",
    "waybill",
    "received_note",
    "handover_act",
    "count_sheet",
    "loss_report",
    "write_off_act",
)
EVIDENCE_KINDS = ("photo", "signature", "document", "file")


class Evidence(Base):
    """One file: what it is, how large, and who brought it when. Rows are never changed."""

    __tablename__ = "evidence"
    __table_args__ = (CheckConstraint(f"kind IN {EVIDENCE_KINDS}", name="kind"),)

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    media_type: Mapped[str] = mapped_column(String(60))
    size: Mapped[int] = mapped_column(Integer)
    kept_by: Mapped[str] = mapped_column(String(40))
    kept_at: Mapped[datetime] = mapped_column(Moment)


class Upload(Base):
    """A photo on its way from a phone, in pieces, under the SHA-256 that the phone knows it by.

    When it is whole it is written anew, and so gets another hash: `kept_as`.
    """

    __tablename__ = "upload"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(Integer)
    kept_as: Mapped[str | None] = mapped_column(String(64), ForeignKey("evidence.sha256"))
    sent_by: Mapped[str] = mapped_column(String(40))
    begun_at: Mapped[datetime] = mapped_column(Moment)


class DocumentSeries(Base):
    """The last number given in a series: `ACT-2026` and 17 means that ACT-2026-00018 is next."""

    __tablename__ = "document_series"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    last: Mapped[int] = mapped_column(Integer, default=0)


class Document(Base):
    """One issued version of a paper. Rows are never changed or deleted.

    `about` is the reference of what it is about: a consignment, an act, a count, a loss report.
    """

    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint("number", "version"),
        CheckConstraint(f"kind IN {DOCUMENT_KINDS}", name="kind"),
        CheckConstraint("version > 0", name="version"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    number: Mapped[str] = mapped_column(String(32))
    version: Mapped[int] = mapped_column(Integer)
    about: Mapped[str] = mapped_column(String(40), index=True)
    sha256: Mapped[str] = mapped_column(String(64), ForeignKey("evidence.sha256"))
    issued_by: Mapped[str] = mapped_column(String(40))
    issued_at: Mapped[datetime] = mapped_column(Moment)
