"""The bench's page keeps every scan until the server has answered for it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import select

from labels.codes import show
from tests.web.browsing import enter, serving
from tests.web.conftest import World
from tracker.db import db
from tracker.domain.bench import CARD, CARDS, card
from tracker.models import Event

pytestmark = pytest.mark.browser
expect.set_options(timeout=30_000)  # the machine may have other work


def type_scan(page: Page, text: str) -> None:
    """A scan at once, however busy the machine is; key by key, `test_scanning_pieces` tries it."""
    page.fill("#scan", text)
    page.press("#scan", "Enter")


def bench(page: Page, address: str, path: str = "/scan?doing=receiving&location=LVIV-1") -> None:
    page.goto(address + path)
    page.wait_for_selector("#bench[data-ready]", state="attached")


def shipped(world: World, codes: list[str]) -> None:
    for code in codes:
        world.scan(code, "shipping", "alice", ago=1, consignment="ZM-1")


def test_a_reason_and_a_photo_go_with_the_next_unit_alone(
    world: World, chromium: Browser, tmp_path: Path
) -> None:
    codes = world.codes[4:6]
    shipped(world, codes)
    photo = tmp_path / "wet.jpg"
    Image.effect_noise((640, 480), 40).convert("RGB").save(photo, "JPEG")
    with serving(world.app) as address:
        page = enter(chromium, address, "alice")
        bench(page, address)
        page.get_by_role("button", name="More", exact=True).click()
        page.get_by_role("button", name="Wet").click()
        page.locator("#odd-photo").set_input_files(photo)
        expect(page.locator("#odd-said")).to_have_text("The photo goes with the next scan.")
        for code in codes:
            type_scan(page, code)
            expect(page.locator("#answer-code")).to_contain_text(show(code))
        expect(page.locator("#odd-said")).to_have_text("")
        with world.app.app_context():
            wet, dry = received(codes)
        assert (wet["condition"], wet["reason"]) == ("damaged", "wet")
        assert len(wet["evidence"]) == 1
        assert {"condition", "reason", "evidence"}.isdisjoint(dry)
        page.goto(f"{address}/discrepancies?kind=damaged")
        page.locator("tbody a").first.click()
        picture = page.locator(".photos img")
        expect(picture).to_have_count(1)
        assert picture.evaluate("one => one.decode().then(() => one.naturalWidth)") == 640


def received(codes: list[str]) -> list[dict[str, Any]]:
    """What the newest receiving of each unit says."""
    told = {}
    rows = db.session.scalars(
        select(Event.body).where(Event.step == "receiving").order_by(Event.position)
    )
    for body in map(json.loads, rows):
        told[body["code"]] = body
    return [told[code] for code in codes]


def test_scans_wait_in_the_page_while_the_server_is_away(world: World, chromium: Browser) -> None:
    codes = world.codes[4:8]
    shipped(world, codes)
    with serving(world.app) as address:
        page = enter(chromium, address, "alice")
        bench(page, address)
        type_scan(page, codes[0])
        expect(page.locator("#answer-title")).to_have_text("Recorded")
    for code in codes[1:]:
        type_scan(page, code)
    expect(page.locator("#waiting")).to_be_visible()
    expect(page.locator("#waiting-many")).to_have_text("3")
    with serving(world.app, at=address):
        expect(page.locator("#waiting")).to_be_hidden(timeout=30_000)
        expect(page.locator("#lately li")).to_have_count(4)
        expect(page.locator("#lately li").first).to_contain_text("Recorded")
    with world.app.app_context():
        kept = select(Event.id).where(
            Event.step == "receiving", Event.body.contains('"by":"account')
        )
        assert len(db.session.scalars(kept).all()) >= 4
        db.session.remove()


def test_a_page_that_was_closed_with_scans_still_sends_them(
    world: World, chromium: Browser
) -> None:
    [code] = world.codes[4:5]
    shipped(world, [code])
    with serving(world.app) as address:
        page = enter(chromium, address, "alice")
        bench(page, address)
    type_scan(page, code)
    expect(page.locator("#waiting")).to_be_visible()
    again = page.context.new_page()
    page.close()
    with serving(world.app, at=address):
        bench(again, address)
        expect(again.locator("#answer-title")).to_have_text("Recorded")


def test_waiting_scans_are_read_as_the_bench_was_set_when_they_were_made(
    world: World, chromium: Browser
) -> None:
    """The place is changed while the server is away; the page is then closed and opened anew."""
    here, there = world.codes[4:6]
    shipped(world, [here, there])
    with serving(world.app) as address:
        page = enter(chromium, address, "alice")
        bench(page, address)
    type_scan(page, here)
    page.get_by_role("button", name="Change the set-up").click()
    page.select_option("#location", other_place(page))
    page.keyboard.press("Escape")
    page.get_by_role("button", name="The next one is damaged").click()
    type_scan(page, there)
    expect(page.locator("#waiting-many")).to_have_text("3")
    place = page.locator("#location").input_value()
    again = page.context.new_page()
    page.close()
    with serving(world.app, at=address):
        bench(again, address, "/scan?doing=packing")
        expect(again.locator("#lately li")).to_have_count(3)
        expect(again.locator("[data-doing=packing]")).to_have_attribute("aria-pressed", "true")
    with world.app.app_context():
        first, second = received([here, there])
    assert (first["location"], second["location"]) == ("LVIV-1", place)
    assert "condition" not in first
    assert second["condition"] == "damaged"


def other_place(page: Page) -> str:
    """A place that the bench is not at."""
    places = page.locator("#location option").all_text_contents()
    return next(one for one in places if one not in ("—", "LVIV-1"))


def test_benches_in_two_tabs_keep_their_own_scans(world: World, chromium: Browser) -> None:
    one, other = world.codes[4:6]
    shipped(world, [one, other])
    with serving(world.app) as address:
        page = enter(chromium, address, "alice")
        bench(page, address)
        second = page.context.new_page()
        bench(second, address)
    type_scan(page, one)
    expect(page.locator("#waiting")).to_be_visible()
    type_scan(second, other)
    expect(second.locator("#waiting")).to_be_visible()
    page.close()
    second.close()
    with serving(world.app, at=address):
        third = chromium.contexts[-1].new_page()
        bench(third, address)
        expect(third.locator("#lately li")).to_have_count(2)
    with world.app.app_context():
        assert len(received([one, other])) == 2


def test_a_scan_at_which_the_server_fails_does_not_hold_up_the_others(
    world: World, chromium: Browser
) -> None:
    bad, good = world.codes[4:6]
    shipped(world, [bad, good])

    def fail(route: Route) -> None:
        if bad in (route.request.post_data or ""):
            route.fulfill(status=500, body="broken")
        else:
            route.continue_()

    with serving(world.app) as address:
        page = enter(chromium, address, "alice")
        bench(page, address)
        page.route("**/scan/reads", fail)
        type_scan(page, bad)
        type_scan(page, good)
        expect(page.locator("#lately")).to_contain_text("The server failed", timeout=30_000)
        expect(page.locator("#answer-title")).to_have_text("Recorded")
        expect(page.locator("#answer-code")).to_contain_text(show(good))
        page.unroute("**/scan/reads")
        bench(page, address)
        expect(page.locator("#answer-code")).to_contain_text(show(bad))
    with world.app.app_context():
        assert len(received([bad, good])) == 2


def test_a_scan_is_undone_by_a_card_and_by_the_button(world: World, chromium: Browser) -> None:
    first, second = world.codes[4:6]
    shipped(world, [first, second])
    with serving(world.app) as address:
        page = enter(chromium, address, "alice")
        bench(page, address)
        type_scan(page, first)
        expect(page.locator("#answer-title")).to_have_text("Recorded")
        type_scan(page, "KITTRAIL:UNDO LAST")
        expect(page.locator("#answer-title")).to_have_text("Undone")
        type_scan(page, second)
        expect(page.locator("#answer-title")).to_have_text("Recorded")
        page.get_by_role("button", name="Undo the last one").click()
        expect(page.locator("#answer-title")).to_have_text("Undone")
        type_scan(page, "KITTRAIL:UNDO LAST")
        expect(page.locator("#answer-title")).to_have_text("There is nothing to undo")


def test_what_is_signed_out_keeps_its_scans(world: World, chromium: Browser) -> None:
    [code] = world.codes[4:5]
    shipped(world, [code])
    with serving(world.app) as address:
        page = enter(chromium, address, "alice")
        bench(page, address)
        cookies: list[Any] = [*page.context.cookies()]  # it gives and takes them in two types
        page.context.clear_cookies()
        type_scan(page, code)
        expect(page.locator("#signed-out")).to_be_visible()
        page.context.add_cookies(cookies)
        expect(page.locator("#answer-title")).to_have_text("Recorded", timeout=20_000)
        expect(page.locator("#signed-out")).to_be_hidden()


def test_a_decoder_reads_every_action_card(world: World) -> None:
    answer = world.as_("alice").get("/scan/cards.pdf")
    pages = [
        page.render(scale=3).to_pil() for page in pypdfium2.PdfDocument(io.BytesIO(answer.data))
    ]
    read = [one.text for page in pages for one in zxingcpp.read_barcodes(page)]
    assert sorted(read) == sorted(CARD + word for word in CARDS)
    assert all(card(text) for text in read)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"id": "x", "text": "A"},
        {"id": "0190a000-0000-7000-8000-000000000000", "text": ""},
        {"id": "0190a000-0000-7000-8000-000000000000", "text": "A" * 301},
        {"id": "0190a000-0000-7000-8000-000000000000", "text": 7},
        {"id": "0190a000-0000-7000-8000-000000000000", "text": "KIT\udfff1"},
        [],
    ],
)
def test_what_no_page_sends_is_refused(world: World, body: Any) -> None:
    browser = world.as_("alice")
    page = browser.get("/password").text
    token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    answer = browser.post("/scan/reads", json=body, headers={"X-CSRFToken": token})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("made_at", "0001-01-01T00:00:00+14:00"),
        ("sent_at", "9999-12-31T23:59:59-14:00"),
        ("sent_at", "0001-01-01T00:00:00+00:00"),
        ("answer", "\ud800"),
        ("bench", {"doing": "counting", "location": "\ud800", "answers": ["\ud800"]}),
    ],
)
def test_what_no_page_sends_breaks_nothing(world: World, name: str, value: Any) -> None:
    browser = world.as_("alice")
    token = browser.get("/scan").text.split('data-token="')[1].split('"')[0]
    body = {"id": "0190a000-0000-7000-8000-000000000000", "text": world.codes[5],
            "bench": {"doing": "receiving", "location": "LVIV-1"}, name: value}  # fmt: skip
    answer = browser.post("/scan/reads", json=body, headers={"X-CSRFToken": token})
    assert answer.status_code == 200
