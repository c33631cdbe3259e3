"""Keeping what a finder says. Nothing is ever answered that depends on the code."""

from __future__ import annotations

from datetime import datetime

from tracker.db import transaction
from tracker.models import FoundReport


def keep(code: str, message: str, contact: str, *, now: datetime) -> None:
    """Keep a finder's message (cut to 500 characters) and how to reach them (200)."""
    with transaction() as session:
        session.add(
            FoundReport(
                code=_plain(code)[:64],
                message=_plain(message)[:500],
                contact=_plain(contact)[:200] or None,
                made_at=now,
            )
        )


def _plain(text: str) -> str:
    """Without control characters and what no database holds."""
    kept = "".join(letter if letter.isprintable() else " " for letter in text).strip()
    return kept.encode("utf-8", "ignore").decode()
