"""What a phone asks about boxes and places before it keeps a scan."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from labels.codes import show
from tests.field.questions.conftest import (
    Take,
    bodies,
    cases,
    is_asked,
    is_kept,
    packed,
    scanning,
    sent,
    steps,
    tap,
)
from tests.web.conftest import World
from tracker.db import db
from tracker.models import Item

pytestmark = pytest.mark.browser


def test_who_sends_back_what_lies_in_a_box_is_asked_whether_it_was_taken_out(
    world: World, take: Take
) -> None:
    box = packed(world, "Коробка 3", slice(4, 8))
    phone = take("LVIV-1")
    phone.stand("LVIV-1")
    scanning(phone, "returning")
    phone.type(world.codes[4])
    is_asked(phone, "За обліком лежить у «Коробка 3». Вийняли?")
    tap(phone, "Ні")
    expect(phone.page.locator("#answer")).to_contain_text("Нічого не записано")
    assert phone.rows() == []
    phone.type(world.codes[4])  # at once: nothing was recorded, so it is no repetition
    tap(phone, "Так, вийняли")
    is_kept(phone, 2)
    phone.type(world.codes[5])  # the same box is not asked about again
    expect(phone.page.locator("#answer .answer-code")).to_have_text(show(world.codes[5]))
    is_kept(phone, 4)
    assert [step for step, _ in steps(phone)] == ["unpacking", "returning"] * 2
    sent(phone)
    told = bodies(world)
    assert [one.get("handling_unit") for one in told] == [box, None] * 2
    assert all(one["statement"] for one in told)
    assert cases(world) == set()
    with world.app.app_context():
        units = db.session.query(Item).filter(Item.code.in_(world.codes[4:6]))
        assert {(unit.status, unit.handling_unit) for unit in units} == {("returning", None)}


def test_what_was_taken_out_on_this_phone_is_known_to_be_out(world: World, take: Take) -> None:
    box = packed(world, "Коробка 3", slice(4, 8))
    phone = take("LVIV-1")
    phone.stand("LVIV-1")
    said = {"isLabel": True, "location": "LVIV-1"}
    phone.record({**said, "code": world.codes[4], "step": "unpacking", "handling_unit": box})
    scanning(phone, "returning")
    phone.type(world.codes[4])
    is_kept(phone, 2)


def test_who_did_not_say_that_it_was_taken_out_reads_so_in_the_history(
    world: World, take: Take
) -> None:
    packed(world, "Коробка 3", slice(4, 8))
    phone = take("LVIV-1")
    phone.record({"isLabel": True, "code": world.codes[4], "step": "returning"})
    sent(phone)
    [row] = phone.rows()
    assert row["answer"]["discrepancy"] == "left_box"
    phone.show("#/unsent")
    line = phone.page.locator("#scans .line")
    expect(line).to_have_class(re.compile("line-asked"))
    expect(line).to_contain_text("вийнято з коробки без скану")


def test_a_box_of_which_some_units_came_singly_is_asked_about_by_number_and_name(
    world: World, take: Take
) -> None:
    box = packed(world, "Коробка 3", slice(4, 8), received=False)
    phone = take("LVIV-1")
    phone.stand("LVIV-1")
    scanning(phone, "receiving")
    for code in world.codes[4:7]:
        phone.type(code)
        expect(phone.page.locator("#answer .answer-code")).to_have_text(show(code))
    is_kept(phone, 3)
    phone.type(box)
    named = f"Комплект Starlink Standard {show(world.codes[7])}"
    is_asked(
        phone,
        f"Поштучно відскановано 3 одиниці, ще 1 – ні: {named}. "
        "Вони всередині, коробку не відкривали?",
    )
    tap(phone, "Ні")
    assert len(phone.rows()) == 3
    phone.type(box)
    tap(phone, "Так, усередині, не відкривали")
    is_kept(phone, 4)
    expect(phone.page.locator("#answer")).to_contain_text("Коробка 3")
    sent(phone)
    *_, body = bodies(world)
    assert body["flags"] == ["unopened"]
    assert json.loads(body["statement"].partition("\n")[2])["answers"] == [f"partly_seen:{box}"]


def test_a_box_that_nobody_opened_is_not_asked_about(world: World, take: Take) -> None:
    box = packed(world, "Коробка 3", slice(4, 8), received=False)
    phone = take("LVIV-1")
    phone.stand("LVIV-1")
    scanning(phone, "receiving")
    phone.type(box)
    is_kept(phone, 1)
    phone.show("#/units")  # and its units are here now
    assert phone.page.locator("a.unit", has_text="на складі").count() >= 4


# Elsewhere


def test_what_should_be_elsewhere_is_asked_about_once_for_that_place(
    world: World, take: Take, more_places: None
) -> None:
    phone = take("LVIV-1", "LVIV-2")
    phone.stand("LVIV-2")
    scanning(phone, "counting")
    phone.type(world.codes[4])
    is_asked(phone, "За обліком одиниця на місці LVIV-1. Вона тут?")
    tap(phone, "Ні")
    assert phone.rows() == []
    phone.type(world.codes[4])
    tap(phone, "Так, вона тут")
    is_kept(phone, 1)
    phone.type(world.codes[5])
    expect(phone.page.locator("#answer .answer-code")).to_have_text(show(world.codes[5]))
    is_kept(phone, 2)
    sent(phone)
    assert cases(world) == {("elsewhere", code) for code in world.codes[4:6]}
    phone.show("#/unsent")
    lines = phone.page.locator("#scans .line-asked")
    expect(lines).to_have_count(2)
    expect(lines.first).to_contain_text("у журналі; є запитання")
    expect(lines.first).to_contain_text("не там, де перебуває за обліком")


def test_another_gate_of_the_same_premises_is_no_other_place(
    world: World, take: Take, more_places: None
) -> None:
    phone = take("LVIV-1", "LVIV-1B")
    phone.stand("LVIV-1B")
    scanning(phone, "counting")
    phone.type(world.codes[4])
    is_kept(phone, 1)
    sent(phone)
    assert cases(world) == set()


def test_what_the_phone_moved_itself_is_known_to_be_here(
    world: World, take: Take, more_places: None
) -> None:
    phone = take("LVIV-1", "LVIV-2")
    phone.record({"isLabel": True, "code": world.codes[4], "step": "counting",
                  "location": "LVIV-2"})  # fmt: skip
    phone.stand("LVIV-2")
    scanning(phone, "counting")
    phone.type(world.codes[4])
    is_kept(phone, 2)


def test_what_the_phone_does_not_know_it_does_not_ask(
    world: World, take: Take, more_places: None
) -> None:
    phone = take("LVIV-2")
    phone.stand("LVIV-2")
    scanning(phone, "counting")
    phone.type(world.codes[4])
    is_kept(phone, 1)
    sent(phone)
    assert cases(world) == {("elsewhere", world.codes[4])}


def test_a_step_that_names_no_place_by_itself_asks_for_one_all_the_same(
    world: World, take: Take, more_places: None
) -> None:
    phone = take("LVIV-1", "LVIV-2")
    scanning(phone, "returning")
    phone.type(world.codes[4])
    is_asked(phone, "Оберіть місце, де ви є.")
    tap(phone, "Далі без місця")
    answer = phone.page.locator("#answer")
    for code in world.codes[4:6]:  # asked once
        if code != world.codes[4]:
            phone.type(code)
        expect(answer.locator(".answer-code")).to_have_text(show(code))
        expect(answer).to_contain_text("Місце не вказано: про нього спитає координатор.")
    sent(phone)
    assert cases(world) == {("misfit", code) for code in world.codes[4:6]}
