"""Which places count as one is changed after consignments were received there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.racing import at_once
from tests.services.builders import (
    BOB,
    COORDINATOR,
    NOTHING_DIFFERS,
    NOW,
    queue,
    scan,
)
from tests.services.test_consignments import LATER, kinds, under_way, words
from tests.services.test_receiving import lay_warehouses, shown, since
from tracker.db import db
from tracker.errors import InvalidValue, NotAllowed
from tracker.ledger.rebuilding import rebuild
from tracker.models import Location
from tracker.services import consignments, receiving
from tracker.services.locations import set_premises

ALICE = COORDINATOR
SINCE = LATER + timedelta(hours=1)


@pytest.fixture(autouse=True)
def world(app: Flask) -> None:
    lay_warehouses()


def count_as(ref: str, premises: str | None) -> None:
    set_premises(ref, premises, by=ALICE, now=SINCE)


def at_the_other_door(*, concluded: bool = True) -> tuple[str, list[str]]:
    """Two of three units that were to come to WH-2 came to WH-3, while that was one with it."""
    count_as("WH-2", "WH-3")
    ref, codes = under_way(3)
    consignments.tell(ref, "arrived", by=ALICE, now=NOW, location="WH-3")
    here: dict[str, Any] = {"location": "WH-3", "consignment": ref}
    queue([scan(code, "receiving", 30, **here) for code in codes[:2]])
    if concluded:
        receiving.conclude(ref, by=BOB, now=LATER)
    return ref, codes


@pytest.mark.parametrize("concluded", [True, False])
def test_what_was_received_at_the_other_door_is_judged_anew_at_once(concluded: bool) -> None:
    ref, codes = at_the_other_door(concluded=concluded)
    assert words(ref) == {"good": 2, "short": 1}
    assert rebuild(now=LATER) == NOTHING_DIFFERS
    count_as("WH-2", None)
    assert words(ref) == {"elsewhere": 2, "short": 1}
    assert {code: shown(ref)[code] for code in codes[:2]} == dict.fromkeys(
        codes[:2], "elsewhere; WH-3"
    )
    assert kinds(ref) == (["elsewhere", "elsewhere", "short"] if concluded else [])
    assert since(ref)[0] == (2 if concluded else 3)
    assert rebuild(now=SINCE) == NOTHING_DIFFERS, "nothing is left for a rebuild to find"
    queue([scan(codes[0], "receiving", 90, location="WH-3", consignment=ref)], now=SINCE)
    assert words(ref) == {"elsewhere": 2, "short": 1}, "nor for the next scan"


def test_what_is_said_to_be_one_place_after_all_closes_its_cases() -> None:
    ref, _ = at_the_other_door()
    count_as("WH-2", None)
    count_as("WH-2", "WH-3")
    assert (words(ref), kinds(ref), kinds(ref, "healed")) == (
        {"good": 2, "short": 1},
        ["short"],
        ["elsewhere", "elsewhere"],
    )
    assert rebuild(now=SINCE) == NOTHING_DIFFERS


def test_where_it_should_have_left_has_doors_too() -> None:
    count_as("WH-1", "WH-3")
    ref, codes = under_way(2)
    queue([scan(codes[0], "receiving", 20, location="WH-3")])
    assert words(ref) == {"not_sent": 1, "short": 1}
    count_as("WH-1", None)
    assert words(ref) == {"elsewhere": 1, "short": 1}
    assert rebuild(now=SINCE) == NOTHING_DIFFERS


def test_consignments_of_other_places_stay_as_they_are() -> None:
    ref, _ = at_the_other_door()
    count_as("EX-B", "WH-1")
    assert (words(ref), kinds(ref)) == ({"good": 2, "short": 1}, ["short"])
    assert rebuild(now=SINCE) == NOTHING_DIFFERS


def test_who_may_not_or_names_nonsense_changes_nothing() -> None:
    ref, _ = at_the_other_door()
    with pytest.raises(NotAllowed):
        set_premises("WH-2", None, by=BOB, now=SINCE)
    with pytest.raises(InvalidValue):
        count_as("WH-2", "EX-SITE-1")
    db.session.rollback()
    assert db.session.scalar(select(Location.premises).where(Location.ref == "WH-2")) == "WH-3"
    assert words(ref) == {"good": 2, "short": 1}


def test_what_is_scanned_in_the_moment_of_the_change_is_followed_by_one_way(app: Flask) -> None:
    count_as("WH-2", "WH-3")
    ref, codes = under_way(12)
    here: dict[str, Any] = {"location": "WH-3", "consignment": ref}
    db.session.rollback()

    def work(person: int) -> None:
        if person == 0:
            count_as("WH-2", None)
        else:
            for code in codes[person::3]:
                queue([scan(code, "receiving", 30, **here)], now=SINCE)

    at_once([app] * 4, work)
    assert words(ref) == {"elsewhere": 11, "short": 1}
    assert rebuild(now=SINCE) == NOTHING_DIFFERS
