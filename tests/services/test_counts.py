"""A stock count finds what is missing and what should not be there, and moves nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from tests.racing import at_once
from tests.services.builders import (
    BOB,
    COORDINATOR,
    NOW,
    item,
    lay_world,
    live,
    new_blanks,
    new_boxes,
    new_units,
    queue,
    scan,
)
from tests.services.counting import (
    FRANK,
    LATER,
    at_place,
    bind,
    cases,
    counted,
    missing_of,
    numbers,
    open_kinds,
    packed,
    see,
    stocked,
)
from tracker.db import db
from tracker.domain.bench import Bench
from tracker.domain.permissions import SYSTEM
from tracker.errors import Conflict, InvalidValue, NotAllowed
from tracker.models import Document
from tracker.queries import bench as bench_queries
from tracker.queries import counts as queries
from tracker.services import bench, counts
from tracker.services.bench import Read
from tracker.services.papers import count_sheets


@pytest.fixture(autouse=True)
def world(app: Flask) -> None:
    lay_world()


def test_found_missing_and_unexpected() -> None:
    codes, [stray] = stocked(4), stocked(1, "WH-2")
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    assert number == "CNT-2026-00001"
    for code in codes[:3]:
        assert see(number, code).sort == "recorded"
    assert see(number, stray).sort == "refused"  # the ledger has it elsewhere: is it here?
    told = see(number, stray, is_here=True)
    assert (told.sort, told.word) == ("gap", "expected_elsewhere")
    assert told.books == queries.Books("in_stock", "WH-2")
    see(number, "EXUNKNOWN1")
    result = queries.count(number, SYSTEM)
    assert result is not None
    assert (result.expected, result.found, result.missing_many) == (4, 3, 1)
    assert [row.code for row in result.unexpected] == [stray]
    assert result.unknown == ["EXUNKNOWN1"]
    before = {code: (item(code).status, item(code).location) for code in [*codes, stray]}
    counts.close_count(number, by=BOB, now=LATER)
    assert open_kinds() == ["elsewhere", "short", "unknown_code"]
    assert before == {code: (item(code).status, item(code).location) for code in before}


def test_a_closed_count_is_a_paper_under_its_own_number() -> None:
    codes = stocked(2)
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    see(number, codes[0])
    with pytest.raises(Conflict):
        count_sheets.issue_count_sheet(number, by=BOB, now=NOW)
    counts.close_count(number, by=BOB, now=LATER)
    assert count_sheets.issue_count_sheet(number, by=BOB, now=LATER).version == 1
    assert count_sheets.issue_count_sheet(number, by=BOB, now=LATER).version == 2
    assert db.session.scalars(select(Document.number)).all() == [number, number]


def test_a_box_shows_all_that_lies_in_it() -> None:
    codes, [box] = stocked(3), new_boxes(1)
    queue([scan(code, "packing", 2, handling_unit=box) for code in codes])
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    see(number, box)
    assert numbers(number) == {"boxed": 3}
    see(number, codes[0])
    assert numbers(number) == {"alone": 1, "boxed": 2}


def test_seen_twice_is_counted_once_and_undone_is_not_counted() -> None:
    [code] = stocked(1)
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    told = [see(number, code), see(number, code)]
    assert [one.sort for one in told] == ["recorded", "again"]
    assert numbers(number) == {"alone": 1}
    now = Bench(doing="counting", location="WH-1", count=number)
    for one, left in zip(told, ({"alone": 1}, {"missing": 1}), strict=True):
        assert one.undo is not None
        read = Read(str(uuid4()), code, NOW, NOW)
        assert bench.undo(one.undo, code, read, now, by=BOB, now=NOW).sort == "undone"
        assert numbers(number) == left


def test_one_count_at_a_time_of_one_s_own_place() -> None:
    counts.open_count("WH-1", by=BOB, now=NOW)
    with pytest.raises(Conflict):
        counts.open_count("WH-1", by=COORDINATOR, now=NOW)
    with pytest.raises(NotAllowed):
        counts.open_count("WH-2", by=BOB, now=NOW)
    with pytest.raises(InvalidValue):
        counts.open_count("EX-SITE-1", by=COORDINATOR, now=NOW)


def test_a_closed_count_takes_no_more() -> None:
    [code] = stocked(1)
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    counts.close_count(number, by=BOB, now=NOW)
    with pytest.raises(Conflict):
        counts.close_count(number, by=BOB, now=NOW)
    see(number, code)
    result = queries.count(number, SYSTEM)
    assert result is not None
    assert result.found == 0


def test_several_people_count_at_once(app: Flask) -> None:
    codes = stocked(24)
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    people = (BOB, FRANK)

    def count(person: int) -> None:
        for code in codes[person::2]:
            see(number, code, people[person])

    at_once([app] * len(people), count)
    db.session.rollback()
    result = queries.count(number, SYSTEM)
    assert result is not None
    assert (result.found, result.missing_many) == (24, 0)


def test_whoever_counts_at_the_place_joins_the_count() -> None:
    """A phone, a device, another bench; now, or days later from a pocket without a network."""
    codes = stocked(5)
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    live(at_place(codes[0], 1, location="WH-1"), now=NOW + timedelta(minutes=1))
    queue([at_place(codes[1], 2, location="WH-1")], now=NOW + timedelta(minutes=2))
    queue([at_place(codes[2], 3, location="WH-2")], now=NOW + timedelta(minutes=3))
    queue([at_place(codes[3], -1, location="WH-1")], now=NOW)  # before the count began
    assert numbers(number) == {"alone": 2, "missing": 2, "gone": 1}
    counts.close_count(number, by=BOB, now=LATER)
    assert missing_of(number) == [codes[3], codes[4]]


def test_what_leaves_and_what_comes_in_while_it_is_counted_is_no_difference() -> None:
    stays, leaves = stocked(2)
    comes = new_units(1)[0]
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    queue([at_place(leaves, 1, "shipping", consignment="EX-C-1")], now=LATER)
    queue([at_place(comes, 1, "receiving", location="WH-1")], now=LATER)
    queue([at_place(code, 2, location="WH-1") for code in (stays, comes)], now=LATER)
    assert numbers(number) == {"alone": 1, "gone": 1, "came": 1}
    counts.close_count(number, by=BOB, now=LATER)
    assert (numbers(number), open_kinds()) == ({"alone": 1, "gone": 1, "came": 1}, [])


def test_an_empty_place_is_counted_and_closed() -> None:
    number = counts.open_count("WH-2", by=COORDINATOR, now=NOW)
    counts.close_count(number, by=COORDINATOR, now=NOW)
    assert count_sheets.issue_count_sheet(number, by=COORDINATOR, now=NOW).version == 1
    assert counts.open_count("WH-2", by=COORDINATOR, now=LATER) == "CNT-2026-00002"


def test_of_people_who_close_at_once_one_closes(app: Flask) -> None:
    codes = stocked(3)
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    see(number, codes[0])
    told: list[str] = []

    def close(person: int) -> None:
        try:
            counts.close_count(number, by=(BOB, FRANK)[person % 2], now=LATER)
            told.append("closed")
        except Conflict:
            told.append("conflict")

    at_once([app] * 4, close)
    assert sorted(told) == ["closed", "conflict", "conflict", "conflict"]
    assert cases() == codes[1:]


def test_who_scans_while_somebody_closes_is_found_or_missing_and_never_both(app: Flask) -> None:
    codes = stocked(12)
    number = counts.open_count("WH-1", by=BOB, now=NOW)

    def work(person: int) -> None:
        if person == 3:
            counts.close_count(number, by=FRANK, now=LATER)
            return
        for code in codes[person::3]:
            queue([at_place(code, 10, location="WH-1")], now=LATER)

    at_once([app] * 4, work)
    assert (numbers(number), cases()) == ({"alone": 12}, [])


def test_a_pallet_shows_the_boxes_that_stand_on_it() -> None:
    codes, box = packed(2)
    [pallet] = new_boxes(1)
    loose = stocked(1)
    queue([scan(box, "packing", 3, handling_unit=pallet)])
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    see(number, pallet)
    assert numbers(number) == {"boxed": 2, "missing": 1}
    counts.close_count(number, by=BOB, now=LATER)
    assert cases() == loose
    assert all(code not in cases() for code in codes)


def test_a_unit_that_had_left_the_box_before_it_was_scanned_is_not_seen_with_it() -> None:
    """Whenever that is known: the late unpacking takes the sighting back."""
    codes, box = packed(2)
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    see(number, box)
    assert numbers(number) == {"boxed": 2}
    taken_out = replace(
        scan(codes[0], "unpacking", location="WH-1", handling_unit=box),
        occurred_at=NOW - timedelta(minutes=30),
    )
    queue([taken_out], now=NOW + timedelta(minutes=5))
    assert numbers(number) == {"boxed": 1, "missing": 1}


def test_a_blank_label_that_was_counted_is_the_unit_it_is_bound_to() -> None:
    [code], [blank] = stocked(1), new_blanks(1)
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    see(number, blank)
    assert numbers(number) == {"missing": 1, "unknown": 1}
    bind(blank, code)
    assert numbers(number) == {"alone": 1}


def test_a_count_of_another_place_takes_no_part() -> None:
    [code] = stocked(1)
    other = counts.open_count("WH-2", by=COORDINATOR, now=NOW)
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    see(number, code)
    assert (numbers(number), numbers(other)) == ({"alone": 1}, {})


def test_a_scan_that_waited_for_the_count_to_be_begun_joins_it() -> None:
    """A bench without a server keeps scans, and somebody opens the count meanwhile."""
    [code] = stocked(1)
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    early = NOW - timedelta(minutes=20)
    now = Bench(doing="counting", location="WH-1")
    bench.take(Read(str(uuid4()), code, early, NOW), now, by=BOB, now=NOW)
    assert numbers(number) == {"alone": 1}


def test_the_bench_tells_the_numbers_of_the_page() -> None:
    codes, box = packed(3)
    more = stocked(2)
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    for code in (box, codes[0], more[0], "EXUNKNOWN1"):
        see(number, code)
    now = Bench(doing="counting", location="WH-1", count=number)
    found = counted(number)
    assert bench_queries.tally(now) == (found.found, found.expected) == (4, 5)
    assert queries.tally(number) == (len(found.alone), len(found.boxed), found.expected)


def test_what_somebody_tapped_in_a_list_was_not_seen() -> None:
    [code] = stocked(1)
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    live(at_place(code, 1, location="WH-1", sighted=False), now=NOW + timedelta(minutes=1))
    assert numbers(number) == {"missing": 1}


def test_two_people_who_issue_the_paper_at_once_get_two_versions(app: Flask) -> None:
    stocked(1)
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    counts.close_count(number, by=BOB, now=NOW)
    versions: list[int] = []

    def issue(_: int) -> None:
        versions.append(count_sheets.issue_count_sheet(number, by=BOB, now=LATER).version)

    at_once([app] * 3, issue)
    assert sorted(versions) == [1, 2, 3]


def test_a_box_of_which_a_unit_belongs_elsewhere_is_amber_and_a_second_time_said_before() -> None:
    codes, box = packed(2)
    queue([scan(box, "shipping", 5, consignment="EX-C-1")])
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    told = see(number, box)
    assert (told.sort, told.books) == ("gap", queries.Books("in_transit", None))
    assert see(number, box).sort == "again"
    assert see(number, codes[0]).sort == "gap"  # by itself it is seen for the first time
    assert see(number, packed(2)[1]).sort == "recorded"  # it has come in meanwhile
    assert numbers(number) == {"unexpected": 2, "came": 2}
