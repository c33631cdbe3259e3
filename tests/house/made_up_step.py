"""A step that is not ours, in a copy of the house to which only its row, its permission and its
translation were added (`test_made_up_step` makes it): from the interface to the donor's page.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pypdfium2
import pytest
from flask.testing import FlaskClient

from tests.web.conftest import World, send, settled, spoken
from tracker.db import db, transaction
from tracker.models import Device, Item
from tracker.queries.people import token_hash
from tracker.services import shares

__all__ = ["settled"]

STEP = "fetching_back"
PLACE = "LVIV-1"


@pytest.fixture
def world(settled: Callable[..., World]) -> World:
    return settled(DONOR_DELAY_DAYS=0)


def page(browser: FlaskClient, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, path
    return answer.text


def sent(world: World, code: str, **said: str) -> dict[str, Any]:
    """What the interface answers to a coordinator's device that scans the step."""
    with world.app.app_context(), transaction() as session:
        device = session.query(Device).one()
        device.token_hash, device.role = token_hash("made up"), "coordinator"
    now = datetime.now(UTC).isoformat()
    one = {"id": str(uuid4()), "code": code, "step": STEP, "occurred_at": now, **said}
    answer = world.client().post(
        "/api/v1/scans",
        json={"sent_at": now, "mode": "live", "scans": [one]},
        headers={"Authorization": "Bearer made up"},
    )
    assert answer.status_code == 200, answer.text
    [told] = answer.get_json()["results"]
    return dict(told)


def proofs(world: World) -> dict[str, int]:
    """The ladder of the donor's page."""
    alice = world.actor("alice")
    with world.app.app_context():
        token = shares.make_share("PL-2022-11", days=9, by=alice, now=datetime.now(UTC))
    browser = world.client()
    assert browser.post("/d/", data={"token": token}).status_code == 303
    table = page(browser, "/d/?lang=en").partition('class="proofs"')[2].partition("</table>")[0]
    found = re.findall(r'<th scope="row">([^<]+)</th>\s*<td[^>]*>(\d+)</td>', table)
    return {rung: int(units) for rung, units in found}


def test_the_interface_takes_it_and_the_fold_does_what_its_row_says(world: World) -> None:
    code = world.codes[0]
    before = proofs(world)
    lacking = sent(world, code)
    assert (lacking["outcome"], lacking["missing"]) == ("refused", ["location"])
    kept = sent(world, code, location=PLACE)
    assert (kept["outcome"], kept["item"]["status"]) == ("recorded", "in_stock")
    with world.app.app_context():
        row = db.session.query(Item).filter_by(code=code).one()
        assert (row.location, row.custodian, row.bound_for) == (PLACE, None, None)
        assert row.deployed_at is None
        assert row.received_at is not None
    after = proofs(world)
    assert after["Deployed"] == before["Deployed"] - 1
    assert after["Received"] == before["Received"], "what was received, was"


def test_a_unit_s_page_offers_it_and_its_story_tells_it_in_both_languages(world: World) -> None:
    code = world.codes[0]
    for locale, name in (("en", "Fetch back"), ("uk", "Забрати назад")):
        assert name in spoken(page(world.as_("alice", locale), f"/s/{code}"))
    alice = world.as_("alice")
    form = {"id": str(uuid4()), "location": PLACE}
    assert send(alice, f"/s/{code}/steps/{STEP}", form).status_code in (200, 303)
    for locale, done in (("en", "Fetched back"), ("uk", "Забрано назад")):
        assert done in spoken(page(world.as_("alice", locale), f"/items/{code}"))


def test_phones_take_it_along(world: World) -> None:
    told = world.client().get("/field/words/uk.json").get_json()
    assert (told["step"][STEP], told["done"][STEP]) == ("Забрати назад", "Забрано назад")
    row = told["steps"][STEP]
    assert (row["from"], row["to"], row["offer"]) == (["deployed"], "in_stock", "both")


def test_the_bench_has_its_card(world: World) -> None:
    code, alice = world.codes[0], world.as_("alice")
    bench = page(alice, "/scan")
    assert f'data-doing="{STEP}"' in bench
    pages = pypdfium2.PdfDocument(io.BytesIO(alice.get("/scan/cards.pdf").data))
    words = " ".join(one.get_textpage().get_text_range() for one in pages)
    assert "ЗАБРАТИ НАЗАД" in words
    token = re.search(r'data-token="([^"]+)"', bench)
    assert token
    now = datetime.now(UTC).isoformat()
    read = {"id": str(uuid4()), "text": code, "made_at": now, "sent_at": now}
    read["bench"] = {"doing": STEP, "location": PLACE}  # type: ignore[assignment]
    answer = alice.post("/scan/reads", json=read, headers={"X-CSRFToken": token.group(1)})
    assert answer.get_json()["sort"] == "recorded", answer.text


def test_others_systems_are_told_what_it_means(world: World) -> None:
    alice = world.as_("alice")
    sent(world, world.codes[0], location=PLACE)
    events = alice.get(f"/api/v1/items/{world.codes[0]}/epcis").get_json()
    steps = [event["bizStep"] for event in events["epcisBody"]["eventList"]]
    assert any(step.endswith(f"/vocabulary#{STEP}") for step in steps)
    assert "fetched back from a site" in spoken(page(alice, "/vocabulary"))
