"""Printing 1,570 labels in a real browser, as a person does: few clicks, part-used paper."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import insert, select

from labels.codes import new_codes
from tests.web.browsing import PHONE, enter, serving
from tests.web.conftest import World, make_world
from tracker.db import db, transaction
from tracker.domain.permissions import SYSTEM
from tracker.ledger.announcing import NewItem, announce
from tracker.models import Item, Label, PledgeLine
from tracker.services.labels import make_blanks

pytestmark = pytest.mark.browser

UNITS = 1570
PLEDGE = "EE-2023-01"
CLICKS = """addEventListener("click", (event) => {
  if (event.detail) sessionStorage.clicks = Number(sessionStorage.clicks || 0) + 1;
}, true);"""


@pytest.fixture(scope="module")
def large(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world in which one pledge has as many units as that of the demonstration."""
    home = tmp_path_factory.mktemp("large")
    shutil.copy(sqlite_template, home / "tracker.sqlite")
    world = make_world(home, HOST="kits.example.org")
    codes, now = list(new_codes(UNITS)), datetime.now(UTC)
    with world.app.app_context():
        with transaction() as session:
            [line] = session.query(PledgeLine).filter_by(pledge=PLEDGE)
            new = [NewItem(code, PLEDGE, line.id, "STARLINK-STD", code.lower()) for code in codes]
            numbers = announce(session, new, by=SYSTEM, now=now)
            rows = zip(codes, numbers, strict=True)
            session.execute(
                insert(Label), [{"code": c, "state": "bound", "item": n} for c, n in rows]
            )
        make_blanks(3, by=SYSTEM, now=now)
    yield World(world.app, codes)
    with world.app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="module")
def address(large: World) -> Iterator[str]:
    with serving(large.app) as found:
        yield found


def saved(page: Page, tmp_path: Path) -> Path:
    """What "Make the PDF" gives."""
    with page.expect_download() as download:
        page.get_by_role("button", name="Make the PDF").click()
    download.value.save_as(tmp_path / "labels.pdf")
    return tmp_path / "labels.pdf"


def read(file: Path, page: int) -> dict[str, tuple[float, float]]:
    """The codes on one page of a PDF, with the place of each symbol (mm from the top left)."""
    picture = pypdfium2.PdfDocument(file)[page].render(scale=200 / 72).to_pil()
    return {
        found.text.rpartition("/")[2]: (
            found.position.top_left.x * 25.4 / 200,
            found.position.top_left.y * 25.4 / 200,
        )
        for found in zxingcpp.read_barcodes(picture)
    }


def touch(page: Page, x: float, y: float) -> None:
    """Click on the drawn A4 sheet, `x` and `y` mm from its top left."""
    sheet = page.locator("#sheet")
    sheet.scroll_into_view_if_needed()
    box = sheet.bounding_box()
    assert box is not None
    scale = box["width"] / 210
    sheet.click(position={"x": x * scale, "y": y * scale})


