"""Packing into what is closed, elsewhere or on its way; taking back what a yes recorded."""

from __future__ import annotations

import pytest

from tests.web.conftest import World, send, spoken
from tests.web.test_label_page import status, take
from tests.web.test_questions import Desk, box_of, cases, state
from tracker.clock import now
from tracker.db import transaction
from tracker.domain.permissions import SYSTEM
from tracker.errors import Conflict
from tracker.models import Consignment, HandlingUnit, Location
from tracker.services import consignments, packing

SHIPPING = {"doing": "shipping", "location": "LVIV-1", "consignment": "ZM-1"}


@pytest.fixture(autouse=True)
def _another_warehouse(world: World) -> None:
    with world.app.app_context(), transaction() as session:
        for ref in ("KYIV-1", "WAW-1"):
            session.add(Location(ref=ref, kind="warehouse", name_en=ref, name_uk=ref))


def named(world: World, box: str, name: str) -> str:
    with world.app.app_context(), transaction() as session:
        session.get_one(HandlingUnit, box).name = name
    return box


def test_undoing_takes_back_what_the_yes_recorded_too(world: World) -> None:
    code = world.codes[4]
    box = box_of(world, world.codes[4:7])
    desk = Desk(world.as_("alice"))
    told = desk.yes(desk.read(SHIPPING, code), code)
    assert (told["sort"], state(world, code).handling_unit) == ("recorded", None)
    undone = desk.read(told["bench"], told["undo_code"], undo=told["undo"])
    assert undone["sort"] == "undone"
    assert (status(world, code), state(world, code).handling_unit) == ("packed", box)
    assert desk.read(SHIPPING, box)["units"] == 3
    assert cases(world, code) == []


def test_what_is_closed_is_not_packed_into_unasked(world: World) -> None:
    box = named(world, box_of(world, [world.codes[4]]), "Carton 7")
    bob, code = world.as_("bob"), world.codes[6]
    said = {"handling_unit": box, "location": "LVIV-1"}
    answer = take(bob, code, "packing", **said)
    assert answer.status_code == 409
    assert "Carton 7 is closed. Was it opened?" in spoken(answer.text)
    assert status(world, code) == "in_stock"


@pytest.mark.parametrize("step", ["shipping", "receiving"])
def test_what_is_elsewhere_or_on_its_way_is_not_packed_into_unasked(
    world: World, step: str
) -> None:
    box = named(world, box_of(world, [world.codes[4]]), "Carton 7")
    with world.app.app_context():
        packing.reopen_unit(box, by=SYSTEM)
    world.scan(box, "shipping", "alice", consignment="ZM-1", location="LVIV-1")
    if step == "receiving":
        world.scan(box, "receiving", "alice", location="KYIV-1")
    where = "in KYIV-1" if step == "receiving" else "elsewhere"
    desk, code = Desk(world.as_("alice")), world.codes[6]
    told = desk.read({"doing": "packing", "location": "LVIV-1", "box": box}, code)
    assert (told["sort"], told["lines"]) == (
        "refused", [f"The ledger has Carton 7 {where}. Is it here?"],
    )  # fmt: skip
    kept = desk.yes(told, code)
    assert (kept["sort"], cases(world, code)) == (
        "gap",
        ["elsewhere"],
    )  # how it came is looked into
    assert desk.read(kept["bench"], world.codes[7])["sort"] == "gap"  # asked once


def test_a_box_that_is_on_its_way_goes_onto_no_pallet_unasked(world: World) -> None:
    box = named(world, box_of(world, [world.codes[4]]), "Carton 7")
    world.scan(box, "shipping", "alice", consignment="ZM-1", location="LVIV-1")
    with world.app.app_context():
        [pallet] = packing.make_units(1, "pallet", by=SYSTEM, now=now())
    told = Desk(world.as_("alice")).read(
        {"doing": "packing", "location": "LVIV-1", "box": pallet}, box
    )
    assert told["lines"] == ["The ledger has Carton 7 elsewhere. Is it here?"]


