"""What an export says of the ledger, and which exports are prepared or asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from tracker.db import db, end_reading
from tracker.models import Checkpoint, PreparedExport


@dataclass(frozen=True, slots=True)
class SignedHead:
    """The newest checkpoint of a moment: size, root (hex) and when it was signed."""

    size: int
    root: str
    signed_at: datetime


def head_before(moment: datetime) -> SignedHead | None:
    """The newest checkpoint that was signed before `moment`; None before the first."""
    row = db.session.execute(
        select(Checkpoint.size, Checkpoint.root, Checkpoint.signed_at)
        .where(Checkpoint.signed_at < moment)
        .order_by(Checkpoint.size.desc())
        .limit(1)
    ).first()
    return SignedHead(row.size, row.root.hex(), row.signed_at) if row else None


def prepared(pledge: str, form: str, language: str, known_until: date) -> PreparedExport | None:
    """The newest such file that was asked for: finished, under way, or waiting."""
    return db.session.scalar(
        select(PreparedExport)
        .where(
            PreparedExport.pledge == pledge,
            PreparedExport.form == form,
            PreparedExport.language == language,
            PreparedExport.known_until == known_until,
        )
        .order_by(PreparedExport.id.desc())
        .limit(1)
    )


def is_any_waiting(begun_before: datetime) -> bool:
    """Whether an export waits to be made, or was begun before that moment and never ended."""
    end_reading()
    forgotten = (PreparedExport.state == "begun") & (PreparedExport.begun_at < begun_before)
    waiting = select(PreparedExport.id).where((PreparedExport.state == "asked") | forgotten)
    return db.session.scalar(waiting.limit(1)) is not None


def is_any_older(asked_before: datetime) -> bool:
    """Whether an export was asked for before that moment."""
    end_reading()
    old = select(PreparedExport.id).where(PreparedExport.asked_at < asked_before)
    return db.session.scalar(old.limit(1)) is not None
