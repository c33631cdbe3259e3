"""The revision that lets a release be told late and declared wrong, on tables that hold rows."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from tests.services.builders import NOW, lay_world
from tracker.db import db, transaction
from tracker.models import Passage


def rows() -> list[tuple[int, str]]:
    with db.engine.connect() as connection:
        return [(row[0], row[1]) for row in
                connection.execute(text("SELECT id, kind FROM passage ORDER BY id"))]  # fmt: skip


def test_passages_stay_and_stay_guarded_there_and_back(app: Flask) -> None:
    lay_world()
    told = {"consignment": "EX-C-1", "happened_at": NOW, "told_by": "account:1"}
    with transaction() as session:
        session.add(Passage(kind="hold", **told))
        session.add(Passage(kind="release", happened_on=date(2026, 5, 3), **told))
        session.flush()
        session.add(Passage(kind="mistaken", declares=2, **told))
    db.session.remove()
    for revision in ("0016", "head"):
        (downgrade if revision == "0016" else upgrade)(revision=revision)
        assert rows() == [(1, "hold"), (2, "release")]
        for sentence in ("DELETE FROM passage", "UPDATE passage SET kind = 'border'"):
            with pytest.raises(DatabaseError, match="never changed or deleted"), \
                    db.engine.begin() as connection:  # fmt: skip
                connection.execute(text(sentence))


@pytest.mark.parametrize(
    "said", [{"kind": "mistaken"}, {"kind": "release", "declares": 1}, {"kind": "lost"}]
)
def test_a_row_that_declares_nothing_wrong_is_no_declaration(
    app: Flask, said: dict[str, object]
) -> None:
    lay_world()
    told = {"consignment": "EX-C-1", "happened_at": NOW, "told_by": "account:1"}
    with transaction() as session:
        session.add(Passage(kind="hold", **told))
    with pytest.raises(DatabaseError), transaction() as session:
        session.add(Passage(**told, **said))
