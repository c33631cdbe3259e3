"""What finders say, as rows for a coordinator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, select

from tracker.db import db
from tracker.models import FoundReport, Item, Label

PAGE = 30


def waiting() -> int:
    """How many reports nobody has seen to."""
    query = select(func.count()).where(FoundReport.settled_at.is_(None))
    return db.session.scalar(query) or 0


def list_reports(
    *, settled: bool, after: int | None = None
) -> tuple[Sequence[Row[*tuple[Any, ...]]], int | None]:
    """Reports from the oldest on, with the code and status of the unit whose label was scanned
    (None where the code is of no unit); and what to pass as `after` for the next part."""
    query = (
        select(
            FoundReport.id,
            FoundReport.code,
            FoundReport.message,
            FoundReport.contact,
            FoundReport.made_at,
            FoundReport.settled_by,
            FoundReport.settled_at,
            FoundReport.decision,
            Item.code.label("item"),
            Item.status,
        )
        .outerjoin(Label, Label.code == FoundReport.code)
        .outerjoin(Item, Item.id == Label.item)
        .where(FoundReport.settled_at.is_not(None) if settled else FoundReport.settled_at.is_(None))
        .order_by(FoundReport.id)
        .limit(PAGE + 1)
    )
    if after is not None:
        query = query.where(FoundReport.id > after)
    rows = db.session.execute(query).all()
    return rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None
