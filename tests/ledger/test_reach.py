"""What a scan may do is judged by where the unit is or is bound for, not by what the scan says."""

from __future__ import annotations

import itertools
from dataclasses import asdict, replace
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from labels.codes import new_codes
from tests.services.builders import (
    COORDINATOR,
    NOTHING_DIFFERS,
    NOW,
    broken_chains,
    item,
    lay_world,
    live,
    new_boxes,
    new_units,
    queue,
    scan,
)
from tracker.db import db, transaction
from tracker.domain.permissions import Actor, Role
from tracker.domain.scans import Outcome, Scan
from tracker.ledger.rebuilding import rebuild
from tracker.models import Consignment, Discrepancy, Location
from tracker.services import act_lists, acts, paper_acts

PHONE = Actor("device:1", Role.FIELD, frozenset({"EX-SITE-1"}))
OTHER = Actor("device:2", Role.FIELD, frozenset({"EX-SITE-2"}))
KINDS = ("inspecting", "collecting", "reporting_stolen", "deploying", "accepting", "finding")


@pytest.fixture(autouse=True)
def world(app: Flask) -> None:
    lay_world()
    with transaction() as session:
        session.get_one(Consignment, "EX-C-1").destination = "EX-SITE-1"
        session.get_one(Consignment, "EX-C-2").destination = "EX-SITE-2"


def deployed(site: str = "EX-SITE-2") -> str:
    """A unit that is in use at a site."""
    [code] = new_units(1)
    queue([scan(code, "receiving", 1, location="WH-1"),
           scan(code, "accepting", 2, receiver="EX-USER", act="A", bound_for=site),
           scan(code, "deploying", 3, location=site)])  # fmt: skip
    return code


def said(outcome: Outcome) -> dict[str, Any]:
    """An answer without what is of its own: the id and the hash."""
    told = asdict(outcome) | {"id": ""}
    told["receipt"] = told["receipt"] and told["receipt"] | {"hash": ""}
    return told


def queue_one(one: Scan, by: Actor) -> Outcome:
    return queue([one], by)[0]


def story_of(code: str) -> tuple[Any, ...]:
    found = item(code)
    return found.status, found.location, found.custodian, found.waits


@pytest.mark.parametrize("place", [None, "EX-SITE-1", "EX-SITE-2", "NO-SITE"])
@pytest.mark.parametrize("step", KINDS)
def test_a_unit_out_of_reach_is_a_code_that_names_nothing(step: str, place: str | None) -> None:
    """Whatever place the scan names or leaves out, live and queued: nothing tells the two apart."""
    code, [never] = deployed(), new_codes(1)
    before = story_of(code)
    for way in (queue_one, live):
        told = [
            said(way(scan(which, step, 60, location=place, receiver="EX-USER", act="A"), PHONE))
            for which in (code, never)
        ]
        assert told[0] == told[1]
        assert (told[0]["result"], told[0]["item"]) == ("unknown_code", None)
    assert story_of(code) == (*before[:3], True)
    assert broken_chains() == []
    assert rebuild(now=NOW) == NOTHING_DIFFERS


def test_it_is_kept_and_a_coordinator_sees_it() -> None:
    code = deployed()
    one = scan(code, "inspecting", 60, note="seen by the gate", findings={"present": True})
    queue([one], PHONE)
    [case] = db.session.scalars(select(Discrepancy).where(Discrepancy.event == one.id))
    assert (case.kind, case.state, case.item) == ("unknown_code", "open", None)
    assert queue([one], PHONE)[0].result == "duplicate"
    assert queue([one], PHONE)[0].item is None
    assert queue([one], COORDINATOR)[0].item is not None


def test_boxes_are_judged_by_what_lies_in_them() -> None:
    [box], codes, [never] = new_boxes(1), new_units(2), new_codes(1)
    queue([scan(code, "receiving", 1, location="WH-2") for code in codes])
    queue([scan(code, "packing", 2, handling_unit=box, location="WH-2") for code in codes])
    told = [said(queue([scan(one, "accepting", 9, receiver="EX-USER")], PHONE)[0])
            for one in (box, never)]  # fmt: skip
    assert told[0] == told[1]
    queue([scan(box, "shipping", 20, consignment="EX-C-1", location="WH-2")])
    assert queue([scan(box, "accepting", 30, receiver="EX-USER")], PHONE)[0].units == 2


