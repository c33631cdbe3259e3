"""Inserting and updating many rows of one table as fast as the database takes them.

SQLAlchemy's own `executemany` looks at every value of every row, which costs more than SQLite
needs to store them. Here values that are the same in all rows are converted once, and rows are
tuples: `executemany` of the driver, and COPY for inserting on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import LargeBinary, Table
from sqlalchemy.engine import Connection


def insert_rows(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    same: Mapping[str, object] | None = None,
) -> None:
    """Insert `rows`, each with a value for every one of `columns`; `same` holds for all of them.

    Columns named in neither get the database's own default, never Python's.
    """
    if not rows:
        return
    same = same or {}
    converted = _converted(connection, table, columns, rows)
    ending = tuple(_convert(connection, table, name, value) for name, value in same.items())
    whole = [row + ending for row in converted] if ending else converted
    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join(quote(table.c[name].name) for name in (*columns, *same))
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * (len(columns) + len(same)))
        connection.exec_driver_sql(
            f"INSERT INTO {quote(table.name)} ({names}) VALUES ({marks})",  # noqa: S608 - ours
            whole,
        )
        return
    driver: Any = connection.connection.driver_connection
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {quote(table.name)} ({names}) FROM STDIN") as copy,
    ):
        for row in whole:
            copy.write_row(row)


def update_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Set `columns` of rows of `table`; the last of `columns` is its key and says which row."""
    converted = _converted(connection, table, columns, rows)
    quote = connection.dialect.identifier_preparer.quote
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    *named, key = (f"{quote(table.c[name].name)} = {mark}" for name in columns)
    connection.exec_driver_sql(
        f"UPDATE {quote(table.name)} SET {', '.join(named)} WHERE {key}",  # noqa: S608 - ours
        list(converted) if len(rows) > 1 else converted[0],
    )


_processors: dict[tuple[str, str, str], Any] = {}


def _processor(connection: Connection, table: Table, name: str) -> Any:
    """What SQLAlchemy does to a value of this column before the driver gets it; None: nothing."""
    key = connection.dialect.name, table.name, name
    if key not in _processors:
        kind, dialect = table.c[name].type, connection.dialect
        takes_bytes = isinstance(kind, LargeBinary)  # both drivers take them as they are
        _processors[key] = (
            None if takes_bytes else kind.dialect_impl(dialect).bind_processor(dialect)
        )
    return _processors[key]


def _convert(connection: Connection, table: Table, name: str, value: Any) -> Any:
    processor = _processor(connection, table, name)
    return processor(value) if processor else value


def _converted(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> Sequence[tuple[Any, ...]]:
    """`rows` with the columns converted whose type asks for it."""
    processors = [_processor(connection, table, name) for name in columns]
    if not any(processors):
        return rows
    parts: list[Sequence[Any]] = list(zip(*rows, strict=True))
    for place, processor in enumerate(processors):
        if processor:
            parts[place] = [processor(value) for value in parts[place]]
    return list(zip(*parts, strict=True))
