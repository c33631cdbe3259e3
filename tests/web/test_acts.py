"""A handover act at the desk: scanned with a scanner's keys, read, signed on the screen."""

from __future__ import annotations

import html
import io
import re
from typing import Any

import pypdfium2
import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect

from labels.codes import show
from tests.services.builders import new_boxes
from tests.web.browsing import enter, serving
from tests.web.conftest import World, send
from tests.web.scanner import Scanner
from tracker.db import db
from tracker.domain.permissions import SYSTEM
from tracker.models import Event, HandoverAct, Item
from tracker.queries import documents
from tracker.services.evidence import evidence_content

EAN = "4006381333931"
STROKES = "[[[0.1, 0.2], [0.5, 0.8]]]"


def words_of(page: str) -> str:
    """What stands on a page, codes too, in one line."""
    return " ".join(html.unescape(re.sub("<[^>]*>", "", page)).split())


def boxed(world: World, codes: list[str]) -> str:
    """A box of these units, in the warehouse."""
    with world.app.app_context():
        [box] = new_boxes(1)
    for code in codes:
        world.scan(code, "packing", "bob", 1, handling_unit=box, location="LVIV-1")
    return box


def begun(alice: FlaskClient) -> str:
    """The address of a new act in draft."""
    form = {"giver": "PL", "receiver": "HOSP", "purpose": "A spare link."}
    return send(alice, "/acts", form).headers["Location"]


