"""A walk through every screen of the field app, as a person with a pile to hand over sees them."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page

from labels.codes import new_code, show
from tests.field.conftest import invite
from tests.field.phones import BrowserPhone
from tests.web.conftest import World

SAID_NOTHING = "import('/static/field/session.js').then(({ standAt }) => standAt(null))"
PREFER = """([locale, size]) => import("/static/field/store.js").then(async ({ keepSelf }) => {
  await keepSelf("locale", locale);
  await keepSelf("size", size);
})"""


def draw(page: Page, number: int) -> None:
    """A signature with a finger on the pad of this number."""
    pad = page.locator("svg.pad").nth(number)
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box
    wide, high = box["width"], box["height"]
    page.mouse.move(box["x"] + 0.1 * wide, box["y"] + 0.6 * high)
    page.mouse.down()
    for across, down in ((0.2, 0.2), (0.3, 0.8), (0.4, 0.3), (0.5, 0.7), (0.6, 0.5), (0.9, 0.55)):
        page.mouse.move(box["x"] + across * wide, box["y"] + down * high, steps=4)
    page.mouse.up()


def walk(
    world: World,
    phone: BrowserPhone,
    locale: str,
    *,
    scheme: str = "light",
    size: str = "100",
    first: int = 6,
) -> Iterator[str]:
    """Go from screen to screen; the name of each while it is shown.

    The units `first` and the one after it are handed over.
    """
    page = phone.page
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    phone.open("#/enrol")
    page.evaluate(PREFER, [locale, size])
    page.reload()
    page.wait_for_selector("html[data-ready]")
    yield "enrol"
    phone.enrol(invite(world, "LVIV-1", "SITE-0001"), "Телефон 1")
    page.wait_for_selector("#keeping", state="detached")
    yield "home"
    phone.context.set_offline(True)
    yield from _scanning(world, phone)
    yield from _handing_over(world, phone, (first, first + 1))
    phone.show("#/")
    yield "home-unsent"
    phone.show("#/unsent")
    yield "unsent"
    phone.context.set_offline(False)
    assert phone.send() == ""
    page.wait_for_selector(".line-confirmed")
    page.click("section button")
    page.wait_for_selector("#shift-said:not(:empty)")
    yield "sent"
    phone.show("#/settings")
    yield "settings"


def _scanning(world: World, phone: BrowserPhone) -> Iterator[str]:
    page = phone.page
    phone.show("#/scan")
    yield "scan"
    page.locator("select").first.select_option("collecting")
    page.locator("select").nth(1).select_option("SITE-0001")
    phone.type(show(world.codes[5]))
    page.wait_for_selector(".answer-kept")
    yield "kept"
    phone.type("7F3K9-M2P4C-Y")
    page.wait_for_selector(".answer-refused")
    yield "refused"
    phone.type("EAN-4006381333931")
    page.wait_for_selector(".answer-again")
    yield "asked"
    phone.show("#/units")
    yield "units"
    phone.show(f"#/u/{world.codes[0]}")
    page.click("summary")
    yield "unit"
    page.locator(".big-button").first.click()
    page.locator("form.card button[type=submit]").click()
    yield "inspection"
    for group in range(3):
        page.locator("fieldset.choice").nth(group).locator("label").first.click()
    page.locator("form.card button[type=submit]").click()
    page.wait_for_selector(".answer-kept")
    yield "inspected"
    phone.show(f"#/u/{world.codes[3]}")
    page.locator(".big-button").first.click()
    yield "deployment"


def _handing_over(world: World, phone: BrowserPhone, units: tuple[int, int]) -> Iterator[str]:
    page = phone.page
    page.evaluate(SAID_NOTHING)
    phone.show("#/handover")
    phone.type(new_code())
    page.wait_for_selector(".answer-pair")
    yield "question"
    page.locator("#questions button").last.click()
    for number in units:
        phone.type(world.codes[number])
        page.wait_for_selector(".answer-pair")
        if number == units[1]:
            yield "pair"
        phone.type(f"KITEX{number:07}")
        page.wait_for_selector(".answer-kept")
    yield "pile"
    page.click("button.wide")
    page.wait_for_selector("textarea")
    page.locator("select").nth(0).select_option("PL")
    page.locator("select").nth(1).select_option("HOSP")
    yield "sides"
    page.click("button.wide")
    page.wait_for_selector("svg.pad")
    yield "act"
    for side in (0, 1):
        draw(page, side)
        page.locator("fieldset input").nth(2 * side).fill(("Боб Приклад", "Аліса Приклад")[side])
        page.locator("fieldset input").nth(2 * side + 1).fill(("лікар", "логіст")[side])
    yield "signed"
    page.click("button.wide")
    page.wait_for_selector(".answer-ask")
    yield "place"
    page.locator("#answer button").first.click()
    page.wait_for_selector('main[data-page="unsent"]')
