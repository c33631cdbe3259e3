"""What contradicts box or place is asked, once, through the doors of those who scan."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, expect
from sqlalchemy import insert, select

from labels.codes import new_codes, show
from tests.web.browsing import enter, serving
from tests.web.conftest import World, send
from tests.web.test_scanning import bench, type_scan
from tracker.clock import now
from tracker.db import db, transaction
from tracker.domain.permissions import SYSTEM
from tracker.domain.scans import Mode, Scan
from tracker.ledger.announcing import NewItem, announce
from tracker.ledger.record import record
from tracker.models import (
    Consignment,
    Discrepancy,
    Event,
    HandlingUnit,
    Item,
    Label,
    Location,
    PledgeLine,
)
from tracker.services.packing import close_unit, make_units


@pytest.fixture(autouse=True)
def _two_warehouses(world: World) -> None:
    with world.app.app_context(), transaction() as session:
        session.add(Location(ref="KYIV-1", kind="warehouse", name_en="Kyiv", name_uk="Київ"))
        session.add(Consignment(ref="ZM-2", pledge="PL-2022-11", made_at=now()))


def box_of(world: World, codes: list[str], at: str = "LVIV-1") -> str:
    """A closed box with these units, packed where they stand."""
    with world.app.app_context():
        [box] = make_units(1, "box", by=SYSTEM, now=now())
    for code in codes:
        world.scan(code, "packing", "alice", ago=1, handling_unit=box, location=at)
    with world.app.app_context():
        close_unit(box, by=SYSTEM, now=now())
    return box


def steps(world: World, code: str) -> list[str]:
    """The steps of a unit's story, in the order of the ledger."""
    with world.app.app_context():
        unit = db.session.execute(select(Item.id).where(Item.code == code)).scalar_one()
        query = select(Event.step).where(Event.subject == f"item:{unit}").order_by(Event.seq)
        return list(db.session.scalars(query))


def state(world: World, code: str) -> Item:
    with world.app.app_context():
        found = db.session.execute(select(Item).where(Item.code == code)).scalar_one()
        db.session.expunge(found)
        return found


def cases(world: World, code: str) -> list[str]:
    """Kinds of what is open about a unit."""
    with world.app.app_context():
        query = select(Discrepancy.kind).join(Item, Item.id == Discrepancy.item)
        query = query.where(Item.code == code, Discrepancy.state == "open")
        return sorted(db.session.scalars(query))


