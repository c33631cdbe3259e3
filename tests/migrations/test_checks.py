"""The CHECKs that the migrations lay are those of the models: their names and what they say.

Alembic's comparison overlooks CHECKs. So the models' tables are laid beside those of the
migrations, and the database tells both in its own words.
"""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import CheckConstraint, Connection, MetaData, create_engine, inspect, text
from sqlalchemy.schema import CreateSchema

from tracker.db import NAMES, Base, db

Checks = dict[str, dict[str | None, str]]
"""{table: {name of a CHECK: what it says}}."""

BESIDE = "models"


def checks(connection: Connection, schema: str | None = None) -> Checks:
    """What the tables of the models check in a database, in its words."""
    inspector = inspect(connection)
    return {
        table: {
            check["name"]: re.sub(r"\s+", " ", check["sqltext"]).strip()
            for check in inspector.get_check_constraints(table, schema=schema)
        }
        for table in Base.metadata.tables
    }


def laid(connection: Connection, metadata: MetaData) -> Checks:
    """What models check, laid in a database of the kind of `connection`'s and taken out again."""
    if connection.dialect.name == "sqlite":
        with create_engine("sqlite://").connect() as other:
            metadata.create_all(other)
            return checks(other)
    connection.execute(CreateSchema(BESIDE))
    metadata.create_all(connection.execution_options(schema_translate_map={None: BESIDE}))
    told = checks(connection, BESIDE)
    connection.rollback()
    return told


def drifts(metadata: MetaData) -> dict[str, tuple[object, object]]:
    """{table: (what the migrations check, what the models do)} where the two differ."""
    with db.engine.connect() as connection:
        there, wanted = checks(connection), laid(connection, metadata)
    return {
        table: (there[table], wanted[table]) for table in there if there[table] != wanted[table]
    }


def test_what_the_migrations_check_is_what_the_models_say(app: Flask) -> None:
    assert drifts(Base.metadata) == {}


def changed(table: str, name: str, before: str, after: str) -> MetaData:
    """The models with another word in one of their CHECKs."""
    metadata = MetaData(naming_convention=NAMES)
    for one in Base.metadata.tables.values():
        one.to_metadata(metadata)
    [check] = (
        one
        for one in metadata.tables[table].constraints
        if isinstance(one, CheckConstraint) and one.name == name
    )
    said = str(check.sqltext)
    assert before in said
    check.sqltext = text(said.replace(before, after))
    return metadata


@pytest.mark.parametrize(
    ("table", "name", "before", "after"),
    [
        ("evidence", "ck_evidence_kind", "'photo'", "'film'"),
        ("discrepancy", "ck_discrepancy_kind", "'misfit', ", ""),
        ("item", "ck_item_status", "'lost'", "'lost', 'mislaid'"),
    ],
)
def test_a_kind_that_only_the_models_know_is_a_drift(
    app: Flask, table: str, name: str, before: str, after: str
) -> None:
    found = drifts(changed(table, name, before, after))
    assert set(found) == {table}
    there, wanted = found[table]
    assert there != wanted
