"""A stock count finds what is missing and what should not be there, and moves nothing."""

from __future__ import annotations

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
    new_boxes,
    new_units,
    queue,
    scan,
)
from tracker.db import db
from tracker.domain.bench import Bench
from tracker.domain.permissions import Actor, Role
from tracker.errors import Conflict, InvalidValue, NotAllowed
from tracker.models import Discrepancy, Document
from tracker.queries import counts as queries
from tracker.services import bench, counts, paperwork
from tracker.services.bench import Answer, Read

LATER = NOW + timedelta(hours=2)
FRANK = Actor("account:6", Role.COORDINATOR)


@pytest.fixture(autouse=True)
def world(app: Flask) -> None:
    lay_world()


def stocked(many: int, place: str = "WH-1") -> list[str]:
    codes = new_units(many)
    queue([scan(code, "receiving", 1, location=place) for code in codes])
    return codes


def see(number: str, text: str, by: Actor = BOB) -> Answer:
    now = Bench(doing="counting", location="WH-1", count=number)
    return bench.take(Read(str(uuid4()), text, NOW, NOW), now, by=by, now=NOW)


def open_kinds() -> list[str]:
    db.session.rollback()
    return sorted(db.session.scalars(select(Discrepancy.kind).where(Discrepancy.state == "open")))


def test_found_missing_and_unexpected() -> None:
    codes, [stray] = stocked(4), stocked(1, "WH-2")
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    assert number == "CNT-2026-00001"
    for code in codes[:3]:
        assert see(number, code).sort == "recorded"
    see(number, stray)
    see(number, "EXUNKNOWN1")
    result = queries.count(number)
    assert result is not None
    assert (result.expected, result.found, result.missing_many) == (4, 3, 1)
    assert [row.code for row in result.unexpected] == [stray]
    assert result.unknown == ["EXUNKNOWN1"]
    before = {code: (item(code).status, item(code).location) for code in [*codes, stray]}
    counts.close_count(number, by=BOB, now=LATER)
    assert open_kinds() == ["over", "short", "unknown_code"]
    assert before == {code: (item(code).status, item(code).location) for code in before}


def test_a_closed_count_is_a_paper_under_its_own_number() -> None:
    codes = stocked(2)
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    see(number, codes[0])
    with pytest.raises(Conflict):
        paperwork.issue_count_sheet(number, by=BOB, now=NOW)
    counts.close_count(number, by=BOB, now=LATER)
    assert paperwork.issue_count_sheet(number, by=BOB, now=LATER).version == 1
    assert paperwork.issue_count_sheet(number, by=BOB, now=LATER).version == 2
    assert db.session.scalars(select(Document.number)).all() == [number, number]


def test_a_box_shows_all_that_lies_in_it() -> None:
    codes, [box] = stocked(3), new_boxes(1)
    queue([scan(code, "packing", 2, handling_unit=box) for code in codes])
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    see(number, box)
    result = queries.count(number)
    assert result is not None
    assert result.found == 3


def test_seen_twice_is_counted_once_and_undone_is_not_counted() -> None:
    [code] = stocked(1)
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    first = see(number, code)
    see(number, code)
    result = queries.count(number)
    assert result is not None
    assert result.found == 1
    now = Bench(doing="counting", location="WH-1", count=number)
    assert first.undo is not None
    read = Read(str(uuid4()), code, NOW, NOW)
    assert bench.undo(first.undo, code, read, now, by=BOB, now=NOW).sort == "undone"
    result = queries.count(number)
    assert result is not None
    assert result.found == 0


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
    result = queries.count(number)
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
    result = queries.count(number)
    assert result is not None
    assert (result.found, result.missing_many) == (24, 0)
