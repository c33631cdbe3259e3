"""No official row without its event: of which tables a commit writes and states nothing.

A fixture of `tests/conftest.py` listens to every statement of every test, beneath the session and
whatever it knows: a transaction that has changed official columns of a table (`ledger.records`) and
has written no statement of that kind is told by the table's name when it commits.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Engine, event, inspect
from sqlalchemy.engine import Connection

from tracker.ledger.records import BY_TABLE, Record

WRITE = re.compile(r'\A(INSERT INTO|UPDATE|DELETE FROM) "?(\w+)"?\s*(?:\(([^)]*)\))?')
SET = re.compile(r'"?(\w+)"? ?= ?', re.ASCII)
LOOKED_AT = {name: record for name, record in BY_TABLE.items() if record.only is None}
_CHANGED, _STATED = "kittrail_changed", "kittrail_stated"
OWNER = "kittrail_owner"
"""In a connection's `info`: nobody listens to it."""

unstated: list[str] = []
"""Kinds of official rows that were written without a statement since somebody last cleared this."""


def _columns(record: Record) -> set[str]:
    """What the official columns are called in the table."""
    mapper = inspect(record.model)
    return {mapper.columns[name].name for name in record.columns if name in mapper.columns}


def changes(statement: str) -> Record | None:
    """The record whose official columns a statement of SQL writes; None for any other."""
    write = WRITE.match(statement)
    record = LOOKED_AT.get(write[2]) if write else None
    if write is None or record is None:
        return None
    if write[1] == "UPDATE":
        told = statement.partition(" SET ")[2].partition(" WHERE ")[0]
        return record if _columns(record).intersection(SET.findall(told)) else None
    return record


@event.listens_for(Engine, "after_cursor_execute")
def _wrote(connection: Connection, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
    if statement.startswith(("INSERT INTO event", 'INSERT INTO "event"')):
        connection.info.setdefault(_STATED, set()).update(_kinds(parameters))
    elif OWNER not in connection.info and cursor.rowcount and (record := changes(statement)):
        connection.info.setdefault(_CHANGED, set()).add(record.kind)


def _kinds(parameters: Any) -> set[str]:
    """The kinds of the stories that an insert of events is about."""
    values = parameters.values() if isinstance(parameters, dict) else parameters
    found: set[str] = set()
    for value in values:
        if isinstance(value, str):
            found.add(value.partition(":")[0])
        elif isinstance(value, (tuple, list, dict)):
            found |= _kinds(value)
    return found


@event.listens_for(Engine, "rollback")
def _undone(connection: Connection) -> None:
    connection.info.pop(_CHANGED, None)
    connection.info.pop(_STATED, None)


@event.listens_for(Engine, "commit")
def _kept(connection: Connection) -> None:
    stated = connection.info.pop(_STATED, set())
    unstated.extend(connection.info.pop(_CHANGED, set()) - stated)


def forget() -> None:
    """Begin anew, as a test does, or one that keeps rows as older versions did."""
    unstated.clear()
