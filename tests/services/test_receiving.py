"""Receiving says what was seen: singly, in an unopened box, elsewhere, not at all."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.services.builders import (
    BOB,
    COORDINATOR,
    NOW,
    item,
    lay_world,
    live,
    new_boxes,
    new_units,
    queue,
    scan,
)
from tests.services.test_consignments import (
    FRANK,
    LATER,
    arrive,
    kinds,
    under_way,
    words,
)
from tracker.db import db, transaction
from tracker.domain.permissions import SYSTEM
from tracker.domain.scans import Result
from tracker.errors import Conflict, OwnEvent
from tracker.models import Discrepancy, HandlingUnit, Location
from tracker.papers.parts import Title
from tracker.papers.received_note import ReceivedNote
from tracker.papers.words import UNASKED
from tracker.queries import consignments as queries
from tracker.queries import loads
from tracker.services import consignments, receiving
from tracker.services.discrepancies import settle
from tracker.services.papers import issuing
from tracker.services.papers.documents import Issued
from tracker.services.papers.received_notes import issue_received_note, note_of

ALICE = COORDINATOR
DIFFERS = ("items", "boxes", "discrepancies", "tallies", "deleted")


def lay_warehouses() -> None:
    """The ledger's small world with a third warehouse."""
    lay_world()
    with transaction() as session:
        session.add(Location(ref="WH-3", kind="warehouse", name_uk="Третій"))


@pytest.fixture(autouse=True)
def world(app: Flask) -> None:
    lay_warehouses()


def boxed(many: int = 4, boxes: int = 1) -> tuple[str, list[str], list[str]]:
    """A consignment under way with all units in boxes: its reference, the units, the boxes."""
    places = {"origin": "WH-1", "destination": "WH-2"}
    ref = consignments.make_consignment(places, by=ALICE, now=NOW)
    codes, made = new_units(many, kits=True), new_boxes(boxes)
    queue([scan(code, "receiving", 1, location="WH-1") for code in codes])
    for n, code in enumerate(codes):
        queue([scan(code, "packing", 2, location="WH-1", handling_unit=made[n % boxes])])
    queue([scan(box, "shipping", 3, location="WH-1", consignment=ref) for box in made])
    consignments.tell(ref, "dispatched", by=ALICE, now=NOW)
    consignments.tell(ref, "arrived", by=ALICE, now=NOW, location="WH-2")
    return ref, codes, made


def on_a_pallet(many: int) -> tuple[str, list[str], list[str], str]:
    """The same with two boxes on a pallet, which was scanned when it left."""
    places = {"origin": "WH-1", "destination": "WH-2"}
    ref = consignments.make_consignment(places, by=ALICE, now=NOW)
    codes, [pallet, *boxes] = new_units(many), new_boxes(3)
    with transaction() as session:
        session.execute(
            update(HandlingUnit).where(HandlingUnit.code == pallet).values(kind="pallet")
        )
    queue([scan(code, "receiving", 1, location="WH-1") for code in codes])
    queue([scan(c, "packing", 2, handling_unit=boxes[n % 2]) for n, c in enumerate(codes)])
    queue([scan(box, "packing", 3, handling_unit=pallet) for box in boxes])
    queue([scan(pallet, "shipping", 4, location="WH-1", consignment=ref)])
    consignments.tell(ref, "dispatched", by=ALICE, now=NOW)
    consignments.tell(ref, "arrived", by=ALICE, now=NOW, location="WH-2")
    return ref, codes, boxes, pallet


def note(ref: str) -> ReceivedNote:
    """What the note would say now."""
    db.session.rollback()
    whole = queries.consignment(ref, NOW.date(), SYSTEM)
    assert whole is not None
    return note_of(Title("EX", 1, NOW, "HTTP://EX"), whole)


def shown(ref: str) -> dict[str, str]:
    """{unit: what the note remarks of it in English} of those that somebody has to look into."""
    return {line.code.replace("-", ""): line.remark_en for line in note(ref).odd}


