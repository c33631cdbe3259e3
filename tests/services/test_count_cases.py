"""What a closed count found is a case, and closes by itself when a scan explains it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from tests.services.builders import (
    BOB,
    COORDINATOR,
    NOW,
    item,
    lay_world,
    live,
    new_boxes,
    queue,
    scan,
)
from tests.services.counting import (
    DAY_AFTER,
    FRANK,
    LATER,
    at_place,
    cases,
    counted,
    newer_than_paper,
    numbers,
    open_kinds,
    packed,
    see,
    stocked,
)
from tracker.db import db
from tracker.domain.bench import Bench
from tracker.errors import BoxNotAnswered
from tracker.models import Discrepancy
from tracker.queries import counts as queries
from tracker.services import bench, counts
from tracker.services.bench import Read
from tracker.services.discrepancies import settle
from tracker.services.papers import count_sheets


@pytest.fixture(autouse=True)
def world(app: Flask) -> None:
    lay_world()


def test_what_was_missing_and_is_scanned_later_closes_by_itself() -> None:
    codes = stocked(1)
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    counts.close_count(number, by=BOB, now=NOW)
    assert open_kinds() == ["short"]
    queue([scan(codes[0], "unpacking", 0)], now=LATER)  # made before the count: proves nothing
    assert "short" in open_kinds()
    after = Read(str(uuid4()), codes[0], LATER, LATER)
    here = Bench(doing="shipping", consignment="EX-C-1")
    bench.take(after, here, by=COORDINATOR, now=LATER)
    queue([scan(codes[0], "receiving", 24 * 60 + 180, location="WH-2")], now=LATER)
    assert "short" not in open_kinds()


def test_what_was_seen_in_time_and_arrives_after_the_closing_is_not_short_any_more() -> None:
    codes = stocked(3)
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    see(number, codes[0])
    counts.close_count(number, by=BOB, now=LATER)
    issued = count_sheets.issue_count_sheet(number, by=BOB, now=LATER)
    assert (issued.version, newer_than_paper(number)) == (1, False)
    assert cases() == codes[1:]
    queue([at_place(codes[1], 60, location="WH-1")], now=DAY_AFTER)  # made before it was closed
    assert (numbers(number), cases()) == ({"alone": 2, "missing": 1}, codes[2:])
    assert newer_than_paper(number)
    queue([at_place(codes[2], 180, location="WH-1")], now=DAY_AFTER)  # and this one after
    assert (numbers(number), cases()) == ({"alone": 2, "missing": 1}, [])
    assert [item(code).sought for code in codes] == [False, False, False]
    assert count_sheets.issue_count_sheet(number, by=BOB, now=DAY_AFTER).version == 2
    assert not newer_than_paper(number)


def test_what_had_left_before_the_closing_is_not_short_once_that_is_known() -> None:
    codes = stocked(2)
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    counts.close_count(number, by=BOB, now=LATER)
    assert cases() == codes
    queue([at_place(codes[0], 30, "shipping", consignment="EX-C-1")], now=DAY_AFTER)
    assert (numbers(number), cases()) == ({"gone": 1, "missing": 1}, codes[1:])


def test_a_late_undo_makes_what_was_found_missing() -> None:
    codes = stocked(1)
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    first = see(number, codes[0])
    counts.close_count(number, by=BOB, now=NOW)
    now = Bench(doing="counting", location="WH-1")
    assert first.undo is not None
    bench.undo(first.undo, codes[0], Read(str(uuid4()), codes[0], NOW, NOW), now, by=BOB, now=NOW)
    assert (numbers(number), cases()) == ({"missing": 1}, codes)


def test_what_is_on_the_road_by_the_books_is_unexpected_and_a_case_of_the_count() -> None:
    [code] = stocked(1, "WH-2")
    queue([scan(code, "shipping", 2, consignment="EX-C-1")])
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    told = see(number, code)
    assert (told.sort, told.books) == ("gap", queries.Books("in_transit", None))
    counts.close_count(number, by=BOB, now=LATER)
    assert cases("over") == [code]
    late = replace(scan(code, "receiving", location="WH-1"), occurred_at=NOW - timedelta(hours=1))
    queue([late], now=DAY_AFTER)  # it had arrived before it was counted
    assert (numbers(number), cases("over")) == ({"came": 1}, [])


def test_two_counts_in_a_row_miss_the_same_unit_and_a_third_finds_it() -> None:
    codes = stocked(2)
    closed = []
    for turn in range(2):
        number = counts.open_count("WH-1", by=BOB, now=NOW + timedelta(hours=turn))
        counts.close_count(number, by=BOB, now=NOW + timedelta(hours=turn, minutes=30))
        closed.append(number)
    assert cases() == codes  # one case each, not two
    assert [numbers(number) for number in closed] == [{"missing": 2}] * 2
    # What was seen between the two explains the first alone: the second has missed it since.
    queue([at_place(codes[0], 45, location="WH-1")], now=LATER)
    assert cases() == codes
    third = counts.open_count("WH-1", by=BOB, now=LATER)
    queue([at_place(codes[0], 121, location="WH-1")], now=LATER + timedelta(minutes=1))
    counts.close_count(third, by=BOB, now=LATER + timedelta(minutes=5))
    assert (numbers(third), cases()) == ({"alone": 1, "missing": 1}, codes[1:])


def test_a_shortage_that_a_person_settled_is_a_new_case_when_the_next_count_misses_it() -> None:
    codes = stocked(1)
    first = counts.open_count("WH-1", by=BOB, now=NOW)
    counts.close_count(first, by=BOB, now=NOW)
    [case] = db.session.scalars(select(Discrepancy.id)).all()
    settle(case, "It is behind the shelf, we think.", by=FRANK, now=NOW)
    again = counts.open_count("WH-1", by=BOB, now=LATER)
    counts.close_count(again, by=BOB, now=LATER)
    assert cases() == cases(state="settled") == codes


def test_what_is_said_of_a_unit_stands_beside_it_and_is_a_case_if_it_is_news() -> None:
    codes = stocked(3)
    queue([scan(codes[1], "packing", 2, condition="damaged", handling_unit=new_boxes(1)[0])])
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    see(number, codes[0], condition="damaged", reason="wet")
    see(number, codes[1], condition="damaged")
    see(number, codes[2])
    said = counted(number).said
    assert [(one.condition, one.reason) for one in said.values()] == [
        ("damaged", "wet"),
        ("damaged", None),
    ]
    counts.close_count(number, by=BOB, now=LATER)
    assert cases("damaged") == [codes[0]]


def test_the_case_of_a_count_names_it() -> None:
    stocked(1)
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    counts.close_count(number, by=BOB, now=LATER)
    details = [json.loads(text) for text in db.session.scalars(select(Discrepancy.detail))]
    assert [one["count"] for one in details] == [number]


@pytest.mark.parametrize("opened_first", [True, False])
def test_the_rest_of_a_box_that_turns_out_to_be_open_is_asked_about(opened_first: bool) -> None:
    codes, box = packed(4)
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    for code in [*codes[:3], box] if opened_first else [box, *codes[:3]]:
        see(number, code)
    assert numbers(number) == {"alone": 3, "boxed": 1}
    [doubt] = counted(number).doubts
    assert (doubt.box, doubt.alone, doubt.rest) == (box, 3, (item(codes[3]).id,))
    with pytest.raises(BoxNotAnswered) as asked:
        counts.close_count(number, by=BOB, now=LATER)
    assert asked.value.extra["boxes"] == [box]
    counts.close_count(number, by=BOB, now=LATER, inside={box: False})
    assert (numbers(number), cases()) == ({"alone": 3, "missing": 1}, [codes[3]])
    # That the closed box is scanned again says nothing of the unit that was not in it.
    live(at_place(box, 180, location="WH-1"), now=NOW + timedelta(hours=3))
    assert cases() == [codes[3]]
    live(at_place(codes[3], 190, location="WH-1"), now=NOW + timedelta(hours=4))
    assert cases() == []


def test_the_rest_of_an_open_box_is_found_with_it_if_somebody_says_so() -> None:
    codes, box = packed(3)
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    for code in (box, codes[0]):
        see(number, code)
    counts.close_count(number, by=BOB, now=LATER, inside={box: True})
    assert (numbers(number), cases()) == ({"alone": 1, "boxed": 2}, [])


def test_a_box_that_one_count_overlooked_is_found_by_the_next() -> None:
    codes, box = packed(2)
    first = counts.open_count("WH-1", by=BOB, now=NOW)
    counts.close_count(first, by=BOB, now=NOW)
    assert cases() == codes
    second = counts.open_count("WH-1", by=BOB, now=LATER)
    queue([at_place(box, 121, location="WH-1")], now=LATER + timedelta(minutes=1))
    assert cases() == codes  # nobody has looked into it yet, and nobody was asked
    counts.close_count(second, by=BOB, now=LATER + timedelta(minutes=5))
    assert (numbers(second), cases()) == ({"boxed": 2}, [])


def test_an_older_count_that_changes_takes_no_word_from_a_newer_one() -> None:
    [code] = stocked(1)
    first = counts.open_count("WH-1", by=BOB, now=NOW)
    once = at_place(code, 1, location="WH-1")
    queue([once], now=NOW + timedelta(minutes=1))
    counts.close_count(first, by=BOB, now=NOW + timedelta(minutes=5))
    second = counts.open_count("WH-1", by=BOB, now=LATER)
    counts.close_count(second, by=BOB, now=LATER)
    wrong = {"declares": once.id, "reason": "did_not_occur"}
    queue([at_place(code, 130, "declaring_error", **wrong)], now=DAY_AFTER)
    assert (numbers(first), cases()) == ({"missing": 1}, [code])
    queue([at_place(code, 60, location="WH-1")], now=DAY_AFTER)  # between the two counts
    assert cases() == [code]
