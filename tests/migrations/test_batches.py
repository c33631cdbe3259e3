"""A batch change of a parent table on SQLite: `migrations/env.py` must keep every child row.

The revisions are made here, in a folder of the test's own, on top of the newest one.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from flask import Flask, current_app
from sqlalchemy import func, inspect, select, text

from tests.services.builders import lay_world
from tracker.config import MIGRATIONS
from tracker.db import db, transaction
from tracker.models import Location, Party, Pledge, SealedSite
from tracker.services.sites import seal_site

Revision = Callable[[str], None]


@pytest.fixture
def migrate(app: Flask, tmp_path: Path) -> Revision:
    """`migrate("op.drop_table('x')")`: upgrade by one revision of which this is the body."""
    folder = tmp_path / "versions"
    folder.mkdir()

    def run(body: str) -> None:
        db.session.remove()
        config: Config = current_app.extensions["migrate"].migrate.get_config()
        config.set_main_option("path_separator", "newline")
        config.set_main_option("version_locations", f"{MIGRATIONS / 'versions'}\n{folder}")
        lines = ["from alembic import op", "import sqlalchemy as sa", "revision = 'test'"]
        lines += ["def upgrade():", textwrap.indent(textwrap.dedent(body), "    ")]
        script = folder / "test.py"
        script.write_text(
            "\n".join(lines).replace("def upg", f"down_revision = '{head()}'\ndef upg")
        )
        command.upgrade(config, "head")

    return run


def head() -> str:
    with db.engine.connect() as connection:
        return str(MigrationContext.configure(connection).get_current_revision())


@pytest.fixture
def sealed(app: Flask) -> int:
    """A site with sealed facts, which go when their location goes; how many rows they are."""
    lay_world()
    with transaction() as session:
        session.add(Location(ref="SITE-1", kind="site", sector="health", oblast="UA63"))
        session.flush()
        seal_site(session, "SITE-1", {"name_uk": "Вигадана лікарня"}, key="5e" * 32)
    return kept()


def kept() -> int:
    return db.session.scalar(select(func.count()).select_from(SealedSite)) or 0


RENAME = """
with op.batch_alter_table("location") as batch:
    batch.add_column(sa.Column("floor", sa.Integer()))
    batch.alter_column("oblast", existing_type=sa.String(4), type_=sa.String(8))
"""


def columns() -> set[str]:
    return {one["name"] for one in inspect(db.engine).get_columns("location")}


def test_a_batch_change_of_a_parent_loses_no_child(sealed: int, migrate: Revision) -> None:
    assert sealed > 1
    migrate(RENAME)
    assert "floor" in columns()
    assert kept() == sealed
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_same_change_with_foreign_keys_on_loses_them(sealed: int) -> None:
    """Why `env.py` switches them off: SQLite's DROP TABLE deletes what hangs on the rows."""
    db.session.remove()
    with db.engine.begin() as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("location") as batch:
            batch.drop_column("commitment")
    assert kept() == 0 < sealed


def test_a_change_that_leaves_rows_pointing_nowhere_is_not_kept(
    sealed: int, migrate: Revision
) -> None:
    donor = db.session.scalars(select(Pledge.donor)).first()
    with pytest.raises(Exception, match=r"point nowhere, the first: pledge|foreign key constraint"):
        migrate(f"""
            op.create_table("floor", sa.Column("id", sa.Integer, primary_key=True))
            op.execute("DELETE FROM party WHERE ref = '{donor}'")
        """)
    assert "floor" not in inspect(db.engine).get_table_names()
    assert db.session.get(Party, donor) is not None