def lines(ref: str, kind: str) -> set[str]:
    return {line.code.replace("-", "") for line in getattr(note(ref), kind)}


def opened(kind: str, state: str = "open") -> list[dict[str, Any]]:
    """What the cases of a kind tell."""
    db.session.rollback()
    query = select(Discrepancy.detail).where(Discrepancy.kind == kind, Discrepancy.state == state)
    return [json.loads(detail) for detail in db.session.scalars(query)]


def issued(ref: str, now: Any = LATER) -> Issued:
    return issue_received_note(ref, by=BOB, now=now)


# Boxes that nobody opened


def newest(code: str) -> dict[str, str]:
    body = [one for one in queue_of(code) if one["step"] == "receiving"][-1]
    return {"declares": body["id"], "reason": "did_not_occur"}


def since(ref: str) -> tuple[int, int]:
    """How many verdicts changed since it was concluded, and since the note."""
    db.session.rollback()
    found = queries.since(ref, queries.standing(ref))
    return found.concluded, found.note


def test_what_came_in_an_unopened_box_is_counted_apart_and_never_good() -> None:
    ref, codes, [box] = boxed(3)
    queue([scan(box, "receiving", 30, location="WH-2", consignment=ref)])
    found = receiving.conclude(ref, by=BOB, now=LATER)
    assert (found.four, found.fits) == ((0, 3, 0, 0), True)
    assert words(ref) == {"with_box": 3}
    paper = note(ref)
    assert (paper.good, paper.odd) == ([], [])
    assert lines(ref, "unopened") == set(codes)
    assert {line.box for line in paper.unopened} == {box}
    assert paper.sums == [("з коробкою, не відкривали", "with its box, unopened", 3)]


def test_a_unit_marked_damaged_is_not_good_because_its_carton_was_scanned() -> None:
    places = {"origin": "WH-1", "destination": "WH-2"}
    ref = consignments.make_consignment(places, by=ALICE, now=NOW)
    [hurt, whole], [box] = new_units(2), new_boxes(1)
    queue([scan(code, "receiving", 1, location="WH-1") for code in (hurt, whole)])
    queue([scan(hurt, "packing", 2, handling_unit=box, condition="damaged")])
    queue([scan(whole, "packing", 2, handling_unit=box)])
    queue([scan(box, "shipping", 3, consignment=ref)])
    for kind in ("dispatched", "arrived"):
        consignments.tell(ref, kind, by=ALICE, now=NOW)
    queue([scan(box, "receiving", 30, location="WH-2", condition="good")])
    receiving.conclude(ref, by=BOB, now=LATER)
    assert words(ref) == {"damaged": 1, "with_box": 1}
    assert shown(ref) == {hurt: "damaged; in an unopened box"}
    assert kinds(ref) == ["damaged"], "and somebody has to see to it"
    assert item(hurt).condition == "damaged"


@pytest.mark.parametrize("mode", ["queued", "live"])
def test_a_pallet_scanned_at_the_end_does_not_make_132_of_134_complete(mode: str) -> None:
    ref, codes, _, pallet = on_a_pallet(134)
    unseen, seen = codes[:2], codes[2:]
    arrive(ref, seen)
    last = scan(pallet, "receiving", 60, location="WH-2", consignment=ref)
    if mode == "live":
        asked = live(last)
        assert asked.result is Result.REFUSED
        told = asked.question
        assert told
        assert (told["kind"], told["seen"], told["unseen"]) == ("partly_seen", 132, 2)
        assert {unit["code"] for unit in told["units"]} == set(unseen)
        assert queries.progress(ref) == (132, 134), "nothing is assumed"
        return
    queue([last])
    found = receiving.conclude(ref, by=BOB, now=LATER)
    assert found.four == (132, 2, 0, 0)
    [case] = opened("partly_seen")
    assert (case["seen"], case["unseen"], set(case["units"])) == (132, 2, set(unseen))
    assert lines(ref, "unopened") == set()
    assert {UNASKED[1] in remark for remark in shown(ref).values()} == {True}
    with pytest.raises(Conflict):
        receiving.close(ref, by=ALICE, now=LATER)
    queue([scan(unseen[0], "receiving", 90, location="WH-2")], now=LATER)
    assert len(opened("partly_seen")) == 1, "one of the two is still not seen"
    queue([scan(unseen[1], "receiving", 91, location="WH-2")], now=LATER)
    assert (opened("partly_seen"), len(opened("partly_seen", "healed"))) == ([], 1)
    assert receiving.conclude(ref, by=BOB, now=LATER).four == (134, 0, 0, 0)
    receiving.close(ref, by=ALICE, now=LATER)


