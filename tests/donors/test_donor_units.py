"""The list of units: on every day exactly what was known then, and never something earlier."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event as sqlalchemy_event

from tests.ledger.test_any_order import BOXES, UNITS, Shelf, told
from tests.services.builders import (
    NOW,
    item,
    lay_world,
    new_blanks,
    new_boxes,
    new_units,
    queue,
    scan,
)
from tracker.clock import day_in_kyiv
from tracker.db import db
from tracker.domain.portfolios import pledge
from tracker.queries.donors import Discretion, portfolio_view
from tracker.services.exports.donor_units import units_known

DAYS = 4
TODAY = day_in_kyiv(NOW)


@pytest.fixture(autouse=True)
def world(app: Flask) -> Flask:
    lay_world()
    return app


def stages(until: date) -> dict[str, int]:
    """What the donor's page adds up at the end of a day."""
    view = portfolio_view(
        pledge("EX-1"), today=until, installation=Discretion(0, 5), month=until.replace(day=1)
    )
    assert view is not None
    return {stage: units for stage, units in view.counts.stages.items() if units}


def known(until: date) -> dict[str, tuple[Any, ...]]:
    return {unit.code: (unit.stage, unit.days) for unit in units_known("EX-1", until)}


@st.composite
def weeks(draw: st.DrawFn) -> list[list[dict[str, Any]]]:
    """What happened, cut into the days on which it became known, in any order."""
    happened = draw(st.lists(told, min_size=1, max_size=14, unique_by=lambda one: one["minutes"]))
    if draw(st.booleans()):
        binding = {"target": "blank0", "step": "commissioning", "minutes": 40}
        happened.append({**happened[0], **binding, "location": None, "declares": None})
    for number, one in enumerate(happened):
        one["number"] = number
    shuffled = draw(st.permutations(happened))
    days: list[list[dict[str, Any]]] = [[] for _ in range(DAYS)]
    for one in shuffled:
        days[draw(st.integers(0, DAYS - 1))].append(one)
    return days


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(week=weeks(), pallet=st.booleans())
def test_every_day_can_be_told_again_later(week: list[list[dict[str, Any]]], pallet: bool) -> None:
    """What is known of each unit at the end of each day is the same when asked days later."""
    shelf = Shelf()
    scans = [one for day in week for one in day]
    ids = {one["number"]: str(uuid4()) for one in scans}
    seen = []
    for number, happened in enumerate(week):
        now = NOW + timedelta(days=number)
        made = shelf.scans(happened, ids)
        if pallet and number == DAYS // 2 and BOXES > 1:
            made.append(scan(shelf.boxes[0], "packing", 15, handling_unit=shelf.boxes[1]))
        if made:
            queue(made, now=now)
        until = TODAY + timedelta(days=number)
        seen.append((until, known(until), stages(until)))
    for until, then, counted in seen:
        again = known(until)
        assert again == then
        assert Counter(stage for stage, _ in again.values()) == counted


def test_a_box_that_turns_out_to_have_stood_elsewhere_changes_only_the_day_it_is_known() -> None:
    """A late word about a box moves its units without an event of their own."""
    [code], [box, pallet] = new_units(1), new_boxes(2)
    queue([scan(code, "receiving", 1, location="WH-1"),
           scan(code, "packing", 2, handling_unit=box),
           scan(box, "packing", 3, handling_unit=pallet),
           scan(pallet, "shipping", 10, consignment="EX-C-1")])  # fmt: skip
    assert stages(TODAY) == {"on_the_way": 1}
    later = NOW + timedelta(days=2)
    queue([scan(box, "unpacking", 5, handling_unit=pallet)], now=later)
    told_on = {days: TODAY + timedelta(days=days) for days in range(3)}
    told = {days: [stage for stage, _ in known(day).values()] for days, day in told_on.items()}
    assert told == {0: ["on_the_way"], 1: ["on_the_way"], 2: ["packed"]}
    assert stages(told_on[2]) == {"packed": 1}


def test_a_unit_is_told_by_days_and_a_wrong_clock_gains_none() -> None:
    [code] = new_units(1)
    one = scan(code, "receiving", 1, location="WH-1")
    ahead = NOW + timedelta(days=40)
    queue([replace(one, occurred_at=ahead)])
    [unit] = units_known("EX-1", TODAY)
    assert unit.days[1] == TODAY
    assert unit.stage == "in_stock"


def test_units_that_were_announced_later_are_not_in_the_list() -> None:
    new_units(UNITS)
    announced = day_in_kyiv(NOW - timedelta(days=30))
    assert len(known(announced)) == UNITS
    assert known(announced - timedelta(days=1)) == {}


def test_a_replaced_label_is_told_when_its_day_is_told() -> None:
    [code], [blank] = new_units(1, kits=True), new_blanks(1)
    kit = f"KITEX{item(code).id:07d}"
    later = NOW + timedelta(days=2)
    queue([scan(blank, "commissioning", 1, second_identifier=kit)], now=later)
    assert set(known(TODAY)) == {code}
    assert set(known(TODAY + timedelta(days=2))) == {blank}


def test_progress_goes_up_to_the_number_of_units() -> None:
    new_units(3)
    steps: list[tuple[int, int]] = []
    assert len(list(units_known("EX-1", TODAY, lambda *step: steps.append(step)))) == 3
    assert steps[-1] == (3, 3)


def test_the_list_reads_nothing_of_a_unit_but_what_is_allowed() -> None:
    """Neither place, nor box, nor journey, nor custodian, nor number of a maker."""
    [code] = new_units(1, kits=True)
    queue([scan(code, "receiving", 1, location="WH-1")])
    asked: list[str] = []

    def listen(_c: object, _u: object, statement: str, *_: object) -> None:
        asked.append(statement.lower())

    sqlalchemy_event.listen(db.engine, "before_cursor_execute", listen)
    list(units_known("EX-1", TODAY))
    sqlalchemy_event.remove(db.engine, "before_cursor_execute", listen)
    of_units = [said for said in asked if "from item" in said]
    assert of_units
    for word in ("location", "custodian", "item.handling_unit", "consignment", "identifier",
                 "search_text", "owner", "condition"):  # fmt: skip
        assert not any(word in said for said in of_units), word
