"""A new donor with a phone: opens a link, understands, prints, downloads, is told of changes."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pypdfium2
import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page

from tests.moments import noon
from tests.notices.postbox import Postbox, part
from tests.web.browsing import PHONE, serving
from tests.web.conftest import World
from tracker import clock
from tracker.services import shares
from tracker.services.notices import due

pytestmark = pytest.mark.browser
OWN = "PL-2022-11"
VERDICT = {
    "en": "Of 1,570 units pledged, 3 have reached their recipients, 2 are in use "
    "and 0 were inspected there.",
    "uk": "Обіцяно 1 570 одиниць: в отримувачів – 3, з них у використанні – 2, "
    "перевірено на місці – 0.",
}


@pytest.fixture
def here(settled: Callable[..., World]) -> Iterator[tuple[World, Postbox, str]]:
    """A world that shows today at once and sends mail, and where it is served."""
    with Postbox() as box:
        world = settled(DONOR_DELAY_DAYS=0, MAIL_HOST="127.0.0.1", MAIL_PORT=box.port,
                        MAIL_TLS="none", MAIL_FROM="notices@example.org")  # fmt: skip
        with serving(world.app) as address:
            world.app.config["HOST"] = address.partition("//")[2]
            yield world, box, address


def opened(here: tuple[World, Postbox, str], chromium: Browser, locale: str) -> Page:
    """A phone on which the link that a coordinator sent was opened."""
    world, _, address = here
    with world.app.app_context():
        token = shares.make_share(OWN, days=30, by=world.actor("alice"), now=clock.now())
    context = chromium.new_context(viewport=PHONE, locale=locale, accept_downloads=True)
    page = context.new_page()
    page.goto(f"{address}/d/?lang={locale}#{token}")
    page.wait_for_selector(".verdict")
    assert token not in page.url
    return page


@pytest.mark.parametrize("locale", ["uk", "en"])
def test_the_first_screen_says_how_far_it_is_and_the_next_how_that_is_proved(
    here: tuple[World, Postbox, str], chromium: Browser, locale: str
) -> None:
    page = opened(here, chromium, locale)
    verdict = page.locator(".verdict")
    said = " ".join(verdict.inner_text().split())
    assert said.replace("\N{NO-BREAK SPACE}", " ") == VERDICT[locale]
    box = verdict.bounding_box()
    bar = page.locator(".donor-bar").first.bounding_box()
    assert box is not None
    assert bar is not None
    assert bar["y"] + bar["height"] < PHONE["height"], "it is seen without scrolling"
    proof = page.locator("table.proofs").first.bounding_box()
    assert proof is not None
    assert proof["y"] < 2 * PHONE["height"], "one more screen shows the proof"
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_it_prints_on_few_sheets_with_every_number(
    here: tuple[World, Postbox, str], chromium: Browser
) -> None:
    page = opened(here, chromium, "en")
    sheets = pypdfium2.PdfDocument(page.pdf(format="A4"))
    assert len(sheets) <= 3
    text = " ".join(" ".join(sheet.get_textpage().get_text_range() for sheet in sheets).split())
    assert "Of 1,570 units pledged" in text
    for told in ("It adds up", "Signed for", "In use"):
        assert told in text


def test_the_sheet_is_downloaded_and_says_the_same(
    here: tuple[World, Postbox, str], chromium: Browser, tmp_path: Path
) -> None:
    page = opened(here, chromium, "en")
    with page.expect_download() as coming:
        page.locator('a[href*="export.xlsx"]').first.click()
    file = tmp_path / "sheet.xlsx"
    coming.value.save_as(file)
    book = load_workbook(io.BytesIO(file.read_bytes()), read_only=True)
    cells = [cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row]
    assert 1570 in cells
    assert OWN in cells


def test_the_donor_subscribes_and_gets_the_mail(
    here: tuple[World, Postbox, str], chromium: Browser
) -> None:
    world, box, _ = here
    page = opened(here, chromium, "en")
    page.locator('a[href*="/d/notices"]').click()
    page.fill("#address", "erin@example.org")
    page.get_by_label("Once a day").check()
    page.get_by_role("button", name="Send me mails").click()
    _work(world, 0)
    [question] = box.mails
    confirm = re.search(r"http://\S+/d/mail\S+#[\w-]{22}", part(question, "plain"))
    assert confirm
    page.goto(confirm[0])
    page.get_by_role("button", name="Yes, send these mails").click()
    page.get_by_text("It is confirmed.").wait_for()
    world.scan(world.codes[3], "deploying", "charlie", location="SITE-0001",
               second_identifier="KITEX0000003")  # fmt: skip
    _work(world, 1)
    digest = box.mails[-1]
    assert digest["To"] == "erin@example.org"
    assert "In use" in part(digest, "plain")
    assert re.search(r"https?://\S+/d/(?!mail)", part(digest, "plain"))


def _work(world: World, days: int) -> None:
    """What the worker does, so many days from now, at noon."""
    with world.app.app_context():
        for job in due.JOBS.values():
            job(now=max(noon(days), clock.now()))
