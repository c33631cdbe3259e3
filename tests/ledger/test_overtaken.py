"""Two writers on one label, each held at the moment that matters: the races, made certain.

Between servers on PostgreSQL one may write between any two statements of the other; on SQLite, and
in one server, whoever began first ends first. What came of it has to be the same.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select

from tests.conftest import migrated_app
from tests.services.builders import (
    NOTHING_DIFFERS,
    NOW,
    broken_chains,
    item,
    lay_world,
    new_blanks,
    new_units,
    queue,
    scan,
)
from tracker.db import db
from tracker.ledger.rebuilding import rebuild
from tracker.models import Discrepancy, Event

PATIENCE = 1.0
"""Seconds after which the other writer is taken to wait for us, as it should."""


@pytest.fixture
def other(app: Flask, database_url: str) -> Iterator[Flask]:
    """Another server on the same database."""
    lay_world()
    other = migrated_app(app.config["HOME"], database_url)
    yield other
    with other.app_context():
        db.engine.dispose()


@contextmanager
def meanwhile(other: Flask, work: Callable[[], Any], *, after: str) -> Iterator[None]:
    """`work` done in the server `other` as soon as a statement of ours that holds `after` has run.

    We go on when it is done, or seems to wait for us; at the end it is done.
    """
    mine, begun = threading.get_ident(), threading.Event()
    failures: list[BaseException] = []

    def run() -> None:
        with other.app_context():
            try:
                work()
            except BaseException as problem:  # noqa: BLE001 - told to the test below
                failures.append(problem)

    thread = threading.Thread(target=run)

    def step_in(_c: Any, _u: Any, statement: str, *_: Any) -> None:
        if threading.get_ident() == mine and after in statement and not begun.is_set():
            begun.set()
            thread.start()
            thread.join(PATIENCE)

    event.listen(db.engine, "after_cursor_execute", step_in)
    try:
        yield
    finally:
        event.remove(db.engine, "after_cursor_execute", step_in)
    assert begun.is_set(), f"no statement held {after!r}"
    thread.join()
    assert failures == []


DECLARED = "SELECT event.declares"
LABELS_OF_UNITS = "label.state, label.revoked_at"
LABELS_OF_NO_UNIT = "label.state, label.item"
WRITES = "INSERT INTO event"


def open_kinds() -> list[str]:
    db.session.rollback()
    return sorted(db.session.scalars(select(Discrepancy.kind).where(Discrepancy.state == "open")))


def subjects_of(step: str) -> list[str]:
    return sorted(db.session.scalars(select(Event.subject).where(Event.step == step)))


@pytest.mark.parametrize("after", [LABELS_OF_UNITS, LABELS_OF_NO_UNIT, WRITES])
def test_of_two_who_bind_one_blank_label_the_second_is_kept_where_the_label_is(
    app: Flask, other: Flask, after: str
) -> None:
    codes, [blank] = new_units(2, kits=True), new_blanks(1)
    mine, theirs = (
        scan(blank, "commissioning", 1, second_identifier=f"KITEX{item(code).id:07d}")
        for code in codes
    )
    with meanwhile(other, lambda: queue([theirs]), after=after):
        queue([mine])
    winner = item(blank)
    assert [item(code).code for code in codes].count(blank) == 1
    assert subjects_of("commissioning") == [f"item:{winner.id}"] * 2
    assert open_kinds() == ["wrong_serial"]  # the one that lost named another unit
    assert rebuild(now=NOW) == NOTHING_DIFFERS
    assert broken_chains() == []


@pytest.mark.parametrize("after", [LABELS_OF_UNITS, LABELS_OF_NO_UNIT, WRITES])
def test_what_is_scanned_on_a_blank_label_while_somebody_binds_it_is_in_the_units_story(
    app: Flask, other: Flask, after: str
) -> None:
    [code], [blank] = new_units(1, kits=True), new_blanks(1)
    binding = scan(blank, "commissioning", 1, second_identifier=f"KITEX{item(code).id:07d}")
    with meanwhile(other, lambda: queue([binding]), after=after):
        queue([scan(blank, "receiving", 2, location="WH-1")])
    assert item(blank).status == "in_stock"
    assert open_kinds() == []
    assert rebuild(now=NOW) == NOTHING_DIFFERS
    assert broken_chains() == []


@pytest.mark.parametrize("after", [DECLARED, LABELS_OF_UNITS, WRITES])
def test_a_scan_that_is_declared_wrong_while_it_comes_counts_not(
    app: Flask, other: Flask, after: str
) -> None:
    [code] = new_units(1)
    wrong = scan(code, "receiving", 3, location="WH-1")  # by a clock that is ahead
    word = scan(code, "declaring_error", 2, declares=wrong.id, reason="did_not_occur")
    with meanwhile(other, lambda: queue([word]), after=after):
        queue([wrong])
    assert item(code).status == "announced"
    assert open_kinds() == []
    assert rebuild(now=NOW) == NOTHING_DIFFERS
