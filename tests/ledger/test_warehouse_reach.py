"""What a warehouse may scan: what is there, has left it or is bound for it, and what it has before
it all the same."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from labels.codes import new_codes
from tests.ledger.test_reach import deployed, said
from tests.services.builders import (
    BOB,
    COORDINATOR,
    NOTHING_DIFFERS,
    NOW,
    broken_chains,
    item,
    lay_world,
    live,
    new_blanks,
    new_boxes,
    new_units,
    open_discrepancies,
    queue,
    scan,
)
from tracker.db import db, transaction
from tracker.domain.bodies import Body
from tracker.domain.permissions import Actor, Role
from tracker.domain.scans import Outcome, Scan
from tracker.ledger.rebuilding import rebuild
from tracker.models import Consignment, Discrepancy, Event, HandoverAct, Identifier, Label

ALICE = Actor("account:3", Role.WAREHOUSE, frozenset({"WH-2"}))
AWAY = ("packing", "shipping", "returning", "repairing", "reporting_lost", "void_shipping")


@pytest.fixture(autouse=True)
def world(app: Flask) -> None:
    lay_world()
    with transaction() as session:
        for ref, origin, goal in (("EX-C-1", "WH-2", "WH-1"), ("EX-C-2", "WH-2", "EX-SITE-2")):
            row = session.get_one(Consignment, ref)
            row.origin, row.destination = origin, goal
        session.add(Consignment(ref="EX-C-3", made_at=NOW, origin="WH-1", destination="WH-2"))


def stocked(place: str = "WH-2", **of: Any) -> str:
    """A unit that a warehouse has received."""
    [code] = new_units(1, **of)
    queue([scan(code, "receiving", 1, location=place)])
    return code


def queue_one(one: Scan, by: Actor) -> Outcome:
    return queue([one], by)[0]


def body_of(one: Scan) -> Body:
    db.session.rollback()
    body = db.session.scalar(select(Event.body).where(Event.id == one.id))
    assert body is not None
    told: Body = json.loads(body)
    return told


def kinds(code: str) -> list[str]:
    return [kind for _, kind, _, _ in open_discrepancies([code])]


@pytest.mark.parametrize("way", [queue_one, live], ids=["queued", "live"])
@pytest.mark.parametrize("step", AWAY)
def test_what_stands_elsewhere_is_a_code_that_names_nothing(step: str, way: Any) -> None:
    """Whether the scan names one's own place, another's, or none."""
    for unit in (stocked, deployed):
        code, [never] = unit(), new_codes(1)
        before = item(code).status, item(code).location
        for place in ("WH-1", "WH-2", None):
            told = [said(way(scan(which, step, 60, location=place), BOB))
                    for which in (code, never)]  # fmt: skip
            assert told[0] == told[1]
            assert told[0]["result"] == "unknown_code"
        assert (item(code).status, item(code).location) == before
    assert broken_chains() == []
    assert rebuild(now=NOW) == NOTHING_DIFFERS


def test_what_is_there_has_left_it_or_comes_is_in_reach() -> None:
    here, gone, coming, [announced] = stocked("WH-1"), stocked("WH-1"), stocked(), new_units(1)
    queue([scan(gone, "shipping", 5, consignment="EX-C-3", location="WH-1"),
           scan(coming, "shipping", 5, consignment="EX-C-1", location="WH-2")])  # fmt: skip
    scans = [scan(here, "returning", 60, location="WH-1"),
             scan(gone, "void_shipping", 61),
             scan(coming, "reporting_lost", 62, report="R"),
             scan(announced, "receiving", 63, location="WH-1")]  # fmt: skip
    assert [one.result for one in queue(scans, BOB)] == ["recorded"] * 4
    far = stocked()
    queue([scan(far, "shipping", 5, consignment="EX-C-2", location="WH-2")])
    assert queue_one(scan(far, "void_shipping", 60), BOB).result == "unknown_code"
    assert queue_one(scan(far, "void_shipping", 61), ALICE).result == "recorded"


def test_what_nobody_has_said_the_goal_of_may_come_to_any_warehouse() -> None:
    back, lost = deployed(), stocked()
    with transaction() as session:
        session.add(Consignment(ref="EX-C-4", made_at=NOW))
    queue([scan(back, "collecting", 60, location="EX-SITE-2"),
           scan(back, "returning", 61, location="EX-SITE-2"),
           scan(lost, "shipping", 60, consignment="EX-C-4", location="WH-2")])  # fmt: skip
    scans = [scan(back, "receiving", 70, location="WH-1"),
             scan(lost, "receiving", 70, location="WH-1")]  # fmt: skip
    for one in scans:
        outcome = live(one, BOB)
        assert (outcome.result, outcome.discrepancy) == ("recorded", None)
        assert "within" not in body_of(one)


@pytest.mark.parametrize("step", ["receiving", "counting"])
@pytest.mark.parametrize("unit", [stocked, deployed], ids=["in stock", "at a site"])
def test_who_has_it_before_them_is_asked_and_told_no_other_place(unit: Any, step: str) -> None:
    code = unit()
    place = str(item(code).location)
    one = scan(code, step, 60, location="WH-1")
    refused = live(one, BOB)
    assert refused.question == {"kind": "elsewhere", "key": "elsewhere::WH-1"}
    assert (refused.result, refused.item) == ("refused", None)
    assert place not in json.dumps(said(refused), default=str)
    outcome = live(replace(one, answers=("elsewhere::WH-1",)), BOB)
    assert outcome.result in ("recorded", "misfit")
    assert place not in json.dumps(said(outcome), default=str)
    assert "elsewhere" in kinds(code)
    assert set(body_of(one)["within"]) == {"places", "journeys", "untold"}
    moved = step == "counting" or unit is stocked
    assert item(code).location == ("WH-1" if moved else place)
    assert broken_chains() == []
    assert rebuild(now=NOW) == NOTHING_DIFFERS


def test_queued_it_counts_at_once() -> None:
    """Nobody can be asked; and nothing is asked twice."""
    code = stocked()
    one = scan(code, "counting", 60, location="WH-1")
    outcome = queue_one(one, BOB)
    assert (outcome.result, outcome.discrepancy) == ("recorded", "elsewhere")
    assert outcome.item is not None
    assert outcome.item["location"] == "WH-1"
    assert kinds(code) == ["elsewhere"]
    assert queue_one(one, BOB).result == "duplicate"
    assert queue_one(scan(code, "packing", 70, location="WH-1"), BOB).result == "recorded"


@pytest.mark.parametrize("said", [{"sighted": False}, {"location": "WH-2"}, {"location": None}],
                         ids=["from a list", "at another's place", "nowhere"])  # fmt: skip
def test_who_does_not_stand_before_it_at_their_place_has_not_got_it(said: dict[str, Any]) -> None:
    code, [never] = stocked(), new_codes(1)
    told = [queue_one(scan(which, "counting", 60, **{"location": "WH-1"} | said), BOB)
            for which in (code, never)]  # fmt: skip
    assert [one.result for one in told] == ["unknown_code"] * 2
    assert (item(code).location, kinds(code)) == ("WH-2", [])


def test_what_became_of_it_far_away_is_not_told() -> None:
    """It was received here by mistake: it stays where it is used, and the answer says not where."""
    code = deployed()
    outcome = queue_one(scan(code, "receiving", 60, location="WH-1"), BOB)
    assert (outcome.result, outcome.item and outcome.item["location"]) == ("misfit", None)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_it_is_no_surprise_once_the_journey_is_told(order: tuple[int, ...]) -> None:
    """Nobody has to settle where it was when the missing scans come, in whatever order."""
    code = stocked()
    sent = [
        (scan(code, "shipping", 10, consignment="EX-C-1", location="WH-2"), COORDINATOR),
        (scan(code, "receiving", 20, location="WH-1"), BOB),
        (scan(code, "counting", 30, location="WH-1"), BOB),
    ]
    for place in order:
        queue([sent[place][0]], sent[place][1])
    assert (item(code).status, item(code).location) == ("in_stock", "WH-1")
    assert kinds(code) == []
    assert broken_chains() == []
    assert rebuild(now=NOW) == NOTHING_DIFFERS


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_scan_from_before_it_left_joins_whenever_it_comes(order: tuple[int, ...]) -> None:
    """What the other warehouse's phone sends late is judged at its own moment."""
    [code] = new_units(1)
    sent = [
        (scan(code, "receiving", 1, location="WH-2"), ALICE),
        (scan(code, "shipping", 10, consignment="EX-C-1", location="WH-2"), ALICE),
        (scan(code, "receiving", 20, location="WH-1"), BOB),
    ]
    for place in order:
        queue([sent[place][0]], sent[place][1])
    assert (item(code).status, item(code).location, item(code).waits) == ("in_stock", "WH-1", False)
    assert kinds(code) == []
    open_ = select(Discrepancy.kind).where(Discrepancy.state == "open")
    assert db.session.scalars(open_).all() == []
    assert rebuild(now=NOW) == NOTHING_DIFFERS


