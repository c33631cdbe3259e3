"""What a person sees when something is in the way: a full phone, old scans, a dark hall."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.field.conftest import invite
from tests.field.phones import BrowserPhone, a_phone
from tests.field.test_field_app import database_url  # noqa: F401 - one database is enough here
from tests.field.test_label_to_ledger import CAMERA
from tests.field.torture import FULL
from tests.web.browsing import serving
from tests.web.conftest import World
from tests.web.films import film
from tracker.domain.permissions import Role

pytestmark = pytest.mark.browser

LEND = """
MediaStreamTrack.prototype.getCapabilities = () => (
  { torch: true, zoom: { min: 1, max: 4, step: 0.5 } });
MediaStreamTrack.prototype.applyConstraints = async function (told) {
  (window.lent ??= []).push(told.advanced[0]);
};
const shaken = []; window.shaken = shaken;
navigator.vibrate = (rhythm) => Boolean(shaken.push(rhythm));
"""


@pytest.fixture
def phone(world: World, chromium: Browser, tmp_path: Path) -> Iterator[BrowserPhone]:
    """A phone with a camera that sees nothing, a lamp and a motor."""
    path = film(tmp_path / "camera.mjpeg", [(1, [])])
    with ExitStack() as stack:
        address = stack.enter_context(serving(world.app))
        camera = (*CAMERA, f"--use-file-for-fake-video-capture={path}")
        one = a_phone(chromium.browser_type, tmp_path / "phone", address, *camera)
        made = stack.enter_context(one)
        made.context.add_init_script(FULL + LEND)
        made.enrol(invite(world, "LVIV-1", role=Role.WAREHOUSE))
        made.stand("LVIV-1")
        yield made


def test_a_full_phone_says_that_a_scan_is_not_kept(world: World, phone: BrowserPhone) -> None:
    page = phone.page
    phone.show("#/scan")
    page.locator("select").first.select_option("counting")
    page.evaluate("window.isFull = true")
    phone.type(world.codes[4])
    expect(page.locator("#answer")).to_have_class(re.compile("answer-refused"))
    expect(page.locator("#answer")).to_contain_text("НЕ збережено")
    assert phone.rows() == []
    page.evaluate("window.isFull = false")
    phone.type(world.codes[4])  # the same again, at once: it was not kept, so it is no repetition
    expect(page.locator("#answer")).to_have_class(re.compile("answer-kept"))
    assert len(phone.rows()) == 1


def test_old_scans_that_were_not_sent_are_nagged_about(world: World, phone: BrowserPhone) -> None:
    phone.context.set_offline(True)
    phone.record({"code": world.codes[4], "isLabel": True, "step": "counting"})
    phone.show("#/settings")
    phone.show("#/")
    expect(phone.page.get_by_role("alert")).to_have_count(0)
    phone.page.evaluate("{ const now = Date.now; Date.now = () => now() + 2 * 86400e3; }")
    phone.show("#/settings")
    phone.show("#/")
    expect(phone.page.get_by_role("alert")).to_contain_text("Не надіслано: 1")


def test_light_zoom_and_shaking_are_there_where_the_phone_has_them(
    world: World, phone: BrowserPhone
) -> None:
    page = phone.page
    phone.show("#/scan")
    page.locator("select").first.select_option("counting")
    expect(page.get_by_role("button", name="Світло")).to_be_hidden()
    page.click("#camera")
    page.get_by_role("button", name="Світло").click()
    page.locator("input[type=range]").fill("2")
    assert page.evaluate("window.lent") == [{"torch": True}, {"zoom": 2}]
    phone.type(world.codes[4])
    expect(page.locator("#answer")).to_have_class(re.compile("answer-kept"))
    kept = page.evaluate("window.shaken.at(-1)")
    phone.type("7F3K9-M2P4C-Y")
    expect(page.locator("#answer")).to_have_class(re.compile("answer-refused"))
    assert kept
    assert page.evaluate("window.shaken.at(-1)") not in ([], kept)
    page.click("#camera")
    expect(page.locator("video")).to_be_hidden()


def test_the_app_can_be_installed(phone: BrowserPhone) -> None:
    phone.page.reload()
    session = phone.context.new_cdp_session(phone.page)
    found = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert found == []
    told = session.send("Page.getAppManifest")
    assert told["errors"] == []
    assert told["url"].endswith("/field/app.webmanifest")
