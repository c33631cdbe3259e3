"""Rows of official tables by their keys, and the statements that the ledger holds of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.engine import Connection

from tracker.db import Base, db
from tracker.models import Account, Event, RoleRow
from tracker.models.people import account_role

PART = 500
Key = tuple[Any, ...]
Values = dict[str, object]


def rows_by_key(
    connection: Connection,
    model: type[Base],
    key: Sequence[str],
    names: Sequence[str],
    keys: Collection[Key],
) -> dict[Key, Values]:
    """The rows with these keys, each with the columns `names`; `key` says which make the key.

    `roles` of accounts, which stand in a table of their own, come as their names in one text.
    """
    found: dict[Key, Values] = {}
    listed = list(keys)
    own = [name for name in names if not _is_list(model, name)]
    query = select(*(getattr(model, name).label(name) for name in own))
    for start in range(0, len(listed), PART):
        part = listed[start : start + PART]
        for row in connection.execute(query.where(_is_one_of(model, key, part))).mappings():
            values: Values = dict(row)
            found[tuple(values[name] for name in key)] = values
    if len(own) < len(names):
        _add_roles(connection, found)
    return found


def _is_list(model: type[Base], name: str) -> bool:
    return model is Account and name == "roles"


def _add_roles(connection: Connection, accounts: dict[Key, Values]) -> None:
    roles: dict[int, list[str]] = defaultdict(list)
    query = (
        select(account_role.c.account, RoleRow.name)
        .join(RoleRow, RoleRow.id == account_role.c.role)
        .order_by(RoleRow.name)
    )
    for account, role in connection.execute(query):
        roles[account].append(role)
    for (account,), values in accounts.items():
        values["roles"] = " ".join(roles[account])


def _is_one_of(model: type[Base], key: Sequence[str], keys: Sequence[Key]) -> ColumnElement[bool]:
    columns = [getattr(model, name) for name in key]
    if len(columns) == 1:
        return columns[0].in_([one for (one,) in keys])  # type: ignore[no-any-return]
    return tuple_(*columns).in_(keys)


def ends_of(connection: Connection, subjects: Collection[str]) -> dict[str, tuple[int, bytes, str]]:
    """The newest event of each of these stories: its number, its hash, its step."""
    found: dict[str, tuple[int, bytes, str]] = {}
    listed = list(subjects)
    for start in range(0, len(listed), PART):
        part = listed[start : start + PART]
        newest = (
            select(Event.subject, func.max(Event.seq).label("seq"))
            .where(Event.subject.in_(part))
            .group_by(Event.subject)
            .subquery()
        )
        here = and_(Event.subject == newest.c.subject, Event.seq == newest.c.seq)
        query = select(Event.subject, Event.seq, Event.hash, Event.step).join(newest, here)
        for row in connection.execute(query):
            found[row.subject] = (row.seq, row.hash, row.step)
    return found


def having(connection: Connection, subjects: Collection[str], steps: Collection[str]) -> set[str]:
    """Those of these stories in which one of these steps stands."""
    found: set[str] = set()
    listed = list(subjects)
    for start in range(0, len(listed), PART):
        query = select(Event.subject).distinct()
        part = Event.subject.in_(listed[start : start + PART])
        found.update(connection.scalars(query.where(part, Event.step.in_(steps))))
    return found


def all_keys(model: type[Base], key: Sequence[str], only: str | None = None) -> Iterator[list[Key]]:
    """The keys of all rows, a part at a time; `only` those with a value in this column."""
    columns = [getattr(model, name) for name in key]
    query: Select[*tuple[Any, ...]] = select(*columns).order_by(*columns).limit(PART)
    if only is not None:
        query = query.where(getattr(model, only).is_not(None))
    part = _keys(query)
    while part:
        yield part
        part = _keys(query.where(_after(columns, part[-1])))


def _after(columns: Sequence[Any], last: Key) -> ColumnElement[bool]:
    """Beyond a key: written out, so that each column compares in its own way."""
    tails = []
    for place, column in enumerate(columns):
        same = [one == last[at] for at, one in enumerate(columns[:place])]
        tails.append(and_(*same, column > last[place]))
    return or_(*tails)


def _keys(query: Select[*tuple[Any, ...]]) -> list[Key]:
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(query)]
