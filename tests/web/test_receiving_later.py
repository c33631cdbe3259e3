"""Concluding through the page's form, and what is scanned, undone or changed after it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, select

from labels.codes import new_codes, show
from tests.services.builders import NOTHING_DIFFERS
from tests.web.conftest import World, send, spoken
from tests.web.test_label_page import take
from tests.web.test_questions import Desk, box_of
from tests.web.test_receiving import (
    at,
    conclude,
    made,
    note,
    numbers,
    open_cases,
    sent,
    tell,
    verdicts,
)
from tracker.clock import now
from tracker.db import db, transaction
from tracker.domain.permissions import SYSTEM
from tracker.ledger.announcing import NewItem, announce
from tracker.ledger.rebuilding import rebuild
from tracker.models import Consignment, Label, Location, PledgeLine


@pytest.fixture
def alice(world: World) -> FlaskClient:
    with world.app.app_context(), transaction() as session:
        session.add(Location(ref="KYIV-1", kind="warehouse", name_en="Kyiv", name_uk="Київ"))
        session.add(Location(ref="KYIV-2", kind="warehouse"))
        session.add(Location(ref="BORDER-1", kind="border"))
    return world.as_("alice")


def announced(world: World, ref: str, many: int) -> list[str]:
    """Units that a manifest puts on a consignment; their codes."""
    codes = list(new_codes(many))
    with world.app.app_context(), transaction() as session:
        line = session.scalars(select(PledgeLine.id)).first()
        assert line is not None
        new = [
            NewItem(one, "PL-2022-11", line, "STARLINK-STD", one.lower(), consignment=ref)
            for one in codes
        ]
        numbered = announce(session, new, by=SYSTEM, now=now() - timedelta(days=9))
        rows = [
            {"code": code, "state": "bound", "item": number}
            for code, number in zip(codes, numbered, strict=True)
        ]
        session.execute(insert(Label), rows)
    return codes


def state_of(world: World, ref: str) -> str:
    with world.app.app_context():
        found = db.session.get(Consignment, ref)
        assert found is not None
        return found.state


@pytest.mark.parametrize("came", [0, 8])
def test_what_arrived_unseen_is_concluded_by_the_numbers_of_its_page(
    world: World, alice: FlaskClient, came: int
) -> None:
    ref, desk = made(alice), Desk(alice)
    codes = announced(world, ref, 9)
    for code in codes:
        assert desk.read(at("LVIV-1"), code)["sort"] == "recorded"
    tell(alice, ref, "arrived")
    setting = at("KYIV-1", ref)
    for code in codes[:came]:
        told = desk.read(setting, code)
        if told.get("question"):
            told = desk.yes(told, code)
        setting = told["bench"]
    page = alice.get(f"/consignments/{ref}").text
    assert numbers(page) == (9, came, 0, 0, 9 - came)
    answer = conclude(alice, ref, page)
    assert answer.status_code == 303, answer.text
    assert state_of(world, ref) == "received"
    assert numbers(alice.get(f"/consignments/{ref}").text) == (9, came, 0, 0, 9 - came)
    said = dict.fromkeys(codes[:came], "good") | dict.fromkeys(codes[came:], "not_sent")
    assert verdicts(world, ref) == said
    assert "short" not in open_cases(world, ref)
    assert "not sent" in note(alice, ref)


@pytest.mark.parametrize("step", ["unpacking", "counting"])
def test_a_unit_taken_from_a_box_that_came_unopened_asks_nothing_of_its_closed_consignment(
    world: World, alice: FlaskClient, step: str
) -> None:
    codes = world.codes[4:8]
    box = box_of(world, codes)
    ref, desk = sent(alice, [box])
    tell(alice, ref, "arrived")
    assert desk.read(at("KYIV-1", ref), box)["sort"] == "recorded"
    page = alice.get(f"/consignments/{ref}").text
    assert numbers(page) == (4, 0, 4, 0, 0)
    assert conclude(alice, ref, page).status_code == 303
    paper = note(alice, ref)
    assert send(alice, f"/consignments/{ref}/close").status_code == 303
    if step == "unpacking":
        working = {"doing": step, "location": "KYIV-1", "box": box}
        assert desk.read(working, codes[0])["sort"] == "recorded"
    else:  # a phone
        world.scan(codes[0], step, "alice", location="KYIV-1")
    assert open_cases(world, ref) == []
    page = alice.get(f"/consignments/{ref}").text
    assert numbers(page) == (4, 0, 4, 0, 0)
    for asked in ("has changed", "can be issued", "and not these"):
        assert asked not in spoken(page)
    assert show(codes[0]) in paper.partition("received in unopened boxes")[2]


def test_who_cancels_the_shipping_of_what_did_not_come_leaves_it_missing(
    world: World, alice: FlaskClient
) -> None:
    missed, *came = world.codes[4:7]
    ref, desk = sent(alice, [missed, *came])
    border = {"kind": "border", "location": "BORDER-1"}
    assert send(alice, f"/consignments/{ref}/passages", border).status_code == 303
    tell(alice, ref, "arrived")
    for code in came:
        assert desk.read(at("KYIV-1", ref), code)["sort"] == "recorded"
    cancelled = take(alice, missed, "void_shipping", consignment=ref)
    assert "Shipping cancelled" in spoken(alice.get(cancelled.location).text)
    page = alice.get(f"/consignments/{ref}").text
    assert numbers(page) == (3, 2, 0, 1, 0)
    assert conclude(alice, ref, page).status_code == 303
    assert open_cases(world, ref) == ["short"]
    words = spoken(alice.get(f"/consignments/{ref}").text)
    assert "Not received yet (1)" in words
    assert show(missed) in note(alice, ref).partition("received in good condition")[0]
    found = {"doing": "receiving", "location": "LVIV-1"}
    told = desk.read(found, missed)
    if told.get("question"):
        told = desk.yes(told, missed)
    assert open_cases(world, ref) == [], "it stands where it should have left"


def test_a_place_that_is_no_door_of_another_any_more_changes_page_and_note_at_once(
    world: World, alice: FlaskClient
) -> None:
    codes = world.codes[4:6]
    door = "/locations/KYIV-1/premises"
    assert send(alice, door, {"premises": "KYIV-2"}).status_code == 303
    ref, desk = sent(alice, codes)
    tell(alice, ref, "arrived")
    for code in codes:
        assert desk.read(at("KYIV-2", ref), code)["sort"] == "recorded"
    page = alice.get(f"/consignments/{ref}").text
    assert numbers(page) == (2, 2, 0, 0, 0)
    assert conclude(alice, ref, page).status_code == 303
    answer = send(alice, door, {"premises": ""})
    assert "was judged anew" in spoken(alice.get(answer.location).text)
    assert numbers(alice.get(f"/consignments/{ref}").text) == (2, 0, 0, 0, 2)
    assert open_cases(world, ref) == ["elsewhere", "elsewhere"]
    assert show(codes[0]) in note(alice, ref).partition("received in good condition")[0]
    with world.app.app_context():
        assert rebuild(now=now()) == NOTHING_DIFFERS
