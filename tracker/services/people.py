"""Accounts: made, ended, and where they work."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime

from flask_security import hash_password
from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker.db import transaction
from tracker.domain.permissions import Action, Actor, Role
from tracker.errors import Conflict, InvalidValue, NotAllowed, NotFound
from tracker.ledger.stating import act_as
from tracker.models import Account, Assignment, Location, Party, RoleRow

SHORTEST_PASSWORD = 10


def lay_roles() -> int:
    """Make the rows of roles that are missing; how many were made."""
    with transaction() as session:
        known = set(session.scalars(select(RoleRow.name)))
        missing = [RoleRow(name=role.value) for role in Role if role.value not in known]
        session.add_all(missing)
    return len(missing)


def add_account(
    email: str,
    role: Role,
    *,
    name: str = "",
    password: str | None = None,
    party: str | None = None,
    oblasts: Iterable[str] = (),
    locations: Iterable[str] = (),
    by: Actor,
    now: datetime,
) -> str:
    """Make an account; returns its password (a random one where none was given).

    Raises NotAllowed, Conflict (the address has an account), InvalidValue.
    """
    if not by.may(Action.MANAGE_PEOPLE) and not by.ref.startswith("system:"):
        raise NotAllowed
    email = email.strip().lower()
    if email.count("@") != 1 or len(email) > 255 or not email.isprintable() or " " in email:
        raise InvalidValue(f"{email!r} is not an e-mail address.", field="email")
    password = _fit(password)
    hashed = hash_password(password)
    with transaction() as session:
        act_as(session, by.ref)
        if session.scalar(select(Account.id).where(Account.email == email)):
            raise Conflict(f"{email} has an account already.")
        if party is not None and session.get(Party, party) is None:
            raise InvalidValue(f"There is no party {party}.", field="party")
        row = session.scalars(select(RoleRow).where(RoleRow.name == role.value)).one()
        account = Account(
            email=email,
            name=name,
            password=hashed,
            fs_uniquifier=secrets.token_hex(16),
            party=party,
            oblasts=" ".join(sorted(oblasts)),
            roles=[row],
            made_at=now,
        )
        session.add(account)
        session.flush()
        assign(session, f"account:{account.id}", locations)
    return password


def set_password(email: str, password: str | None = None) -> str:
    """Give an account a new password (a random one where none is given) and end its sessions."""
    password = _fit(password)
    hashed = hash_password(password)
    with transaction() as session:
        account = _account(session, email)
        account.password, account.fs_uniquifier = hashed, secrets.token_hex(16)
    return password


def deactivate(email: str) -> None:
    """End an account's access at once; what it did stays."""
    with transaction() as session:
        account = _account(session, email)
        account.active, account.fs_uniquifier = False, secrets.token_hex(16)


def _fit(password: str | None) -> str:
    if password is None:
        return "-".join(secrets.token_hex(2) for _ in range(4))
    if len(password) < SHORTEST_PASSWORD:
        raise InvalidValue(
            f"A password has at least {SHORTEST_PASSWORD} characters.", field="password"
        )
    return password


def _account(session: Session, email: str) -> Account:
    account = session.scalars(select(Account).where(Account.email == email.strip().lower())).first()
    if account is None:
        raise NotFound(f"{email} has no account.")
    return account


def assign(session: Session, actor: str, locations: Iterable[str]) -> None:
    """Let an actor work at locations, inside the caller's transaction; InvalidValue for none."""
    for ref in sorted(set(locations)):
        if session.get(Location, ref) is None:
            raise InvalidValue(f"There is no location {ref}.", field="location")
        session.add(Assignment(actor=actor, location=ref))
