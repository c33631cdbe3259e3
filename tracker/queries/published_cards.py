"""Which card of a pledge is published, and which pledge a published card shows."""

from __future__ import annotations

from sqlalchemy import select

from tracker.db import db
from tracker.models import PublishedCard


def published(pledge: str) -> PublishedCard | None:
    """The pledge's card that is published now; None where there is none."""
    return db.session.scalar(
        select(PublishedCard)
        .where(PublishedCard.pledge == pledge, PublishedCard.withdrawn_at.is_(None))
        .order_by(PublishedCard.id.desc())
        .limit(1)
    )


def pledge_of(name: str) -> str | None:
    """The pledge of a card that is published under this name; None for any other name."""
    return db.session.scalar(
        select(PublishedCard.pledge).where(
            PublishedCard.name == name, PublishedCard.withdrawn_at.is_(None)
        )
    )
