"""What whoever stands before a unit has to say, by its label's page and at the bench."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.web.conftest import World, spoken
from tests.web.test_acts import begun, scanned, signed
from tests.web.test_label_page import status, take
from tests.web.test_questions import Desk, box_of, cases, state
from tracker.clock import now
from tracker.db import db, transaction
from tracker.domain.permissions import Actor, Role
from tracker.domain.scans import Mode, Result, Scan
from tracker.ledger.record import record
from tracker.models import Consignment, HandoverAct, Item, Location, ReceivingVerdict
from tracker.services import consignments, receiving


@pytest.fixture(autouse=True)
def _journeys(world: World) -> None:
    with world.app.app_context(), transaction() as session:
        session.add(Location(ref="KYIV-1", kind="warehouse", name_en="Kyiv", name_uk="Київ"))
        session.flush()
        for ref, state in (("ZM-2", "draft"), ("ZM-3", "dispatched"), ("ZM-4", "closed")):
            ends = {"origin": "LVIV-1", "destination": "KYIV-1"}
            session.add(
                Consignment(ref=ref, pledge="PL-2022-11", made_at=now(), state=state, **ends)
            )


def test_a_step_by_the_label_s_page_says_where_it_was_taken(world: World) -> None:
    bob, code = world.as_("bob"), world.codes[5]
    page = bob.get(f"/s/{code}").text
    assert page.count('name="location" required') >= 1
    assert "LVIV-1</option>" in page
    assert 'LVIV-1" selected' not in page  # nobody has said so yet
    answer = take(bob, code, "shipping", consignment="ZM-2")
    assert answer.status_code == 409
    assert "This step needs something more: a location" in spoken(answer.text)
    assert status(world, code) == "in_stock"
    assert take(bob, code, "shipping", consignment="ZM-2", location="LVIV-1").status_code == 303
    assert status(world, code) == "in_transit"


def test_the_bench_presets_no_place_and_asks_for_one(world: World) -> None:
    desk = Desk(world.as_("bob"))
    for doing in ("receiving", "shipping", "packing"):
        told = desk.read({"doing": doing, "consignment": "ZM-2"}, world.codes[5])
        assert (told["sort"], told["word"]) == ("refused", "no_location")
    page = world.as_("bob").get("/scan?doing=receiving").text
    assert "<option selected>LVIV-1</option>" not in page


def test_a_unit_is_not_loaded_onto_what_has_left_without_being_asked(world: World) -> None:
    bob, code = world.as_("bob"), world.codes[5]
    offered = bob.get(f"/s/{code}").text
    assert "ZM-2</option>" in offered
    assert "ZM-4</option>" not in offered
    answer = take(bob, code, "shipping", consignment="ZM-3", location="LVIV-1")
    assert answer.status_code == 409
    assert "ZM-3 has left. Was it loaded before?" in spoken(answer.text)
    desk = Desk(bob)
    told = desk.read({"doing": "shipping", "consignment": "ZM-3", "location": "LVIV-1"}, code)
    assert told["sort"] == "refused"
    assert told["lines"] == ["ZM-3 has left. Was it loaded before?"]
    assert status(world, code) == "in_stock"
    kept = desk.yes(told, code)
    assert kept["sort"] == "recorded"
    again = desk.read(kept["bench"], world.codes[6])  # the answer serves the rest
    assert again["sort"] == "recorded"


def test_what_was_loaded_too_late_is_expected_all_the_same(world: World) -> None:
    """A queued scan comes after the list was written: nobody sees the unit, so it is missed."""
    listed, late = world.codes[5:7]
    bob = world.actor("bob")
    with world.app.app_context():
        with transaction() as session:
            session.get_one(Consignment, "ZM-3").state = "arrived"
        world.scan(listed, "shipping", "bob", 2, consignment="ZM-3", location="LVIV-1")
        alice = world.actor("alice")
        world.scan(listed, "receiving", "alice", 1, consignment="ZM-3", location="KYIV-1")
        assert receiving.conclude("ZM-3", by=alice, now=now()).four == (1, 0, 0, 0)
        at = now() - timedelta(days=2)
        scan = Scan(str(uuid4()), late, "shipping", at, location="LVIV-1", consignment="ZM-3")
        [told] = record([scan], sent_at=now(), mode=Mode.QUEUED, by=bob, now=now())
        assert told.result is Result.RECORDED
        assert "short" in cases(world, late)
        assert receiving.conclude("ZM-3", by=alice, now=now()).four == (1, 0, 1, 0)
        item = db.session.query(Item.id).filter_by(code=late).scalar()
        said = db.session.query(ReceivingVerdict.verdict).filter_by(item=item).all()
        assert [row.verdict for row in said] == ["short"]


def test_nobody_is_handed_anything_under_an_act_that_does_not_name_it(world: World) -> None:
    frank, (one, other) = world.as_("frank"), world.codes[8:10]
    said: dict[str, Any] = {"receiver": "HOSP", "location": "SITE-0001"}
    answer = take(frank, one, "accepting", act="NO-SUCH-ACT", **said)
    assert answer.status_code == 409
    assert status(world, one) == "in_stock"
    number = signed_act(world, one)
    assert status(world, one) == "handed_over"
    answer = take(frank, other, "accepting", act=number, **said)
    assert answer.status_code == 409
    assert f"Act {number} does not name it" in spoken(answer.text)
    assert status(world, other) == "in_stock"
    kept = take(frank, other, "accepting", act=number, confirm="yes", **said)
    assert kept.status_code == 303
    assert "misfit" in cases(world, other)


def signed_act(world: World, code: str) -> str:
    """The number of an act that was signed at a desk for one unit."""
    alice = world.as_("alice")
    act = begun(alice)
    scanned(world, alice, act, code, f"KITEX{world.codes.index(code):07d}")
    assert signed(alice, act).status_code == 303
    with world.app.app_context():
        return str(db.session.query(HandoverAct.number).scalar())


def test_a_device_is_no_second_person(world: World) -> None:
    code = world.codes[7]
    world.scan(code, "decommissioning", "alice")
    assert status(world, code) == "in_stock"
    with world.app.app_context():
        device = Actor("device:1", Role.COORDINATOR)
        scan = Scan(str(uuid4()), code, "decommissioning", now())
        record([scan], sent_at=now(), mode=Mode.QUEUED, by=device, now=now())
    assert status(world, code) == "in_stock"
    world.scan(code, "decommissioning", "frank")
    assert status(world, code) == "written_off"


def test_nothing_is_received_from_a_list(world: World) -> None:
    code, alice = world.codes[5], world.as_("alice")
    world.scan(code, "shipping", "alice", 1, consignment="ZM-2", location="LVIV-1")
    before, said = state(world, code).received_at, {"location": "KYIV-1", "listed": "yes"}
    assert before is not None
    answer = take(alice, code, "receiving", **said)
    assert answer.status_code == 409
    assert "This step needs something more: a label" in spoken(answer.text)
    assert status(world, code) == "in_transit"
    assert take(alice, code, "receiving", confirm="yes", **said).status_code == 303
    assert state(world, code).received_at == before
    Desk(alice).read({"doing": "receiving", "location": "KYIV-1"}, code)
    seen = state(world, code).received_at
    assert seen is not None
    assert seen > before


def test_a_box_of_what_an_act_does_not_name_is_asked_about_too(world: World) -> None:
    one, alice = world.codes[8], world.as_("alice")
    number = signed_act(world, one)
    box = box_of(world, world.codes[4:6])
    said: dict[str, Any] = {"receiver": "HOSP", "location": "LVIV-1", "act": number}
    answer = take(alice, box, "accepting", **said)
    assert answer.status_code == 409
    assert f"Act {number} does not name it" in spoken(answer.text)
    assert status(world, world.codes[4]) == "packed"
    world.scan(box, "accepting", "alice", 0, **said)  # queued: kept, and a case
    assert status(world, world.codes[4]) == "handed_over"
    assert "misfit" in cases(world, world.codes[4])


def test_a_yes_to_a_box_that_should_be_elsewhere_is_looked_into(world: World) -> None:
    box, code = box_of(world, [world.codes[4]]), world.codes[6]
    world.scan(box, "shipping", "alice", consignment="ZM-2", location="LVIV-1")
    desk = Desk(world.as_("alice"))
    told = desk.read({"doing": "packing", "location": "LVIV-1", "box": box}, code)
    while told.get("question"):
        told = desk.yes(told, code)
    assert (told["sort"], cases(world, code)) == ("gap", ["elsewhere"])


def test_what_came_late_onto_the_list_is_received_like_the_rest(world: World) -> None:
    listed, late, gone = world.codes[5:8]
    alice = world.actor("alice")
    with world.app.app_context():
        with transaction() as session:
            session.get_one(Consignment, "ZM-2").state = "draft"
        world.scan(listed, "shipping", "bob", 3, consignment="ZM-2", location="LVIV-1")
        consignments.tell("ZM-2", "dispatched", by=alice, now=now())
        for code in (late, gone):  # loaded before it left, by a phone that had no network
            world.scan(code, "shipping", "bob", 2, consignment="ZM-2", location="LVIV-1")
        consignments.tell("ZM-2", "arrived", by=alice, now=now(), location="KYIV-1")
        for code in (listed, late):
            world.scan(code, "receiving", "alice", 1, consignment="ZM-2", location="KYIV-1")
        world.scan(gone, "receiving", "alice", 1, location="LVIV-1")
        told = receiving.conclude("ZM-2", by=alice, now=now())
        assert (told.expected, told.singly, told.over) == (3, 2, 0)
        assert told.by_verdict == {"good": 2, "not_sent": 1}
