"""Databases as older versions left them: laid anew at their revision, with the rows they held.

Each file in `ledgers` has one line a table (its name, columns and rows as SQLite stores them, bytes
as `{"hex": ...}`). Both were made by the code of their time, with the keys of the tests, on
20 November 2026: the demonstration cut down to four journeys, and beside it what the rules of the
fold have judged otherwise since. `demonstration-0015` is of the last version that folded by rules
1; `oldest-0001` is of the first version that has migrations, at the first of them.
"""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import time_machine
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import Boolean, Connection, Date, DateTime, MetaData, Table, text

from tests.conftest import migrated_app
from tests.databases import create, drop, url_of
from tracker.db import db

MADE = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
LEDGERS = Path(__file__).parent / "ledgers"
NAMES = ("demonstration-0015", "oldest-0001")
_SEQUENCES = """
    SELECT setval(pg_get_serial_sequence(quote_ident(table_name), column_name),
                  (xpath('/row/max/text()', query_to_xml(format(
                      'SELECT coalesce(max(%I), 0) + 1 AS max FROM %I', column_name, table_name),
                      false, true, '')))[1]::text::bigint, false)
    FROM information_schema.columns
    WHERE table_schema = 'public'
      AND pg_get_serial_sequence(quote_ident(table_name), column_name) IS NOT NULL
"""


@dataclass(frozen=True)
class OldLedgers:
    """Each old database, laid and migrated once a session: a SQLite file, a database by its URL."""

    home: Path
    laid: dict[tuple[str, str], str] = field(default_factory=dict)

    @contextmanager
    def taken(self, name: str, engine: str, folder: Path) -> Iterator[Flask]:
        """The application on a copy of its own."""
        template = self._template(name, engine)
        if engine == "sqlite":
            shutil.copy(template, folder / "tracker.sqlite")
            yield migrated_app(folder)
            return
        copy = create(template)
        try:
            yield migrated_app(folder, url_of(copy))
        finally:
            drop(copy)

    def end(self) -> None:
        """Leave nothing behind."""
        for (_, engine), database in self.laid.items():
            if engine == "postgres":
                drop(database)

    def _template(self, name: str, engine: str) -> str:
        if (name, engine) not in self.laid:
            folder = self.home / name / engine
            folder.mkdir(parents=True)
            place = str(folder / "tracker.sqlite") if engine == "sqlite" else create()
            url = "" if engine == "sqlite" else url_of(place)
            with time_machine.travel(MADE, tick=True), within(migrated_app(folder, url)):
                lay(name)
            self.laid[name, engine] = place
        return self.laid[name, engine]


@contextmanager
def within(app: Flask) -> Iterator[None]:
    """Inside the application, whose database nobody uses afterwards."""
    with app.app_context():
        yield
        db.session.remove()
        db.engine.dispose()


def lay(name: str) -> None:
    """Fill an empty database as the old one was, and migrate it. Its stories stay as they were."""
    upgrade(revision=name.rpartition("-")[2])
    db.session.remove()
    with db.engine.connect() as connection:
        on_sqlite = connection.dialect.name == "sqlite"
        others_follow = "PRAGMA foreign_keys=OFF" if on_sqlite else "SELECT 1"
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute(others_follow)  # rows come table by table, not in the order of their keys
        with connection.execution_options(writes=True).begin():
            if not on_sqlite:
                connection.execute(text("SET LOCAL session_replication_role = replica"))
            tables = MetaData()
            tables.reflect(connection)
            for told in _lines(name):
                _insert(connection, tables.tables[told["table"]], told["columns"], told["rows"])
            if on_sqlite:
                connection.execute(text("INSERT INTO item_search(item_search) VALUES('rebuild')"))
            else:
                connection.execute(text(_SEQUENCES))
    db.engine.dispose()
    upgrade()


def _lines(name: str) -> Iterator[dict[str, Any]]:
    with gzip.open(LEDGERS / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _insert(
    connection: Connection, table: Table, names: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    if connection.dialect.name == "sqlite":
        places = ", ".join("?" * len(names))
        said = ", ".join(f'"{name}"' for name in names)
        plain = [tuple(_bytes(value) for value in row) for row in rows]
        connection.exec_driver_sql(f'INSERT INTO "{table.name}" ({said}) VALUES ({places})', plain)
        return
    columns = [table.c[name] for name in names]
    typed = [
        {
            column.name: _typed(column.type, value)
            for column, value in zip(columns, row, strict=True)
        }
        for row in rows
    ]
    said = ", ".join(f'"{name}"' for name in names)
    places = ", ".join(f":{name}" for name in names)
    connection.execute(text(f'INSERT INTO "{table.name}" ({said}) VALUES ({places})'), typed)


def _bytes(value: Any) -> Any:
    return bytes.fromhex(value["hex"]) if isinstance(value, dict) else value


def _typed(kind: Any, value: Any) -> Any:
    if value is not None and isinstance(kind, Boolean):
        return bool(value)
    if value is not None and isinstance(kind, DateTime):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    if value is not None and isinstance(kind, Date):
        return date.fromisoformat(value)
    return _bytes(value)
