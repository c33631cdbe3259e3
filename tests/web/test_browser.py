"""In a real browser: what axe, a keyboard, a phone and the content security policy find."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image, ImageChops
from playwright.sync_api import Browser, Page

from tests.web import every_page
from tests.web.browsing import DESKTOP, PHONE, enter, serving
from tests.web.conftest import World

pytestmark = pytest.mark.browser

Walked = Callable[[str], tuple[list[every_page.Page], set[str]]]


@pytest.fixture(scope="module")
def address(still_world: World) -> Iterator[str]:
    """Where the still world is served."""
    with serving(still_world.app) as found:
        yield found


@pytest.fixture(scope="module")
def full_address(full_world: World) -> Iterator[str]:
    """Where the full world is served."""
    with serving(full_world.app) as found:
        yield found


@pytest.mark.parametrize("reader", every_page.READERS)
@pytest.mark.parametrize(
    ("locale", "scheme", "viewport"),
    [
        ("uk", "light", PHONE),
        ("uk", "dark", DESKTOP),
        ("en", "dark", PHONE),
        ("en", "light", DESKTOP),
    ],
)
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    chromium: Browser,
    full_address: str,
    full_world: World,
    walked: Walked,
    reader: str,
    locale: str,
    scheme: str,
    viewport: dict[str, int],
) -> None:
    name = "" if reader in every_page.LINKS else reader
    how = {"locale": locale, "color_scheme": scheme, "viewport": viewport}
    page = enter(chromium, full_address, name, **how)
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if _is_policy(said) else None)
    if reader in every_page.LINKS:
        page.goto(f"{full_address}/d/?lang={locale}#{every_page.link(full_world, reader)}")
        page.wait_for_selector(".verdict")
    for path in every_page.to_look_at(walked("en")[0])[reader]:
        page.goto(full_address + path.replace("?lang=en", f"?lang={locale}"))
        complaints += [f"{path}: {one}" for one in _faults(page, locale, viewport["width"])]
    page.context.close()
    assert complaints == []


def _faults(page: Page, locale: str, width: int) -> Iterator[str]:
    is_app = "/field/" in page.url  # keeps its language itself: tests/field/test_screens.py
    if is_app:
        page.wait_for_selector("html[data-ready]")  # draws its screen itself, too
    if page.locator("html").get_attribute("lang") != locale and not is_app:
        yield "another language"
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    found = Axe().run(page)
    if found.violations_count:
        yield found.generate_report()
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > width:
        yield f"{wide} pixels wide"


def _is_policy(said: Any) -> bool:
    return said.type == "error" and "status of 40" not in said.text


CHOICES = """
  for (const type of ["checkbox", "radio"]) for (const checked of [true, false]) {
    const id = `${type}-${checked}`;
    document.querySelector("main").append(
      Object.assign(document.createElement("input"), { type, checked, id }));
  }
"""
LEAST_CHANGED = 0.25
"""Of the pixels of a box: less than a quarter that changes is not seen from a step away."""


def drawn(page: Page, name: str) -> Image.Image:
    return Image.open(io.BytesIO(page.locator(f"#{name}").screenshot())).convert("RGB")


@pytest.mark.parametrize("kind", ["checkbox", "radio"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_ticked_is_seen_to_be_ticked(
    chromium: Browser, address: str, scheme: str, kind: str
) -> None:
    page = enter(chromium, address, "", color_scheme=scheme)
    page.goto(f"{address}/login")
    page.evaluate(CHOICES)
    ticked, empty = drawn(page, f"{kind}-true"), drawn(page, f"{kind}-false")
    change = ImageChops.difference(ticked, empty).convert("L").point(lambda part: part > 80 and 255)
    changed = change.histogram()[255]
    assert changed / (ticked.width * ticked.height) > LEAST_CHANGED
    page.context.close()


def test_the_first_tab_leads_past_the_navigation(chromium: Browser, address: str) -> None:
    page = enter(chromium, address, "alice")
    page.goto(f"{address}/pledges")
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert skip.inner_text() == "Skip to the content"
    box = skip.bounding_box()
    assert box is not None
    assert box["y"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.locator(":focus").evaluate("it => Boolean(it.closest('main'))")
    page.context.close()


def test_tab_goes_through_a_page_in_the_order_of_reading(chromium: Browser, address: str) -> None:
    wide = {"width": 1440, "height": 800}  # the whole menu of a coordinator is open
    page = enter(chromium, address, "alice", viewport=wide)
    page.goto(f"{address}/items")
    seen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        seen.append(page.locator(":focus").evaluate("it => it.id || it.textContent.trim()"))
    wanted = ["Skip to the content", "KitTrail", "Pledges", "Sign out", "q", "status", "location"]
    places = [seen.index(one) for one in [*wanted, "pledge", "Show"]]
    assert places == sorted(places)


def test_what_has_the_focus_is_seen_to_have_it(chromium: Browser, address: str) -> None:
    page = enter(chromium, address, "alice")
    page.goto(f"{address}/items")
    for _ in range(12):
        page.keyboard.press("Tab")
        outline = page.locator(":focus").evaluate("it => getComputedStyle(it).outlineWidth")
        assert outline == "3px"
    page.context.close()


def test_on_a_phone_the_menu_opens_and_everything_is_large_enough_to_touch(
    chromium: Browser, address: str
) -> None:
    page = enter(chromium, address, "alice", viewport=PHONE)
    page.goto(f"{address}/items")
    assert not page.locator("#menu").is_visible()
    page.get_by_role("button", name="Menu").click()
    assert page.locator("#menu").is_visible()
    for one in page.locator(
        "#menu :is(a, button):visible, .tabs-bar *:is(a, button), .top button, .filters button"
    ).all():
        box = one.bounding_box()
        assert box is not None
        assert box["height"] >= 44, one.inner_text()
    page.locator("#menu").get_by_role("link", name="Discrepancies").click()
    assert page.url.endswith("/discrepancies")
    page.context.close()


def test_pages_work_without_javascript(chromium: Browser, address: str, still_world: World) -> None:
    page = enter(chromium, address, "alice", java_script_enabled=False, viewport=PHONE)
    page.get_by_role("button", name="Menu").click()
    page.locator("#menu").get_by_role("link", name="Items").click()
    page.fill("#q", "KITEX0000004")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name=still_world.codes[4][:5]).click()
    assert page.locator("h1").inner_text().startswith(still_world.codes[4][:5])
    page.get_by_role("button", name="Українська").click()
    assert page.locator("html").get_attribute("lang") == "uk"
    assert still_world.codes[4] in page.url
    page.context.close()


def test_a_page_asks_nobody_else_for_anything(chromium: Browser, address: str) -> None:
    page = enter(chromium, address, "alice")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in ("/", "/items", "/locations/SITE-0001"):
        page.goto(address + path)
    assert asked
    assert [url for url in asked if not url.startswith((address, "data:"))] == []
    page.context.close()
