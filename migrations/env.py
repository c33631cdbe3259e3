"""How Alembic reaches the database, and the guard that a batch change loses no row.

SQLite cannot alter most of a table: Alembic's batch mode copies it and drops the old one. With
foreign keys on, that drop deletes every child row whose key says ON DELETE CASCADE. So they are
switched off before the transaction begins (inside one the PRAGMA does nothing), and before it is
committed `foreign_key_check` must find no row that points nowhere.
"""

from __future__ import annotations

from alembic import context
from flask import current_app
from sqlalchemy.engine import Connection

from tracker.db import db

target = current_app.extensions["migrate"]


class RowsPointNowhere(Exception):
    """A migration would leave rows whose parents are gone; nothing of it was kept."""


def run() -> None:
    """Migrate in one transaction."""
    if context.is_offline_mode():
        raise SystemExit("Migrations check the rows they move and need the database.")
    with db.engine.connect() as connection:
        on_sqlite = connection.dialect.name == "sqlite"
        if on_sqlite:
            _foreign_keys(connection, on=False)
        try:
            with connection.execution_options(writes=True).begin():
                context.configure(
                    connection=connection,
                    target_metadata=db.metadata,
                    render_as_batch=True,
                    compare_server_default=True,
                )
                with context.begin_transaction():
                    context.run_migrations()
                if on_sqlite:
                    _check_foreign_keys(connection)
        finally:
            if on_sqlite:
                _foreign_keys(connection, on=True)


def _foreign_keys(connection: Connection, *, on: bool) -> None:
    """Outside any transaction, on the driver's own connection."""
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")


def _check_foreign_keys(connection: Connection) -> None:
    rows = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if rows:
        first = f"{rows[0][0]} row {rows[0][1]} -> {rows[0][2]}"
        raise RowsPointNowhere(f"{len(rows)} rows point nowhere, the first: {first}")


run()
