"""Who somebody is: accounts and devices as actors."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import String, bindparam, cast, func, or_, select
from sqlalchemy.engine import Dialect

from tracker.db import Moment, db
from tracker.domain.permissions import Actor, Role
from tracker.models import Account, Assignment, Device, EndedSession


def token_hash(token: str) -> str:
    """What is kept of a secret token: its SHA-256, hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


def has_ended(session_number: str) -> bool:
    """Whether this session was ended by signing out."""
    asked = _ENDED, {"number": session_number}
    return db.session.connection().execute(*asked).first() is not None


# Made once: every page asks this.
_ENDED = select(EndedSession.id).where(EndedSession.id == bindparam("number", type_=String))

# Made once: every scan of every phone asks this.
_DEVICE = (
    select(Device.id, Device.role, Device.public_key, Assignment.location)
    .outerjoin(
        Assignment,
        (Assignment.actor == "device:" + cast(Device.id, String))
        & or_(Assignment.until.is_(None), Assignment.until > bindparam("now", type_=Moment)),
    )
    .where(
        Device.token_hash == bindparam("hash"),
        Device.revoked_at.is_(None),
        or_(Device.expires_at.is_(None), Device.expires_at > bindparam("now", type_=Moment)),
    )
)


def device_by_token(token: str, now: datetime) -> Actor | None:
    """The device whose bearer token this is, as an actor; None if unknown, expired or revoked."""
    said = {"hash": token_hash(token), "now": now}
    try:
        rows = _ask_driver(said)
    except db.engine.dialect.loaded_dbapi.Error:
        # The session knows lost connections, and how to say what else is wrong.
        rows = db.session.connection().execute(_DEVICE, said).all()
    if not rows:
        return None
    number, role, key, _ = rows[0]
    places = frozenset(row[3] for row in rows if row[3])
    return Actor(f"device:{number}", Role(role), places, key=key)


def _ask_driver(said: dict[str, Any]) -> Sequence[Sequence[Any]]:
    """The rows of _DEVICE, past the session: beginning and ending one costs three times as much."""
    query, names, constants, write_moment = _prepared(db.engine.dialect)
    values = {**constants, **said, "now": write_moment(said["now"])}
    connection = db.engine.raw_connection()
    driver: Any = connection.driver_connection
    on_postgres = db.engine.dialect.name == "postgresql"
    try:
        if on_postgres:
            driver.autocommit = True  # one question needs no BEGIN and no ROLLBACK on the way
        cursor = connection.cursor()
        cursor.execute(query, [values[name] for name in names] if names else values)
        rows: Sequence[Sequence[Any]] = cursor.fetchall()
        cursor.close()
        return rows
    finally:
        if on_postgres and not driver.closed:
            driver.autocommit = False
        connection.close()


@cache
def _prepared(
    dialect: Dialect,
) -> tuple[str, list[str] | None, dict[str, Any], Callable[[datetime], Any]]:
    """_DEVICE in the driver's words.

    With the order of its values (None: the driver takes names), its constants, and what writes
    moments as the driver wants them.
    """
    compiled = _DEVICE.compile(dialect=dialect)
    write = Moment().bind_processor(dialect) or (lambda moment: moment)
    return str(compiled), compiled.positiontup, dict(compiled.params), write


def actor_of_account(account: Account, now: datetime) -> Actor:
    """A signed-in person as an actor. The first of several roles, in the table's order, counts."""
    names = {role.name for role in account.roles}
    role = next((role for role in Role if role.value in names), None)
    ref = f"account:{account.id}"
    return Actor(ref, role, _assigned(ref, now), frozenset(account.oblasts.split()), account.party)


def _assigned(ref: str, now: datetime) -> frozenset[str]:
    rows = db.session.scalars(
        select(Assignment.location).where(
            Assignment.actor == ref, or_(Assignment.until.is_(None), Assignment.until > now)
        )
    )
    return frozenset(rows)


@dataclass(frozen=True, slots=True)
class Person:
    """One account as administrators and auditors see it; `places` counts assigned locations."""

    ref: str
    name: str
    email: str
    active: bool
    roles: tuple[str, ...]
    party: str | None
    oblasts: tuple[str, ...]
    places: int


def accounts() -> list[Person]:
    """All accounts, in the order of their numbers."""
    counted = db.session.execute(select(Assignment.actor, func.count()).group_by(Assignment.actor))
    places = {row[0]: row[1] for row in counted}
    rows = db.session.scalars(select(Account).order_by(Account.id)).unique()
    return [
        Person(
            ref=f"account:{row.id}",
            name=row.name,
            email=row.email,
            active=row.active,
            roles=tuple(sorted(role.name for role in row.roles)),
            party=row.party,
            oblasts=tuple(row.oblasts.split()),
            places=places.get(f"account:{row.id}", 0),
        )
        for row in rows
    ]
