"""Webhooks as rows of a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import func, select

from tracker.db import db
from tracker.models import Outgoing, Webhook


@dataclass(frozen=True, slots=True)
class Called:
    """One webhook: its address without what may be a secret, how its last call ended."""

    id: int
    address: str
    made_at: datetime
    both_until: datetime | None
    delivered_at: datetime | None
    waiting: int
    dead: int
    last_error: str | None


def of_pledge(pledge: str, now: datetime) -> Sequence[Called]:
    """The webhooks of `pledge`, the oldest first."""
    rows = db.session.scalars(
        select(Webhook).where(Webhook.pledge == pledge).order_by(Webhook.id)
    ).all()
    return [_called(row, now) for row in rows]


def shown_address(address: str) -> str:
    """An address without its query, in which people put keys."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}{parts.path}" + ("?…" if parts.query else "")


def _called(row: Webhook, now: datetime) -> Called:
    dead = Outgoing.dead_at.is_not(None)
    waits = Outgoing.dead_at.is_(None) & Outgoing.delivered_at.is_(None)
    delivered_at, waiting, failed = db.session.execute(
        select(
            func.max(Outgoing.delivered_at), func.count().filter(waits), func.count().filter(dead)
        ).where(Outgoing.webhook == row.id)
    ).one()
    last_error = db.session.scalar(
        select(Outgoing.last_error)
        .where(Outgoing.webhook == row.id, Outgoing.last_error.is_not(None))
        .order_by(Outgoing.made_at.desc())
        .limit(1)
    )
    both_until = row.old_until if row.old_until and row.old_until > now else None
    return Called(
        row.id,
        shown_address(row.address),
        row.made_at,
        both_until,
        delivered_at,
        waiting,
        failed,
        last_error,
    )
