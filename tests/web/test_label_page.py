"""A scanned label: the next step for staff, one and the same page for everybody else."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, insert, select
from werkzeug.test import TestResponse

from labels.codes import new_code
from tests.web.conftest import World, send, spoken
from tracker.db import db, transaction
from tracker.models import Event, FoundReport, Item, Label

SHIPPED = {"consignment": "ZM-1", "location": "LVIV-1"}
TO_HOSP = {"receiver": "HOSP", "location": "LVIV-1"}
SEEN = {"present": "yes", "working": "yes", "civilian_use": "yes"}


def form_of(page: TestResponse, step: str) -> dict[str, str]:
    """The hidden fields of a step's form."""
    found = re.search(rf'<form[^>]*/steps/{step}">(.*?)</form>', page.text, re.DOTALL)
    assert found, f"no form for {step}"
    hidden = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', found.group(1))
    return dict(hidden)


def take(client: FlaskClient, code: str, step: str, **said: str) -> TestResponse:
    """Open the label's page and send its form for `step`."""
    form = form_of(client.get(f"/s/{code}"), step)
    return client.post(f"/s/{code}/steps/{step}", data={**form, **said})


def status(world: World, code: str) -> str | None:
    with world.app.app_context():
        return db.session.scalar(select(Item.status).where(Item.code == code))


def everything(answer: TestResponse) -> tuple[Any, ...]:
    headers = sorted((name, value) for name, value in answer.headers if name != "Date")
    return answer.status_code, headers, answer.data


def revoked_and_blank(world: World) -> tuple[str, str]:
    revoked, blank = new_code(), new_code()
    with world.app.app_context(), transaction() as session:
        item = session.scalar(select(Item.id).where(Item.code == world.codes[4]))
        session.execute(insert(Label), [{"code": revoked, "state": "revoked", "item": item}])
        session.execute(insert(Label), [{"code": blank, "state": "blank"}])
    return revoked, blank


def test_a_stranger_gets_the_same_bytes_for_every_code(world: World) -> None:
    revoked, blank = revoked_and_blank(world)
    codes = [world.codes[0], world.codes[5], revoked, blank, new_code(), "nonsense", "1' OR '1'='1"]
    for address in ("/s/", "/S/"):
        answers = {str(everything(world.client().get(address + code))) for code in codes}
        assert len(answers) == 1
    posted = {
        str(everything(world.client().post(f"/s/{code}", data={"message": "By the road."})))
        for code in codes
    }
    assert len(posted) == 1


def test_a_donor_who_scans_a_label_is_a_stranger(world: World) -> None:
    page = world.as_("diana").get(f"/s/{world.codes[0]}")
    assert "I found this" in spoken(page.text)
    assert world.codes[0] not in page.text


def test_what_a_finder_says_is_kept_for_the_coordinators(world: World) -> None:
    said = {"message": "Stands in a shed.\x00" + "!" * 482, "contact": "x" * 200}
    assert world.client().post(f"/s/{world.codes[0]}", data=said).status_code == 200
    with world.app.app_context():
        report = db.session.scalars(select(FoundReport)).one()
    assert report.message == "Stands in a shed. " + "!" * 482
    assert report.contact == said["contact"]
    assert report.code == world.codes[0]


def test_the_page_shows_one_next_step_and_the_others_behind_more(world: World) -> None:
    page = world.as_("alice").get(f"/s/{world.codes[5]}")
    buttons = re.findall(r'class="wide" type="submit">([^<]+)<', page.text)
    assert buttons == ["Pack"]
    more = page.text.partition("More steps")[2]
    assert "Ship" in more
    assert "Hand over to the recipient" in more


def test_a_unit_is_shipped_received_handed_over_and_deployed_by_its_label(world: World) -> None:
    code, alice = world.codes[5], world.as_("alice")
    for step, said, after in (
        ("shipping", SHIPPED, "in_transit"),
        ("receiving", {"location": "LVIV-1"}, "in_stock"),
        ("accepting", {**TO_HOSP, "act": "A-1", "confirm": "yes"}, "handed_over"),
        ("deploying", {"location": "SITE-0001"}, "deployed"),
        ("inspecting", {**SEEN, "location": "SITE-0001"}, "deployed"),
    ):
        with world.app.app_context():
            known = db.session.execute(select(func.count()).select_from(Event)).scalar_one()
        answer = take(alice, code, step, **said)
        assert answer.status_code == 303, spoken(answer.text)
        assert status(world, code) == after
        with world.app.app_context():
            assert (
                db.session.execute(select(func.count()).select_from(Event)).scalar_one()
                == known + 1
            )


