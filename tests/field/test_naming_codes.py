"""What phones are told so that a list of units becomes an act of these units: boxes, and codes."""

from __future__ import annotations

import json

from tests.field.conftest import Enrol
from tests.services.builders import new_blanks, new_boxes
from tests.web.conftest import World
from tracker.db import transaction
from tracker.models import Item

EAN = "4006381333931"


def boxed(world: World, codes: list[str]) -> str:
    """A box with these units, in the warehouse."""
    with world.app.app_context():
        [box] = new_boxes(1)
    for code in codes:
        world.scan(code, "packing", "bob", 1, handling_unit=box, location="LVIV-1")
    return box


def partly_known(world: World) -> str:
    """A box of which one unit is in Lviv, and the other is not among the phone's."""
    box = boxed(world, world.codes[9:11])
    with world.app.app_context(), transaction() as session:
        session.query(Item).filter_by(code=world.codes[10]).update({"location": "KRAK-B"})
    return box


def test_a_phone_takes_boxes_along_with_the_units_that_it_may_know(
    world: World, enrol: Enrol
) -> None:
    box, part = boxed(world, world.codes[4:6]), partly_known(world)
    with world.app.app_context():
        [pallet] = new_boxes(1)
    world.scan(box, "packing", "bob", handling_unit=pallet)
    phone = enrol("LVIV-1")
    told = phone.client.get("/api/v1/field", headers=phone.headers).json
    assert told
    boxes = {one["labels"][0]: (one["parent"], one["complete"]) for one in told["boxes"]}
    assert boxes == {box: (pallet, True), pallet: (None, True), part: (None, False)}
    inside = {one["code"]: one["box"] for one in told["units"] if "box" in one}
    assert inside == {**dict.fromkeys(world.codes[4:6], box), world.codes[9]: part}
    elsewhere = enrol("SITE-0002")
    told = elsewhere.client.get("/api/v1/field", headers=elsewhere.headers).json
    assert told
    assert told["boxes"] == []


def test_the_server_says_what_codes_name(world: World, enrol: Enrol) -> None:
    box, phone = boxed(world, world.codes[4:6]), enrol("SITE-0001", "LVIV-1")
    with world.app.app_context():
        [blank] = new_blanks(1)
    codes = [world.codes[0], "KITEX0000006", box, blank, EAN, "KITEX7777777", "X"]
    answer = phone.client.post(
        "/api/v1/field/codes", json={"codes": codes}, headers=phone.headers
    ).json
    assert answer
    named = {one["code"]: one for one in answer["named"]}
    assert [named[code]["kind"] for code in codes] == [
        "unit", "unit", "box", "blank", "product", "unknown", "unknown",
    ]  # fmt: skip
    assert not named[world.codes[0]]["unit"]["fits"]  # it is deployed
    assert named["KITEX0000006"]["unit"]["code"] == world.codes[6]
    assert {unit["code"] for unit in named[box]["units"]} == set(world.codes[4:6])
    assert "KITEX" not in json.dumps(named[box])
    far = enrol("SITE-0001")  # to which what stands in the warehouse is nothing
    answer = far.client.post(
        "/api/v1/field/codes", json={"codes": codes[:4]}, headers=far.headers
    ).json
    assert answer
    kinds = [one["kind"] for one in answer["named"]]
    assert kinds == ["unit", "unknown", "unknown", "blank"]
    empty = phone.client.post("/api/v1/field/codes", json={"codes": []}, headers=phone.headers)
    assert empty.status_code == 422
    assert phone.client.post("/api/v1/field/codes", json={"codes": codes}).status_code == 401
