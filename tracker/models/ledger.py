"""The ledger: events, their order in the log, and signed checkpoints. Never changed or deleted.

Triggers (made by the migrations on both databases) refuse UPDATE and DELETE on these, and on
whatever else is only ever added to (`APPEND_ONLY`).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, Moment

BIG = BigInteger().with_variant(Integer, "sqlite")
APPEND_ONLY = (
    *("event", "log_entry", "checkpoint", "site_reading"),
    *("passage", "receiving_verdict", "document", "evidence"),
)


class Event(Base):
    """One immutable row.

    `body` is the truth, as exact canonical text; the other columns repeat parts of it so that
    they can be searched, and verification compares them. `subject` names the chain it belongs
    to: `item:7`, `unit:<code>` (a handling unit), `code:<code>` (an unknown or blank label), or
    `code:<id>` (a maker's number that names nothing, hidden: the id of the scan).
    `hash` covers the body and the hash before it in the same chain; `scan_digest` tells two
    contents under one id apart; `via` is the handling unit's event that caused this one, and
    `handling_unit` the one that a unit was put into (packing, announcing). `declares` is the
    event that this one says is wrong.
    """

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("subject", "seq"),
        Index(
            "ix_event_handling_unit",
            "handling_unit",
            sqlite_where=text("handling_unit IS NOT NULL"),
            postgresql_where=text("handling_unit IS NOT NULL"),
        ),
        Index(
            "ix_event_declares",
            "declares",
            sqlite_where=text("declares IS NOT NULL"),
            postgresql_where=text("declares IS NOT NULL"),
        ),
        Index(
            "ix_event_counting",
            "subject",
            sqlite_where=text("step = 'counting'"),
            postgresql_where=text("step = 'counting'"),
        ),
        Index(
            "ix_event_of_device",
            "by",
            "device_seq",
            sqlite_where=text("device_seq IS NOT NULL AND via IS NULL"),
            postgresql_where=text("device_seq IS NOT NULL AND via IS NULL"),
        ),
    )

    position: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(Uuid(as_uuid=False), unique=True)
    subject: Mapped[str] = mapped_column(String(80))
    seq: Mapped[int] = mapped_column(Integer)
    step: Mapped[str] = mapped_column(String(20))
    effective_at: Mapped[datetime] = mapped_column(Moment)
    device_seq: Mapped[int | None] = mapped_column(BIG)
    recorded_at: Mapped[datetime] = mapped_column(Moment)
    by: Mapped[str] = mapped_column(String(40))
    via: Mapped[str | None] = mapped_column(Uuid(as_uuid=False))
    handling_unit: Mapped[str | None] = mapped_column(String(11))
    declares: Mapped[str | None] = mapped_column(Uuid(as_uuid=False))
    body: Mapped[str] = mapped_column(Text)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    scan_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    signature: Mapped[str | None] = mapped_column(String(200))


class Opening(Base):
    """The salt of an event that hides maker's numbers: with it the ledger is held against them.

    It stays in the database: no bundle, no paper and no donor gets it.
    """

    __tablename__ = "opening"

    event: Mapped[str] = mapped_column(
        Uuid(as_uuid=False), ForeignKey("event.id"), primary_key=True
    )
    salt: Mapped[str] = mapped_column(String(32))


class FoldRules(Base):
    """Which rules of the fold the stored states were folded by, and since when.

    A version that has no row yet has still to be applied to the stories that were there before it.
    """

    __tablename__ = "fold_rules"

    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    applied_at: Mapped[datetime] = mapped_column(Moment)


class LogEntry(Base):
    """The place of one committed event in the Merkle log, from 0 without a hole."""

    __tablename__ = "log_entry"

    log_index: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(BIG, ForeignKey("event.position"), unique=True)
    leaf: Mapped[bytes] = mapped_column(LargeBinary(32))


class Checkpoint(Base):
    """A signed statement: the log's first `size` entries have this Merkle root."""

    __tablename__ = "checkpoint"

    size: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    root: Mapped[bytes] = mapped_column(LargeBinary(32))
    note: Mapped[str] = mapped_column(Text)
    signed_at: Mapped[datetime] = mapped_column(Moment)
