"""The migrations lay the tables that the models describe, on both databases, and clear them."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import Inspector, func, inspect, select, text, update
from sqlalchemy.exc import DatabaseError

from tests.services.builders import NOW, lay_world, new_units
from tracker.db import Base, db, transaction
from tracker.domain.permissions import SYSTEM
from tracker.ledger.checkpoints import notary, sequence, sign_checkpoint
from tracker.ledger.rebuilding import apply_rules, rules_are_due
from tracker.models import Document, Evidence, Item, Passage, ReceivingVerdict, SiteReading
from tracker.models.ledger import APPEND_ONLY
from tracker.queries.items import find_items


def inspector() -> Inspector:
    found = inspect(db.engine)
    assert isinstance(found, Inspector)
    return found


def ours(name: str) -> bool:
    """Tables of Alembic and of SQLite's full-text search describe themselves."""
    return name != "alembic_version" and not name.startswith("item_search")


def test_the_tables_are_those_of_the_models(app: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"include_name": lambda name, kind, _: kind != "table" or ours(name or "")},
        )
        found = compare_metadata(context, Base.metadata)
    # The index of PostgreSQL's trigrams stands in the revision alone.
    assert [one for one in found if "ix_item_search_text" not in repr(one)] == []


def test_going_back_to_nothing_leaves_nothing_and_forward_again_all(app: Flask) -> None:
    before = set(inspector().get_table_names())
    downgrade(revision="base")
    assert set(inspector().get_table_names()) == {"alembic_version"}
    upgrade()
    assert set(inspector().get_table_names()) == before


def counted() -> dict[str, int]:
    with db.engine.connect() as connection:
        return {
            name: connection.scalar(select(func.count()).select_from(table)) or 0
            for name, table in Base.metadata.tables.items()
        }


def test_each_step_back_and_forth_keeps_the_rows_of_the_tables_that_stay(app: Flask) -> None:
    lay_world()
    new_units(3, kits=True)
    db.session.remove()
    filled = {name: number for name, number in counted().items() if number}
    del filled["fold_rules"]  # is younger than the oldest tables, and written by `tracker init`
    del filled["opening"]  # younger too: salts are lost with it
    assert filled.keys() >= {"item", "event", "identifier", "label", "pledge", "location"}
    downgrade(revision="0001")
    upgrade()
    after = {name: number for name, number in counted().items() if number}
    assert after.pop("delivery") == 1  # what is here when that table comes is the first of each
    assert after == filled


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("sentence", ["DELETE FROM {}", "UPDATE {} SET {} = {}"])
def test_rows_of_the_ledger_are_never_changed_or_deleted(
    app: Flask, table: str, sentence: str
) -> None:
    lay_world()
    new_units(1)
    sequence()
    sign_checkpoint(notary(), now=NOW)
    with transaction() as session:
        reading = SiteReading(
            read_by="account:1", location="EX-SITE-1", reason="A visit.", read_at=NOW
        )
        session.add(reading)
        session.add(Passage(consignment="EX-C-1", kind="border", happened_at=NOW, told_by="x"))
        session.add(
            ReceivingVerdict(
                consignment="EX-C-1", code="EX", verdict="over", said_by="x", said_at=NOW
            )
        )
        kept = {"kind": "document", "media_type": "application/pdf", "size": 1}
        session.add(Evidence(sha256="ab" * 32, kept_by="x", kept_at=NOW, **kept))
        session.flush()
        issued = {"number": "ACT-2026-00001", "version": 1, "about": "EX-C-1"}
        session.add(
            Document(kind="handover_act", sha256="ab" * 32, issued_by="x", issued_at=NOW, **issued)
        )
    column = next(iter(Base.metadata.tables[table].primary_key)).name
    written = sentence.format(table, column, column)
    with pytest.raises(DatabaseError, match=f"{table}: rows are never changed or deleted"), \
            db.engine.begin() as connection:  # fmt: skip
        connection.execute(text(written))
    assert counted()[table] > 0


def found(fragment: str) -> list[str]:
    db.session.rollback()
    return [row.code for row in find_items(SYSTEM, q=fragment).rows]


def test_the_search_keeps_step_with_the_items(app: Flask) -> None:
    lay_world()
    [code] = new_units(1)
    assert found("EXNEW99") == []
    with transaction() as session:
        session.execute(update(Item).where(Item.code == code).values(search_text="exnew99 exold11"))
    assert found("EXNEW99") == [code]
    with transaction() as session:
        session.execute(update(Item).where(Item.code == code).values(search_text="exold11"))
    assert found("EXNEW99") == []
    assert found("EXOLD11") == [code]


def test_an_empty_database_has_the_newest_rules_at_once(app: Flask) -> None:
    """There is no story that older rules could have folded."""
    assert not rules_are_due()
    with transaction() as session:
        session.execute(text("DELETE FROM fold_rules"))
    assert rules_are_due()
    found = apply_rules(now=NOW)
    assert found is not None
    assert not found
    assert not rules_are_due()
