"""Finding a unit by anything that is written on it, reading its story, declaring a record wrong."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from tests.web.conftest import UNITS, World, send, spoken
from tracker.domain.keyboards import pressed

Look = Callable[..., TestResponse]


def ukrainian_keys(text: str) -> str:
    """What arrives when a scanner types `text` while the keyboard is Ukrainian."""
    latin = "qwertyuiop[]asdfghjkl;'zxcvbnm,./"
    cyrillic = "йцукенгшщзхїфівапролджєячсмитьбю."
    keys = dict(zip(latin, cyrillic, strict=True))
    keys.update({key.upper(): typed.upper() for key, typed in keys.items() if key.isalpha()})
    keys[":"] = "Ж"  # the shifted key of ;
    return "".join(keys.get(letter, letter) for letter in text)


@pytest.mark.parametrize(
    "written",
    [
        "KITEX0000004",
        "kitex0000004",
        " KITEX 0000004 ",
        "КІТЕХ0000004",  # Cyrillic letters that look Latin
        "кітех0000004",
        "EXSN000004",
        "ЕХЅN000004",
    ],
)
def test_one_unit_is_found_by_any_of_its_numbers(
    look: Look, still_world: World, written: str
) -> None:
    answer = look("alice", f"/find?q={written}")
    assert answer.location == f"/items/{still_world.codes[4]}"


def test_one_unit_is_found_by_its_code_however_it_arrives(look: Look, still_world: World) -> None:
    code = still_world.codes[4]
    shown = f"{code[:5]}-{code[5:10]}-{code[10]}"
    address = f"HTTPS://KITTRAIL.EXAMPLE/S/{code}"
    for written in (code, shown, shown.lower(), address, address.lower(), f"/s/{code}"):
        for typed in (written, ukrainian_keys(written)):
            answer = look("alice", "/find?q=" + typed.replace(" ", "%20"))
            assert answer.location == f"/items/{code}", typed


def test_keys_pressed_are_read_back_from_the_ukrainian_layout() -> None:
    address = "HTTPS://KITTRAIL.EXAMPLE/S/7F3K9M2P4CX"
    assert ukrainian_keys(address) == "РЕЕЗІЖ..ЛШЕЕКФШДюУЧФЬЗДУ.І.7А3Л9Ь2З4СЧ"
    assert pressed(ukrainian_keys(address)) == address
    assert pressed("7F3K9-M2P4C-X") == "7F3K9-M2P4C-X"


def test_a_part_of_a_number_finds_every_unit_that_has_it(look: Look, still_world: World) -> None:
    page = look("alice", "/items?q=itex00000").text
    assert page.count("<tr>") == UNITS + 1
    assert "Nothing fits" in look("alice", "/items?q=itex99999").text


def test_a_part_of_a_number_finds_nothing_for_who_sees_masks(look: Look) -> None:
    assert "Nothing fits" in look("erin", "/items?q=ITEX00000").text
    assert "Nothing fits" not in look("erin", "/items?q=KITEX0000004").text


def test_the_list_is_narrowed_by_status_location_and_pledge(look: Look, still_world: World) -> None:
    codes = still_world.codes
    deployed = look("alice", "/items?status=deployed").text
    assert [code for code in codes if code in deployed] == codes[:2]
    here = look("alice", "/items?location=LVIV-1&status=in_stock").text
    assert [code for code in codes if code in here] == [codes[2], *codes[4:]]
    assert "Nothing fits" in look("alice", "/items?pledge=EE-2023-01").text
    assert codes[0] in look("alice", "/items?status=nonsense").text


@pytest.mark.parametrize(
    "hostile",
    ["'\"><script>", "%00", "%F0%9F%93%A1", "=cmd()", "' OR 1=1 --", "*" * 5000, "AND OR NEAR("],
)
def test_a_hostile_search_finds_nothing_and_breaks_nothing(look: Look, hostile: str) -> None:
    for path in ("/items?q=", "/items?status=", "/items?location=", "/items?after=", "/find?q="):
        answer = look("alice", path + hostile)
        assert answer.status_code in (200, 303)
        assert "<script>" not in answer.text


def test_a_long_list_goes_on_from_the_last_unit_seen(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracker.web.items.PAGE", 5)
    client, seen = world.as_("alice"), []
    path = "/items?pledge=PL-2022-11"
    while path:
        page = client.get(path).text
        seen += re.findall(r'href="/items/(\w{11})"', page)
        found = re.search(r'href="([^"]+)" rel="next"', page)
        path = found.group(1).replace("&amp;", "&") if found else ""
    assert seen == world.codes


def test_a_story_is_told_newest_first_with_who_as_a_number(look: Look, still_world: World) -> None:
    page = spoken(look("alice", f"/items/{still_world.codes[0]}").text)
    told = ["Deployed at a site", "person 4", "SITE-0001", "Handed over to the recipient",
            "person 2", "A-17", "Received", "person 3", "LVIV-1", "Announced by the donor",
            "the server"]  # fmt: skip
    story = page[page.index("Its story") :]
    places = [story.index(words) for words in told]
    assert places == sorted(places)
    assert "Charlie" not in story


def test_steps_that_were_never_scanned_are_named(look: Look, still_world: World) -> None:
    page = spoken(look("alice", f"/items/{still_world.codes[1]}").text)
    story = page[page.index("Its story") :]
    assert re.search(r"Skipped step Received, .*Handed over to the recipient", story)


def test_what_does_not_fit_and_what_is_flagged_is_said(look: Look, still_world: World) -> None:
    assert "Does not fit" in look("alice", f"/items/{still_world.codes[2]}").text
    flagged = look("alice", f"/items/{still_world.codes[3]}").text
    assert "No second identifier was given" in flagged


def test_an_inspection_tells_what_was_found_and_when_it_became_known(world: World) -> None:
    found = {"present": True, "working": False, "civilian_use": True}
    world.scan(world.codes[0], "inspecting", "charlie", 3, findings=found)
    story = spoken(world.as_("erin").get(f"/items/{world.codes[0]}").text).partition("Its story")[2]
    newest = story[: story.index("Deployed at a site")]
    assert "The unit is there: yes" in newest
    assert "It works: no" in newest
    assert "In civilian use by the named recipient: yes" in newest
    assert "known since" in newest


def test_a_code_in_another_form_leads_to_the_same_page(look: Look, still_world: World) -> None:
    code = still_world.codes[0]
    assert look("alice", f"/items/{code.lower()}").location == f"/items/{code}"


def _event(page: str, what: str) -> str:
    """The number of the event that says `what`."""
    for item in page.split("<li")[1:]:
        found = re.search(r'id="event-([0-9a-f-]{36})"', item)
        if found and f'<p class="what">{what}</p>' in item:
            return found.group(1)
    raise AssertionError(what)


def test_a_record_that_is_declared_wrong_stays_and_counts_no_more(world: World) -> None:
    client, path = world.as_("alice"), f"/items/{world.codes[0]}"
    wrong = _event(client.get(path).text, "Deployed at a site")
    form = {"event": wrong, "reason": "did_not_occur", "note": "the site was closed"}
    assert send(client, f"{path}/declare", form).location == path
    page = client.get(path).text
    assert "status-handed_over" in page
    words = spoken(page)
    assert "Declared wrong it did not happen" in words
    assert "the site was closed" in words
    assert _event(page, "Deployed at a site") == wrong


def test_a_warehouse_declares_its_own_records_wrong_and_no_other(world: World) -> None:
    client, path = world.as_("bob"), f"/items/{world.codes[4]}"
    world.scan(world.codes[4], "counting", "alice", location="LVIV-1")
    page = client.get(path).text
    assert page.count("This record is wrong") == 1
    theirs = {"event": _event(page, "Seen in a stock count"), "reason": "did_not_occur"}
    assert send(client, f"{path}/declare", theirs).status_code == 403
    own = {"event": _event(page, "Received"), "reason": "incorrect_data"}
    assert send(client, f"{path}/declare", own).status_code == 303


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"event": "7", "reason": "did_not_occur"},
        {"event": "00000000-0000-4000-8000-000000000000", "reason": "because"},
    ],
)
def test_a_declaration_that_says_nothing_is_explained(world: World, form: dict[str, str]) -> None:
    answer = send(world.as_("alice"), f"/items/{world.codes[0]}/declare", form)
    assert answer.status_code == 422
    assert "A value is not valid" in answer.text