class Desk:
    """The bench's page in one browser, without its script: what it sends, what it would show."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        found = re.search(r'data-token="([^"]+)"', client.get("/scan").text)
        assert found
        self.token = found.group(1)

    def read(self, setting: dict[str, Any], text: str, **more: Any) -> dict[str, Any]:
        """One scan at a bench that is set so; the answer."""
        moment = now().isoformat()
        body = {"id": str(uuid4()), "text": text, "made_at": moment, "sent_at": moment, **more}
        answer = self.client.post(
            "/scan/reads", json={**body, "bench": setting}, headers={"X-CSRFToken": self.token}
        )
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.get_json()
        return told

    def yes(self, told: dict[str, Any], text: str) -> dict[str, Any]:
        """The same once more, with yes to the question."""
        return self.read(told["bench"], text, answer=told["question"]["key"])


SHIPPING = {"doing": "shipping", "location": "LVIV-1", "consignment": "ZM-1"}


@pytest.mark.browser
def test_at_the_bench_a_unit_from_a_box_is_asked_about_once_and_answered_with_a_card(
    world: World, chromium: Browser
) -> None:
    codes = world.codes[4:7]
    box = box_of(world, codes)
    with serving(world.app) as address:
        page = enter(chromium, address, "bob")
        bench(page, address, "/scan?doing=shipping&location=LVIV-1&consignment=ZM-1")
        type_scan(page, codes[0])
        sentence = page.locator("#answer-lines")
        expect(sentence).to_have_text(
            f"It stood in {name_of(world, box)}, which is in LVIV-1. Taken out?"
        )
        expect(page.locator("#answer-buttons button")).to_have_text(["Yes, taken out", "No"])
        type_scan(page, "KITTRAIL:NO")
        expect(page.locator("#answer-title")).to_have_text("Not recorded")
        assert state(world, codes[0]).status == "packed"
        type_scan(page, codes[0])
        expect(page.locator("#answer-buttons button")).to_have_count(2)
        type_scan(page, "KITTRAIL:YES")
        expect(page.locator("#answer-title")).to_have_text("Recorded")
        type_scan(page, codes[1])
        expect(page.locator("#answer-code")).to_contain_text(show(codes[1]))
        expect(page.locator("#answer-title")).to_have_text("Recorded")
    for code in codes[:2]:
        assert steps(world, code)[-2:] == ["unpacking", "shipping"]
        assert cases(world, code) == []
    assert state(world, codes[2]).handling_unit == box


def name_of(world: World, box: str) -> str:
    """What is written on a box."""
    with world.app.app_context():
        return str(db.session.scalar(select(HandlingUnit.name).where(HandlingUnit.code == box)))


def test_a_laptop_that_was_shipped_to_kharkiv_does_not_go_to_rzeszow_with_its_old_box(
    world: World,
) -> None:
    laptop, other = world.codes[4:6]
    box = box_of(world, [laptop, other])
    alice = Desk(world.as_("alice"))
    told = alice.read(SHIPPING, laptop)
    assert told["sort"] == "refused"
    told = alice.yes(told, laptop)
    assert told["sort"] == "recorded"
    world.scan(laptop, "receiving", "alice", location="KYIV-1", consignment="ZM-1")
    told = alice.read({**SHIPPING, "consignment": "ZM-2"}, box)
    assert (told["sort"], told["units"]) == ("recorded", 1)
    assert (state(world, laptop).status, state(world, laptop).location) == ("in_stock", "KYIV-1")
    assert state(world, other).status == "in_transit"


def test_a_scan_made_offline_is_kept_and_what_it_contradicts_is_a_case(world: World) -> None:
    laptop = world.codes[4]
    box = box_of(world, [laptop])
    world.scan(laptop, "shipping", "alice", consignment="ZM-1", location="LVIV-1")
    assert cases(world, laptop) == ["left_box"]
    world.scan(laptop, "receiving", "alice", location="KYIV-1", consignment="ZM-1")
    world.scan(box, "shipping", "alice", consignment="ZM-2")
    assert state(world, laptop).location == "KYIV-1"
    answer = world.as_("alice").get("/discrepancies").text
    assert "Left its box unsaid" in answer


def test_who_works_in_lviv_does_not_ship_what_stands_in_kyiv(world: World) -> None:
    """It is no unit of theirs: nothing is asked, nothing recorded, and no place is told."""
    code = world.codes[4]
    world.scan(code, "counting", "alice", location="KYIV-1")
    bob, before = Desk(world.as_("bob")), cases(world, code)
    told = bob.read(SHIPPING, code)
    assert told["sort"] == "unknown"
    assert "KYIV-1" not in json.dumps(told)
    assert state(world, code).status == "in_stock"
    assert cases(world, code) == before


def test_a_pallet_scanned_at_the_end_does_not_receive_what_nobody_saw(world: World) -> None:
    codes = world.codes[4:8]
    box = box_of(world, codes)
    alice = Desk(world.as_("alice"))
    alice.read(SHIPPING, box)
    there = {"doing": "receiving", "location": "KYIV-1", "consignment": "ZM-1"}
    for code in codes[:3]:
        assert alice.read(there, code)["sort"] == "recorded"
    told = alice.read(there, box)
    assert told["sort"] == "refused"
    assert told["lines"][0].startswith("One by one 3 of its units were seen, 1 not: ")
    assert show(codes[3]) in told["lines"][0]
    assert state(world, codes[3]).status == "in_transit"
    told = alice.yes(told, box)
    assert told["units"] == 4
    assert state(world, codes[3]).status == "in_stock"


def test_a_labels_page_asks_the_same_in_two_buttons(world: World) -> None:
    code = world.codes[4]
    box_of(world, [code])
    alice = world.as_("alice", "uk")
    form = {"id": str(uuid4()), "consignment": "ZM-1", "location": "LVIV-1"}
    page = send(alice, f"/s/{code}/steps/shipping", form)
    assert page.status_code == 409
    assert "Вийняли?" in page.text
    assert page.text.count("Так, вийняли") == 1
    key = re.search(r'name="answer" value="([^"]+)"', page.text)
    assert key
    assert state(world, code).status == "packed"
    assert send(alice, f"/s/{code}/steps/shipping", {**form, "answer": key[1]}).status_code == 303
    assert steps(world, code)[-2:] == ["unpacking", "shipping"]


def test_a_step_taken_from_a_list_says_so_and_proves_no_inspection(world: World) -> None:
    code = world.codes[0]
    alice = world.as_("alice")
    page = alice.get(f"/items/{code}").text
    assert f"/S/{code}?listed=1" in page
    page = alice.get(f"/s/{code}?listed=1").text
    assert "You came from a list." in page
    seen = {"present": "yes", "working": "yes", "civilian_use": "yes", "location": "SITE-0001"}
    form = {"id": str(uuid4()), "listed": "yes", **seen}
    assert send(alice, f"/s/{code}/steps/inspecting", form).status_code == 303
    assert state(world, code).inspected_at is None
    form = {"id": str(uuid4()), **seen}
    assert send(alice, f"/s/{code}/steps/inspecting", form).status_code == 303
    assert state(world, code).inspected_at is not None


def test_one_coordinator_alone_writes_nothing_off_by_a_scan(world: World) -> None:
    code = world.codes[4]
    world.scan(code, "decommissioning", "alice")
    assert state(world, code).status == "in_stock"
    assert cases(world, code) == ["second_person"]
    world.scan(code, "decommissioning", "alice")
    assert state(world, code).status == "in_stock"
    world.scan(code, "decommissioning", "frank")
    assert state(world, code).status == "written_off"
    assert cases(world, code) == []


def test_doors_of_one_place_are_set_by_coordinators_and_asked_about_no_more(world: World) -> None:
    code = world.codes[4]
    with world.app.app_context(), transaction() as session:
        session.add(Location(ref="LVIV-2", kind="hub", name_en="Yard", name_uk="Двір"))
    world.scan(code, "counting", "alice", location="LVIV-2")
    alice = world.as_("alice")
    assert Desk(alice).read(SHIPPING, code)["sort"] == "refused"
    answer = send(alice, "/locations/LVIV-2/premises", {"premises": "lviv-1"})
    assert answer.status_code == 303
    assert "One place with" in alice.get("/locations/LVIV-2").text
    other = world.codes[5]
    world.scan(other, "counting", "alice", location="LVIV-2")
    assert Desk(alice).read(SHIPPING, other)["sort"] == "recorded"
    assert send(alice, "/locations/LVIV-1/premises", {"premises": "LVIV-2"}).status_code == 422


@pytest.mark.slow
def test_a_day_of_600_scans_with_a_fifth_of_the_earlier_ones_missing_asks_five_times_at_most(
    world: World,
) -> None:
    """Every unit should have been received in LVIV-1; of one in five nobody scanned that."""
    codes = announced(world, 600)
    with world.app.app_context():
        moment, alice = now(), world.actor("alice")
        day = moment - timedelta(days=2)
        scans = [
            Scan(str(uuid4()), code, "receiving", day, location="LVIV-1")
            for place, code in enumerate(codes)
            if place % 5
        ]
        record(scans, sent_at=moment, mode=Mode.QUEUED, by=alice, now=moment)
        [box] = make_units(1, "box", by=SYSTEM, now=moment)
    desk = Desk(world.as_("alice"))
    setting: dict[str, Any] = {"doing": "packing", "location": "LVIV-1", "box": box}
    asked = 0
    for code in codes:
        told = desk.read(setting, code)
        if "question" in told:
            asked += 1
            told = desk.yes(told, code)
        assert told["sort"] in ("recorded", "gap"), told
        setting = told["bench"]
    assert 1 <= asked <= 5


def announced(world: World, many: int) -> list[str]:
    """Units of a manifest that nobody has seen yet, with labels; their codes."""
    codes = list(new_codes(many))
    with world.app.app_context(), transaction() as session:
        line = session.scalars(select(PledgeLine.id)).first()
        assert line is not None
        new = [NewItem(one, "PL-2022-11", line, "STARLINK-STD", one.lower()) for one in codes]
        numbers = announce(session, new, by=SYSTEM, now=now() - timedelta(days=9))
        bound = zip(codes, numbers, strict=True)
        rows = [{"code": one, "state": "bound", "item": number} for one, number in bound]
        session.execute(insert(Label), rows)
    return codes