def test_who_says_that_the_rest_lies_inside_is_not_asked_again() -> None:
    ref, codes, [box] = boxed(3)
    arrive(ref, codes[:1])
    last = {"location": "WH-2", "consignment": ref}
    asked = live(scan(box, "receiving", 60, **last))
    assert asked.question
    key = asked.question["key"]
    kept = live(scan(box, "receiving", 60, **last, answers=(key,)))
    assert kept.result is Result.RECORDED
    found = receiving.conclude(ref, by=BOB, now=LATER)
    assert (found.four, opened("partly_seen")) == ((1, 2, 0, 0), [])
    assert lines(ref, "unopened") == set(codes[1:])


def test_a_box_that_is_scanned_again_after_some_of_it_was_seen_is_asked_about_too() -> None:
    ref, codes, [box] = boxed(3)
    here = {"location": "WH-2", "consignment": ref}
    assert live(scan(box, "receiving", 40, **here)).result is Result.RECORDED
    assert live(scan(box, "receiving", 41, **here)).question is None, "nobody has looked inside"
    arrive(ref, codes[:1])
    again = live(scan(box, "receiving", 60, **here))
    told = again.question
    assert told
    assert (told["kind"], told["seen"], told["unseen"]) == ("partly_seen", 1, 2)
    kept = live(scan(box, "receiving", 61, **here, answers=(told["key"],)))
    assert kept.result is Result.RECORDED
    receiving.conclude(ref, by=BOB, now=LATER)
    assert opened("partly_seen") == []


def test_a_box_opened_after_it_was_received_is_seen_unit_by_unit() -> None:
    ref, codes, [box] = boxed(3)
    queue([scan(box, "receiving", 30, location="WH-2", consignment=ref)])
    receiving.conclude(ref, by=BOB, now=LATER)
    queue([scan(code, "unpacking", 60, location="WH-2", handling_unit=box) for code in codes])
    assert words(ref) == {"good": 3}


# Not sent, elsewhere


def test_what_never_left_is_not_sent_and_nobody_is_asked_to_look_for_it() -> None:
    ref, codes = under_way(4)
    queue([scan(codes[0], "receiving", 3, location="WH-1")])  # it stands there still
    queue([scan(codes[1], "void_shipping", 4, location="WH-1", consignment=ref)])
    wrong = [one for one in queue_of(codes[2]) if one["step"] == "shipping"]
    said = {"declares": wrong[0]["id"], "reason": "did_not_occur"}
    queue([scan(codes[2], "declaring_error", 5, **said)])
    consignments.tell(ref, "arrived", by=ALICE, now=NOW, location="WH-2")
    arrive(ref, codes[3:])
    found = receiving.conclude(ref, by=BOB, now=LATER)
    assert (found.four, words(ref)) == ((1, 0, 0, 3), {"good": 1, "not_sent": 3})
    assert (kinds(ref), found.fits) == ([], False)
    remarks = shown(ref)
    assert remarks[codes[0]] == "not sent; WH-1"
    assert remarks[codes[2]] == "not sent; WH-1", "where it stands"
    receiving.close(ref, by=ALICE, now=LATER)


def queue_of(code: str) -> list[dict[str, Any]]:
    """The bodies of a unit's events."""
    from tracker.queries.stories import bodies_of

    number = item(code).id
    return [dict(body) for body in bodies_of(db.session.connection(), [number])[number]]


