"""Receiving through the doors of those who do it: the bench, the consignment's page, its papers."""

from __future__ import annotations

import io
import re
from typing import Any

import pypdfium2
import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from labels.codes import show
from tests.web.browsing import enter, serving
from tests.web.conftest import World, send, spoken
from tests.web.test_questions import Desk, box_of
from tests.web.test_scanning import bench, type_scan
from tracker.db import db, transaction
from tracker.models import Discrepancy, Item, Location, ReceivingVerdict


@pytest.fixture
def alice(world: World) -> FlaskClient:
    with world.app.app_context(), transaction() as session:
        for ref, name in (("KYIV-1", "Kyiv"), ("ODESA-1", "Odesa")):
            session.add(Location(ref=ref, kind="warehouse", name_en=name, name_uk=name))
    return world.as_("alice")


def made(alice: FlaskClient) -> str:
    """A consignment from Lviv to Kyiv."""
    said = {"origin": "LVIV-1", "destination": "KYIV-1", "pledge": "PL-2022-11"}
    return send(alice, "/consignments", said).location.rpartition("/")[2]


def tell(alice: FlaskClient, ref: str, *passages: str) -> None:
    for kind in passages:
        said = {"kind": kind, "location": "KYIV-1" if kind == "arrived" else ""}
        assert send(alice, f"/consignments/{ref}/passages", said).status_code == 303


def sent(alice: FlaskClient, things: list[str]) -> tuple[str, Desk]:
    """A consignment loaded at the bench and dispatched; the bench."""
    ref, desk = made(alice), Desk(alice)
    loading = {"doing": "shipping", "location": "LVIV-1", "consignment": ref}
    for thing in things:
        assert desk.read(loading, thing)["sort"] == "recorded"
    tell(alice, ref, "packed", "dispatched")
    return ref, desk


def at(place: str, ref: str | None = None) -> dict[str, Any]:
    return {"doing": "receiving", "location": place, "consignment": ref}


def numbers(page: str) -> tuple[int, ...]:
    """Expected, seen singly, with their box, not seen, other: as the page shows them."""
    names = ("expected", "seen singly", "with their box, unopened", "not seen", "other")
    pattern = " ".join(rf"(\d+) {name}" for name in names)
    found = re.search(pattern, spoken(page))
    assert found, spoken(page)
    return tuple(map(int, found.groups()))


def conclude(alice: FlaskClient, ref: str, page: str) -> Any:
    """Press the button of a page that was loaded some time ago."""
    shown = re.search(r'name="shown" value="([^"]+)"', page)
    assert shown
    return send(alice, f"/consignments/{ref}/conclude", {"shown": shown.group(1)})


def note(alice: FlaskClient, ref: str) -> str:
    """The text of the goods-received note, issued now."""
    answer = send(alice, f"/consignments/{ref}/papers/received_note")
    assert answer.status_code == 303, answer.text
    document = pypdfium2.PdfDocument(io.BytesIO(alice.get(answer.location).data))
    return "\n".join(page.get_textpage().get_text_range() for page in document)


def verdicts(world: World, ref: str) -> dict[str, str]:
    with world.app.app_context():
        rows = db.session.execute(
            select(Item.code, ReceivingVerdict.verdict)
            .join(Item, Item.id == ReceivingVerdict.item)
            .where(ReceivingVerdict.consignment == ref)
            .order_by(ReceivingVerdict.id)
        )
        return {row.code: row.verdict for row in rows}


def open_cases(world: World, ref: str) -> list[str]:
    with world.app.app_context():
        query = select(Discrepancy.kind).where(
            Discrepancy.consignment == ref, Discrepancy.state == "open"
        )
        return sorted(db.session.scalars(query))


def test_what_still_stands_where_it_should_have_left_is_never_good(
    world: World, alice: FlaskClient
) -> None:
    left, missed, came = world.codes[4:7]
    ref, desk = sent(alice, [left, missed, came])
    assert desk.read(at("LVIV-1"), left)["sort"] == "recorded", "it is still here"
    tell(alice, ref, "arrived")
    assert desk.read(at("KYIV-1", ref), came)["sort"] == "recorded"
    page = alice.get(f"/consignments/{ref}").text
    assert numbers(page) == (3, 1, 0, 1, 1)
    assert conclude(alice, ref, page).status_code == 303
    assert verdicts(world, ref) == {left: "not_sent", missed: "short", came: "good"}
    assert open_cases(world, ref) == ["short"]
    paper = note(alice, ref)
    odd, _, good = paper.partition("received in good condition")
    assert show(left) in odd
    assert show(left) not in good
    assert show(came) in good
    for said in ("not sent", "LVIV-1", "looked at, good", "Не прийнято · not received"):
        assert said in odd


def test_a_box_that_nobody_opened_stands_apart_on_page_bench_and_note(
    world: World, alice: FlaskClient
) -> None:
    codes = world.codes[4:8]
    box = box_of(world, codes[1:])
    ref, desk = sent(alice, [codes[0], box])
    tell(alice, ref, "arrived")
    desk.read(at("KYIV-1", ref), codes[0])
    told = desk.read(at("KYIV-1", ref), box)
    assert (told["sort"], told["tally"]) == ("recorded", {"done": 4, "expected": 4})
    assert told["unopened"] == "of these 3 with their box, unopened"
    page = alice.get(f"/consignments/{ref}").text
    assert numbers(page) == (4, 1, 3, 0, 0)
    assert conclude(alice, ref, page).status_code == 303
    good, _, unopened = note(alice, ref).partition("received in unopened boxes, not looked at")
    assert all(show(code) in unopened for code in codes[1:])
    assert show(codes[0]) in good
    assert "with its box, unopened" in good


