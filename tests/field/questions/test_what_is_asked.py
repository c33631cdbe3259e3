"""What the phone asks before it keeps a scan, and what it says of one that nobody looked for."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from labels.codes import show
from tests.field.phones import BrowserPhone
from tests.field.questions.conftest import (
    Take,
    bodies,
    is_asked,
    is_kept,
    packed,
    scanning,
    sent,
    steps,
    tap,
)
from tests.field.test_field_app import draw
from tests.web.conftest import World
from tracker.db import db
from tracker.domain.permissions import Role
from tracker.models import Item

pytestmark = pytest.mark.browser


# Whether somebody stood before it


def inspect(phone: BrowserPhone) -> None:
    """Answer all three questions with yes, and record."""
    page = phone.page
    page.locator(".big-button.first").click()
    page.get_by_label("Де", exact=True).select_option("SITE-0001")
    for group in range(3):
        page.locator("fieldset.choice").nth(group).locator("label", has_text="так").click()
    page.locator("form.card button[type=submit]").click()
    expect(page.locator("#answer")).to_have_class(re.compile("answer-kept"))


def inspected(world: World) -> bool:
    with world.app.app_context():
        unit = db.session.query(Item).filter_by(code=world.codes[0]).one()
        return unit.inspected_at is not None


def choose_in_list(phone: BrowserPhone, code: str) -> None:
    phone.show("#/units")
    phone.page.locator("a.unit", has_text=show(code)).click()
    phone.page.wait_for_selector('main[data-page="u"]')


def test_what_is_tapped_in_a_list_proves_less_and_says_so(world: World, take: Take) -> None:
    phone = take("SITE-0001", role=Role.FIELD)
    choose_in_list(phone, world.codes[0])
    expect(phone.page.locator("#proof")).to_contain_text("Одиницю вибрано зі списку.")
    inspect(phone)
    expect(phone.page.locator("#answer")).to_contain_text("Записано зі списку, без сканування")
    sent(phone)
    [body] = bodies(world)
    assert body["sighted"] is False
    assert json.loads(body["statement"].partition("\n")[2])["sighted"] is False
    assert not inspected(world)
    phone.show("#/unsent")
    expect(phone.page.locator(".line-why")).to_contain_text(["зі списку, без сканування"])


@pytest.mark.parametrize("read", ["label", "maker's barcode"])
def test_scanning_what_was_chosen_in_a_list_proves_it(world: World, take: Take, read: str) -> None:
    phone = take("SITE-0001", role=Role.FIELD)
    choose_in_list(phone, world.codes[0])
    phone.type(world.codes[1])
    expect(phone.page.locator("#answer")).to_contain_text("Це інша одиниця.")
    expect(phone.page.locator("#typed")).to_be_visible()
    phone.type(show(world.codes[0]) if read == "label" else "KITEX0000000")
    expect(phone.page.locator("#proof")).to_have_text("Відскановано: ви стоїте перед нею.")
    inspect(phone)
    expect(phone.page.locator("#answer")).not_to_contain_text("без сканування")
    sent(phone)
    [body] = bodies(world)
    assert "sighted" not in body
    assert ("second" in body) is (read != "label")
    assert inspected(world)


def test_what_was_looked_up_by_its_label_need_not_be_scanned_again(
    world: World, take: Take
) -> None:
    phone = take("SITE-0001", role=Role.FIELD)
    phone.show("#/scan")
    phone.type(world.codes[0])
    phone.page.wait_for_selector('main[data-page="u"]')
    expect(phone.page.locator("#proof")).to_have_count(0)
    inspect(phone)
    sent(phone)
    assert "sighted" not in bodies(world)[0]
    phone.show("#/")
    phone.page.go_back()  # what was scanned once does not prove the next visit
    phone.page.wait_for_selector('main[data-page="u"]')
    expect(phone.page.locator("#proof")).to_be_visible()


def test_the_maker_s_barcode_in_a_form_proves_that_somebody_stood_there(
    world: World, take: Take
) -> None:
    world.scan(world.codes[4], "accepting", "alice", 3, receiver="HOSP", act="A-20",
               location="SITE-0001", second_identifier="KITEX0000004")  # fmt: skip
    phone = take("SITE-0001", role=Role.FIELD)
    choose_in_list(phone, world.codes[4])
    page = phone.page
    page.locator(".big-button.first").click()
    page.get_by_label("Штрихкод виробника").fill("KITEX0000004")
    page.get_by_label("Об’єкт").select_option("SITE-0001")
    page.locator("fieldset.choice label", has_text="так").click()
    page.locator("form.card button[type=submit]").click()
    expect(page.locator("#answer")).to_have_class(re.compile("answer-kept"))
    sent(phone)
    assert "sighted" not in bodies(world)[0]


def test_an_act_tells_lines_from_a_list_and_scanned_ones_apart(world: World, take: Take) -> None:
    phone = take("LVIV-1", "SITE-0001", role=Role.FIELD)
    phone.stand("LVIV-1")
    page = phone.page
    for code in world.codes[4:6]:
        choose_in_list(phone, code)
        tap(phone, "Передати отримувачу")
        page.wait_for_selector('main[data-page="handover"]')
        tap(phone, "Його не прочитати")
    phone.type(world.codes[6])
    tap(phone, "Його не прочитати")
    expect(page.locator("#pile li")).to_have_count(3)
    listed = page.locator("#pile li", has_text="зі списку, без сканування")
    expect(listed).to_have_count(2)
    phone.type(world.codes[5])
    expect(listed).to_have_count(1)
    expect(listed).to_contain_text(show(world.codes[4]))


def test_an_act_of_a_box_says_which_units_were_looked_at_and_where(
    world: World, take: Take
) -> None:
    box = packed(world, "Коробка 3", slice(4, 7))
    phone = take("LVIV-1", "SITE-0001", role=Role.FIELD)
    page = phone.page
    phone.show("#/handover")
    phone.type(box)
    expect(page.locator("#pile li")).to_have_count(3)
    phone.type(world.codes[6])
    tap(phone, "Його не прочитати")
    tap(phone, "Далі")
    page.get_by_label("Хто передає").select_option("PL")
    page.get_by_label("Хто приймає").select_option("HOSP")
    tap(phone, "Далі")
    for side in (0, 1):
        page.get_by_label("Ім’я та прізвище").nth(side).fill("Боб Тест")
        page.get_by_label("Посада").nth(side).fill("директор")
        draw(page, side)
    tap(phone, "Зберегти акт")
    is_asked(phone, "Ви на місці SITE-0001 · охорона здоров’я?")
    tap(phone, "Інше місце")
    page.get_by_label("Де", exact=True).select_option("LVIV-1")
    page.wait_for_selector('main[data-page="unsent"]')
    assert steps(phone) == [("accepting", "LVIV-1")] * 3
    sent(phone)
    assert [one.get("sighted") for one in bodies(world)] == [False, False, None]


# Where the person stands


def test_the_only_place_goes_with_no_scan_until_somebody_says_that_they_are_there(
    world: World, take: Take
) -> None:
    phone = take("LVIV-1")
    scanning(phone, "counting")
    is_asked(phone, "Ви на місці LVIV-1 · Склад?")
    phone.type(world.codes[4])
    phone.page.wait_for_timeout(200)
    assert phone.rows() == []
    tap(phone, "Так, я тут")
    is_kept(phone, 1)
    phone.type(world.codes[5])  # once is enough
    expect(phone.page.locator("#answer .answer-code")).to_have_text(show(world.codes[5]))
    is_kept(phone, 2)
    phone.page.reload()
    phone.show("#/scan")
    phone.type(world.codes[6])
    is_kept(phone, 3)
    assert steps(phone) == [("counting", "LVIV-1")] * 3
    phone.restart()
    phone.show("#/scan")
    is_asked(phone, "Ви на місці LVIV-1 · Склад?")


def test_another_day_asks_again(world: World, take: Take) -> None:
    phone = take("LVIV-1")
    phone.stand("LVIV-1")
    phone.page.evaluate("{ const now = Date.now; Date.now = () => now() + 86400e3; }")
    phone.page.clock.install(time=datetime.now(UTC) + timedelta(days=1))
    scanning(phone, "counting")
    is_asked(phone, "Ви на місці LVIV-1 · Склад?")


def test_who_is_at_another_place_than_the_only_one_says_none(world: World, take: Take) -> None:
    phone = take("LVIV-1")
    scanning(phone, "counting")
    tap(phone, "Інше місце")
    phone.type(world.codes[4])
    expect(phone.page.locator("#answer")).to_have_class(re.compile("answer-again"))
    expect(phone.page.locator("#answer")).to_contain_text("Місце не вказано")
    assert steps(phone) == [("counting", None)]
    sent(phone)
    assert "location" not in bodies(world)[0]


def test_a_place_of_yesterday_is_asked_about_and_another_is_chosen(
    world: World, take: Take, more_places: None
) -> None:
    phone = take("LVIV-1", "LVIV-2")
    scanning(phone, "finding")
    phone.page.get_by_label("Де", exact=True).select_option("LVIV-1")
    phone.type(world.codes[4])
    is_kept(phone, 1)
    phone.restart()
    phone.show("#/scan")
    is_asked(phone, "Ви на місці LVIV-1 · Склад?")
    phone.type(world.codes[5])
    tap(phone, "Інше місце")
    is_asked(phone, "Оберіть місце, де ви є.")
    phone.page.get_by_label("Де", exact=True).select_option("LVIV-2")
    is_kept(phone, 2)
    assert steps(phone) == [("finding", "LVIV-1"), ("finding", "LVIV-2")]


def test_a_step_that_needs_a_place_asks_for_it(world: World, take: Take, more_places: None) -> None:
    phone = take("LVIV-1", "LVIV-2")
    scanning(phone, "counting")
    is_asked(phone, "Оберіть місце, де ви є.")
    tap(phone, "Далі без місця")
    phone.type(world.codes[4])
    expect(phone.page.locator("#answer")).to_contain_text("Місце не вказано")
    assert steps(phone) == [("counting", None)]


def test_a_form_asks_where_its_person_stands_too(world: World, take: Take) -> None:
    phone = take("SITE-0001", role=Role.FIELD)
    choose_in_list(phone, world.codes[0])
    page = phone.page
    page.locator(".big-button.first").click()
    for group in range(3):
        page.locator("fieldset.choice").nth(group).locator("label", has_text="так").click()
    page.locator("form.card button[type=submit]").click()
    is_asked(phone, "Ви на місці SITE-0001 · охорона здоров’я?")
    assert phone.rows() == []
    tap(phone, "Так, я тут")
    is_kept(phone, 1)
    assert steps(phone) == [("inspecting", "SITE-0001")]


def test_nobody_presets_where_a_thing_was_lost(world: World, take: Take) -> None:
    phone = take("SITE-0001", role=Role.FIELD)
    phone.stand("SITE-0001")
    choose_in_list(phone, world.codes[0])
    page = phone.page
    page.click("summary")
    tap(phone, "Повідомити про втрату")
    page.get_by_label("Номер повідомлення").fill("R-1")
    page.locator("form.card button[type=submit]").click()
    is_kept(phone, 1)
    assert steps(phone) == [("reporting_lost", None)]


# Its box
