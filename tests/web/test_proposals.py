"""Write-offs and finders' messages on a coordinator's screen."""

from __future__ import annotations

import re

from sqlalchemy import select

from tests.web.conftest import World, send, spoken
from tests.web.test_questions import box_of
from tracker.db import db
from tracker.models import Discrepancy, FoundReport, Item


def status(world: World, code: str) -> str | None:
    with world.app.app_context():
        return db.session.scalar(select(Item.status).where(Item.code == code))


def test_a_unit_is_written_off_by_two(world: World) -> None:
    code, alice, frank = world.codes[5], world.as_("alice"), world.as_("frank")
    assert "Propose to write it off" in spoken(alice.get(f"/items/{code}").text)
    reason = {"reason": "Burnt, act A-3"}
    assert send(alice, f"/items/{code}/write-off", reason).status_code == 303
    assert "it waits for a second person" in spoken(frank.get(f"/items/{code}").text)
    own = spoken(alice.get("/write-offs").text)
    assert "A second person has to approve it" in own
    assert "Approve: write it off" not in own
    assert send(alice, "/write-offs/1/approve").status_code == 403
    assert "1 proposed write-off" in spoken(frank.get("/").text)
    assert "Burnt, act A-3" in spoken(frank.get("/write-offs").text)
    assert send(frank, "/write-offs/1/approve").status_code == 303
    assert status(world, code) == "written_off"
    assert "Nothing waits" in spoken(frank.get("/write-offs").text)
    assert "Propose to write it off" not in spoken(alice.get(f"/items/{code}").text)


def test_the_first_person_may_take_it_back(world: World) -> None:
    code, alice = world.codes[5], world.as_("alice")
    send(alice, f"/items/{code}/write-off", {"reason": "A mistake"})
    assert "Take it back" in spoken(alice.get("/write-offs").text)
    assert send(alice, "/write-offs/1/refuse").status_code == 303
    assert send(world.as_("frank"), "/write-offs/1/approve").status_code == 409
    assert status(world, code) == "in_stock"


def find(world: World, code: str) -> None:
    words = {"message": "By the road at the old mill.", "contact": "+380 00 000 00 07"}
    assert world.client().post(f"/s/{code}", data=words).status_code == 200


def test_a_finder_s_words_reach_a_coordinator_and_go_when_it_is_settled(world: World) -> None:
    code, alice = world.codes[5], world.as_("alice")
    find(world, code.lower())
    find(world, "nonsense")
    assert "2 messages from finders" in spoken(alice.get("/").text)
    page = alice.get("/found-reports").text
    assert "By the road at the old mill." in page
    assert "+380 00 000 00 07" in page
    assert re.search(rf'href="/s/{code}\?listed=1"', page, re.IGNORECASE)
    assert "No unit has this code." in spoken(page)
    assert send(alice, "/found-reports/1/settle", {"decision": " "}).status_code == 422
    said = {"decision": "Fetched by the team of Lviv."}
    assert send(alice, "/found-reports/1/settle", said).status_code == 303
    assert send(alice, "/found-reports/1/settle", said).status_code == 409
    settled = alice.get("/found-reports?state=settled").text
    assert "Fetched by the team of Lviv." in settled
    assert "old mill" not in settled
    with world.app.app_context():
        kept = db.session.get(FoundReport, 1)
        assert kept is not None
        assert (kept.message, kept.contact) == ("", None)


def test_nobody_but_a_coordinator_reads_what_finders_say(world: World) -> None:
    find(world, world.codes[5])
    for name in ("bob", "charlie", "diana", "erin", "admin"):
        client = world.as_(name)
        assert client.get("/found-reports").status_code == 403
        assert send(client, "/found-reports/1/settle", {"decision": "Mine."}).status_code == 403
        assert client.get("/write-offs").status_code == 403


def test_many_messages_come_in_parts(world: World) -> None:
    for _ in range(35):
        find(world, world.codes[5])
    alice = world.as_("alice")
    page = alice.get("/found-reports").text
    assert page.count("old mill") == 30
    following = re.search(r'href="(/found-reports\?after=\d+)"', page)
    assert following
    assert alice.get(following[1]).text.count("old mill") == 5


def test_a_unit_that_has_moved_since_is_not_written_off(world: World) -> None:
    code, alice, frank = world.codes[5], world.as_("alice"), world.as_("frank")
    reason = {"reason": "Drowned in the cellar"}
    assert send(alice, f"/items/{code}/write-off", reason).status_code == 303
    world.scan(code, "shipping", "alice", location="LVIV-1", consignment="ZM-1")
    world.scan(code, "receiving", "alice", location="LVIV-1")
    refused = send(frank, "/write-offs/1/approve")
    assert refused.status_code == 409
    assert "Its status has changed since it was proposed" in spoken(refused.text)
    assert status(world, code) == "in_stock"


def test_a_second_person_s_no_ends_what_one_has_said_alone(world: World) -> None:
    code, frank = world.codes[6], world.as_("frank")
    world.scan(code, "decommissioning", "alice")
    with world.app.app_context():
        case = db.session.scalar(select(Discrepancy.id).where(Discrepancy.kind == "second_person"))
    said = {"decision": "No: it is fine and stays in use."}
    assert send(frank, f"/discrepancies/{case}/settle", said).status_code == 303
    world.scan(code, "decommissioning", "frank")
    assert status(world, code) == "in_stock"
    world.scan(code, "decommissioning", "alice")
    assert status(world, code) == "written_off"


def test_a_look_at_a_unit_and_what_was_known_cancel_no_proposal(world: World) -> None:
    code, alice, frank = world.codes[5], world.as_("alice"), world.as_("frank")
    send(alice, f"/items/{code}/write-off", {"reason": "Drowned in the cellar"})
    world.scan(code, "counting", "alice", location="LVIV-1")
    world.scan(code, "receiving", "alice", location="LVIV-1")  # says again what is known
    assert send(frank, "/write-offs/1/approve").status_code == 303
    assert status(world, code) == "written_off"


def test_a_second_person_s_no_holds_for_units_of_a_box_too(world: World) -> None:
    code, frank = world.codes[6], world.as_("frank")
    box = box_of(world, [code])
    world.scan(box, "decommissioning", "alice")
    with world.app.app_context():
        case = db.session.scalar(select(Discrepancy.id).where(Discrepancy.kind == "second_person"))
    said = {"decision": "No: it is fine and stays in use."}
    assert send(frank, f"/discrepancies/{case}/settle", said).status_code == 303
    world.scan(code, "decommissioning", "frank")
    assert status(world, code) == "packed"