def scanned(world: World, alice: FlaskClient, act: str, *texts: str, **more: Any) -> dict[str, Any]:
    """What the bench answers to the last of these scans."""
    page = alice.get(f"/scan/handover?doing=handover&act={act.rpartition('/')[2]}").text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"|data-token="([^"]+)"', page)
    assert token
    bench: Any = {"doing": "handover", "act": int(act.rpartition("/")[2]), "pair": True}
    told: dict[str, Any] = {}
    for number, text in enumerate(texts):
        body = {"id": f"00000000-0000-4000-8000-{number:012}", "text": text, "bench": bench, **more}
        headers = {"X-CSRFToken": token[1] or token[2]}
        answer = alice.post("/scan/reads", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.json
        told, bench = answer.json, answer.json["bench"]
    return told


def signed(alice: FlaskClient, act: str) -> Any:
    """The answer to the form as the page fills it, signed by both."""
    shown = re.search(r'name="shown" value="([^"]*)"', alice.get(act).text)
    assert shown
    form = {"shown": shown[1]}
    for side in ("giver", "receiver"):
        form |= {f"{side}_person": "Bob Example", f"{side}_position": "keeper"}
        form |= {f"{side}_signature": STROKES}
    return send(alice, f"{act}/sign", form)


def paper_of(world: World, act: str) -> str:
    """The words of the newest paper of an act."""
    with world.app.app_context():
        papers = documents.documents_about(f"act:{act.rpartition('/')[2]}", SYSTEM)
        newest = max(papers, key=lambda one: one.version)
        content = evidence_content(newest.sha256)[0]
    pages = pypdfium2.PdfDocument(io.BytesIO(content))
    return "\n".join(page.get_textpage().get_text_range() for page in pages)


def test_a_box_opens_into_its_units_and_nothing_else_is_a_line(world: World) -> None:
    box, alice = boxed(world, world.codes[4:8]), world.as_("alice")
    act = begun(alice)
    told = scanned(world, alice, act, box)
    assert (told["sort"], told["tally"]["done"]) == ("recorded", 4)
    assert "4 units" in told["lines"]
    told = scanned(world, alice, act, EAN)
    assert told["sort"] == "refused"
    assert "This barcode names a product" in told["lines"][0]
    told = scanned(world, alice, act, world.codes[8], EAN)
    assert told["sort"] == "refused"
    assert told["bench"]["first"] == world.codes[8]  # its own number is awaited still
    told = scanned(world, alice, act, world.codes[8], EAN, "KITEX0000008")
    assert (told["sort"], told["tally"]["done"]) == ("recorded", 5)
    page = words_of(alice.get(act).text)
    assert "Both sides sign for 5 units, listed above." in page
    assert "4 of them are listed without their makers’ numbers" in page
    assert all(show(code) in page for code in world.codes[4:9])
    answer = signed(alice, act)
    assert answer.status_code == 303
    words = paper_of(world, act)
    assert "Усього одиниць: 5" in words
    with world.app.app_context():
        units = db.session.query(Item).filter(
            Item.status == "handed_over", Item.custodian == "HOSP"
        )
        assert {unit.code for unit in units} >= set(world.codes[4:9])
        [row] = db.session.query(HandoverAct)
        events = db.session.query(Event).filter(Event.body.contains(f'"act":"{row.number}"')).all()
    assert len(events) == 5
    page = words_of(alice.get(act).text)
    assert page.count(" booked") == 5
    assert "Not booked" not in page


def test_what_changed_before_the_signature_is_said_in_words(world: World) -> None:
    box, alice = boxed(world, world.codes[4:6]), world.as_("alice")
    act = begun(alice)
    scanned(world, alice, act, box)
    scanned(world, alice, act, "KITEX0000006")
    world.scan(world.codes[4], "unpacking", "bob", handling_unit=box, location="LVIV-1")
    world.scan(world.codes[6], "accepting", "alice", receiver="EE", act="A-9")
    answer = signed(alice, act)
    assert answer.status_code == 409
    told = words_of(answer.text)
    assert "The list is not right any more: nothing was signed" in told
    assert f"{show(world.codes[4])} is not in {box} any more." in told
    assert f"{show(world.codes[6])}: handed over, it is with Estonia." in told
    assert "Bob Example" in answer.text  # what was written is still there
    with world.app.app_context():
        [row] = db.session.query(HandoverAct)
        assert (row.state, row.number) == ("draft", None)
        assert documents.documents_about(f"act:{row.id}", SYSTEM) == []
        unit = db.session.query(Item).filter_by(code=world.codes[5]).one()
        assert unit.status == "packed"
    corrected = send(alice, f"{act}/correct")
    assert corrected.status_code == 303
    assert "2 lines were corrected." in alice.get(act).text
    assert signed(alice, act).status_code == 303
    assert "Усього одиниць: 1" in paper_of(world, act)


def test_a_line_that_was_added_in_another_window_is_not_signed_unseen(world: World) -> None:
    alice = world.as_("alice")
    act = begun(alice)
    scanned(world, alice, act, "KITEX0000005")
    form = {"shown": world.codes[5]}
    for side in ("giver", "receiver"):
        form |= {f"{side}_person": "Bob Example", f"{side}_position": "keeper"}
        form |= {f"{side}_signature": STROKES}
    scanned(world, alice, act, "KITEX0000006")
    answer = send(alice, f"{act}/sign", form)
    assert answer.status_code == 409
    words = f"{show(world.codes[6])} was put on the list after this page was opened."
    assert words in words_of(answer.text)
    assert send(alice, f"{act}/drop").status_code == 303
    assert alice.get(act).status_code == 404


@pytest.mark.browser
def test_a_carton_of_eight_and_its_barcode_scanned_twice_are_an_act_of_eight(
    world: World, chromium: Browser
) -> None:
    box = boxed(world, world.codes[4:12])
    with serving(world.app) as address:
        page = enter(chromium, address, "alice")
        page.goto(address + "/acts/new")
        page.select_option("#giver", "PL")
        page.select_option("#receiver", "HOSP")
        page.fill("#purpose", "A spare link.")
        page.get_by_role("button", name="Go on to the units").click()
        act = page.url
        page.get_by_role("button", name="Add units by scanning").click()
        page.wait_for_selector("#bench[data-ready]", state="attached")
        scanner = Scanner(page)
        for text, title in ((box, "Recorded"), (EAN, "Not recorded"), (EAN, "Not recorded")):
            scanner.scan(text)
            expect(page.locator("#answer-title")).to_have_text(title)
        expect(page.locator("#answer-lines")).to_contain_text("This barcode names a product")
        page.goto(act)
        expect(page.get_by_role("heading", name="8 units")).to_be_visible()
        sign_on_screen(page)
        expect(page.get_by_text("The units have changed hands.")).to_be_visible()
    assert "Усього одиниць: 8" in paper_of(world, act)


def sign_on_screen(page: Page) -> None:
    """Both sides, with the mouse."""
    for side in ("giver", "receiver"):
        page.fill(f"#{side}_person", "Bob Example")
        page.fill(f"#{side}_position", "keeper")
        pad = page.locator(f'[data-signature="{side}_signature"]')
        pad.scroll_into_view_if_needed()
        box = pad.bounding_box()
        assert box
        page.mouse.move(box["x"] + 20, box["y"] + 20)
        page.mouse.down()
        page.mouse.move(box["x"] + 120, box["y"] + 70, steps=5)
        page.mouse.up()
    page.get_by_role("button", name="Both have signed: hand over").click()
