"""A stock count through its doors: the bench, a device, the page and its forms, the paper.

Whoever counts at the place joins the count, and all say the same numbers.
"""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pypdfium2
import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert

from labels.codes import new_codes
from tests.web.conftest import World, send, spoken
from tracker.db import db, transaction
from tracker.domain.permissions import SYSTEM, Role
from tracker.models import HandlingUnit, Label, Location
from tracker.services.devices import add_device

PLACE = "LVIV-1"


class Counting:
    """Alice counts, at a bench and by her pages; a device that nobody signed in to helps."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.alice = world.as_("alice")
        with world.app.app_context():
            now = datetime.now(UTC)
            self.token = add_device("phone", Role.WAREHOUSE, by=SYSTEM, now=now, locations=[PLACE])
        self.page = self.begin()

    def begin(self) -> str:
        answer = send(self.alice, "/counts", {"location": PLACE})
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    @property
    def number(self) -> str:
        return self.page.rpartition("/")[2]

    def at_bench(self, text: str, **more: Any) -> dict[str, Any]:
        """What the bench answers to one scan."""
        token = re.search(r'data-token="([^"]+)"', self.alice.get("/scan").text)
        assert token
        bench = {"doing": "counting", "location": PLACE, "count": self.number}
        now = datetime.now(UTC).isoformat()
        body = {"id": str(uuid4()), "text": text, "bench": bench, "made_at": now, "sent_at": now}
        headers = {"X-CSRFToken": token.group(1)}
        answer = self.alice.post("/scan/reads", json=body | more, headers=headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.get_json()
        return found

    def by_device(self, *codes: str, mode: str = "live", ago: float = 0) -> list[str]:
        """The outcomes of counting scans that a device makes `ago` seconds ago."""
        now = datetime.now(UTC)
        at = (now - timedelta(seconds=ago)).isoformat()
        scans = [
            {"id": str(uuid4()), "code": code, "step": "counting", "location": PLACE}
            | {"occurred_at": at}
            for code in codes
        ]
        batch = {"sent_at": now.isoformat(), "mode": mode, "scans": scans}
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = self.world.client().post("/api/v1/scans", json=batch, headers=headers)
        assert answer.status_code == 200, answer.text
        return [one["outcome"] for one in answer.get_json()["results"]]

    def shown(self) -> dict[str, int]:
        """The numbers on the page."""
        return tiles(self.alice, self.page)

    def close(self, **form: str) -> str:
        """What the page says after the count was closed."""
        answer = send(self.alice, f"{self.page}/close", form)
        assert answer.status_code == 303, answer.text
        return spoken(self.alice.get(self.page).text)

    def paper(self, version: int = 1) -> str:
        """The words of the sheet."""
        answer = self.alice.get(f"/documents/{self.number}/{version}.pdf")
        assert answer.status_code == 200
        pages = pypdfium2.PdfDocument(io.BytesIO(answer.data))
        words = " ".join(page.get_textpage().get_text_range() for page in pages)
        return " ".join(words.split())


def tiles(browser: FlaskClient, page: str) -> dict[str, int]:
    text = browser.get(page).text
    found = re.findall(r'<span class="tile"><strong>([^<]+)</strong> ([^<]+)</span>', text)
    return {words: int(many) for many, words in found}


@pytest.fixture
def counting(world: World) -> Counting:
    return Counting(world)


def packed(world: World, codes: list[str]) -> str:
    """A box in which these units lie; its code."""
    [box] = new_codes(1)
    with world.app.app_context():
        with transaction() as session:
            row = {"code": box, "name": "BOX-0007", "kind": "box", "seq": 0}
            session.execute(insert(HandlingUnit), [row])
            session.execute(insert(Label), [{"code": box, "state": "bound", "handling_unit": box}])
        db.session.remove()
    for code in codes:
        world.scan(code, "packing", "bob", 2, handling_unit=box)
    return box


def test_bench_page_and_paper_tell_the_same_numbers(world: World) -> None:
    box = packed(world, world.codes[4:7])
    counting = Counting(world)
    expected = counting.shown()["on the books"]
    counting.at_bench(box)
    told = counting.at_bench(world.codes[5])
    assert (told["sort"], told["tally"]) == ("recorded", {"done": 3, "expected": expected})
    assert told["unopened"] == "of these 2 with their box, unopened"
    assert counting.by_device(world.codes[7]) == ["recorded"]
    told = counting.at_bench(world.codes[8])
    assert told["tally"] == {"done": 5, "expected": expected}
    assert counting.at_bench("EXNOBODY1")["sort"] == "unknown"
    numbers = {
        "on the books": expected,
        "found, seen singly": 3,
        "found with the box, unopened": 2,
        "missing": expected - 5,
        "unexpected": 1,
    }
    assert counting.shown() == numbers
    counting.close(**{f"inside-{box}": "yes"})
    assert counting.shown() == numbers
    paper = counting.paper()
    for words, many in numbers.items():
        assert f"· {words} {many} " in paper, (words, paper)


def test_what_a_device_scans_while_the_count_is_open_is_not_missing(
    world: World, counting: Counting
) -> None:
    first, second, *rest = world.codes[4:]
    assert counting.by_device(first) == ["recorded"]
    assert counting.by_device(second, mode="queued") == ["recorded"]
    counting.close()
    page = counting.alice.get(counting.page).text
    missing = page.partition("Missing (")[2].partition("Documents")[0]
    assert first[:5] not in missing
    assert second[:5] not in missing
    assert rest[0][:5] in missing


def test_what_a_phone_sends_after_the_closing_is_found_all_the_same(
    world: World, counting: Counting
) -> None:
    code = world.codes[4]
    before = counting.shown()["missing"]
    counting.close()
    cases = counting.alice.get("/discrepancies?kind=short").text
    assert code[:5] in cases
    assert counting.by_device(code, mode="queued", ago=0) == ["recorded"]
    assert code[:5] not in counting.alice.get("/discrepancies?kind=short").text
    assert counting.shown()["missing"] == before  # seen after the count: not in it
    assert "issue a new version" not in counting.alice.get(counting.page).text


def test_a_place_is_counted_again_and_again_with_the_same_unit_missing(
    counting: Counting,
) -> None:
    for turn in range(3):
        if turn:
            counting.page = counting.begin()
        assert counting.shown()["missing"] > 0
        assert "Closed. Nothing was moved" in counting.close()
    assert counting.number.endswith("00003")


def test_who_closes_a_count_that_is_closed_is_told_so(counting: Counting) -> None:
    counting.close()
    assert "Somebody has closed this count already." in counting.close()


def test_a_unit_that_the_ledger_has_elsewhere_is_asked_about_and_amber(
    world: World, counting: Counting
) -> None:
    [code] = world.codes[4:5]
    with world.app.app_context():
        with transaction() as session:
            session.add(Location(ref="KYIV-1", kind="warehouse", oblast="UA32"))
        db.session.remove()
    world.scan(code, "counting", "alice", location="KYIV-1")
    asked = counting.at_bench(code)
    assert asked["sort"] == "refused"
    assert "KYIV-1" in asked["lines"][-1]
    told = counting.at_bench(code, answer=asked["question"]["key"])
    assert told["sort"] in ("gap", "recorded", "again")
    other = world.codes[0]  # deployed at a site: never on the list of this count
    asked = counting.at_bench(other)
    told = counting.at_bench(other, answer=asked["question"]["key"])
    assert told["sort"] == "gap"
    assert "This count did not expect it: a person looks into how it came." in told["lines"]
    assert "On the books: deployed, SITE-0001." in told["lines"]
    assert counting.shown()["unexpected"] == 1
    assert "in use SITE-0001" in spoken(counting.alice.get(counting.page).text)
    counting.close()
    paper = counting.paper()
    assert "за обліком: введено в експлуатацію" in paper
    assert "SITE-0001" not in paper  # a site is never named on paper


def test_the_page_asks_about_a_box_that_turned_out_to_be_open(world: World) -> None:
    box = packed(world, world.codes[4:7])
    counting = Counting(world)
    counting.at_bench(box)
    counting.by_device(*world.codes[4:6])
    page = counting.alice.get(counting.page).text
    assert "Before it is closed" in page
    assert "2 units were seen one by one" in spoken(page)
    refused = send(counting.alice, f"{counting.page}/close")
    assert refused.status_code == 409
    assert "Is the rest of the box in it?" in refused.text
    assert "open" in spoken(counting.alice.get(counting.page).text)
    counting.close(**{f"inside-{box}": "no"})
    shown = counting.shown()
    assert (shown["found, seen singly"], shown["found with the box, unopened"]) == (2, 0)
    assert world.codes[6][:5] in counting.alice.get("/discrepancies?kind=short").text


def test_a_late_scan_made_in_time_asks_for_a_new_version_of_the_paper(
    world: World, counting: Counting
) -> None:
    code = world.codes[4]
    at = datetime.now(UTC)
    missing = counting.shown()["missing"]
    counting.close()
    seconds = (datetime.now(UTC) - at).total_seconds()
    assert counting.by_device(code, mode="queued", ago=seconds) == ["recorded"]
    assert counting.shown()["missing"] == missing - 1
    assert "issue a new version" in counting.alice.get(counting.page).text
    send(counting.alice, f"{counting.page}/paper")
    assert f"· missing {missing - 1} " in counting.paper(2)
    assert "issue a new version" not in counting.alice.get(counting.page).text


def test_the_case_of_a_count_leads_to_it(counting: Counting) -> None:
    counting.close()
    cases = counting.alice.get("/discrepancies?kind=short").text
    [first, *_] = re.findall(r'href="(/discrepancies/\d+)"', cases)
    assert counting.number in spoken(counting.alice.get(first).text)


def test_a_scan_that_waited_in_the_page_for_days_is_no_find_of_this_count(
    counting: Counting,
) -> None:
    code = counting.world.codes[4]
    missing = counting.shown()["missing"]
    made = (datetime.now(UTC) - timedelta(days=3)).isoformat()
    told = counting.at_bench(code, made_at=made)
    assert (told["sort"], told["title"]) == ("gap", "Kept, but something does not fit")
    assert "made before this count began: kept, but not part of it" in told["lines"]
    assert told["tally"]["done"] == 0
    shown = counting.shown()
    assert (shown["missing"], shown["found, seen singly"]) == (missing, 0)
    assert counting.number not in counting.alice.get(f"/items/{code}").text
    told = counting.at_bench(code)
    assert (told["sort"], told["tally"]["done"]) == ("recorded", 1)