def test_a_box_that_came_unannounced_is_asked_about_once() -> None:
    [box], codes = new_boxes(1), new_units(2)
    queue([scan(code, "receiving", 1, location="WH-2") for code in codes])
    queue([scan(code, "packing", 2, handling_unit=box, location="WH-2") for code in codes])
    assert queue_one(scan(box, "shipping", 50, location="WH-2"), BOB).result == "unknown_code"
    one = scan(box, "receiving", 60, location="WH-1")
    refused = live(one, BOB)
    assert refused.question == {"kind": "elsewhere", "key": "elsewhere::WH-1"}
    assert "WH-2" not in json.dumps(said(refused), default=str)
    outcome = live(replace(one, answers=("elsewhere::WH-1",)), BOB)
    assert (outcome.result, outcome.units) == ("recorded", 2)
    for code in codes:
        assert item(code).location == "WH-1"
        assert "elsewhere" in kinds(code)
    assert broken_chains() == []
    assert rebuild(now=NOW) == NOTHING_DIFFERS


def test_another_s_box_is_not_packed_into() -> None:
    [theirs, never], there = [*new_boxes(1), *new_codes(1)], stocked()
    queue([scan(there, "packing", 2, handling_unit=theirs, location="WH-2")])
    for way in (queue_one, live):
        told = []
        for box in (theirs, never):
            code = stocked("WH-1")
            one = scan(code, "packing", 60, handling_unit=box, location="WH-1")
            told.append(said(way(one, BOB)) | {"item": None})
            assert item(code).handling_unit is None
        assert told[0] == told[1]
    mine = scan(stocked("WH-1"), "packing", 70, handling_unit=new_boxes(1)[0], location="WH-1")
    assert queue_one(mine, BOB).flags == ()


