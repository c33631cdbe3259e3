"""What a warehouse's people see and do on pages with what is there, and what is not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labels.codes import show
from tests.web.conftest import World, send
from tests.web.test_questions import Desk
from tracker.db import db, transaction
from tracker.models import Assignment, Discrepancy, Event, Item, Location


@pytest.fixture
def two(world: World) -> World:
    """Unit 5 stands in a second warehouse, where Frank has put it."""
    with world.app.app_context():
        with transaction() as session:
            session.add(Location(ref="KYIV-1", kind="warehouse", name_en="Kyiv", name_uk="Київ"))
        db.session.remove()
    world.scan(world.codes[5], "counting", "frank", 3, location="KYIV-1")
    return world


def cases(world: World, code: str, *, of: str | None = None) -> list[str]:
    """Kinds of what is open about a unit; with `of` because of what that person scanned."""
    with world.app.app_context():
        query = db.session.query(Discrepancy.kind).join(Item)
        query = query.filter(Item.code == code, Discrepancy.state == "open")
        if of is not None:
            query = query.join(Event, Event.id == Discrepancy.event)
            query = query.filter(Event.by == world.actor(of).ref)
        return [row.kind for row in query]


def place(world: World, code: str) -> str | None:
    with world.app.app_context():
        return db.session.query(Item).filter_by(code=code).one().location


@pytest.mark.parametrize("doing", ["receiving", "counting"])
def test_the_bench_asks_whether_it_is_here_and_names_no_other_place(two: World, doing: str) -> None:
    code, bob = two.codes[5], two.as_("bob")
    desk = Desk(bob)
    assert "elsewhere" not in cases(two, code, of="bob")
    if doing == "counting":
        send(bob, "/counts", {"location": "LVIV-1"})
    bench: dict[str, Any] = {"doing": doing, "location": "LVIV-1"}
    told = desk.read(bench, code)
    assert told["sort"] == "refused"
    assert told["question"]["key"] == "elsewhere::LVIV-1"
    assert "Is it here?" in json.dumps(told)
    assert "KYIV-1" not in json.dumps(told)
    assert place(two, code) == "KYIV-1"
    told = desk.yes(told, code)
    assert told["sort"] == "gap", told
    assert "KYIV-1" not in json.dumps(told)
    assert place(two, code) == "LVIV-1"
    assert "elsewhere" in cases(two, code, of="bob")
    page = two.as_("alice").get("/discrepancies?kind=elsewhere").text
    assert show(code) in page


def test_a_unit_that_was_sent_back_may_be_received_and_shows_no_site(world: World) -> None:
    code, bob = world.codes[0], world.as_("bob")
    assert bob.get(f"/items/{code}").status_code == 404
    world.scan(code, "collecting", "alice", 2, location="SITE-0001")
    world.scan(code, "returning", "alice", 1, location="SITE-0001")
    page = bob.get(f"/items/{code}")
    assert page.status_code == 200
    assert "SITE-0001" not in page.text
    assert code not in bob.get("/items?location=SITE-0001").text
    assert code in world.as_("alice").get("/items?location=SITE-0001").text
    desk = Desk(bob)
    told = desk.read({"doing": "receiving", "location": "LVIV-1"}, code)
    assert told["sort"] == "recorded"
    assert cases(world, code) == []


def test_who_is_moved_to_another_warehouse_sees_that_one(two: World) -> None:
    code, bob = two.codes[5], two.as_("bob")
    assert bob.get(f"/items/{code}").status_code == 404
    with two.app.app_context(), transaction() as session:
        session.add(Assignment(actor="account:3", location="KYIV-1"))
    assert bob.get(f"/items/{code}").status_code == 200


def test_no_page_offers_another_s_places(two: World) -> None:
    bob = two.as_("bob")
    for path in ("/scan", "/counts", "/intake", f"/s/{two.codes[4]}", "/items", "/locations"):
        page = bob.get(path).text
        assert "LVIV-1" in page, path
        assert "KYIV-1" not in page, path
