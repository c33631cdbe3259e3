"""Handing over with a phone: what becomes a line of the act, and what does not."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from playwright.sync_api import Browser, expect

from labels.codes import new_codes, show
from tests.field.conftest import drafted, invite
from tests.field.phones import BrowserPhone, a_phone
from tests.field.test_field_app import database_url, draw, states
from tests.services.builders import new_boxes
from tests.web.browsing import serving
from tests.web.conftest import World
from tracker.db import db, transaction
from tracker.domain.permissions import SYSTEM
from tracker.domain.sscc import sscc
from tracker.models import Discrepancy, Event, HandlingUnit, HandoverAct, Item, Party
from tracker.queries import documents
from tracker.services.evidence import evidence_content

__all__ = ["database_url"]

pytestmark = pytest.mark.browser
EAN = "4006381333931"
Phone = Callable[..., BrowserPhone]


@pytest.fixture
def take(world: World, chromium: Browser, tmp_path: Path) -> Iterator[Phone]:
    """`take("LVIV-1")`: a phone that has taken along what is there."""
    with ExitStack() as stack:
        address = stack.enter_context(serving(world.app))

        def take(*places: str) -> BrowserPhone:
            phone = stack.enter_context(a_phone(chromium.browser_type, tmp_path / "phone", address))
            phone.enrol(invite(world, *places))
            phone.stand(places[-1])  # that it asks so is another story: test_what_is_asked
            return phone

        yield take


def boxed(world: World, codes: list[str], number: str | None = None) -> str:
    """A box named Carton 7 with these units."""
    with world.app.app_context():
        [box] = new_boxes(1)
        with transaction() as session:
            row = session.get(HandlingUnit, box)
            assert row is not None
            row.name, row.sscc = "Carton 7", number
    for code in codes:
        world.scan(code, "packing", "bob", 1, handling_unit=box, location="LVIV-1")
    return box


def scan(phone: BrowserPhone, text: str, kind: str, said: str = "") -> None:
    """Type a code; the panel answers with this colour and these words."""
    phone.type(text)
    panel = phone.page.locator("#answer")
    expect(panel).to_have_class(re.compile(f"answer-{kind}"))
    expect(panel).to_contain_text(said)


def press(phone: BrowserPhone, name: str) -> None:
    phone.page.get_by_role("button", name=name, exact=True).first.click()


def sides(phone: BrowserPhone) -> None:
    phone.page.get_by_label("Хто передає").select_option("PL")
    phone.page.get_by_label("Хто приймає").select_option("HOSP")
    press(phone, "Далі")


def sign(phone: BrowserPhone) -> None:
    for number, (person, position) in enumerate((("Боб", "директор"), ("Аліса", "логіст"))):
        phone.page.get_by_label("Ім’я та прізвище").nth(number).fill(person + " Тест")
        phone.page.get_by_label("Посада").nth(number).fill(position)
        draw(phone.page, number)
    press(phone, "Зберегти акт")


def act_of(world: World) -> tuple[HandoverAct, str]:
    """The one act, and the words of its newest paper."""
    with world.app.app_context():
        [act] = db.session.query(HandoverAct)
        papers = documents.documents_about(f"act:{act.id}", SYSTEM)
        content = evidence_content(max(papers, key=lambda one: one.version).sha256)[0]
        pages = pypdfium2.PdfDocument(io.BytesIO(content))
        return act, "\n".join(page.get_textpage().get_text_range() for page in pages)


def handed_over(world: World, act: HandoverAct) -> set[str]:
    """Codes of the units that the ledger handed over under an act, one event each."""
    with world.app.app_context():
        events = db.session.query(Event).filter(Event.body.contains(f'"act":"{act.uid}"')).all()
        units = {event.subject.removeprefix("item:") for event in events}
        assert len(units) == len(events)
        rows = db.session.query(Item).filter(Item.id.in_(map(int, units)))
        assert {row.status for row in rows} == {"handed_over"}
        return {row.code for row in rows}


def test_a_box_opens_into_its_units_without_a_network_and_nothing_else_is_a_line(
    world: World, take: Phone
) -> None:
    box = boxed(world, world.codes[4:8], sscc("4820000", 7))
    phone = take("LVIV-1", "SITE-0001")
    page = phone.page
    phone.context.set_offline(True)
    phone.show("#/handover")
    scan(phone, box, "kept", "Відкрито: 4 одиниці")
    expect(page.locator("#answer")).to_contain_text("Carton 7")
    scan(phone, "00" + sscc("4820000", 7), "again")
    rows = page.locator("#pile li")
    expect(rows).to_have_count(4)
    for number, code in enumerate(world.codes[4:8]):
        expect(rows.nth(number)).to_contain_text(show(code))
        expect(rows.nth(number)).to_contain_text("Комплект Starlink Standard · Carton 7")
    for _ in range(2):
        scan(phone, EAN, "refused", "Це штрихкод товару")
    scan(phone, world.codes[8], "pair")
    scan(phone, EAN, "refused", "Це штрихкод товару")
    scan(phone, "KITEX0000008", "kept")
    expect(rows).to_have_count(5)
    press(phone, "Далі")
    sides(phone)
    paper = page.locator(".paper")
    expect(paper).to_contain_text("5 одиниць")
    expect(paper.locator("tr")).to_have_count(5)
    sign(phone)
    page.wait_for_selector('main[data-page="unsent"]')
    assert states(phone) == ["kept"] * 5
    phone.context.set_offline(False)
    assert phone.send() == ""
    act, words = act_of(world)
    said = json.loads(act.said or "")
    assert (said["units"], [line["code"] for line in said["lines"]]) == (5, world.codes[4:9])
    assert {line["scan"] for line in said["lines"]} == {row["id"] for row in phone.rows()}
    assert {row["scan"].get("bound_for") for row in phone.rows()} == {said["site"]}
    assert handed_over(world, act) == set(world.codes[4:9])
    assert "Усього одиниць: 5" in words
    assert "проведено" not in words.lower()
    with world.app.app_context():
        assert db.session.query(Discrepancy).filter_by(kind="not_booked").count() == 0


def test_a_box_whose_units_the_phone_does_not_know_is_refused(world: World, take: Phone) -> None:
    box = boxed(world, world.codes[4:6])
    world.scan(world.codes[5], "reporting_lost", "alice", report="R-1")
    elsewhere = boxed_elsewhere(world)
    phone = take("LVIV-1")
    phone.context.set_offline(True)
    phone.show("#/handover")
    scan(phone, elsewhere, "refused", "відскануйте одиниці всередині")
    scan(phone, sscc("4820000", 9), "refused", "відскануйте одиниці всередині")
    expect(phone.page.locator("#pile li")).to_have_count(0)
    scan(phone, box, "kept", "Відкрито: 1 одиниця")  # what was lost lies in it no more


def boxed_elsewhere(world: World) -> str:
    """A box of which one unit is in Lviv, and the other is not among the phone's."""
    with world.app.app_context():
        [box] = new_boxes(1)
    for code in world.codes[9:11]:
        world.scan(code, "packing", "bob", 1, handling_unit=box, location="LVIV-1")
    with world.app.app_context(), transaction() as session:
        session.query(Item).filter_by(code=world.codes[10]).update({"location": "KRAK-B"})
    return box


