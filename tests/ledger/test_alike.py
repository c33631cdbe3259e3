"""What is out of reach costs the database the same questions as what never was."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from labels.codes import new_codes
from tests.ledger.test_reach import deployed, queue_one, said
from tests.services.builders import (
    BOB,
    lay_world,
    live,
    new_boxes,
    new_units,
    queue,
    scan,
)
from tracker.db import db, transaction
from tracker.domain.permissions import Actor, Role
from tracker.domain.scans import Outcome, Scan
from tracker.models import Consignment

PHONE = Actor("device:1", Role.FIELD, frozenset({"EX-SITE-1"}))
Way = Callable[[Scan, Actor], Outcome]


@pytest.fixture(autouse=True)
def world(app: Flask) -> None:
    lay_world()
    with transaction() as session:
        session.get_one(Consignment, "EX-C-1").destination = "EX-SITE-1"
        session.get_one(Consignment, "EX-C-2").destination = "EX-SITE-2"


@contextmanager
def heard() -> Iterator[list[str]]:
    """What is asked of the database meanwhile, without the values."""
    asked: list[str] = []

    def hear(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", hear)
    try:
        yield asked
    finally:
        event.remove(db.engine, "before_cursor_execute", hear)


def told(way: Way, one: Scan, by: Actor) -> tuple[dict[str, Any], list[str]]:
    db.session.rollback()
    with heard() as asked:
        outcome = way(one, by)
    return said(outcome), asked


def differences(one: list[str], other: list[str]) -> list[str]:
    """What was asked in one case only."""
    return [line for line in difflib.ndiff(one, other) if line[0] in "+-"]


def warehoused() -> str:
    """A unit in a box in the other warehouse."""
    [code], [box] = new_units(1, kits=True), new_boxes(1)
    queue([scan(code, "receiving", 1, location="WH-2"),
           scan(code, "packing", 2, handling_unit=box, location="WH-2")])  # fmt: skip
    return code


def boxed() -> str:
    """A box in the other warehouse in which something lies."""
    [code], [box] = new_units(1), new_boxes(1)
    queue([scan(code, "receiving", 1, location="WH-2"),
           scan(code, "packing", 2, handling_unit=box, location="WH-2")])  # fmt: skip
    return box


THINGS: dict[str, Callable[[], str]] = {
    "at a site": deployed,
    "elsewhere": warehoused,
    "a box": boxed,
}
STEPS = {
    PHONE: ("inspecting", "deploying", "accepting", "reporting_stolen", "finding"),
    BOB: ("packing", "shipping", "returning", "reporting_lost", "receiving", "counting"),
}


@pytest.mark.parametrize("way", [live, queue_one], ids=["live", "queued"])
@pytest.mark.parametrize("thing", THINGS)
@pytest.mark.parametrize(
    ("by", "step"),
    [(by, step) for by, steps in STEPS.items() for step in steps],
    ids=[f"{by.role}-{step}" for by, steps in STEPS.items() for step in steps],
)
def test_a_scan_out_of_reach_asks_what_one_of_nothing_does(
    by: Actor, step: str, thing: str, way: Way
) -> None:
    code, [first, never] = THINGS[thing](), new_codes(2)
    answers = [told(way, scan(which, step, 60, receiver="EX-USER", act="A"), by)
               for which in (first, code, never)][1:]  # fmt: skip
    assert answers[0][0]["result"] == "unknown_code"
    assert answers[0][0] == answers[1][0]
    assert differences(*(asked for _, asked in answers)) == []
