"""A count is of one place, by whichever of its doors it was begun and whoever scans at which."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from tests.racing import at_once
from tests.services.builders import BOB, COORDINATOR, NOW, item, lay_world, queue
from tests.services.counting import (
    DAY_AFTER,
    LATER,
    at_place,
    cases,
    missing_of,
    numbers,
    open_kinds,
    see,
    stocked,
)
from tracker.db import db, transaction
from tracker.domain.bench import Bench
from tracker.domain.permissions import Actor, Role
from tracker.errors import Conflict, InvalidValue, NotAllowed, NotFound
from tracker.models import CountDoor, Location, StockCount
from tracker.queries import counts as queries
from tracker.services import bench, counts
from tracker.services.bench import Answer, Read
from tracker.services.locations import set_premises

GREG = Actor("account:7", Role.WAREHOUSE, frozenset({"WH-2"}))
HANNA = Actor("account:8", Role.WAREHOUSE, frozenset({"WH-3"}))


@pytest.fixture(autouse=True)
def world(app: Flask) -> None:
    """WH-1 and WH-2 are two doors of one place; WH-3 stands elsewhere."""
    lay_world()
    with transaction() as session:
        session.add(Location(ref="WH-3", kind="warehouse"))
    set_premises("WH-2", "WH-1", by=COORDINATOR, now=NOW)


def at_door(text: str, door: str = "WH-2", by: Actor = GREG, minutes: int = 1) -> Answer:
    """What the bench at a door answers to one counting scan."""
    at = NOW + timedelta(minutes=minutes)
    return bench.take(
        Read(str(uuid4()), text, at, at), Bench(doing="counting", location=door), by=by, now=at
    )


def doors_of(number: str) -> list[str]:
    db.session.rollback()
    query = select(CountDoor.location).where(CountDoor.count == number)
    return sorted(db.session.scalars(query))


@pytest.mark.parametrize(("door", "by"), [("WH-1", BOB), ("WH-2", GREG)])
def test_a_count_expects_what_stands_at_all_doors(door: str, by: Actor) -> None:
    first, second, away = stocked(1), stocked(2, "WH-2"), stocked(1, "WH-3")
    number = counts.open_count(door, by=by, now=NOW)
    assert numbers(number) == {"missing": 3}
    assert at_door(first[0], "WH-1", BOB).sort == "recorded"
    assert at_door(second[0], "WH-2", GREG).sort == "recorded"
    assert numbers(number) == {"alone": 2, "missing": 1}
    assert queries.tally(number) == (2, 0, 3)
    counts.close_count(number, by=by, now=LATER)
    assert cases() == [second[1]]
    assert away[0] not in cases()


def test_a_unit_is_counted_at_whichever_door_it_is_seen() -> None:
    """Also where the ledger had it at the other one: within the place nothing has moved."""
    codes = stocked(3)
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    told = at_door(codes[0])
    assert (told.sort, told.bench.count) == ("recorded", number)
    queue([at_place(codes[1], 2, location="WH-2")], now=LATER)
    assert item(codes[1]).location == "WH-2"
    assert numbers(number) == {"alone": 2, "missing": 1}
    assert at_door(codes[0], "WH-1", BOB, 3).sort == "again"
    counts.close_count(number, by=BOB, now=LATER)
    assert (missing_of(number), open_kinds()) == ([codes[2]], ["short"])


def test_what_went_to_the_other_door_unseen_is_still_missing() -> None:
    """It has not left the place: somebody carried it out of one door and nobody counted it."""
    stays, comes = stocked(2)
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    queue([at_place(stays, 5, "unpacking", location="WH-2")], now=LATER)
    [new] = stocked(1, "WH-3")
    queue([at_place(new, 6, "receiving", location="WH-2")], now=LATER)
    at_door(new, minutes=7)
    at_door(comes, minutes=8)
    assert numbers(number) == {"alone": 1, "missing": 1, "came": 1}
    assert missing_of(number) == [stays]


def test_of_one_place_one_count_is_open() -> None:
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    with pytest.raises(Conflict):
        counts.open_count("WH-2", by=GREG, now=NOW)
    assert counts.open_count("WH-3", by=HANNA, now=NOW) != number
    counts.close_count(number, by=BOB, now=LATER)
    assert counts.open_count("WH-2", by=GREG, now=LATER) != number


def test_two_who_begin_at_two_doors_at_once_begin_one_count(app: Flask) -> None:
    told: list[str] = []

    def begin(person: int) -> None:
        door, by = (("WH-1", BOB), ("WH-2", GREG))[person % 2]
        try:
            told.append(counts.open_count(door, by=by, now=NOW))
        except Conflict:
            told.append("conflict")

    at_once([app] * 4, begin)
    assert sorted(told) == ["CNT-2026-00001", "conflict", "conflict", "conflict"]
    assert doors_of("CNT-2026-00001") == ["WH-1", "WH-2"]


def test_people_at_both_doors_count_at_once(app: Flask) -> None:
    codes = [*stocked(8), *stocked(8, "WH-2")]
    number = counts.open_count("WH-2", by=GREG, now=NOW)
    people = (("WH-1", BOB), ("WH-2", GREG))

    def count(person: int) -> None:
        for code in codes[person::2]:
            at_door(code, *people[person])

    at_once([app] * 2, count)
    assert numbers(number) == {"alone": 16}


def test_who_works_at_any_of_the_doors_may_close_it_and_nobody_else() -> None:
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    with pytest.raises(NotFound):
        counts.close_count(number, by=HANNA, now=LATER)
    counts.close_count(number, by=GREG, now=LATER)
    with pytest.raises(NotAllowed):
        counts.open_count("WH-2", by=BOB, now=LATER)  # begun at one's own door


def test_a_late_scan_at_another_door_finds_what_the_closed_count_missed() -> None:
    found, seen_since, odd = [*stocked(2), *stocked(1, "WH-3")]
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    counts.close_count(number, by=BOB, now=LATER)
    assert cases() == [found, seen_since]
    queue([at_place(found, 60, location="WH-2")], now=DAY_AFTER)
    queue([at_place(seen_since, 180, location="WH-2")], now=DAY_AFTER)
    queue([at_place(odd, 60, location="WH-2")], now=DAY_AFTER)
    assert cases() == []
    assert numbers(number) == {"alone": 1, "missing": 1, "unexpected": 1}
    # It turns out that it had been received at the second door before: no difference.
    queue([at_place(odd, 30, "receiving", location="WH-2")], now=DAY_AFTER)
    assert numbers(number) == {"alone": 1, "missing": 1, "came": 1}


def test_an_early_scan_at_another_door_is_told_so() -> None:
    [code] = stocked(1, "WH-2")
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    [told] = queue([at_place(code, -600, location="WH-2", report=number)])
    assert told.flags == ("before_count",)
    assert numbers(number) == {"missing": 1}


@pytest.mark.parametrize("whole", ["WH-1", None])
def test_which_doors_are_one_place_is_not_changed_while_it_is_counted(whole: str | None) -> None:
    door = "WH-2" if whole is None else "WH-3"
    for begun_at, by in (("WH-1", BOB), ("WH-2", GREG)):
        number = counts.open_count(begun_at, by=by, now=NOW)
        with pytest.raises(InvalidValue, match="count"):
            set_premises(door, whole, by=COORDINATOR, now=NOW)
        counts.close_count(number, by=by, now=LATER)
    set_premises(door, whole, by=COORDINATOR, now=NOW)
    number = counts.open_count("WH-1", by=BOB, now=LATER)
    assert doors_of(number) == (["WH-1"] if whole is None else ["WH-1", "WH-2", "WH-3"])


def test_a_place_that_is_counted_does_not_become_a_door_of_another() -> None:
    counts.open_count("WH-3", by=HANNA, now=NOW)
    with pytest.raises(InvalidValue, match="count"):
        set_premises("WH-3", "WH-1", by=COORDINATOR, now=NOW)


def test_who_names_a_door_while_somebody_begins_to_count(app: Flask) -> None:
    """Either it is a door of the count, or it is refused: never a door that nobody can count."""
    refused: list[str] = []

    def work(person: int) -> None:
        try:
            if person == 0:
                set_premises("WH-3", "WH-1", by=COORDINATOR, now=NOW)
            else:
                counts.open_count("WH-1", by=BOB, now=NOW)
        except InvalidValue:
            refused.append("WH-3")

    at_once([app] * 2, work)
    assert ("WH-3" in doors_of("CNT-2026-00001")) is not bool(refused)


def test_a_closed_count_stays_of_the_doors_that_it_was_of() -> None:
    [code] = stocked(1, "WH-3")
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    assert at_door(code, "WH-3", HANNA).sort == "refused"  # nobody counts there
    queue([at_place(code, 2, location="WH-3")], now=LATER)
    assert see(number, code, is_here=True).sort == "gap"
    assert numbers(number) == {"unexpected": 1}
    counts.close_count(number, by=BOB, now=LATER)
    set_premises("WH-3", "WH-1", by=COORDINATOR, now=NOW)
    assert numbers(number) == {"unexpected": 1}
    assert db.session.scalars(select(StockCount.location)).all() == ["WH-1"]