def test_a_box_that_left_is_known_to_what_was_packed_before() -> None:
    """A phone that was off line for a week: the box is elsewhere by now, and was here then."""
    [box], first, second = new_boxes(1), stocked("WH-1"), stocked("WH-1")
    queue([scan(first, "packing", 5, handling_unit=box, location="WH-1"),
           scan(box, "shipping", 50, consignment="EX-C-3", location="WH-1"),
           scan(box, "receiving", 60, location="WH-2")])  # fmt: skip
    late = scan(second, "packing", 6, handling_unit=box, location="WH-1")
    assert queue_one(late, BOB).flags == ()
    assert body_of(late)["handling_unit"] == box
    assert item(second).location == "WH-2"
    assert rebuild(now=NOW) == NOTHING_DIFFERS


def test_a_label_is_replaced_where_the_unit_is() -> None:
    blanks = new_blanks(4)
    near, far, gone = stocked("WH-1", kits=True), stocked(kits=True), stocked("WH-1", kits=True)
    queue([scan(gone, "shipping", 5, consignment="EX-C-3", location="WH-1")])
    kits = [db.session.scalar(select(Identifier.value).where(Identifier.item == item(code).id))
            for code in (near, far, gone)]  # fmt: skip
    told = [said(queue_one(scan(blank, "commissioning", 60, second_identifier=kit), BOB))
            for blank, kit in zip(blanks, [*kits, "KITEX9999999"], strict=True)]  # fmt: skip
    assert [one["result"] for one in told] == ["recorded", *["unknown_code"] * 3]
    assert told[1] == told[2] == told[3]
    states = db.session.scalars(select(Label.state).where(Label.code.in_(blanks)))
    assert sorted(states) == ["blank", "blank", "blank", "bound"]