def test_what_is_at_ones_place_on_the_way_or_bound_there_is_in_reach() -> None:
    at, coming, bound = deployed("EX-SITE-1"), *new_units(2)
    queue([scan(coming, "receiving", 1, location="WH-1"),
           scan(coming, "shipping", 2, consignment="EX-C-1", location="WH-1"),
           scan(bound, "receiving", 1, location="WH-1"),
           scan(bound, "accepting", 2, receiver="EX-USER", bound_for="EX-SITE-1")])  # fmt: skip
    scans = [scan(at, "inspecting", 60, findings={"present": True}, location="EX-SITE-1"),
             scan(coming, "accepting", 61, receiver="EX-USER"),
             scan(bound, "deploying", 62, location="EX-SITE-1")]  # fmt: skip
    assert [one.result for one in queue(scans, PHONE)] == ["recorded"] * 3
    again = [replace(one, id=str(uuid4())) for one in scans]
    assert [one.result for one in queue(again, OTHER)] == ["unknown_code"] * 3


def test_what_somebody_has_in_hand_stays_in_reach() -> None:
    code = deployed("EX-SITE-1")
    away = Actor("device:1", Role.FIELD)  # the task is over, the unit still in the car
    taken = scan(code, "collecting", 60, location="EX-SITE-1")
    assert queue([taken], PHONE)[0].result == "recorded"
    assert queue([scan(code, "reporting_lost", 70, report="R")], away)[0].result == "recorded"
    assert queue([scan(code, "finding", 71)], OTHER)[0].result == "unknown_code"


def test_an_act_for_ones_site_brings_its_units_into_reach() -> None:
    codes = new_units(2, kits=True)
    queue([scan(code, "receiving", 1, location="WH-1") for code in codes])
    told = {"giver": "EX", "receiver": "EX-USER", "purpose": "A link.", "site": "EX-SITE-1"}
    act = acts.make_act(told, by=COORDINATOR, now=NOW)
    kit = f"KITEX{item(codes[0]).id:07d}"
    act_lists.add_line(act, kit, None, by=COORDINATOR, now=NOW)
    number = paper_acts.print_act(act, by=COORDINATOR, now=NOW).number
    scans = [scan(code, "accepting", 60, act=number, receiver="EX-USER", bound_for="EX-SITE-1")
             for code in codes]  # fmt: skip
    assert [one.result for one in queue(scans, PHONE)] == ["recorded", "unknown_code"]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_waiting_scan_joins_when_late_scans_bring_the_unit_into_reach(
    order: tuple[int, ...],
) -> None:
    """The order in which scans arrive decides nothing."""
    [code] = new_units(1)
    queue([scan(code, "receiving", 1, location="WH-1")])
    sent = [
        (scan(code, "shipping", 10, consignment="EX-C-1", location="WH-1"), COORDINATOR),
        (scan(code, "accepting", 20, receiver="EX-USER"), PHONE),
        (scan(code, "deploying", 30, location="EX-SITE-1"), PHONE),
    ]
    for place in order:
        queue([sent[place][0]], sent[place][1])
    assert story_of(code) == ("deployed", "EX-SITE-1", "EX-USER", False)
    open_ = select(Discrepancy.kind).where(
        Discrepancy.kind == "unknown_code", Discrepancy.state == "open"
    )
    assert db.session.scalars(open_).all() == []
    assert broken_chains() == []
    assert rebuild(now=NOW) == NOTHING_DIFFERS


def test_all_in_one_batch_is_the_same() -> None:
    [code] = new_units(1)
    queue([scan(code, "receiving", 1, location="WH-1")])
    queue([scan(code, "deploying", 30, location="EX-SITE-1"),
           scan(code, "accepting", 20, receiver="EX-USER")], PHONE)  # fmt: skip
    assert story_of(code) == ("in_stock", "WH-1", None, True)
    queue([scan(code, "shipping", 10, consignment="EX-C-1", location="WH-1")])
    assert story_of(code) == ("deployed", "EX-SITE-1", "EX-USER", False)


def test_a_place_that_is_not_ones_own_is_no_place() -> None:
    """Of a unit in reach, too: nobody learns by naming it which sites there are."""
    told = []
    for place in ("EX-SITE-2", "NO-SITE"):
        code = deployed("EX-SITE-1")
        one = scan(code, "inspecting", 60, findings={"present": True}, location=place)
        told.append(said(queue([one], PHONE)[0]) | {"item": None})
    assert told[0] == told[1]
    assert db.session.get(Location, "EX-SITE-2") is not None


def test_what_a_role_may_never_do_is_forbidden_wherever_the_unit_is() -> None:
    for code in (deployed("EX-SITE-1"), deployed("EX-SITE-2"), *new_codes(1)):
        one: Scan = scan(code, "receiving", 60, location="EX-SITE-1")
        assert queue([one], PHONE)[0].result == "forbidden"


def test_who_made_a_scan_takes_it_back_wherever_the_unit_is_now() -> None:
    code = deployed("EX-SITE-1")
    wrong = scan(code, "collecting", 60, location="EX-SITE-1")
    queue([wrong], PHONE)
    queue([scan(code, "deploying", 70, location="EX-SITE-2")])
    undo = scan(code, "declaring_error", 80, declares=wrong.id, reason="did_not_occur")
    assert queue([undo], PHONE)[0].result == "recorded"
