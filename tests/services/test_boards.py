"""The board: the most urgent first, however much else there is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import insert

from tests.services.builders import COORDINATOR, NOW, lay_world, new_units, queue, scan
from tracker.clock import day_in_kyiv
from tracker.db import transaction
from tracker.models import Consignment, Discrepancy
from tracker.queries.boards import Board, board
from tracker.services import consignments, receiving

TODAY = day_in_kyiv(NOW)
BEGAN = datetime(2026, 5, 31, 21, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def world(app: Flask) -> None:
    lay_world()


def days(many: int) -> date:
    return TODAY + timedelta(days=many)


def made(ref: str, **said: object) -> None:
    consignments.make_consignment({"ref": ref, **said}, by=COORDINATOR, now=NOW)


def add_newer_ones(many: int = 250) -> None:
    """So many consignments that nobody has to look at today."""
    later = NOW + timedelta(hours=1)
    rows = [{"ref": f"EX-N-{n}", "made_at": later, "eta_on": days(9)} for n in range(many)]
    with transaction() as session:
        session.execute(insert(Consignment), rows)


def now(*origins: str) -> Board:
    return board(COORDINATOR, TODAY, BEGAN, origins or None)


def test_what_is_late_and_what_comes_today_is_not_hidden_by_newer_ones() -> None:
    made("EX-LATER", eta_on=days(-2))
    made("EX-LATEST", eta_on=days(-20))
    made("EX-TODAY", eta_on=TODAY)
    made("EX-HERE", eta_on=days(-5))
    consignments.tell("EX-HERE", "arrived", by=COORDINATOR, now=NOW)
    add_newer_ones()
    shown = now()
    assert [row.ref for row in shown.late] == ["EX-LATEST", "EX-LATER"]
    assert [row.ref for row in shown.arriving] == ["EX-TODAY"]
    assert shown.late_many == 2


def test_a_shortage_goes_back_to_where_the_units_came_from() -> None:
    made("EX-OUT", origin="WH-1", destination="WH-2")
    codes = new_units(3)
    queue([scan(code, "receiving", 1, location="WH-1") for code in codes])
    queue([scan(code, "shipping", 2, consignment="EX-OUT") for code in codes])
    for kind in ("dispatched", "arrived"):
        consignments.tell("EX-OUT", kind, by=COORDINATOR, now=NOW)
    queue([scan(codes[0], "receiving", 3, location="WH-2", consignment="EX-OUT")])
    receiving.conclude("EX-OUT", by=COORDINATOR, now=NOW)
    [row] = now("WH-1").short
    assert tuple(row) == ("EX-OUT", "WH-1", "WH-2", 2)
    assert now().short == [row]
    assert now("WH-2").short == []
    queue([scan(code, "receiving", 4, location="WH-1") for code in codes[1:]])
    assert now("WH-1").short == []


def test_discrepancies_whose_day_has_come_are_counted() -> None:
    found = {"kind": "clock", "opened_at": NOW}
    with transaction() as session:
        for n, due in enumerate((days(-3), TODAY, days(1))):
            event = f"0190a000-0000-7000-8000-00000000000{n}"
            session.add(Discrepancy(subject=f"code:EX{n}", event=event, due_on=due, **found))
    assert now().due == 2
