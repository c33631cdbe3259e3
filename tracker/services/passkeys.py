"""Passkeys: kept, used, removed by their owner or by an administrator."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from tracker.db import transaction
from tracker.domain.permissions import Action, Actor
from tracker.errors import Conflict, NotAllowed, NotFound
from tracker.models import Account, Passkey

MOST = 10
"""Passkeys of one account: phones, computers, a security key or two."""


def give_handle(account: int) -> str:
    """The random number by which devices know an account; made once, and never its e-mail."""
    with transaction() as session:
        row = session.get_one(Account, account)
        if row.fs_webauthn_user_handle is None:
            row.fs_webauthn_user_handle = secrets.token_hex(16)
        return row.fs_webauthn_user_handle


def keep_passkey(account: int, told: dict[str, Any], *, now: datetime) -> None:
    """Keep a passkey that was verified; `told` are the columns of `models.passkeys`.

    Raises Conflict where the account has one of this name already, or `MOST` of them.
    """
    with transaction() as session:
        names = set(session.scalars(select(Passkey.name).where(Passkey.account == account)))
        if told["name"] in names:
            raise Conflict(f"You have a passkey named {told['name']} already.")
        if len(names) >= MOST:
            raise Conflict(f"An account holds at most {MOST} passkeys; remove one first.")
        session.add(Passkey(account=account, made_at=now, lastuse_datetime=now, **told))


def note_use(passkey: int, *, sign_count: int, backed_up: bool, now: datetime) -> None:
    """Keep that a passkey was used, and what its device counts."""
    used = {"sign_count": sign_count, "backup_state": backed_up, "lastuse_datetime": now}
    with transaction() as session:
        session.execute(update(Passkey).where(Passkey.id == passkey).values(used))


def remove_passkey(account: int, passkey: int) -> None:
    """Remove a person's own passkey: it opens nothing any more."""
    with transaction() as session:
        _remove(session, account, passkey)


def take_passkey(account: int, passkey: int, *, by: Actor) -> None:
    """Remove somebody else's passkey, a lost phone's, and end the sessions of the account.

    Raises NotAllowed, NotFound.
    """
    if not by.may(Action.MANAGE_PEOPLE) and not by.ref.startswith("system:"):
        raise NotAllowed
    with transaction() as session:
        _remove(session, account, passkey)
        session.get_one(Account, account).fs_uniquifier = secrets.token_hex(16)


def _remove(session: Session, account: int, passkey: int) -> None:
    removed = session.execute(
        delete(Passkey)
        .where(Passkey.id == passkey, Passkey.account == account)
        .returning(Passkey.id)
    ).all()
    if not removed:
        raise NotFound