def test_who_concludes_while_somebody_scans_sees_what_changed_and_nothing_is_concluded(
    world: World, alice: FlaskClient
) -> None:
    codes = world.codes[4:7]
    ref, desk = sent(alice, codes)
    tell(alice, ref, "arrived")
    desk.read(at("KYIV-1", ref), codes[0])
    loaded = alice.get(f"/consignments/{ref}").text
    desk.read(at("KYIV-1", ref), codes[1])
    refused = conclude(alice, ref, loaded)
    assert refused.status_code == 409
    words = spoken(refused.text)
    assert "Nothing was concluded." in words
    assert "seen singly: 1 → 2 not seen: 2 → 1" in words
    assert "with their box, unopened: 0" not in words
    assert verdicts(world, ref) == {}
    assert numbers(refused.text) == (3, 2, 0, 1, 0)
    assert conclude(alice, ref, refused.text).status_code == 303
    assert open_cases(world, ref) == ["short"]


def test_what_was_not_seen_of_a_box_is_named_and_waits_for_a_person(
    world: World, alice: FlaskClient
) -> None:
    codes = world.codes[4:7]
    box = box_of(world, codes)
    ref, desk = sent(alice, [box])
    tell(alice, ref, "arrived")
    for code in codes[:2]:
        desk.read(at("KYIV-1", ref), code)
    asked = desk.read(at("KYIV-1", ref), box)
    assert asked["sort"] == "refused"
    assert show(codes[2]) in " ".join(asked["lines"])
    world.scan(box, "receiving", "alice", location="KYIV-1", consignment=ref)  # a phone, offline
    page = alice.get(f"/consignments/{ref}").text
    named = page.partition(": 2 units of it were seen singly, and not these:")[2]
    assert show(codes[2]) in named.partition("Look inside")[0]
    assert conclude(alice, ref, page).status_code == 303
    assert open_cases(world, ref) == ["partly_seen"]
    case = re.search(r"/discrepancies/\d+", alice.get(f"/consignments/{ref}").text)
    assert case
    told = alice.get(case.group()).text
    assert "Not all of it was seen" in spoken(told)
    assert show(codes[2]) in told
    odd, _, unopened = note(alice, ref).partition("received in unopened boxes")
    assert show(codes[2]) in odd
    assert unopened == ""


def test_a_note_that_the_ledger_has_overtaken_says_so_on_the_page(
    world: World, alice: FlaskClient
) -> None:
    codes = world.codes[4:6]
    ref, desk = sent(alice, codes)
    tell(alice, ref, "arrived")
    desk.read(at("KYIV-1", ref), codes[0])
    conclude(alice, ref, alice.get(f"/consignments/{ref}").text)
    assert show(codes[1]) in note(alice, ref).partition("received in good condition")[0]
    assert "can be issued" not in alice.get(f"/consignments/{ref}").text
    desk.read(at("KYIV-1", ref), codes[1])
    words = spoken(alice.get(f"/consignments/{ref}").text)
    assert "version 1, says otherwise of 1 unit: version 2 can be issued" in words
    assert show(codes[1]) in note(alice, ref).partition("received in good condition")[2]
    assert "can be issued" not in alice.get(f"/consignments/{ref}").text


@pytest.mark.parametrize("reader", ["alice", "erin"])
def test_who_may_not_know_places_is_told_that_it_is_elsewhere(
    world: World, alice: FlaskClient, reader: str
) -> None:
    [code] = world.codes[4:5]
    ref, _ = sent(alice, [code])
    world.scan(code, "accepting", "alice", location="SITE-0001", receiver="HOSP", act="A",
               second_identifier=code)  # fmt: skip
    tell(alice, ref, "arrived")
    page = alice.get(f"/consignments/{ref}").text
    assert conclude(alice, ref, page).status_code == 303
    words = spoken(world.as_(reader).get(f"/consignments/{ref}").text)
    assert ("SITE-0001" in words) is (reader == "alice")
    assert "Elsewhere: 1" in words
    assert "SITE-0001" not in note(alice, ref)


@pytest.mark.browser
def test_in_a_browser_the_tally_tells_what_nobody_opened(world: World, chromium: Browser) -> None:
    with world.app.app_context(), transaction() as session:
        session.add(Location(ref="KYIV-1", kind="warehouse", name_en="Kyiv", name_uk="Київ"))
    codes = world.codes[4:7]
    box = box_of(world, codes)
    alice = world.as_("alice")
    ref, _ = sent(alice, [box])
    tell(alice, ref, "arrived")
    with serving(world.app) as address:
        page = enter(chromium, address, "alice")
        bench(page, address, f"/scan?doing=receiving&location=KYIV-1&consignment={ref}")
        expect(page.locator("#unopened")).to_have_text("")
        type_scan(page, box)
        expect(page.locator("#unopened")).to_have_text("of these 3 with their box, unopened")
        type_scan(page, codes[0])
        expect(page.locator("#unopened")).to_have_text("of these 2 with their box, unopened")
        page.goto(f"{address}/consignments/{ref}")
        expect(page.get_by_role("button", name="Conclude the receiving")).to_be_visible()
        assert numbers(page.content()) == (3, 1, 2, 0, 0)
        page.get_by_role("button", name="Conclude the receiving").click()
        expect(page.get_by_text("Concluded: every expected unit has its verdict.")).to_be_visible()
