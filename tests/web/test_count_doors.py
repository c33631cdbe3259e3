"""A count of a place with two doors, through its pages, the bench at either door, and the paper."""

from __future__ import annotations

import io
import re
from typing import Any

import pypdfium2
import pytest

from tests.web.conftest import World, send, spoken
from tests.web.test_questions import Desk
from tracker.db import db, transaction
from tracker.models import Location


@pytest.fixture
def doors(world: World) -> World:
    """The yard LVIV-2 is another door of the warehouse LVIV-1, as a coordinator says on its page.

    One unit stands there.
    """
    with world.app.app_context():
        with transaction() as session:
            session.add(Location(ref="LVIV-2", kind="hub", name_en="Yard", name_uk="Двір"))
        db.session.remove()
    answer = send(world.as_("alice"), "/locations/LVIV-2/premises", {"premises": "LVIV-1"})
    assert answer.status_code == 303, answer.text
    world.scan(world.codes[4], "counting", "alice", 5, location="LVIV-2")
    return world


def counting(door: str) -> dict[str, Any]:
    return {"doing": "counting", "location": door}


def test_the_bench_at_one_door_joins_the_count_begun_at_the_other(doors: World) -> None:
    alice, bob = doors.as_("alice"), doors.as_("bob")
    there, here = Desk(alice), Desk(bob)
    yard, inside, missed = doors.codes[4:7]
    told = there.read(counting("LVIV-2"), yard)
    assert (told["sort"], told["begin"]) == ("refused", "LVIV-2")
    page = send(alice, "/counts", {"location": "LVIV-2"}).headers["Location"]
    number = page.rpartition("/")[2]
    assert send(bob, "/counts", {"location": "LVIV-1"}).status_code == 409
    told = here.read({"location": "LVIV-1"}, "KITTRAIL:COUNT")
    assert (told["bench"]["count"], told["names"]["count"]) == (number, number)
    assert here.read(told["bench"], yard)["sort"] == "recorded"
    told = there.read(counting("LVIV-2"), inside)
    assert (told["sort"], told["tally"]["done"]) == ("recorded", 2)
    shown = spoken(bob.get(page).text)
    assert "LVIV-1, LVIV-2" in shown
    assert "left meanwhile" not in shown
    link = re.search(r'href="(/scan\?[^"]+)"', bob.get(page).text)
    assert link is not None
    assert "location=LVIV-1" in link.group(1)  # where Bob works, not where it was begun
    refused = send(alice, "/locations/LVIV-2/premises", {"premises": ""})
    assert refused.status_code == 422
    assert "It is being counted now: close that count first." in refused.text
    assert send(bob, f"{page}/close").status_code == 303
    cases = alice.get("/discrepancies?kind=short").text
    assert missed[:5] in cases
    assert yard[:5] not in cases
    assert inside[:5] not in cases
    paper = pypdfium2.PdfDocument(io.BytesIO(bob.get(f"/documents/{number}/1.pdf").data))
    assert "LVIV-2" in paper[0].get_textpage().get_text_range()
    assert send(alice, "/locations/LVIV-2/premises", {"premises": ""}).status_code == 303
