"""Which devices sent too much, and how many photos of a device are half here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select

from tracker.db import db
from tracker.models import Device, QuotaCase, Upload


def open_cases() -> Sequence[Row[*tuple[Any, ...]]]:
    """Cases that nobody has looked into, newest first: id, device, its name, what, when."""
    return db.session.execute(
        select(QuotaCase.id, QuotaCase.device, Device.name, QuotaCase.what, QuotaCase.reached_at)
        .join(Device, Device.id == QuotaCase.device)
        .where(QuotaCase.settled_at.is_(None))
        .order_by(QuotaCase.id.desc())
    ).all()


def unfinished_photos(actor: str, since: datetime) -> int:
    """How many photos this device has begun since then and not finished."""
    counted = select(func.count()).select_from(Upload)
    mine = counted.where(Upload.sent_by == actor, Upload.kept_as.is_(None))
    return int(db.session.scalar(mine.where(Upload.begun_at >= since)) or 0)