def kit_of(code: str) -> str:
    found = db.session.scalar(select(Identifier.value).where(Identifier.item == item(code).id))
    return str(found)


@pytest.mark.parametrize("step", ["receiving", "counting", "returning"])
def test_a_maker_s_number_out_of_reach_names_nothing_and_never_joins(step: str) -> None:
    """Not even before who says that the unit is here: numbers in a row could be tried."""
    code = stocked(kits=True)
    for way in (queue_one, live):
        told = [said(way(scan(number, step, 60, location="WH-1"), BOB))
                for number in (kit_of(code), "KITEX9999999")]  # fmt: skip
        assert told[0] == told[1]
        assert told[0]["result"] == "unknown_code"
    queue([scan(code, "shipping", 50, consignment="EX-C-1", location="WH-2")])
    assert (item(code).status, item(code).waits) == ("in_transit", False)
    mine = scan(kit_of(code), "receiving", 70, location="WH-1")
    assert queue_one(mine, BOB).result == "recorded"


def test_a_second_number_out_of_reach_is_nobody_s() -> None:
    near, far = stocked("WH-1", kits=True), stocked(kits=True)
    told = []
    for number in (kit_of(far), "KITEX9999999"):
        one = scan(near, "counting", 60, location="WH-1", second_identifier=number)
        told.append((said(queue_one(one, BOB)), body_of(one)["second"]))
    assert [one[0]["flags"] for one in told] == [told[0][0]["flags"]] * 2
    assert [one[1] for one in told] == ["nothing", "nothing"]


def test_another_s_act_is_to_a_scan_as_one_that_never_was() -> None:
    """No number in a row tells which acts there are."""
    theirs, mine = stocked(), deployed("EX-SITE-1")
    with transaction() as session:
        session.add(HandoverAct(number="ACT-2026-00017", state="draft", giver="EX", receiver="EX",
                                purpose="A link.", made_by="account:1", made_at=NOW,
                                site="EX-SITE-2"))  # fmt: skip
    phone = Actor("device:1", Role.FIELD, frozenset({"EX-SITE-1"}))
    queue([scan(mine, "collecting", 60, location="EX-SITE-1")])
    told = [said(queue_one(scan(mine, "accepting", 70 + n, location="EX-SITE-1", act=act,
                                receiver="EX-USER"), phone))
            for n, act in enumerate(("ACT-2026-00017", "ACT-2026-99999"))]  # fmt: skip
    assert [one["flags"] for one in told] == [told[0]["flags"]] * 2
    assert theirs


def test_forbidden_is_only_what_the_role_may_never_do() -> None:
    code = stocked("WH-1")
    assert queue_one(scan(code, "deploying", 60, location="WH-1"), BOB).result == "forbidden"
    kept = queue_one(scan(code, "counting", 61, location="WH-2"), BOB)
    assert (kept.result, kept.flags) == ("recorded", ("incomplete",))
    assert item(code).location == "WH-1"
