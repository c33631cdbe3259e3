"""Every screen of the app, in both languages, light and dark, at both ends of the text's size."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.field.phones import a_phone
from tests.field.screens import walk
from tests.web.browsing import serving
from tests.web.conftest import World, make_world

pytestmark = pytest.mark.browser

GLOVE = 48  # pixels that a finger in a glove needs
SEEN = {
    *("enrol", "home", "scan", "kept", "refused", "asked", "units", "unit", "inspection"),
    *(
        "inspected",
        "deployment",
        "pair",
        "question",
        "pile",
        "sides",
        "act",
        "signed",
        "place",
        "home-unsent",
    ),
    *("unsent", "sent", "settings"),
}
TARGETS = """() => [...document.querySelectorAll(
  "a[href], button, select, summary, textarea, input:not(.away, [type=radio], [type=checkbox])," +
  "label.file-button, .choice label, label.tick")]
  .filter((one) => one.checkVisibility() && !one.closest("details:not([open]) > :not(summary)"))
  .map((one) => [one.outerHTML.slice(0, 90), one.getBoundingClientRect()])
  .filter(([, { width, height }]) => Math.min(width, height) < %d - 0.5)
  .map(([html, { width, height }]) => `${Math.round(width)} x ${Math.round(height)}: ${html}`)"""
WIDER = """() => [...document.querySelectorAll("main *, header *")]
  .filter((one) => one.checkVisibility() && !one.closest(".away, .paper"))
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5)
  .map((one) => one.outerHTML.slice(0, 90))"""


@pytest.fixture
def world(sqlite_template: Path, tmp_path: Path) -> World:
    """One database is enough for what is looked at."""
    shutil.copy(sqlite_template, tmp_path / "tracker.sqlite")
    return make_world(tmp_path)


@pytest.mark.parametrize(
    ("locale", "scheme", "size"),
    [("uk", "light", "100"), ("uk", "dark", "200"), ("en", "light", "200"), ("en", "dark", "100")],
)
def test_screens_can_be_read_and_touched(
    world: World, chromium: Browser, tmp_path: Path, locale: str, scheme: str, size: str
) -> None:
    seen, found = set(), []
    with (
        serving(world.app) as address,
        a_phone(chromium.browser_type, tmp_path / "phone", address) as phone,
    ):
        for name in walk(world, phone, locale, scheme=scheme, size=size):
            seen.add(name)
            found += [f"{name}: {one}" for one in _complaints(phone.page)]
    assert seen == SEEN
    assert found == []


def _complaints(page: Page) -> list[str]:
    told = [f"small: {one}" for one in page.evaluate(TARGETS % GLOVE)]
    told += [f"too wide: {one}" for one in page.evaluate(WIDER)]
    for problem in Axe().run(page).response["violations"]:
        nodes = ", ".join(node["html"][:90] for node in problem["nodes"])
        told.append(f"{problem['id']}: {nodes}")
    return told
