"""Blank labels on screen: making a batch, binding with a scanner that types, what became of it."""

from __future__ import annotations

import re

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.web.conftest import World, send, spoken
from tracker.db import db
from tracker.models import Item, Label, LabelBatch


def make(world: World, client: FlaskClient, many: int) -> tuple[int, list[str]]:
    """A batch made on the page: its number and codes."""
    answer = send(client, "/labels", {"many": str(many)})
    found = re.fullmatch(r"/labels/print\?what=batch&ref=(\d+)", answer.location)
    assert found
    number = int(found.group(1))
    with world.app.app_context():
        codes = db.session.scalars(select(Label.code).where(Label.batch == number)).all()
    return number, sorted(codes)


def value(page: TestResponse, field: str) -> str:
    found = re.search(rf'<input id="{field}"[^>]*value="([^"]*)"', page.text)
    assert found
    return found.group(1)


def focused(page: TestResponse) -> list[str]:
    return re.findall(r'<input id="(\w+)"[^>]* autofocus', page.text)


def worn(world: World, number: int) -> str | None:
    with world.app.app_context():
        return db.session.scalar(select(Item.code).where(Item.id == number))


def test_a_batch_is_made_listed_and_shown(world: World) -> None:
    bob = world.as_("bob")
    number, codes = make(world, bob, 3)
    assert len(codes) == 3
    assert "person 3" in spoken(bob.get("/labels").text)
    page = bob.get(f"/labels/{number}")
    assert [code in page.text.replace("-", "") for code in codes] == [True] * 3
    assert "3 unused 0 bound 0 revoked" in spoken(page.text)
    assert world.as_("erin").get(f"/labels/{number}").status_code == 200
    assert send(world.as_("erin"), "/labels", {"many": "3"}).status_code == 403


def test_a_batch_of_no_size_or_another_number_is_refused(world: World) -> None:
    bob = world.as_("bob")
    for many in ("0", "-3", "10001", "ten", "", "9" * 30):
        assert send(bob, "/labels", {"many": many}).status_code == 422, many
    for number in (1, 999, 10**12):
        assert bob.get(f"/labels/{number}").status_code == 404
    with world.app.app_context():
        assert db.session.scalars(select(LabelBatch)).all() == []


def test_label_and_barcode_are_scanned_one_after_the_other_without_a_script(world: World) -> None:
    bob = world.as_("bob")
    number, [first, second] = make(world, bob, 2)
    assert focused(bob.get("/labels/bind")) == ["label"]
    half = send(bob, "/labels/bind", {"label": f"HTTPS://KIT.EXAMPLE/S/{first}"})
    assert half.status_code == 200
    assert value(half, "label").replace("-", "") == first
    assert focused(half) == ["barcode"]
    done = send(bob, "/labels/bind", {"label": value(half, "label"), "barcode": "KITEX0000006"})
    assert done.location == "/labels/bind"
    assert worn(world, 7) == first
    turned = send(bob, "/labels/bind", {"label": "EXSN000007", "barcode": second})
    assert turned.status_code == 303
    assert worn(world, 8) == second
    assert "0 unused 2 bound 0 revoked" in spoken(bob.get(f"/labels/{number}").text)


def test_what_cannot_be_bound_is_said_and_what_is_good_stays(world: World) -> None:
    bob = world.as_("bob")
    _, [blank] = make(world, bob, 1)
    taken = send(bob, "/labels/bind", {"label": world.codes[5]})
    assert taken.status_code == 409
    assert "It is on a unit already" in spoken(taken.text)
    assert focused(taken) == ["label"]
    unknown = send(bob, "/labels/bind", {"label": blank, "barcode": "EXNOBODY"})
    assert unknown.status_code == 422
    assert "No unit has this number" in spoken(unknown.text)
    assert (value(unknown, "label"), value(unknown, "barcode")) == (blank, "")
    assert focused(unknown) == ["barcode"]
    misread = send(bob, "/labels/bind", {"label": "XXXXX-XXXXX-X"})
    assert "Scan it again" in spoken(misread.text)
    for strange in ("", "?", "https://elsewhere.example/x", "я" * 300, "\x00"):
        assert send(bob, "/labels/bind", {"label": strange}).status_code in (409, 422), strange


def test_the_page_of_a_blank_label_leads_to_binding_it(world: World) -> None:
    bob = world.as_("bob")
    _, [blank] = make(world, bob, 1)
    page = bob.get(f"/s/{blank}")
    assert f'href="/labels/bind?label={blank}"' in page.text
    assert focused(bob.get(f"/labels/bind?label={blank}")) == ["barcode"]


def test_a_device_binds_through_the_api_with_the_step_commissioning(world: World) -> None:
    bob = world.as_("bob")
    _, [blank] = make(world, bob, 1)
    world.scan(blank, "shipping", "bob", 1, consignment="ZM-1")
    told = world.scan(blank, "commissioning", "bob", second_identifier="KITEX0000006")
    assert told.result == "recorded"
    assert worn(world, 7) == blank
    with world.app.app_context():
        assert db.session.scalar(select(Item.status).where(Item.code == blank)) == "in_transit"