def test_what_is_left_behind_is_on_no_packing_list_issued_since() -> None:
    ref, codes, [box, other] = boxed(4, boxes=2)
    issuing.issue_packing_list(ref, by=ALICE, now=NOW)
    queue([scan(box, "receiving", 5, location="WH-1")])  # the whole box stands there still
    db.session.rollback()
    inside = {code for code in codes if item(code).handling_unit == other}
    assert {item(code).id for code in inside} == {*loads.load(ref).items}


def test_what_is_seen_at_a_third_place_is_a_case_that_says_where_until_it_comes() -> None:
    ref, codes = under_way(3)
    consignments.tell(ref, "arrived", by=ALICE, now=NOW, location="WH-2")
    arrive(ref, codes[:2])
    queue([scan(codes[2], "receiving", 31, location="WH-3")])
    found = receiving.conclude(ref, by=FRANK, now=LATER)
    assert (found.four, kinds(ref)) == ((2, 0, 0, 1), ["elsewhere"])
    assert shown(ref) == {codes[2]: "elsewhere; WH-3"}
    [number] = db.session.scalars(select(Discrepancy.id).where(Discrepancy.kind == "elsewhere"))
    with pytest.raises(OwnEvent):
        settle(number, "It stays there.", by=FRANK, now=LATER)
    queue([scan(codes[2], "receiving", 90, location="WH-2")], now=LATER)
    assert kinds(ref) == []
    assert kinds(ref, "healed") == ["elsewhere"]
    assert words(ref) == {"good": 3}


def test_a_site_is_named_on_no_note() -> None:
    ref, codes = under_way(1)
    handed = {"receiver": "EX-USER", "act": "A", "location": "EX-SITE-1"}
    queue([scan(codes[0], "accepting", 20, **handed)])
    consignments.tell(ref, "arrived", by=ALICE, now=NOW, location="WH-2")
    receiving.conclude(ref, by=BOB, now=LATER)
    assert shown(ref) == {codes[0]: "elsewhere; at a site"}


def test_what_came_with_another_consignment_is_counted_once() -> None:
    ref, codes = under_way(2)
    other, _ = under_way(1)
    for one in (ref, other):
        consignments.tell(one, "arrived", by=ALICE, now=NOW, location="WH-2")
    arrive(ref, codes[:1])
    queue([scan(codes[1], "receiving", 31, location="WH-2", consignment=other)])
    assert receiving.conclude(ref, by=BOB, now=LATER).counted == 1
    assert receiving.conclude(other, by=BOB, now=LATER).by_verdict == {"over": 1, "short": 1}
    assert shown(ref) == {codes[1]: f"elsewhere; received with {other}"}


# What changes after it was concluded


def test_a_receipt_declared_wrong_after_the_note_is_missed_again() -> None:
    ref, codes = under_way(2)
    consignments.tell(ref, "arrived", by=ALICE, now=NOW, location="WH-2")
    arrive(ref, codes)
    receiving.conclude(ref, by=BOB, now=LATER)
    first = issued(ref)
    assert since(ref) == (0, 0)
    [wrong] = [one for one in queue_of(codes[1]) if one["step"] == "receiving"][1:]
    said = {"declares": wrong["id"], "reason": "did_not_occur"}
    later = LATER + timedelta(hours=1)
    queue([scan(codes[1], "declaring_error", 100, **said)], now=later)
    assert kinds(ref) == ["short"]
    assert since(ref) == (1, 1)
    second = issued(ref, later)
    assert (first.version, second.version) == (1, 2)
    assert first.sha256 != second.sha256
    assert shown(ref) == {codes[1]: "short"}
    assert since(ref) == (0, 0)
    arrive(ref, codes[1:])
    assert (kinds(ref), kinds(ref, "healed")) == ([], ["short"])
    queue([scan(codes[1], "declaring_error", 101, **newest(codes[1]))], now=later)
    assert kinds(ref) == ["short"], "the same case is open again"
