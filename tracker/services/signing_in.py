"""What signing in writes: a changed password and the sessions that it ends."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from tracker.db import transaction
from tracker.models import Account

CHANGEABLE = frozenset({"password", "fs_uniquifier"})


def change_account(account_id: int, changes: dict[str, Any]) -> None:
    """Keep new values of an account's password hash and session key; anything else is refused."""
    if foreign := changes.keys() - CHANGEABLE:
        raise ValueError(f"signing in does not change {', '.join(sorted(foreign))}")
    with transaction() as session:
        session.execute(update(Account).where(Account.id == account_id).values(changes))