def test_the_same_form_sent_twice_is_one_event(world: World) -> None:
    code, alice = world.codes[5], world.as_("alice")
    form = form_of(alice.get(f"/s/{code}"), "shipping") | SHIPPED
    for _ in range(2):
        assert alice.post(f"/s/{code}/steps/shipping", data=form).status_code == 303
    with world.app.app_context():
        kept = db.session.scalars(select(Event.step).where(Event.id == form["id"])).all()
    assert kept == ["shipping"]


def test_a_step_that_does_not_fit_is_refused_and_can_be_kept_all_the_same(world: World) -> None:
    code, alice = world.codes[5], world.as_("alice")
    form = form_of(alice.get(f"/s/{code}"), "shipping")
    said = {**form, "location": "SITE-0001"}
    refused = alice.post(f"/s/{code}/steps/deploying", data=said)
    assert refused.status_code == 409
    assert "Steps nobody scanned: " in spoken(refused.text)
    assert status(world, code) == "in_stock"
    again = form_of(refused, "deploying") | {"location": "SITE-0001"}
    assert again["answer"].startswith("gap:accepting:")
    assert alice.post(f"/s/{code}/steps/deploying", data=again).status_code == 303
    assert status(world, code) == "deployed"


def test_what_a_step_needs_is_named_when_it_is_missing(world: World) -> None:
    code, alice = world.codes[5], world.as_("alice")
    answer = take(alice, code, "accepting", receiver="HOSP")
    assert answer.status_code == 409
    assert "the number of the handover act" in spoken(answer.text)


def test_a_warehouse_is_offered_its_own_location_only(world: World) -> None:
    world.scan(world.codes[5], "shipping", "alice", consignment="ZM-1")
    page = world.as_("bob").get(f"/s/{world.codes[5]}")
    offered = re.findall(r"<option[^>]*>([A-Z0-9-]+)</option>", page.text)
    assert "LVIV-1" in offered
    assert "SITE-0001" not in page.text.partition("</form>")[0]


def test_a_step_of_another_role_is_not_there(world: World) -> None:
    code, bob = world.codes[5], world.as_("bob")
    form = form_of(bob.get(f"/s/{code}"), "shipping")
    assert bob.post(f"/s/{code}/steps/deploying", data=form).status_code == 404


@pytest.mark.parametrize("kind", ["revoked", "blank"])
def test_staff_are_told_what_a_label_without_a_unit_is(world: World, kind: str) -> None:
    revoked, blank = revoked_and_blank(world)
    page = world.as_("alice").get(f"/s/{revoked if kind == 'revoked' else blank}")
    expected = "was replaced" if kind == "revoked" else "bound to nothing yet"
    assert expected in spoken(page.text)


def test_a_replaced_label_says_so_and_leads_to_the_unit_and_its_next_step(world: World) -> None:
    old, alice = world.codes[5], world.as_("alice")
    answer = send(alice, f"/items/{old}/replace")
    assert answer.status_code == 303
    new = re.search(r"item=(\w{11})", answer.location)
    assert new
    page = alice.get(f"/s/{old}")
    assert "was replaced" in spoken(page.text)
    assert f'href="/S/{new.group(1)}"' in page.text
    assert f'href="/items/{new.group(1)}"' in page.text
    assert re.findall(r'class="wide" type="submit">([^<]+)<', page.text) == ["Pack"]
    assert take(alice, old, "shipping", **SHIPPED).status_code == 303
    assert status(world, new.group(1)) == "in_transit"
    assert (
        "the scanned label had been replaced"
        in spoken(alice.get(f"/items/{old}", follow_redirects=True).text).lower()
    )
    assert "was replaced" not in spoken(alice.get(f"/s/{new.group(1)}").text)


def test_a_place_s_label_leads_to_the_place(world: World) -> None:
    bob = world.as_("bob")
    assert send(bob, "/locations/LVIV-1/label").status_code == 303
    with world.app.app_context():
        code = db.session.scalar(select(Label.code).where(Label.location == "LVIV-1"))
    assert bob.get(f"/s/{code}").location == "/locations/LVIV-1"
    stranger = world.client()
    assert everything(stranger.get(f"/s/{code}")) == everything(stranger.get(f"/s/{new_code()}"))
    assert send(bob, "/locations/SITE-0001/label").status_code == 404
    assert send(world.as_("alice"), "/locations/SITE-0001/label").status_code == 422
