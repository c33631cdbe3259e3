"""What is expected is one thing for page and list, and what comes later asks nothing anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select

from labels.codes import new_codes
from tests.services.builders import (
    BOB,
    COORDINATOR,
    NOTHING_DIFFERS,
    NOW,
    item,
    new_boxes,
    queue,
    scan,
)
from tests.services.test_consignments import (
    FRANK,
    LATER,
    arrive,
    kinds,
    made,
    state,
    words,
)
from tests.services.test_receiving import boxed, issued, lay_warehouses, lines, shown, since
from tracker.db import db, transaction
from tracker.domain.bench import Bench
from tracker.domain.permissions import SYSTEM, Actor, Role
from tracker.domain.scans import Result, Scan
from tracker.ledger.announcing import NewItem, announce
from tracker.ledger.rebuilding import rebuild
from tracker.models import Discrepancy, Label, PackingLine
from tracker.queries import bench, loads
from tracker.queries import consignments as queries
from tracker.services import consignments, receiving
from tracker.services.discrepancies import settle

Said = dict[str, Any]
ALICE = COORDINATOR
OTHER = Actor("account:9", Role.COORDINATOR)


@pytest.fixture(autouse=True)
def world(app: Flask) -> None:
    lay_warehouses()


def announced(ref: str, many: int) -> list[str]:
    """Units that a manifest puts on a consignment."""
    codes = list(new_codes(many))
    with transaction() as session:
        new = [NewItem(code, "EX-1", 1, "EX-TERM", code.lower(), consignment=ref) for code in codes]
        numbers = announce(session, new, by=SYSTEM, now=NOW)
        bound = zip(codes, numbers, strict=True)
        session.execute(
            insert(Label), [{"code": code, "state": "bound", "item": n} for code, n in bound]
        )
    return codes


def planned(many: int = 4) -> tuple[str, list[str]]:
    """A consignment whose units, by its manifest, stand where it should leave."""
    ref = made()
    codes = announced(ref, many)
    queue([scan(code, "receiving", 1, location="WH-1") for code in codes])
    return ref, codes


def listed(ref: str) -> set[int]:
    db.session.rollback()
    return {*db.session.scalars(select(PackingLine.item).where(PackingLine.consignment == ref))}


# What is expected


@pytest.mark.parametrize("came", [0, 3, 4])
def test_what_arrives_without_having_been_seen_to_leave_is_concluded_as_the_page_shows_it(
    came: int,
) -> None:
    ref, codes = planned()
    consignments.tell(ref, "arrived", by=ALICE, now=NOW, location="WH-2")
    assert listed(ref) == {item(code).id for code in codes}, "all that was planned is expected"
    if came:
        arrive_unseen(ref, codes[:came])
    before = queries.standing(ref)
    assert before.sum.four == (came, 0, 0, 4 - came)
    found = receiving.conclude(ref, by=BOB, now=LATER, shown=before.seal)
    assert (found.four, found.expected) == (before.sum.four, 4)
    assert words(ref).get("not_sent", 0) == 4 - came, "each of the four has its verdict"
    assert (state(ref), "short" in kinds(ref)) == ("received", False)
    assert shown(ref) == dict.fromkeys(codes[came:], "not sent; WH-1")
    issued(ref)


def arrive_unseen(ref: str, codes: list[str]) -> None:
    """Receive what nobody saw leave: the missing step is a question of its own."""
    queue([scan(code, "receiving", 30, location="WH-2", consignment=ref) for code in codes])


def test_a_consignment_that_arrived_before_its_list_could_be_written_is_concluded_too() -> None:
    ref, codes = planned()
    consignments.tell(ref, "arrived", by=ALICE, now=NOW, location="WH-2")
    with transaction() as session:  # as older versions left it
        session.query(PackingLine).filter_by(consignment=ref).delete()
    arrive_unseen(ref, codes[:3])
    before = queries.standing(ref)
    found = receiving.conclude(ref, by=BOB, now=LATER, shown=before.seal)
    assert found.four == before.sum.four == (3, 0, 0, 1)
    assert len(listed(ref)) == 4


def test_what_was_left_behind_when_it_was_seen_to_leave_is_expected_nowhere() -> None:
    ref, codes = planned()
    queue([scan(code, "shipping", 2, location="WH-1", consignment=ref) for code in codes[:3]])
    consignments.tell(ref, "dispatched", by=ALICE, now=NOW)
    consignments.tell(ref, "arrived", by=ALICE, now=NOW, location="WH-2")
    arrive(ref, codes[:3])
    before = queries.standing(ref)
    found = receiving.conclude(ref, by=BOB, now=LATER, shown=before.seal)
    assert (found.four, found.expected) == ((3, 0, 0, 0), 3)
    assert len(listed(ref)) == 3


def test_what_was_planned_and_stayed_is_on_no_packing_list_though_it_is_expected() -> None:
    ref, codes = planned()
    consignments.tell(ref, "arrived", by=ALICE, now=NOW, location="WH-2")
    arrive_unseen(ref, codes[:3])
    db.session.rollback()
    assert {*loads.load(ref).items} == {item(code).id for code in codes[:3]}


# What is done with the units of a box that came unopened


MUCH_LATER = LATER + timedelta(days=90)
WORK: dict[str, Said] = {
    "unpacking": {"location": "WH-2"},
    "counting": {"location": "WH-2"},
    "packing": {"location": "WH-2"},
    "repairing": {"location": "WH-2"},
    "shipping": {"location": "WH-2", "consignment": "EX-C-1"},
    "accepting": {"location": "WH-2", "receiver": "EX-USER", "act": "A"},
    "returning": {"location": "WH-2"},
    "reporting_lost": {"report": "EX-R"},
}


def work(codes: list[str], step: str, box: str | None = None, **said: Any) -> None:
    """Something that is done to units months after they were received."""
    details = {**WORK.get(step, {"location": "WH-2"}), **said}
    if step in ("packing", "unpacking"):
        details["handling_unit"] = box
    done = [scan_at(code, step, MUCH_LATER, **details) for code in codes]
    assert {one.result for one in queue(done, now=MUCH_LATER)} == {Result.RECORDED}


def scan_at(code: str, step: str, at: datetime, **said: Any) -> Scan:
    return replace(scan(code, step, **said), occurred_at=at)


def unopened(many: int = 4) -> tuple[str, list[str], str]:
    """A consignment that is closed, whose box nobody had opened."""
    ref, codes, [box] = boxed(many)
    queue([scan(box, "receiving", 30, location="WH-2", consignment=ref)])
    receiving.conclude(ref, by=BOB, now=LATER)
    issued(ref)
    receiving.close(ref, by=ALICE, now=LATER)
    return ref, codes, box


@pytest.mark.parametrize("step", WORK)
def test_ordinary_work_on_what_came_unopened_asks_nothing_of_a_closed_consignment(
    step: str,
) -> None:
    ref, codes, box = unopened()
    if step in ("repairing", "returning"):
        work(codes[:1], "unpacking", box)
    work(codes[:1], step, new_boxes(1)[0] if step == "packing" else box)
    assert (kinds(ref), kinds(ref, "healed")) == ([], [])
    assert (words(ref), since(ref)) == ({"with_box": 4}, (0, 0))
    assert lines(ref, "unopened") == set(codes), "it was not opened when it was received"
    assert bench.unopened(Bench(doing="receiving", consignment=ref, location="WH-2")) == 4
    assert rebuild(now=MUCH_LATER) == NOTHING_DIFFERS
    work(codes[1:3], "counting")
    assert (kinds(ref), words(ref), since(ref)) == ([], {"with_box": 4}, (0, 0))


def test_a_warehouse_that_picks_single_units_of_every_box_gets_no_case() -> None:
    ref, codes, boxes = boxed(12, boxes=4)
    queue([scan(box, "receiving", 30, location="WH-2", consignment=ref) for box in boxes])
    receiving.conclude(ref, by=BOB, now=LATER)
    for n, step in enumerate(("unpacking", "counting", "accepting", "shipping")):
        work(codes[n : n + 1], step, boxes[n])
    assert (kinds(ref), since(ref)) == ([], (0, 0))
    receiving.close(ref, by=ALICE, now=MUCH_LATER)


def test_work_that_finds_it_damaged_is_news_all_the_same() -> None:
    ref, codes, _ = unopened()
    work(codes[:1], "counting", condition="damaged")
    assert (words(ref), since(ref)) == ({"damaged": 1, "with_box": 3}, (1, 1))
    assert "partly_seen" not in kinds(ref)


def test_who_looked_inside_before_it_was_concluded_is_heard_however_late_it_comes() -> None:
    ref, codes, _ = unopened()
    seen = scan(codes[0], "counting", 50, location="WH-2")
    queue([seen], now=MUCH_LATER)
    assert words(ref) == {"good": 1, "with_box": 3}
    assert kinds(ref) == ["partly_seen"], "and the others were not seen while it was received"


def test_while_receiving_goes_on_a_box_that_is_opened_is_asked_about() -> None:
    ref, codes, [box] = boxed(4)
    queue([scan(box, "receiving", 30, location="WH-2", consignment=ref)])
    opened_box = {"location": "WH-2", "handling_unit": box}
    queue([scan(codes[0], "unpacking", 40, **opened_box)])
    assert len(queries.standing(ref).questions) == 1
    receiving.conclude(ref, by=BOB, now=LATER)
    assert (kinds(ref), words(ref)) == (["partly_seen"], {"good": 1, "with_box": 3})
    work(codes[1:3], "unpacking", box)
    assert kinds(ref) == ["partly_seen"], "one of them nobody has seen yet"
    work(codes[3:], "counting")
    assert (kinds(ref), kinds(ref, "healed")) == ([], ["partly_seen"])
    assert words(ref) == {"good": 4}, "whoever was asked and looked has seen it"
    receiving.conclude(ref, by=BOB, now=MUCH_LATER)
    receiving.close(ref, by=ALICE, now=MUCH_LATER)
    assert words(ref) == {"good": 4}


def test_once_a_person_has_answered_for_the_rest_work_on_it_changes_no_verdict() -> None:
    ref, codes, [box] = boxed(4)
    arrive(ref, codes[:1])
    queue([scan(box, "receiving", 40, location="WH-2", consignment=ref)])
    receiving.conclude(ref, by=FRANK, now=LATER)
    [number] = db.session.scalars(select(Discrepancy.id).where(Discrepancy.kind == "partly_seen"))
    settle(number, "They lie in it.", by=OTHER, now=LATER)
    receiving.close(ref, by=ALICE, now=LATER)
    work(codes[1:2], "unpacking", box)
    assert (kinds(ref), words(ref), since(ref)[0]) == ([], {"good": 1, "with_box": 3}, 0)


def test_a_receipt_of_the_unit_itself_makes_it_good_and_asks_nothing_of_the_others() -> None:
    ref, codes, [box] = boxed(4)
    queue([scan(box, "receiving", 30, location="WH-2", consignment=ref)])
    receiving.conclude(ref, by=BOB, now=LATER)
    work(codes[:1], "receiving", consignment=ref)
    assert (words(ref), since(ref)[0]) == ({"good": 1, "with_box": 3}, 1)
    assert kinds(ref) == []
    receiving.conclude(ref, by=BOB, now=MUCH_LATER)
    assert kinds(ref) == [], "nor when it is concluded again"
