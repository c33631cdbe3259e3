"""When a phone may say that everything is sent: not while an act or a photo is not."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from tests.field.phones import BrowserPhone
from tests.field.questions.conftest import Take, database_url, take
from tests.field.test_field_app import carry
from tests.web.conftest import World
from tracker.domain.permissions import Role

__all__ = ["database_url", "take"]

pytestmark = pytest.mark.browser

WITH_PHOTO = """async (code) => {
  const [{ record }, { prepare }] = await Promise.all([
    import("/static/field/outbox.js"), import("/static/field/photos.js"),
  ]);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 32;
  canvas.getContext("2d").fillRect(4, 4, 20, 20);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg"));
  const photo = await prepare(blob);
  const said = { code, isLabel: true, step: "counting", location: "LVIV-1", evidence: [photo.sha] };
  await record([said], { photos: [photo] });
}"""
REFUSED = {"type": "/problems/invalid-value", "title": "No", "status": 422, "detail": "Не знімок."}
ALL_SENT = "Усе внесено до журналу"


def with_photo(phone: BrowserPhone, world: World) -> None:
    phone.stand("LVIV-1")
    phone.page.evaluate(WITH_PHOTO, world.codes[4])


def shows_unsent(phone: BrowserPhone, pill: str, *sentences: str) -> None:
    """What stands above every page, and on the page of what is unsent; nothing there is green."""
    phone.show("#/unsent")
    main = phone.page.locator("main")
    expect(phone.page.locator("#pill")).to_have_text(pill)
    for sentence in sentences:
        expect(main).to_contain_text(sentence)
    expect(main).not_to_contain_text(ALL_SENT)
    phone.page.get_by_role("button", name="Звірити з журналом").click()
    said = phone.page.locator("#shift-said")
    expect(said).to_contain_text("Ще не надіслано: 1")
    expect(said).not_to_have_class(re.compile("good"))


def test_a_photo_that_waits_is_not_sent(world: World, take: Take) -> None:
    phone = take("LVIV-1", role=Role.WAREHOUSE)
    with_photo(phone, world)
    phone.context.route("**/api/v1/evidence/**", lambda route: route.abort())
    phone.context.set_offline(False)
    assert phone.send() == "network"
    assert [row["state"] for row in phone.rows()] == ["confirmed"]
    shows_unsent(phone, "Не надіслано: 1", "1 фото")
    phone.context.unroute("**/api/v1/evidence/**")
    assert phone.send() == ""
    expect(phone.page.locator("#pill")).to_have_text("Усе надіслано")
    expect(phone.page.locator("main")).to_contain_text(ALL_SENT)
    phone.page.get_by_role("button", name="Звірити з журналом").click()
    expect(phone.page.locator("#shift-said")).to_have_class(re.compile("good"))


def test_a_photo_that_was_refused_is_shown_with_the_reason(world: World, take: Take) -> None:
    def refuse(route: Route) -> None:
        kind = "application/problem+json"
        route.fulfill(status=422, content_type=kind, body=json.dumps(REFUSED))

    phone = take("LVIV-1", role=Role.WAREHOUSE)
    with_photo(phone, world)
    phone.context.route("**/api/v1/evidence/**", refuse)
    phone.context.set_offline(False)
    assert phone.send() == ""
    shows_unsent(phone, "потребує уваги: 1", "Фото не прийнято: Не знімок.")


@pytest.mark.parametrize(
    ("row", "pill"),
    [
        ({"state": "kept"}, "Не надіслано: 1"),
        ({"state": "needs", "why": "Немає такої сторони."}, "потребує уваги: 1"),
    ],
)
def test_an_act_that_waits_or_was_refused_is_not_sent(
    world: World, take: Take, row: dict[str, str], pill: str
) -> None:
    phone = take("LVIV-1", role=Role.WAREHOUSE)
    act = {"id": "8b1a9953-c461-4d61-9d8f-0c1b2a3d4e5f", "made_at": "2026-05-01T09:30:00.000Z",
           "text": "{}", "signature": "", "many": 2, "number": None, **row}  # fmt: skip
    phone.page.evaluate(
        "act => import('/static/field/store.js').then(({ keep }) => keep({ acts: [act] }))", act
    )
    phone.context.route("**/api/v1/field/acts", lambda route: route.abort())
    phone.context.set_offline(False)
    phone.page.reload()
    phone.page.wait_for_selector("html[data-ready]")
    shows_unsent(phone, pill, row.get("why", "Акт чекає на надсилання"))


def test_what_of_a_brought_file_was_refused_or_is_broken_is_said(
    world: World, take: Take, tmp_path: Path
) -> None:
    maker, messenger = take("LVIV-1", role=Role.WAREHOUSE), take("LVIV-1", role=Role.WAREHOUSE)
    messenger.context.set_offline(False)
    said = {"isLabel": True, "step": "receiving", "location": "LVIV-1"}
    maker.record(*({**said, "code": code} for code in world.codes[1:3]))
    carry(maker, messenger, tmp_path)
    expect(messenger.page.locator("main")).to_contain_text("передано 2 сканування")
    file = tmp_path / "unsent.json"
    held = json.loads(file.read_text())
    held["scans"][0]["note"] = "Changed on the way"
    held["photos"] = [{"sha": "0" * 64, "jpeg": "AAAA"}]
    file.write_text(json.dumps(held))
    messenger.page.locator("#bring").set_input_files(file)
    main = messenger.page.locator("main")
    expect(main).to_contain_text("1 сканування відхилено")
    expect(main).to_contain_text("1 фото пошкоджено")
