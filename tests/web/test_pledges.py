"""A pledge on screen: how far its units are, and a quantity that changes with its history."""

from __future__ import annotations

import pytest

from tests.web.conftest import UNITS, World, send, spoken

REVISE = "/pledges/PL-2022-11/revise"


def test_a_pledge_shows_every_unit_at_its_stage_and_what_is_missing(still_world: World) -> None:
    page = spoken(still_world.as_("bob").get("/pledges/PL-2022-11").text)
    assert "In use 2" in page
    assert "In stock 9" in page
    assert "Handed over 1" in page
    assert f"Not listed yet {(1570 - UNITS):,}" in page
    assert f"1,570 units pledged, {UNITS} units known" in page
    assert "CMR-77" in page


def test_what_happened_last_is_told_unit_by_unit_newest_first(world: World) -> None:
    world.scan(world.codes[6], "reporting_lost", "bob", 0, report="P-1")
    page = spoken(world.as_("erin").get("/pledges/PL-2022-11").text)
    latest = page[page.index("Latest") :]
    told = ["Reported lost", "Handed over to the recipient", "Came back from repair"]
    places = [latest.index(words) for words in [*told, "Deployed at a site", "Received"]]
    assert places == sorted(places)


def test_a_revised_quantity_is_kept_with_who_and_why(world: World) -> None:
    client = world.as_("alice")
    form = {"line": "STARLINK-STD", "quantity": "1600", "reason": "Letter of 1 December"}
    assert send(client, REVISE, form).location == "/pledges/PL-2022-11"
    page = spoken(client.get("/pledges/PL-2022-11").text)
    assert "1,570 → 1,600" in page
    assert "Letter of 1 December" in page
    assert "person 2" in page[page.index("Revisions") :]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"quantity": ""}, "Type a whole number."),
        ({"quantity": "many"}, "Type a whole number."),
        ({"quantity": "-1"}, "Type a whole number."),
        ({"quantity": "10000001"}, "A whole number from 0 to 10,000,000."),
        ({"quantity": "1570"}, "This is the quantity already."),
        ({"reason": ""}, "Say in a sentence why the quantity changes."),
        ({"reason": "x" * 501}, "has 501 characters; at most 500 can be kept."),
        ({"line": "NO-SUCH"}, "Choose a line of this pledge."),
    ],
)
def test_a_revision_that_will_not_do_is_explained_beside_the_field(
    world: World, change: dict[str, str], said: str
) -> None:
    client = world.as_("alice")
    form = {"line": "STARLINK-STD", "quantity": "1600", "reason": "Letter of 1 December", **change}
    answer = send(client, REVISE, form)
    assert answer.status_code == 422
    assert said in answer.text
    assert "→ 1,600" not in client.get("/pledges/PL-2022-11").text


def test_the_form_is_shown_to_who_may_revise(still_world: World) -> None:
    for name in ("bob", "erin", "charlie"):
        assert "Revise a quantity" not in still_world.as_(name).get("/pledges/PL-2022-11").text


def test_the_ledger_shows_its_length_and_the_newest_checkpoint(still_world: World) -> None:
    page = spoken(still_world.as_("erin").get("/ledger").text)
    assert "of them signed" in page
    assert "Newest checkpoint" in page
    assert "No checkpoint is signed yet" not in page
    assert "person" not in page