def test_what_nobody_can_say_without_a_network_is_a_question_and_never_a_line(
    world: World, take: Phone
) -> None:
    phone = take("LVIV-1", "SITE-0001")
    page = phone.page
    [label, other, third] = new_codes(3)
    phone.context.set_offline(True)
    phone.show("#/handover")
    questions, lines = page.locator("#questions li"), page.locator("#pile li")
    scan(phone, "KITEX7777777", "pair", "Чий це номер?")
    expect(questions).to_have_count(1)
    expect(lines).to_have_count(0)
    press(phone, "Далі")
    expect(page.get_by_role("alert")).to_contain_text("Спершу дайте відповідь на питання")
    scan(phone, world.codes[5], "kept")  # the label of the unit whose number was scanned first
    expect(questions).to_have_count(0)
    expect(lines).to_contain_text([f"{show(world.codes[5])} ✓"])
    scan(phone, label, "pair", "Це одна одиниця чи коробка?")
    page.locator("#answer").get_by_role("button", name="Коробка").click()
    expect(page.locator("#answer")).to_contain_text("відскануйте одиниці всередині")
    scan(phone, other, "pair")
    scan(phone, "KITEX7777778", "kept")  # who has a maker's number is a unit
    scan(phone, third, "pair")
    scan(phone, world.codes[6], "pair")  # nobody answered for the third
    expect(questions).to_have_count(1)
    questions.get_by_role("button", name="Одна одиниця").click()
    expect(questions).to_have_count(0)
    expect(lines).to_have_count(4)
    scan(phone, "KITEX7777778", "again")


def test_in_the_network_the_phone_says_at_once_what_is_no_unit_of_ours(
    world: World, take: Phone
) -> None:
    box = boxed(world, world.codes[8:10])
    world.scan(world.codes[11], "accepting", "alice", 1, receiver="EE", act="A-9")
    drafted(world, world.codes)
    phone = take("SITE-0001")  # none of the units is at its place, all are to come there
    lines = phone.page.locator("#pile li")
    phone.show("#/handover")
    scan(phone, "KITEX7777777", "refused", "Жодна наша одиниця не має такого коду.")
    scan(phone, EAN, "refused", "Це штрихкод товару")
    scan(phone, world.codes[11], "again", "Наскільки відомо: передано")
    scan(phone, "KITEX0000004", "kept")
    expect(lines).to_contain_text([f"{show(world.codes[4])} ✓"])
    scan(phone, world.codes[4], "again")
    scan(phone, world.codes[5], "pair")
    scan(phone, "KITEX0000006", "refused", "належать різним одиницям")
    scan(phone, "KITEX0000005", "kept")
    scan(phone, box, "kept", "Відкрито: 2 одиниці")
    scan(phone, world.codes[9], "pair")
    scan(phone, "KITEX0000009", "kept")
    expect(lines).to_have_count(4)


