"""The database: one typed base, one way to write.

`with transaction() as session:` is the only place that commits; the ledger, which writes by
statements alone, has `with writing() as connection:`. On SQLite both take the write lock at once
(`BEGIN IMMEDIATE`) behind a first-come queue in the process, because SQLite's own busy wait is a
lottery; on PostgreSQL rows are locked by the queries themselves. Reads use the request's
`db.session` in a transaction of their own.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, Engine, MetaData, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator, TypeEngine

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of all tables; constraints have names, so that migrations can drop them."""

    metadata = MetaData(naming_convention=NAMES)


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


class _SqliteMoment(sqlite.DATETIME):
    """SQLite keeps no zone: moments are stored as UTC text and read back aware."""

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], str | None]:
        """`2026-05-01 09:30:00.000000`, which sorts as time does. A naive moment is refused."""

        def text(value: datetime | None) -> str | None:
            if value is None:
                return None
            if value.tzinfo is not UTC:
                if value.tzinfo is None:
                    raise ValueError("a moment without a time zone")
                value = value.astimezone(UTC)
            return value.isoformat(" ", "microseconds")[:26]

        return text

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[str | None], datetime | None]:
        """Aware again."""

        def moment(value: str | None) -> datetime | None:
            return datetime.fromisoformat(value).replace(tzinfo=UTC) if value else None

        return moment


SQLITE_MOMENT = _SqliteMoment()  # type: ignore[no-untyped-call]


class Moment(TypeDecorator[datetime]):
    """An aware UTC moment, the same on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """SQLite needs help; PostgreSQL has the type."""
        return dialect.type_descriptor(
            SQLITE_MOMENT if dialect.name == "sqlite" else DateTime(timezone=True)
        )


class Turnstile:
    """A lock that is given in the order it was asked for."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._taken = False

    def __enter__(self) -> None:
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        mine.acquire()

    def __exit__(self, *_: object) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False


_turnstile = Turnstile()
_writing = threading.local()


@contextmanager
def transaction() -> Iterator[Session]:
    """One write: everything inside is kept together or not at all.

    Yields the session. Ends the read transaction before it, so that the write sees the newest
    state. May not be nested: one verb, one transaction.
    """
    session = end_reading()
    with _turn(db.engine):
        session.connection(execution_options={"writes": True})
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise


@contextmanager
def writing() -> Iterator[Connection]:
    """One write like `transaction()`, by statements alone: a connection, and no session's books.

    On SQLite it is always the same connection. Each keeps pages in memory, and forgets them when
    another has written; the one that writes most need not read them again.
    """
    end_reading()
    engine = db.engine
    with _turn(engine):
        if engine.dialect.name != "sqlite":
            with engine.connect() as connection, connection.begin():
                yield connection
            return
        if engine not in _pens:
            _pens[engine] = engine.connect().execution_options(writes=True)
            _pens[engine].detach()
        try:
            with _pens[engine].begin():
                yield _pens[engine]
        except OperationalError:
            _put_down(engine)
            raise


_pens: dict[Engine, Connection] = {}


@event.listens_for(Engine, "engine_disposed")
def _put_down(engine: Engine) -> None:
    """Close the connection that writes; the next write opens another."""
    pen = _pens.pop(engine, None)
    if pen is not None:
        pen.close()


@contextmanager
def _turn(engine: Engine) -> Iterator[None]:
    """This thread writes; on SQLite, when those who came before it have written."""
    _writing.open = True
    try:
        with _turnstile if engine.dialect.name == "sqlite" else nullcontext():
            yield
    finally:
        _writing.open = False


def end_reading() -> Session:
    """The session, its read transaction ended: what it reads next is the newest state.

    Raises RuntimeError inside a transaction, and for changes made outside one.
    """
    session = db.session()
    if getattr(_writing, "open", False):
        raise RuntimeError("transactions do not nest: one verb, one transaction")
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("changes were made outside a transaction")
    if session.in_transaction():
        session.commit()
    return session


def is_sqlite(session: Session) -> bool:
    """Whether this session talks to SQLite."""
    return session.get_bind().dialect.name == "sqlite"


@event.listens_for(Engine, "connect")
def _prepare(connection: Any, _record: Any) -> None:
    """SQLite: write-ahead log, each commit on the disk, foreign keys on; we say BEGIN."""
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=10000",
        "cache_size=-64000",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    """Writers take the lock at once; a reader that turns writer half-way would be refused."""
    if connection.dialect.name == "sqlite":
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
