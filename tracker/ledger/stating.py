"""What a transaction did to official rows becomes events of the same transaction.

The session tells what it has flushed and which statements went past its books; before it commits,
each row that was touched gets one event on a story of its own (`ledger.records` is the table). What
a statement says is read from the row, but only of the columns that this transaction has set: what
somebody changed behind our back is never stated, and so stays a difference that verification names.

Writers that speak to a connection and not to a session call `state` themselves.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import uuid4

from sqlalchemy import Delete, Insert, Update, event, inspect, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import ORMExecuteState, Session

from tracker import clock
from tracker.db import db
from tracker.domain.bodies import Body, moment, stamp
from tracker.domain.permissions import SYSTEM
from tracker.domain.records import REMOVING, STATING, Written, digest_of, subject_of, written
from tracker.ledger.events import NO_SCAN, Row, row_of, seal
from tracker.ledger.records import BY_KIND, BY_MODEL, BY_TABLE, Record
from tracker.ledger.writing import insert_events, write_openings
from tracker.queries.records import Key, Values, ends_of, having, rows_by_key

TOUCHED, _ACTING = "kittrail_touched", "kittrail_acting"
PART = 500


@dataclass(slots=True)
class Touch:
    """What a transaction did to one row: which columns it set, and whether it made the row."""

    columns: Set[str] = frozenset()
    new: bool = False


Touched = dict[str, dict[Key, Touch]]  # by kind, by key


@dataclass(frozen=True, slots=True)
class Acting:
    """Who changes official rows in a transaction, and when, where rows do not say it."""

    by: str
    now: datetime


def act_as(session: Session, by: str) -> None:
    """Say who changes official rows in this transaction, where the rows do not say it themselves.

    `by` is as the ledger names actors, `account:7`.
    """
    session.info[_ACTING] = Acting(by, clock.now())


@event.listens_for(db.session, "after_flush")
def _note_flushed(session: Session, _context: object) -> None:
    for row in session.new:
        if record := BY_MODEL.get(type(row)):
            _note(session, record, _key_of(record, row), record.columns, new=True)
    for row in session.dirty:
        if record := BY_MODEL.get(type(row)):
            history = inspect(row).attrs
            changed = {one for one in record.columns if history[one].history.has_changes()}
            _note(session, record, _key_of(record, row), changed)
    for row in session.deleted:
        if record := BY_MODEL.get(type(row)):
            _note(session, record, _key_of(record, row), record.columns)


@event.listens_for(db.session, "do_orm_execute")
def _note_executed(said: ORMExecuteState) -> None:
    """Statements past the session's books: of an update or a delete, the rows that it will meet."""
    statement = said.statement
    if not isinstance(statement, (Insert, Update, Delete)):
        return
    record = BY_TABLE.get(getattr(statement.table, "name", ""))
    if record is None:
        return
    given = said.parameters or []
    told = [given] if isinstance(given, Mapping) else list(given)
    if isinstance(statement, Insert):
        _note_inserted(said.session, record, statement, told)
        return
    columns = set(record.columns)
    if isinstance(statement, Update):
        set_here = {_name(one) for one in statement._values or ()}
        columns &= set_here.union(*told)
    if not columns:
        return
    for one in told or [{}]:
        query = select(*record.keys)
        if statement.whereclause is not None:
            query = query.where(statement.whereclause)
        for key in said.session.connection().execute(query, one):
            _note(said.session, record, tuple(key), columns)


def _note_inserted(
    session: Session, record: Record, statement: Insert, told: Sequence[Mapping[str, object]]
) -> None:
    values = {_name(one): value for one, value in (statement._values or {}).items()}
    fixed = {name: getattr(value, "value", value) for name, value in values.items()}
    for one in told or [{}]:
        row = {**fixed, **one}
        if record.only is not None and row.get(record.only) is None:
            continue
        try:
            key = tuple(row[name] for name in record.key)
        except KeyError:
            how = f"rows of {record.kind} are added with their key, or by the session"
            raise TypeError(how) from None
        _note(session, record, key, record.columns, new=True)


def _name(column: Any) -> str:
    return str(getattr(column, "key", column))


def _key_of(record: Record, row: object) -> Key:
    return tuple(getattr(row, name) for name in record.key)


def _note(
    session: Session, record: Record, key: Key, columns: Iterable[str], *, new: bool = False
) -> None:
    columns = set(columns)
    if not columns:
        return
    touched: Touched = session.info.setdefault(TOUCHED, {})
    touch = touched.setdefault(record.kind, {}).setdefault(key, Touch())
    touch.columns = touch.columns | columns
    touch.new = touch.new or new


