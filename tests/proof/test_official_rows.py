"""No official row can be changed, deleted or added without notice: every column of every table.

On each database one ledger holds a row of every kind; its owner changes them one by one.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import inspect

from tests.proof.official_world import lay
from tests.proof.small_ledger import DATABASES, Ledger, opened
from tracker.ledger.records import TABLE, Record


@pytest.fixture(scope="module", params=DATABASES)
def ledger(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ledger]:
    """One ledger for all: what a test changes it takes back."""
    home = tmp_path_factory.mktemp("official")
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), home / "tracker.sqlite")
        with opened(home, "") as ledger:
            lay(ledger)
            yield ledger
        return
    with request.getfixturevalue("postgres_databases").taken() as url, opened(home, url) as ledger:
        lay(ledger)
        yield ledger


def test_an_honest_ledger_fits(ledger: Ledger) -> None:
    report = ledger.verify()
    assert report.problems == []


ONE_KIND = pytest.mark.parametrize("record", TABLE, ids=lambda record: record.kind)


def first_row(ledger: Ledger, record: Record) -> dict[str, Any]:
    """One official row of a table, by the names of its columns."""
    table = record.model.__tablename__
    where = f"WHERE {record.only} IS NOT NULL" if record.only else ""
    rows = ledger.rows(f'SELECT * FROM "{table}" {where} LIMIT 1')
    assert rows, f"the world lacks a row of {record.kind}"
    return dict(rows[0]._mapping)


def key_of(record: Record, row: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The condition that finds a row again, and its values."""
    columns = [column.name for column in inspect(record.model).primary_key]
    condition = " AND ".join(f'"{name}" = :key_{name}' for name in columns)
    return condition, {f"key_{name}": row[name] for name in columns}


def other(value: Any) -> Any:
    """Another value that the column can hold."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, UUID):
        return UUID(int=value.int ^ 1)
    if isinstance(value, (date, datetime)):
        return value + timedelta(days=1)
    if isinstance(value, Decimal):
        return value + 1
    if isinstance(value, (bytes, memoryview)):
        return b"another"
    if isinstance(value, str) and value[:1].isdigit() and value[4:5] == "-":
        return f"203{value[3:]}"  # a moment or a day, as SQLite keeps it
    return f"{value[:-1]}{'x' if value[-1:] != 'x' else 'y'}"


@pytest.mark.slow
@ONE_KIND
def test_every_column_that_is_stated_is_held_to_it(ledger: Ledger, record: Record) -> None:
    table, row = record.model.__tablename__, first_row(ledger, record)
    condition, key = key_of(record, row)
    columns = inspect(record.model).columns
    for name in {*record.plain, *record.hidden} - {"roles"}:
        column = columns[name].name
        value = row[column]
        if value is None or (columns[name].type.python_type is str and not value):
            continue  # of another kind of row
        change = f'UPDATE "{table}" SET "{column}" = :value WHERE {condition}'
        with unchecked(ledger, table):
            is_bit = columns[name].type.python_type is bool and not isinstance(value, bool)
            changed = 1 - value if is_bit else other(value)
            ledger.sql(change, value=changed, **key)
            assert record.kind in kinds(ledger), f"{table}.{column} = {changed!r}"
            ledger.sql(change, value=value, **key)
    assert kinds(ledger) == set()


@ONE_KIND
def test_a_row_that_is_deleted_is_named(ledger: Ledger, record: Record) -> None:
    table, row = record.model.__tablename__, first_row(ledger, record)
    condition, key = key_of(record, row)
    ledger.sql(f'DELETE FROM "{table}" WHERE {condition}', **key)
    assert record.kind in kinds(ledger)
    put_back(ledger, table, row)
    assert kinds(ledger) == set()


@ONE_KIND
def test_a_row_that_is_added_is_named(ledger: Ledger, record: Record) -> None:
    table, row = record.model.__tablename__, first_row(ledger, record)
    unique = {column.name for column in inspect(record.model).primary_key}
    unique |= {column.name for column in record.model.__table__.columns if column.unique}
    unique |= {"name", "number", "month", "subject", "product"} & row.keys()
    added = {
        name: ANEW.get(type(value), other)(value) if name in unique and value else value
        for name, value in row.items()
    }
    put_back(ledger, table, added)
    assert record.kind in kinds(ledger)
    condition, key = key_of(record, added)
    ledger.sql(f'DELETE FROM "{table}" WHERE {condition}', **key)
    assert kinds(ledger) == set()


ANEW = {int: lambda value: value + 1000}


def put_back(ledger: Ledger, table: str, row: dict[str, Any]) -> None:
    names = ", ".join(f'"{name}"' for name in row)
    values = ", ".join(f":{name}" for name in row)
    ledger.sql(f'INSERT INTO "{table}" ({names}) VALUES ({values})', **row)


def kinds(ledger: Ledger) -> set[str]:
    """The kinds of the stories that verification names."""
    return {(problem.subject or "").partition(":")[0] for problem in ledger.verify().problems}


@contextmanager
def unchecked(ledger: Ledger, table: str) -> Iterator[None]:
    """The owner lets go of a table's CHECK constraints too."""
    if not ledger.on_postgres:
        yield
        return
    query = (
        "SELECT conname, pg_get_constraintdef(oid) AS said FROM pg_constraint"
        " WHERE conrelid = CAST(:table AS regclass) AND contype = 'c'"
    )
    checks = ledger.rows(query, table=table)
    for check in checks:
        ledger.sql(f'ALTER TABLE "{table}" DROP CONSTRAINT "{check.conname}"')
    yield
    for check in checks:
        ledger.sql(f'ALTER TABLE "{table}" ADD CONSTRAINT "{check.conname}" {check.said}')