def test_a_unit_that_does_not_work_is_not_said_to(world: World) -> None:
    charlie, code = world.as_("charlie"), world.codes[0]
    seen = {"present": "yes", "civilian_use": "yes", "location": "SITE-0001"}
    assert take(charlie, code, "inspecting", working="yes", **seen).status_code == 303
    assert state(world, code).working_at is not None
    assert take(charlie, code, "inspecting", working="no", **seen).status_code == 303
    assert state(world, code).working_at is None
    assert state(world, code).inspected_at is not None


def test_a_shipping_on_nothing_is_a_case(world: World) -> None:
    code = world.codes[9]
    world.scan(code, "shipping", "alice", location="LVIV-1")
    assert cases(world, code) == ["misfit"]


def test_what_two_yeses_recorded_is_no_greener_than_either(world: World) -> None:
    code, other = world.codes[4], world.codes[8]
    box_of(world, world.codes[4:7])
    desk = Desk(world.as_("alice"))
    told = desk.read({**SHIPPING, "location": "KYIV-1"}, code)
    told = desk.yes(told, code)
    assert told["lines"] == ["The ledger has it in LVIV-1. Is it here?"]
    kept = desk.yes(told, code)
    assert (kept["sort"], cases(world, code)) == ("gap", ["elsewhere"])
    told = desk.read({**kept["bench"], "location": "WAW-1"}, other)  # said in Kyiv, not in Warsaw
    assert told["lines"] == ["The ledger has it in LVIV-1. Is it here?"]


@pytest.mark.parametrize("state_", ["received", "closed"])
def test_the_ends_of_a_concluded_journey_stay(world: World, state_: str) -> None:
    with world.app.app_context():
        with transaction() as session:
            row = session.get_one(Consignment, "ZM-1")
            row.state, row.origin, row.destination = state_, "LVIV-1", "KYIV-1"
        alice = world.actor("alice")
        with pytest.raises(Conflict):
            consignments.change_consignment("ZM-1", {"destination": "LVIV-1"}, by=alice)
        consignments.change_consignment("ZM-1", {"waybill": "CMR-7"}, by=alice)


def test_an_open_box_is_not_shipped_unasked_by_its_label_s_page(world: World) -> None:
    box, alice = named(world, box_of(world, [world.codes[4]]), "Carton 7"), world.as_("alice")
    with world.app.app_context():
        packing.reopen_unit(box, by=SYSTEM)
    said = {"consignment": "ZM-1", "location": "LVIV-1"}
    answer = take(alice, box, "shipping", **said)
    assert answer.status_code == 409
    assert "Carton 7 is not closed. Ship it open?" in spoken(answer.text)
    assert status(world, world.codes[4]) == "packed"
    assert take(alice, box, "shipping", answer=f"box_open:{box}", **said).status_code == 303
    assert status(world, world.codes[4]) == "in_transit"


def test_a_box_with_nothing_in_it_is_received_green_by_nobody(world: World) -> None:
    with world.app.app_context():
        [box] = packing.make_units(1, "box", by=SYSTEM, now=now())
    told = Desk(world.as_("bob")).read({"doing": "receiving", "location": "LVIV-1"}, box)
    assert told["sort"] == "gap"
    assert told["lines"] == ["Nothing lies in it by the ledger: scan the units one by one."]


def test_undoing_takes_back_what_was_only_said_again(world: World) -> None:
    code, desk = world.codes[8], Desk(world.as_("alice"))
    told = desk.read(SHIPPING, code)
    assert desk.read(told["bench"], code)["sort"] == "again"
    assert desk.read(told["bench"], told["undo_code"], undo=told["undo"])["sort"] == "undone"
    assert status(world, code) == "in_stock"
    box = box_of(world, world.codes[4:6])
    told = desk.read(SHIPPING, box)
    desk.read(told["bench"], box)
    desk.read(told["bench"], told["undo_code"], undo=told["undo"])
    assert {status(world, one) for one in world.codes[4:6]} == {"packed"}


def test_a_shipping_declared_wrong_puts_the_unit_back_into_its_box(world: World) -> None:
    code, alice = world.codes[4], world.as_("alice")
    box = box_of(world, world.codes[4:7])
    desk = Desk(alice)
    told = desk.yes(desk.read(SHIPPING, code), code)
    form = {"event": told["undo"], "reason": "did_not_occur"}
    assert send(alice, f"/items/{code}/declare", form).status_code == 303
    assert (status(world, code), state(world, code).handling_unit) == ("packed", box)
