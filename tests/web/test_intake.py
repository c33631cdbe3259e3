"""Intake in a browser: a scanner only, no mouse; and a plain form where there is no script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from labels.codes import show
from tests.web.browsing import enter, serving
from tests.web.conftest import World
from tests.web.scanner import Scanner
from tracker.db import db
from tracker.models import Event, Identifier, Item
from tracker.queries.labels import labels_of_batch
from tracker.services.labels import make_blanks

pytestmark = pytest.mark.browser
PATH = "/intake?pledge=PL-2022-11&location=LVIV-1"


@pytest.fixture
def blanks(world: World) -> list[str]:
    with world.app.app_context():
        number = make_blanks(20, by=world.actor("alice"), now=datetime.now(UTC))
        return [row.code for row in labels_of_batch(number)]


@pytest.fixture
def address(world: World) -> Iterator[str]:
    with serving(world.app) as address:
        yield address


@pytest.fixture
def page(world: World, chromium: Browser, address: str) -> Page:
    page = enter(chromium, address, "bob")
    page.goto(address + PATH)
    page.wait_for_selector("#intake[data-ready]")
    return page


def known_scanner(page: Page) -> Scanner:
    """A scanner of which the page knows how it ends its scans: it waits for keys that come late."""
    scanner = Scanner(page)
    scanner.scan("KITTRAIL:DONE")
    return scanner


def stood(world: World, codes: list[str]) -> list[str | None]:
    with world.app.app_context():
        rows = db.session.query(Item.code, Item.status).filter(Item.code.in_(codes))
        status = dict(rows.all())
        return [status.get(code) for code in codes]


def test_ten_units_are_taken_in_by_scanning_alone(
    world: World, page: Page, blanks: list[str]
) -> None:
    scanner = known_scanner(page)
    for number, code in enumerate(blanks[:10]):
        scanner.scan(f"HTTPS://KIT.EXAMPLE/S/{code}", "Tab" if number % 2 else "Enter")
        scanner.scan(f"EXSN9{number:05}")
        scanner.scan(f"KITEX9{number:06}", cyrillic=number == 3)
        expect(page.locator("#answer-code")).to_contain_text(show(code))
        expect(page.locator("#answer")).to_have_class(re.compile("answer-recorded"))
    assert stood(world, blanks[:10]) == ["in_stock"] * 10
    with world.app.app_context():
        assert db.session.query(Identifier).filter_by(value="KITEX9000003").count() == 1


def test_a_number_that_is_taken_is_refused_and_nothing_is_made(
    world: World, page: Page, blanks: list[str]
) -> None:
    scanner = known_scanner(page)
    for text in (blanks[0], "EXSN900001", "KITEX0000004"):
        scanner.scan(text)
    expect(page.locator("#answer-title")).to_have_text("Another unit carries this number")
    expect(page.locator("#answer-lines")).to_contain_text(show(world.codes[4]))
    assert stood(world, blanks[:1]) == [None]
    for text in (blanks[0], "EXSN900001", "KITEX9000004"):
        scanner.scan(text)
    expect(page.locator("#answer")).to_have_class(re.compile("answer-recorded"))
    assert stood(world, blanks[:1]) == ["in_stock"]


def test_a_lost_answer_makes_no_second_unit(world: World, page: Page, blanks: list[str]) -> None:
    lost: list[str] = []

    def lose(route: object) -> None:
        route.fetch()  # type: ignore[attr-defined]
        lost.append("answer")
        route.abort()  # type: ignore[attr-defined]

    page.route("**/intake/units", lose, times=1)
    scanner = known_scanner(page)
    for text in (blanks[0], "EXSN900001", "KITEX9000001"):
        scanner.scan(text)
    expect(page.locator("#answer-title")).to_have_text("This unit has been taken in already.")
    assert lost == ["answer"]
    with world.app.app_context():
        item = db.session.query(Item).filter_by(code=blanks[0]).one()
        assert db.session.query(Event).filter_by(subject=f"item:{item.id}").count() == 2


def test_it_works_without_a_script(world: World, chromium: Browser, address: str,
                                   blanks: list[str]) -> None:  # fmt: skip
    signed_in = enter(chromium, address, "bob")
    cookies = signed_in.context.cookies()
    context = chromium.new_context(java_script_enabled=False, locale="en")
    context.add_cookies(cookies)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(address + PATH)
    page.fill("#scan", show(blanks[0]))
    page.fill("#numbers", "EXSN900001")
    page.get_by_role("button", name="Take it in").click()
    expect(page.locator("#answer-title")).to_have_text("A number is still missing")
    page.fill("#numbers", "EXSN900001\nKITEX9000001")
    page.get_by_role("button", name="Take it in").click()
    expect(page.locator("#answer-title")).to_have_text("Taken in: in stock now.")
    assert stood(world, blanks[:1]) == ["in_stock"]
    context.close()