@event.listens_for(db.session, "before_commit")
def _write(session: Session) -> None:
    """The last thing that a transaction does: say what it has done to official rows."""
    if session.in_nested_transaction():
        return
    session.flush()
    touched: Touched = session.info.pop(TOUCHED, {})
    acting: Acting | None = session.info.pop(_ACTING, None)
    for kind, touches in touched.items():
        state(session.connection(), kind, touches, acting)


@event.listens_for(db.session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop(TOUCHED, None)
    session.info.pop(_ACTING, None)


def state(
    connection: Connection, kind: str, touches: Mapping[Key, Touch], acting: Acting | None = None
) -> None:
    """Write a statement of each row that was touched, from what it holds now.

    A row that has gone is stated as removed; one that nothing was ever stated of, and that was not
    made here, stays without: `ledger.found` is there for those.
    """
    record = BY_KIND[kind]
    listed = list(touches)
    for start in range(0, len(listed), PART):
        part = listed[start : start + PART]
        rows = rows_by_key(connection, record.model, record.key, record.columns, part)
        touched = {key: (touches[key], rows.get(key)) for key in part}
        write_statements(connection, record, touched, acting)


def write_statements(
    connection: Connection,
    record: Record,
    touched: Mapping[Key, tuple[Touch, Values | None]],
    acting: Acting | None,
    *,
    found: bool = False,
) -> None:
    """One event for each key, at the end of its story; `found` says that the row was there before
    the ledger spoke of such rows."""
    subjects = {key: subject_of(record.kind, key) for key in touched}
    stated = having(connection, subjects.values(), (STATING,))
    ends = ends_of(connection, subjects.values())
    events: list[Row] = []
    salts: dict[str, str] = {}
    for key, (touch, row) in touched.items():
        subject = subjects[key]
        number, head, last = ends.get(subject, (0, None, ""))
        is_known = subject in stated and last != REMOVING
        here = row if row is None or _is_official(record, row) else None
        begins = touch.new or record.only in touch.columns
        if not is_known and (here is None or not begins):
            continue
        body = _begun(subject, here is None, record, touch, here, acting)
        if here is not None:
            whole = touch.new or not is_known
            names = record.columns if whole else sorted(touch.columns)
            salt = _say(body, record, names, here, with_none=is_known)
            salts |= {body["id"]: salt} if salt else {}
            if found:
                body["found"] = True
        at = moment(body["recorded_at"])
        events.append(row_of(body, at))
        seal(events[-1], head, number + 1, at)
    if events:
        insert_events(connection, events)
        write_openings(connection, salts)


def _is_official(record: Record, row: Values) -> bool:
    return record.only is None or row[record.only] is not None


def _begun(
    subject: str,
    gone: bool,
    record: Record,
    touch: Touch,
    row: Values | None,
    acting: Acting | None,
) -> Body:
    """Who, when and which story: what every statement begins with."""
    by, now = _who(record, touch, row, acting)
    return {
        "v": 1,
        "id": str(uuid4()),
        "subject": subject,
        "step": REMOVING if gone else STATING,
        "occurred_at": stamp(now),
        "effective_at": stamp(now),
        "recorded_at": stamp(now),
        "by": by,
        "scan": NO_SCAN,
    }


def _who(
    record: Record, touch: Touch, row: Values | None, acting: Acting | None
) -> tuple[str, datetime]:
    """Who changed a row and when: as its own columns say, or as the service has said."""
    said = {name: value for name, value in (row or {}).items() if name in touch.columns}
    by = next((said[name] for name in record.by if said.get(name)), None)
    now = next((said[name] for name in record.at if said.get(name)), None)
    return (
        str(by or (acting.by if acting else SYSTEM.ref)),
        cast(datetime, now or (acting.now if acting else clock.now())),
    )


def _say(
    body: Body, record: Record, names: Iterable[str], row: Values, *, with_none: bool
) -> str | None:
    """Put the columns `names` into a statement; the salt of those that are hidden, if any are."""
    record_: dict[str, Written] = {}
    hidden: dict[str, str | None] = {}
    salt = secrets.token_hex(16)
    for name in names:
        value = written(row[name])
        if value is None and not with_none:
            continue
        if name in record.hidden:
            hidden[name] = digest_of(salt, name, value)
        else:
            record_[name] = value
    if record_:
        body["record"] = record_
    if hidden:
        body["hidden"] = hidden
    return salt if any(hidden.values()) else None