def test_1570_labels_on_a_part_used_sheet_take_three_clicks(
    chromium: Browser, address: str, large: World, tmp_path: Path
) -> None:
    page = enter(chromium, address, "alice")
    complaints: list[Any] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto(f"{address}/pledges/{PLEDGE}")
    page.context.add_init_script(CLICKS)
    page.evaluate(f"() => {{ {CLICKS} }}")
    page.get_by_role("button", name="Print labels", exact=True).click()
    with page.expect_response(lambda answer: "start=11" in answer.url):
        touch(page, 105, 15.15 + 3.5 * 38.1)  # the second label of the fourth row
    assert page.input_value("#start") == "11"
    file = saved(page, tmp_path)
    assert page.evaluate("Number(sessionStorage.clicks)") == 3
    assert complaints == []
    document = pypdfium2.PdfDocument(file)
    assert len(document) == -(-(UNITS + 10) // 21) == 76
    first, second, last = (read(file, number) for number in (0, 1, 75))
    assert [len(first), len(second), len(last)] == [11, 21, (UNITS + 10) % 21]
    assert set(first | second) == set(large.codes[:32])
    assert set(last) == set(large.codes[-5:])
    assert all(y > 15.15 + 3 * 38.1 for _, y in first.values())
    page.context.close()


def test_another_paper_and_more_copies_are_shown_at_once(chromium: Browser, address: str) -> None:
    page = enter(chromium, address, "alice")
    page.goto(f"{address}/labels/print?what=pledge&ref={PLEDGE}")
    expect(page.locator("#amount")).to_have_text("1,570 labels, 75 pages.")
    page.locator(".stocks summary").click()
    with page.expect_response(lambda answer: "preview.svg" in answer.url and "L7651" in answer.url):
        page.get_by_label("Avery L7651").check()
    expect(page.locator("#amount")).to_have_text("1,570 labels, 25 pages.")
    assert page.get_attribute("#start", "max") == "65"
    with page.expect_response(
        lambda answer: "preview.svg" in answer.url and "copies=2" in answer.url
    ):
        page.fill("#copies", "2")
        page.press("#copies", "Tab")
    expect(page.locator("#amount")).to_have_text("1,570 labels × 2, 49 pages.")
    assert page.locator("#sheet").evaluate("it => it.decode().then(() => it.naturalWidth)") > 0
    page.context.close()


def test_without_a_script_the_same_is_done_with_numbers(
    chromium: Browser, address: str, large: World, tmp_path: Path
) -> None:
    page = enter(chromium, address, "alice", java_script_enabled=False, viewport=PHONE)
    page.goto(f"{address}/labels/print?what=pledge&ref={PLEDGE}")
    page.fill("#start", "21")
    page.get_by_role("button", name="Show").click()
    assert page.input_value("#start") == "21"
    assert "start=21" in (page.get_attribute("#sheet", "src") or "")
    assert set(read(saved(page, tmp_path), 0)) == {large.codes[0]}
    page.context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_host_that_phones_cannot_reach_takes_one_more_click(
    chromium: Browser, address: str, large: World, tmp_path: Path, scripts: bool
) -> None:
    large.app.config["HOST"] = "localhost:8000"
    page = enter(chromium, address, "alice", java_script_enabled=scripts)
    page.goto(f"{address}/labels/print?what=pledge&ref={PLEDGE}")
    page.fill("#start", "21")
    page.get_by_role("button", name="Make the PDF").click()
    question = page.get_by_role("alert")
    expect(question).to_contain_text("lead to localhost:8000, which a phone in the field cannot")
    assert page.input_value("#start") == "21"
    page.fill("#start", "20")
    page.press("#start", "Enter")  # asks again: a key is no answer
    expect(question).to_be_visible()
    assert page.input_value("#start") == "20"
    with page.expect_download() as download:
        question.get_by_role("button", name="Print anyway").click()
    download.value.save_as(tmp_path / "labels.pdf")
    assert set(read(tmp_path / "labels.pdf", 0)) == set(large.codes[:2])
    large.app.config["HOST"] = "kits.example.org"
    page.context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_scanner_that_types_binds_a_label_without_the_mouse(
    chromium: Browser, address: str, large: World, scripts: bool
) -> None:
    with large.app.app_context():
        blank = db.session.scalar(select(Label.code).where(Label.state == "blank"))
    unit = 6 if scripts else 7
    page = enter(chromium, address, "bob", java_script_enabled=scripts)
    page.goto(f"{address}/labels/bind")
    page.wait_for_selector("#label:focus")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method))
    page.keyboard.type(f"HTTPS://KIT.EXAMPLE/S/{blank}")
    page.keyboard.press("Enter")
    if not scripts:
        page.wait_for_selector("#barcode:focus")
    assert asked.count("POST") == (0 if scripts else 1)
    page.keyboard.type(f"KITEX{unit - 1:07}")
    page.keyboard.press("Enter")
    page.get_by_text("Bound: the unit wears").wait_for()
    page.wait_for_selector("#label:focus")
    with large.app.app_context():
        assert db.session.scalar(select(Item.code).where(Item.id == unit)) == blank
    page.context.close()
