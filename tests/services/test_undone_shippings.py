"""A shipping that is undone says where the unit is, or the unit is missed."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.services.builders import (
    BOB,
    COORDINATOR,
    NOTHING_DIFFERS,
    NOW,
    item,
    new_boxes,
    new_units,
    queue,
    scan,
)
from tests.services.test_consignments import FRANK, LATER, arrive, kinds, state, under_way, words
from tests.services.test_receiving import issued, lay_warehouses, shown
from tracker.db import transaction
from tracker.domain.permissions import SYSTEM
from tracker.ledger.rebuilding import rebuild
from tracker.models import Location
from tracker.queries import consignments as queries
from tracker.services import consignments, receiving

ALICE = COORDINATOR


@pytest.fixture(autouse=True)
def world(app: Flask) -> None:
    lay_warehouses()
    with transaction() as session:
        session.add(Location(ref="EX-B2", kind="border"))


def crossed(many: int = 5) -> tuple[str, list[str]]:
    """A consignment that crossed the border, arrived, and of which all but one was received."""
    ref, codes = under_way(many)
    consignments.tell(ref, "border", by=ALICE, now=NOW, location="EX-B")
    consignments.tell(ref, "arrived", by=ALICE, now=NOW, location="WH-2")
    here: dict[str, Any] = {"location": "WH-2", "consignment": ref}
    queue([scan(code, "receiving", 24 * 60 + 2, **here) for code in codes[1:]], now=LATER)
    return ref, codes


def undo(code: str, ref: str, minute: int = 24 * 60 + 5, **said: Any) -> None:
    """Minutes after the border was told, unless said otherwise."""
    queue([scan(code, "void_shipping", minute, consignment=ref, **said)], now=LATER)


def test_who_receives_alone_does_not_make_what_is_missing_not_sent() -> None:
    ref, codes = crossed()
    undo(codes[0], ref)
    before = queries.standing(ref)
    assert before.sum.four == (4, 0, 1, 0)
    found = receiving.conclude(ref, by=FRANK, now=LATER, shown=before.seal)
    assert (found.missing, kinds(ref), state(ref)) == (1, ["short"], "received")
    assert shown(ref) == {codes[0]: "short"}
    assert [row.code for row in queries.missing_units(ref, SYSTEM)] == [codes[0]]
    issued(ref)
    assert rebuild(now=LATER) == NOTHING_DIFFERS


def test_a_shortage_stays_when_its_shipping_is_undone_and_nobody_says_where_it_is() -> None:
    ref, codes = crossed()
    receiving.conclude(ref, by=FRANK, now=LATER)
    undo(codes[0], ref)
    assert (kinds(ref), kinds(ref, "healed"), words(ref)) == (
        ["short"],
        [],
        {"good": 4, "short": 1},
    )


@pytest.mark.parametrize("step", ["counting", "packing", "receiving"])
def test_what_is_seen_where_it_should_have_left_is_missed_no_longer(step: str) -> None:
    ref, codes = crossed()
    undo(codes[0], ref)
    receiving.conclude(ref, by=FRANK, now=LATER)
    there: dict[str, Any] = {"location": "WH-1"}
    if step == "packing":
        there["handling_unit"] = new_boxes(1)[0]
    queue([scan(codes[0], step, 24 * 60 + 9, **there)], now=LATER)
    assert (words(ref), kinds(ref, "healed")) == ({"good": 4, "not_sent": 1}, ["short"])
    assert shown(ref) == {codes[0]: "not sent; WH-1"}
    assert rebuild(now=LATER) == NOTHING_DIFFERS


def test_what_is_tapped_in_a_list_or_reported_lost_is_missed_still() -> None:
    ref, codes = crossed()
    undo(codes[0], ref)
    receiving.conclude(ref, by=FRANK, now=LATER)
    queue([scan(codes[0], "unpacking", 24 * 60 + 9, location="WH-1", sighted=False)], now=LATER)
    assert kinds(ref) == ["short"]
    queue([scan(codes[0], "reporting_lost", 24 * 60 + 10, report="EX-R")], now=LATER)
    assert (kinds(ref), words(ref)) == (["short"], {"good": 4, "short": 1})
    queue([scan(codes[0], "finding", 24 * 60 + 11, location="WH-2")], now=LATER)
    assert (kinds(ref), words(ref)) == ([], {"good": 5})


def test_what_turns_up_after_all_is_good() -> None:
    ref, codes = crossed()
    undo(codes[0], ref)
    receiving.conclude(ref, by=FRANK, now=LATER)
    queue([scan(codes[0], "counting", 24 * 60 + 9, location="WH-2")], now=LATER)
    assert (words(ref), kinds(ref, "healed")) == ({"good": 5}, ["short"])


def test_who_says_that_it_stands_where_it_began_though_it_crossed_a_border_is_looked_into() -> None:
    ref, codes = crossed()
    undo(codes[0], ref, location="WH-1")
    receiving.conclude(ref, by=FRANK, now=LATER)
    assert (kinds(ref), shown(ref)) == (["elsewhere"], {codes[0]: "elsewhere; WH-1"})
    assert item(codes[0]).location == "WH-1", "where the next count expects it"
    assert rebuild(now=LATER) == NOTHING_DIFFERS
    queue([scan(codes[0], "counting", 24 * 60 + 9, location="WH-1")], now=LATER)
    assert (kinds(ref), words(ref)) == ([], {"good": 4, "not_sent": 1})


def test_an_undoing_that_was_made_before_the_border_and_names_its_place_is_believed() -> None:
    ref, codes = crossed()
    undo(codes[0], ref, minute=4, location="WH-1")
    receiving.conclude(ref, by=FRANK, now=LATER)
    assert words(ref) == {"good": 4, "not_sent": 1}
    assert "short" not in kinds(ref)
    assert "elsewhere" not in kinds(ref)


def test_what_is_undone_before_it_leaves_is_on_no_list_and_nobody_is_asked() -> None:
    ref = consignments.make_consignment(
        {"origin": "WH-1", "destination": "WH-2"}, by=ALICE, now=NOW
    )
    codes = new_units(3)
    queue([scan(code, "receiving", 1, location="WH-1") for code in codes])
    queue([scan(code, "shipping", 2, location="WH-1", consignment=ref) for code in codes])
    queue([scan(codes[0], "void_shipping", 3, consignment=ref)])
    queue([scan(codes[1], "void_shipping", 3, consignment=ref)])
    queue([scan(codes[1], "shipping", 4, consignment="EX-C-1")])
    consignments.tell(ref, "dispatched", by=ALICE, now=NOW)
    consignments.tell(ref, "arrived", by=ALICE, now=NOW, location="WH-2")
    arrive(ref, codes[2:])
    assert receiving.conclude(ref, by=BOB, now=LATER).four == (1, 0, 0, 0)
    assert kinds(ref) == []
    receiving.close(ref, by=ALICE, now=LATER)


def test_what_goes_on_another_lorry_after_its_shipping_was_undone_is_not_missed() -> None:
    ref, codes = under_way(3)
    undo(codes[0], ref)
    consignments.tell(ref, "arrived", by=ALICE, now=LATER, location="WH-2")
    arrive(ref, codes[1:])
    receiving.conclude(ref, by=FRANK, now=LATER)
    assert kinds(ref) == ["short"]
    on: dict[str, Any] = {"location": "WH-1", "consignment": "EX-C-1"}
    queue([scan(codes[0], "shipping", 24 * 60 + 9, **on)], now=LATER)
    assert (kinds(ref), words(ref)) == ([], {"good": 2, "not_sent": 1})


def test_of_what_was_undone_nowhere_a_person_may_say_what_came_instead() -> None:
    ref, codes = crossed()
    undo(codes[0], ref)
    number = item(codes[0]).id
    receiving.say(ref, number, "wrong_serial", reason=None, note="it", by=BOB, now=LATER)
    assert words(ref) == {"good": 4, "wrong_serial": 1}
