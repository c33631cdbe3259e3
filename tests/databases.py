"""PostgreSQL databases for one test after another: used, emptied, used again."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, NullPool, create_engine, make_url, text

from tests.house import statements
from tests.house.parts import POSTGRES, need

# Every row of the catalogue that says what tables, columns, triggers, ... there are is written
# anew when one of them changes: the transactions that wrote them tell whether a test did it.
SHAPE = """
    SELECT (SELECT array_agg(version_num::text) FROM alembic_version) || ARRAY[
        (SELECT count(*) || ':' || sum(xmin::text::bigint) FROM pg_class
         WHERE relnamespace = 'public'::regnamespace),
        (SELECT count(*) || ':' || sum(xmin::text::bigint) FROM pg_attribute
         WHERE attrelid >= 16384),
        (SELECT count(*) || ':' || sum(xmin::text::bigint) FROM pg_constraint),
        (SELECT count(*) || ':' || sum(xmin::text::bigint) FROM pg_index),
        (SELECT count(*) || ':' || sum(xmin::text::bigint) FROM pg_trigger),
        (SELECT count(*) || ':' || sum(xmin::text::bigint) FROM pg_proc),
        (SELECT count(*) || ':' || sum(xmin::text::bigint) FROM pg_namespace)
    ]
"""
TABLES = """
    SELECT quote_ident(tablename) FROM pg_tables
    WHERE schemaname = 'public' AND tablename NOT IN ('alembic_version', 'fold_rules')
"""
OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
SEQUENCES = """
    SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
    FROM pg_sequences WHERE last_value IS NOT NULL
"""


class Databases:
    """Databases of one shape, each for one test at a time; there are as many as are in use at once.

    A copy of the template costs the server some 600 files, emptying the few tables that a test
    wrote to next to nothing. A database whose shape a test has changed is not used again.
    """

    def __init__(self, template: str) -> None:
        self._template = template
        self._empty: list[str] = []
        self._shapes: dict[str, list[str]] = {}

    @contextmanager
    def taken(self) -> Iterator[str]:
        """The URL of a database for one test, with nothing in it."""
        name = self._empty.pop() if self._empty else self._copied()
        try:
            yield url_of(name)
        finally:
            if self._emptied(name):
                self._empty.append(name)
            else:
                drop(name)

    def end(self) -> None:
        """Leave nothing behind."""
        while self._empty:
            drop(self._empty.pop())

    def _copied(self) -> str:
        name = create(self._template)
        with connected(name) as connection:
            self._shapes[name] = connection.scalar(text(SHAPE))
        return name

    def _emptied(self, name: str) -> bool:
        """Take out what a test has left, its connections too; False if that is not enough."""
        with connected(name) as connection:
            connection.info[statements.OWNER] = True
            connection.execute(text(OTHERS))
            if connection.scalar(text(SHAPE)) != self._shapes[name]:
                return False
            tables = connection.scalars(text(TABLES)).all()
            written = " UNION ALL ".join(
                f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables
            )
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            for table in connection.scalars(text(written)).all():
                connection.execute(text(f"DELETE FROM {table}"))
            connection.execute(text(SEQUENCES))
            connection.commit()
        return True


def create(template: str = "template1") -> str:
    """The name of a new database. What it confirms may be lost with the machine's power."""
    name = f"kittrail_{secrets.token_hex(6)}"
    _on_server(f"CREATE DATABASE {name} TEMPLATE {template}")
    _on_server(f"ALTER DATABASE {name} SET synchronous_commit = off")
    return name


def drop(name: str) -> None:
    """Remove a database, whoever uses it."""
    _on_server(f"DROP DATABASE {name} WITH (FORCE)")


def url_of(name: str) -> str:
    """Where the application finds it."""
    return make_url(need(POSTGRES)).set(database=name).render_as_string(hide_password=False)


@contextmanager
def connected(name: str) -> Iterator[Connection]:
    """A connection of its own to a database, closed at the end."""
    with create_engine(url_of(name), poolclass=NullPool).connect() as connection:
        yield connection


def _on_server(sentence: str) -> None:
    engine = create_engine(need(POSTGRES), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(sentence))
