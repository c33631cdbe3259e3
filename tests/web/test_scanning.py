"""The bench's page keeps every scan until the server has answered for it."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from werkzeug.serving import make_server

from tests.web.browsing import enter
from tests.web.conftest import World
from tracker.db import db
from tracker.domain.bench import CARD, CARDS, card
from tracker.models import Event

pytestmark = pytest.mark.browser


@contextmanager
def server(world: World, port: int = 0) -> Iterator[int]:
    """The application served on `port` meanwhile; 0 is any free one."""
    made = make_server("127.0.0.1", port, world.app, threaded=True)
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    try:
        yield made.server_port
    finally:
        made.shutdown()
        thread.join()
        made.server_close()


def type_scan(page: Page, text: str) -> None:
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def bench(page: Page, address: str, path: str = "/scan?doing=receiving&location=LVIV-1") -> None:
    page.goto(address + path)
    page.wait_for_selector("#bench[data-ready]", state="attached")


def shipped(world: World, codes: list[str]) -> None:
    for code in codes:
        world.scan(code, "shipping", "alice", ago=1, consignment="ZM-1")


def test_scans_wait_in_the_page_while_the_server_is_away(world: World, chromium: Browser) -> None:
    codes = world.codes[4:8]
    shipped(world, codes)
    with server(world) as port:
        address = f"http://127.0.0.1:{port}"
        page = enter(chromium, address, "alice")
        bench(page, address)
        type_scan(page, codes[0])
        expect(page.locator("#answer-title")).to_have_text("Recorded")
    for code in codes[1:]:
        type_scan(page, code)
    expect(page.locator("#waiting")).to_be_visible()
    expect(page.locator("#waiting-many")).to_have_text("3")
    with server(world, port):
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
    with server(world) as port:
        address = f"http://127.0.0.1:{port}"
        page = enter(chromium, address, "alice")
        bench(page, address)
    type_scan(page, code)
    expect(page.locator("#waiting")).to_be_visible()
    with server(world, port):
        again = page.context.new_page()
        page.close()
        bench(again, address)
        expect(again.locator("#answer-title")).to_have_text("Recorded")


def test_a_scan_is_undone_by_a_card_and_by_the_button(world: World, chromium: Browser) -> None:
    first, second = world.codes[4:6]
    shipped(world, [first, second])
    with server(world) as port:
        address = f"http://127.0.0.1:{port}"
        page = enter(chromium, address, "alice")
        bench(page, address)
        type_scan(page, first)
        expect(page.locator("#answer-title")).to_have_text("Recorded")
        type_scan(page, "KITTRAIL:UNDO LAST")
        expect(page.locator("#answer-title")).to_have_text("Undone")
        type_scan(page, second)
        expect(page.locator("#answer-title")).to_have_text("Recorded")
        page.get_by_role("button", name="Undo", exact=True).click()
        expect(page.locator("#answer-title")).to_have_text("Undone")
        type_scan(page, "KITTRAIL:UNDO LAST")
        expect(page.locator("#answer-title")).to_have_text("There is nothing to undo")


def test_what_is_signed_out_keeps_its_scans(world: World, chromium: Browser) -> None:
    [code] = world.codes[4:5]
    shipped(world, [code])
    with server(world) as port:
        address = f"http://127.0.0.1:{port}"
        page = enter(chromium, address, "alice")
        bench(page, address)
        cookies = page.context.cookies()
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
        [],
    ],
)
def test_what_no_page_sends_is_refused(world: World, body: Any) -> None:
    browser = world.as_("alice")
    page = browser.get("/password").text
    token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    answer = browser.post("/scan/reads", json=body, headers={"X-CSRFToken": token})
    assert answer.status_code == 422
