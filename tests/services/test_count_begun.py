"""A count finds nothing by scans that were made before it began, and who made them is told so."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from tests.services.builders import BOB, NOW, lay_world, new_boxes, queue, scan
from tests.services.counting import (
    LATER,
    at_place,
    cases,
    numbers,
    open_kinds,
    packed,
    stocked,
)
from tracker.db import db
from tracker.domain.bench import Bench
from tracker.domain.scans import Result
from tracker.models import Event, Sighting
from tracker.services import bench, counts
from tracker.services.bench import Answer, Read

TOLD = ("before_count",)


@pytest.fixture(autouse=True)
def world(app: Flask) -> None:
    lay_world()


def waited(text: str, by_then: timedelta) -> Answer:
    """What the bench answers to a scan that waited in the page so long."""
    read = Read(str(uuid4()), text, NOW - by_then, NOW)
    return bench.take(read, Bench(doing="counting", location="WH-1"), by=BOB, now=NOW)


def told_of(answer: Answer) -> tuple[str, ...]:
    assert answer.outcome is not None
    return answer.outcome.flags


def said_in_the_ledger(event: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(
        db.session.scalars(select(Event.body).where(Event.id == event)).one()
    )
    return found


def test_a_scan_that_waited_for_days_is_kept_amber_and_no_sighting() -> None:
    [code] = stocked(1)
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    told = waited(code, timedelta(hours=20))
    assert told.outcome is not None
    assert (told.sort, told.outcome.result) == ("gap", Result.RECORDED)
    assert told_of(told) == TOLD
    assert numbers(number) == {"missing": 1}
    assert open_kinds() == []  # nothing is wrong with it: it is an older count's scan
    assert "report" not in said_in_the_ledger(told.outcome.id)
    counts.close_count(number, by=BOB, now=LATER)
    assert cases() == [code]


@pytest.mark.parametrize(("minutes", "left"), [(30, {"alone": 1}), (31, {"missing": 1})])
def test_a_bench_that_counts_already_has_half_an_hour_to_begin_the_count(
    minutes: int, left: dict[str, int]
) -> None:
    [code] = stocked(1)
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    told = waited(code, timedelta(minutes=minutes))
    assert numbers(number) == left
    assert told.sort == ("recorded" if "alone" in left else "gap")


def test_a_device_that_names_the_count_has_no_more() -> None:
    codes = stocked(3)
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    said = {"location": "WH-1", "report": number}
    scans = [at_place(code, -at, **said) for code, at in zip(codes, (600, 31, 29), strict=True)]
    outcomes = queue(scans, by=BOB, now=NOW + timedelta(minutes=1))
    assert [one.flags for one in outcomes] == [TOLD, TOLD, ()]
    assert [one.result for one in outcomes] == [Result.RECORDED] * 3
    assert numbers(number) == {"alone": 1, "missing": 2}


def test_who_names_no_count_is_told_too_while_one_is_open() -> None:
    codes = stocked(2)
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    [told] = queue([at_place(codes[0], -5, location="WH-1")])
    assert told.flags == TOLD
    counts.close_count(number, by=BOB, now=LATER)
    [told] = queue([at_place(codes[1], -5, location="WH-1")], now=LATER)
    assert told.flags == ()


def test_a_box_that_was_scanned_too_early_and_an_unknown_code_are_told_of() -> None:
    codes, box = packed(2)
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    told = waited(box, timedelta(hours=3))
    assert (told.sort, told_of(told)) == ("gap", TOLD)
    unknown = waited("EXUNKNOWN1", timedelta(hours=3))
    assert (unknown.sort, told_of(unknown)) == ("unknown", TOLD)
    assert numbers(number) == {"missing": len(codes)}


def test_a_scan_of_the_count_before_stays_its_own() -> None:
    """The bench waited from one count into the next: the scan is the first one's."""
    [code] = stocked(1)
    first = counts.open_count("WH-1", by=BOB, now=NOW - timedelta(hours=2))
    counts.close_count(first, by=BOB, now=NOW - timedelta(minutes=10))
    second = counts.open_count("WH-1", by=BOB, now=NOW)
    told = waited(code, timedelta(minutes=20))
    assert (told.sort, told_of(told)) == ("recorded", ())
    assert (numbers(first), numbers(second)) == ({"alone": 1}, {"missing": 1})


def test_a_scan_that_waited_while_its_count_was_closed_is_found_in_it() -> None:
    codes = stocked(2)
    number = counts.open_count("WH-1", by=BOB, now=NOW - timedelta(hours=2))
    counts.close_count(number, by=BOB, now=NOW - timedelta(minutes=10))
    assert cases() == codes
    assert waited(codes[0], timedelta(minutes=20)).sort == "recorded"
    told = waited(codes[1], timedelta(minutes=5))
    assert (told.sort, told.word) == ("refused", "no_count")
    assert (numbers(number), cases()) == ({"alone": 1, "missing": 1}, codes[1:])


def test_an_early_scan_is_no_sighting_after_its_story_is_folded_anew() -> None:
    [code] = stocked(1)
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    queue([at_place(code, -600, location="WH-1", report=number)])
    queue([scan(code, "packing", 3, handling_unit=new_boxes(1)[0])])
    assert db.session.scalars(select(Sighting.id)).all() == []
    assert numbers(number) == {"missing": 1}
