"""What signing in and out writes: a changed password, and the sessions that were ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, update

from tracker.db import transaction
from tracker.models import Account, EndedSession

CHANGEABLE = frozenset({"password", "fs_uniquifier"})


def change_account(account_id: int, changes: dict[str, Any]) -> None:
    """Keep new values of an account's password hash and session key; anything else is refused."""
    if foreign := changes.keys() - CHANGEABLE:
        raise ValueError(f"signing in does not change {', '.join(sorted(foreign))}")
    with transaction() as session:
        session.execute(update(Account).where(Account.id == account_id).values(changes))


def end_session(number: str, *, now: datetime, longest: timedelta) -> None:
    """Nobody is let in by this session any more; those that would be over by now are forgotten."""
    with transaction() as session:
        session.execute(delete(EndedSession).where(EndedSession.ended_at < now - longest))
        session.merge(EndedSession(id=number, ended_at=now))
