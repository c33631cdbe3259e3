"""What a phone takes along to ask from: boxes, premises, the site of an act; and how much it is."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert

from labels.codes import new_codes
from tests.field.conftest import Enrol
from tests.field.signing import SigningPhone
from tests.web.conftest import World
from tracker.db import db, transaction
from tracker.domain.permissions import Role
from tracker.models import HandlingUnit, Item, Location
from tracker.queries.field import MOST_UNITS
from tracker.services import packing


@pytest.fixture
def phone(world: World, enrol: Enrol) -> SigningPhone:
    return enrol("LVIV-1", role=Role.WAREHOUSE)


def taken(phone: SigningPhone) -> dict[str, Any]:
    told: dict[str, Any] = phone.client.get("/api/v1/field", headers=phone.headers).get_json()
    return told


def unit(told: dict[str, Any], code: str) -> dict[str, Any]:
    [found] = [one for one in told["units"] if one["code"] == code]
    return dict(found)


def made(world: World, kind: str, name: str) -> str:
    with world.app.app_context():
        [code] = packing.make_units(1, kind, by=world.actor("alice"), now=datetime.now(UTC))
        with transaction() as session:
            session.get_one(HandlingUnit, code).name = name
    return code


def test_a_unit_s_box_is_told_with_its_name_and_pallet(world: World, phone: SigningPhone) -> None:
    box, pallet = made(world, "box", "Коробка 3"), made(world, "pallet", "Палета 1")
    made(world, "box", "Коробка 4")  # nothing of the phone's lies in it
    world.scan(world.codes[4], "packing", "bob", 2, handling_unit=box, location="LVIV-1")
    world.scan(box, "packing", "bob", 1, handling_unit=pallet, location="LVIV-1")
    told = taken(phone)
    assert unit(told, world.codes[4])["box"] == box
    assert "box" not in unit(told, world.codes[5])
    boxes = {one["code"]: (one["kind"], one["name"], one["parent"]) for one in told["boxes"]}
    assert boxes == {box: ("box", "Коробка 3", pallet), pallet: ("pallet", "Палета 1", None)}


def test_what_counts_as_one_place_with_a_place_is_told(world: World, enrol: Enrol) -> None:
    with world.app.app_context(), transaction() as session:
        names = {"name_en": "Gate", "name_uk": "Ворота"}
        session.add(Location(ref="LVIV-1B", kind="hub", premises="LVIV-1", **names))
    told = taken(enrol("LVIV-1", "LVIV-1B", role=Role.WAREHOUSE))
    assert [(one["ref"], one["premises"]) for one in told["places"]] == [
        ("LVIV-1", None),
        ("LVIV-1B", "LVIV-1"),
    ]


def test_the_site_of_an_act_is_told_to_who_works_there_alone(world: World, enrol: Enrol) -> None:
    with world.app.app_context(), transaction() as session:
        row = session.query(Item).filter_by(code=world.codes[4]).one()
        row.bound_for = "SITE-0001"
    here, elsewhere = enrol("LVIV-1", "SITE-0001"), enrol("LVIV-1", "SITE-0002")
    assert unit(taken(here), world.codes[4])["bound_for"] == "SITE-0001"
    assert "bound_for" not in unit(taken(elsewhere), world.codes[4])


def test_what_has_not_changed_is_not_told_again(world: World, phone: SigningPhone) -> None:
    box = made(world, "box", "Коробка 3")
    first = phone.client.get("/api/v1/field", headers=phone.headers)
    known = {**phone.headers, "If-None-Match": first.headers["ETag"]}
    again = phone.client.get("/api/v1/field", headers=known)
    assert (again.status_code, again.data) == (304, b"")
    world.scan(world.codes[4], "packing", "bob", 1, handling_unit=box, location="LVIV-1")
    changed = phone.client.get("/api/v1/field", headers=known)
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


def test_two_thousand_units_in_boxes_are_a_small_answer(world: World, phone: SigningPhone) -> None:
    codes = list(new_codes(MOST_UNITS + 100))
    boxes, units = codes[:100], codes[100:]
    with world.app.app_context(), transaction() as session:
        line = session.query(Item.pledge_line).first()
        assert line is not None
        session.execute(
            insert(HandlingUnit),
            [{"code": code, "name": f"Коробка {at}"} for at, code in enumerate(boxes)],
        )
        same = {"pledge": "PL-2022-11", "pledge_line": line[0], "product": "STARLINK-STD",
                "status": "in_stock", "condition": "good", "location": "LVIV-1"}  # fmt: skip
        session.execute(
            insert(Item),
            [{**same, "code": code, "handling_unit": boxes[at % 100]}
             for at, code in enumerate(units)],
        )  # fmt: skip
        db.session.flush()
    answer = phone.client.get("/api/v1/field", headers=phone.headers)
    assert len(answer.get_json()["units"]) == MOST_UNITS
    assert len(answer.data) < 230 * MOST_UNITS
    assert len(gzip.compress(answer.data)) < 14 * MOST_UNITS
