"""Passkeys as rows: whose, under which name, since when, used when."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from tracker.db import db
from tracker.models import Account, Passkey


class KeptPasskey(NamedTuple):
    """One passkey of one account."""

    account: int
    id: int
    name: str
    made_at: datetime
    used_at: datetime


_COLUMNS = (Passkey.account, Passkey.id, Passkey.name, Passkey.made_at, Passkey.lastuse_datetime)


def all_passkeys() -> dict[str, list[KeptPasskey]]:
    """Every passkey, by account (`account:7`)."""
    kept: dict[str, list[KeptPasskey]] = {}
    for row in db.session.execute(select(*_COLUMNS).order_by(Passkey.id)):
        kept.setdefault(f"account:{row.account}", []).append(KeptPasskey(*row))
    return kept


def passkeys_of(email: str) -> list[KeptPasskey] | None:
    """The passkeys of the account with this address; None when there is no such account."""
    account = db.session.scalar(select(Account.id).where(Account.email == email.strip().lower()))
    if account is None:
        return None
    query = select(*_COLUMNS).where(Passkey.account == account).order_by(Passkey.id)
    return [KeptPasskey(*row) for row in db.session.execute(query)]
