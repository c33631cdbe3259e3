"""No field of any row can be changed without notice, but for those that the documents name."""

from __future__ import annotations

from typing import Any

import pytest

from tests.proof.small_ledger import BOX, DATABASES, Ledger
from tracker.models import Checkpoint, Event, LogEntry

KEYS = {Event: "position", LogEntry: "log_index", Checkpoint: "size"}
NOT_PROTECTED = {"event": {"position"}, "checkpoint": {"signed_at"}}
"""docs/ledger.md, "What is not noticed"; an event's position only says in which order to place."""

FIELDS = [
    (model, column.name)
    for model in KEYS
    for column in model.__table__.columns
    if column.name not in NOT_PROTECTED.get(model.__tablename__, ())
]
NOTHING_BEFORE = {"device_seq": 1, "handling_unit": BOX}
SQLITE = pytest.mark.parametrize("original", DATABASES[:1], indirect=True)


def other(value: Any, column: str) -> Any:
    """Another value of the same kind."""
    if value is None:
        return NOTHING_BEFORE.get(column, "0" * 32)
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:]
    if isinstance(value, int):
        return value + 1000
    if len(value) < 20:
        return f"{value}9"
    return f"{value[:18]}{'1' if value[18] != '1' else '2'}{value[19:]}"  # a moment's seconds


@SQLITE
@pytest.mark.parametrize(
    ("model", "column"), FIELDS, ids=[f"{m.__tablename__}.{c}" for m, c in FIELDS]
)
def test_a_change_of_one_field_of_any_row_is_noticed(
    ledger: Ledger, model: Any, column: str
) -> None:
    table, key = model.__tablename__, KEYS[model]
    for row in ledger.rows(f'SELECT {key} AS name, "{column}" AS value FROM {table}'):
        change = f'UPDATE {table} SET "{column}" = :value WHERE {key} = :name'
        changed = other(row.value, column)
        assert changed != row.value
        ledger.sql(change, value=changed, name=row.name)
        assert not ledger.verify().fits, f"{table} {row.name}: {column} = {changed!r}"
        name = changed if column == key else row.name
        ledger.sql(change, value=row.value, name=name)
    assert ledger.verify().fits, "every change was taken back"


STRANGE = [None, 7, "seven", b"seven", 1.5]
ANY_KIND = ["event.body", "event.hash", "event.id", "event.effective_at", "event.seq"]
ANY_KIND += ["event.subject", "log_entry.leaf", "checkpoint.note", "checkpoint.root"]


@SQLITE
@pytest.mark.parametrize("field", ANY_KIND)
def test_what_no_row_should_hold_is_noticed_and_stops_nothing(ledger: Ledger, field: str) -> None:
    """SQLite keeps any kind of value in any column, once the table does not forbid it."""
    table, _, column = field.partition(".")
    ledger.sql(without_rules(ledger, table))
    ledger.sql(f"INSERT INTO {table} SELECT * FROM old_{table}")
    key = {"event": "position", "log_entry": "log_index", "checkpoint": "size"}[table]
    change = f"UPDATE {table} SET {column} = :value WHERE {key} = :last"
    last, before = ledger.rows(f"SELECT {key}, {column} FROM {table} ORDER BY {key} LIMIT 1")[0]
    for value in STRANGE:
        ledger.sql(change, value=value, last=last)
        report = ledger.verify()
        assert not report.fits, value
        assert report.events in (21, 22), value
    ledger.sql(change, value=before, last=last)
    assert ledger.verify().fits, "every change was taken back"


def without_rules(ledger: Ledger, table: str) -> str:
    """The table anew with the same columns and no type, key or check."""
    names = ", ".join(
        row.name for row in ledger.rows(f"SELECT name FROM pragma_table_info('{table}')")
    )
    ledger.sql(f"ALTER TABLE {table} RENAME TO old_{table}")
    return f"CREATE TABLE {table} ({names})"