def test_what_changed_before_the_signature_is_said_and_nothing_is_signed(
    world: World, take: Phone
) -> None:
    box = boxed(world, world.codes[4:6])
    phone = take("LVIV-1", "SITE-0001")
    page = phone.page
    phone.show("#/handover")
    scan(phone, box, "kept")
    scan(phone, world.codes[7], "pair")
    scan(phone, "KITEX0000007", "kept")
    press(phone, "Далі")
    sides(phone)
    world.scan(world.codes[4], "unpacking", "bob", handling_unit=box, location="LVIV-1")
    world.scan(world.codes[6], "packing", "bob", handling_unit=box, location="LVIV-1")
    world.scan(world.codes[7], "accepting", "alice", receiver="EE", act="A-9")
    sign(phone)
    told = page.get_by_role("alert")
    expect(told).to_contain_text("Нічого не підписано")
    expect(told).to_contain_text(f"{show(world.codes[4])} більше немає в «Carton 7»")
    expect(told).to_contain_text(f"{show(world.codes[6])} лежить у «Carton 7»")
    expect(told).to_contain_text(f"{show(world.codes[7])}: передано")
    assert (phone.rows(), phone.rows("acts")) == ([], [])
    press(phone, "Назад")
    press(phone, "Назад")
    for number in (4, 7):
        row = page.locator("#pile li", has_text=show(world.codes[number]))
        row.get_by_role("button", name="Вилучити").click()
    press(phone, "Далі")
    expect(page.get_by_role("alert")).to_contain_text(f"{show(world.codes[6])} лежить")
    scan(phone, box, "kept", "Відкрито: 1 одиниця")
    press(phone, "Далі")
    sides(phone)
    sign(phone)
    page.wait_for_selector('main[data-page="unsent"]')
    assert phone.send() == ""
    act, words = act_of(world)
    assert handed_over(world, act) == set(world.codes[5:7])
    assert "Усього одиниць: 2" in words


def test_each_side_is_found_by_the_exact_number_in_the_register(world: World, take: Phone) -> None:
    with world.app.app_context(), transaction() as session:
        for ref, code in (("FAR", "00034022"), ("NEAR", "00034039")):
            session.add(Party(ref=ref, name=f"{ref} clinic", kind="non_profit", code=code))
    phone = take("LVIV-1", "SITE-0001")
    phone.show("#/handover")
    scan(phone, world.codes[4], "pair")
    scan(phone, "KITEX0000004", "kept")
    press(phone, "Далі")
    asked = (("Хто передає", "Того, хто передає, немає у списку", "00034022", "FAR"),
             ("Хто приймає", "Отримувача немає у списку", "00034039", "NEAR"))  # fmt: skip
    for side, summary, number, ref in asked:
        box = phone.page.locator("details", has_text=summary)
        expect(phone.page.get_by_label(side).locator(f'option[value="{ref}"]')).to_have_count(0)
        box.locator("summary").click()
        box.get_by_role("textbox").fill("00034021")
        box.get_by_role("button", name="Знайти").click()
        expect(box.get_by_role("status")).to_contain_text("Такого коду тут немає")
        box.get_by_role("textbox").fill(number)
        box.get_by_role("button", name="Знайти").click()
        expect(phone.page.get_by_label(side)).to_have_value(ref)
    press(phone, "Далі")
    sign(phone)
    phone.page.wait_for_selector('main[data-page="unsent"]')
    assert phone.send() == ""
    act, words = act_of(world)
    assert (act.giver, act.receiver) == ("FAR", "NEAR")
    assert "00034022" in words


def test_a_list_that_an_older_app_began_is_looked_through(world: World, take: Phone) -> None:
    phone = take("LVIV-1")
    lines = [
        {"code": world.codes[4], "isLabel": True, "name": "", "second": "KITEX0000004"},
        {"code": EAN, "isLabel": False, "name": "", "second": None},
    ]
    draft: dict[str, Any] = {"lines": lines, "stage": "sign", "giver": "PL", "receiver": "HOSP"}
    phone.context.set_offline(True)
    phone.page.evaluate(
        "draft => import('/static/field/store.js').then((store) => store.keepSelf('draft', draft))",
        draft,
    )
    phone.show("#/handover")
    expect(phone.page.locator("#pile li")).to_have_count(1)
    expect(phone.page.locator("#questions li")).to_contain_text([EAN])


def test_the_phone_says_what_of_an_act_is_not_booked(world: World, take: Phone) -> None:
    phone = take("LVIV-1", "SITE-0001")
    phone.context.set_offline(True)
    phone.show("#/handover")
    for number in (4, 5):
        scan(phone, world.codes[number], "pair")
        scan(phone, f"KITEX{number:07}", "kept")
    press(phone, "Далі")
    sides(phone)
    sign(phone)
    phone.page.wait_for_selector('main[data-page="unsent"]')
    world.scan(world.codes[5], "accepting", "alice", 1, receiver="EE", act="A-9")
    phone.context.set_offline(False)
    assert phone.send() == ""
    told = phone.page.locator(".act").first
    expect(told).to_contain_text(f"не проведено: 1 рядок: {show(world.codes[5])}")
    _, words = act_of(world)
    assert "Не проведено рядки: 2." in words
