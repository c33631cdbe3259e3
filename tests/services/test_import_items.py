"""Importing items, on both databases: new units, known ones, and what is refused."""

from __future__ import annotations

from collections import Counter

import pytest
from flask import Flask
from sqlalchemy import select

from labels.codes import parse
from tests.services.examples import (
    ITEMS,
    NOW,
    count,
    everything,
    faults,
    put,
)
from tracker.db import db
from tracker.domain import chain
from tracker.domain.deliveries import Which
from tracker.domain.identifiers import search_key
from tracker.ledger.rebuilding import rebuild
from tracker.models import (
    Consignment,
    Event,
    HandlingUnit,
    Identifier,
    Item,
    Label,
    Tally,
)  # fmt: skip


@pytest.fixture(autouse=True)
def catalogue(app: Flask) -> None:
    for noun in ("parties", "products", "pledges"):
        put(noun)


def test_items_come_with_events_labels_boxes_journeys_and_identifiers() -> None:
    told = put("items")
    assert (told.added, told.unchanged) == (3, 0)
    assert told.notes == ["Consignments made: 2.", "Boxes and pallets made: 2, with labels."]
    items = db.session.scalars(select(Item).order_by(Item.id)).all()
    boxes = {box.name: box for box in db.session.scalars(select(HandlingUnit))}
    assert [(item.status, item.pledge, item.product) for item in items] == [
        ("announced", "EX-1", "TERM")
    ] * 3
    assert {item.handling_unit for item in items} == {box.code for box in boxes.values()}
    assert sorted(item.consignment or "" for item in items) == ["ZM-1", "ZM-1", "ZM-2"]
    assert count(Identifier) == 6
    labels = db.session.scalars(select(Label)).all()
    assert {label.code for label in labels} == {
        *(item.code for item in items), *(box.code for box in boxes.values()),
    }  # fmt: skip
    assert all(parse(label.code) == label.code and label.state == "bound" for label in labels)
    journeys = db.session.execute(select(Consignment.ref, Consignment.pledge).order_by("ref"))
    assert [tuple(row) for row in journeys] == [("ZM-1", "EX-1"), ("ZM-2", "EX-1")]
    assert db.session.scalars(select(Tally.change)).all() == [3]


def test_announced_events_are_canonical_chained_and_folded() -> None:
    put("items")
    for event in db.session.scalars(select(Event).where(Event.subject.startswith("item:"))):
        body = chain.parse_body(event.body)
        item = db.session.get(Item, int(event.subject.removeprefix("item:")))
        assert item is not None
        assert (body["id"], body["subject"], body["code"]) == (event.id, event.subject, item.code)
        assert (body["handling_unit"], body["consignment"]) == (
            item.handling_unit,
            item.consignment,
        )
        assert event.hash == item.head == chain.event_hash(chain.GENESIS, event.body)
    assert not any(rebuild(now=NOW).values())


def test_an_item_is_found_by_each_number_it_carries_and_by_its_code() -> None:
    put("items")
    for item in db.session.scalars(select(Item)):
        carried = db.session.scalars(select(Identifier.value).where(Identifier.item == item.id))
        for number in (item.code, *carried):
            assert search_key(number) in item.search_text.split("|")


def test_a_number_in_other_letters_is_the_same_number() -> None:
    put("items")
    before = everything()
    told = put("items", ITEMS.replace("KITEX", "кітех").replace("BOX-1", " box-1 "))
    assert (told.added, told.unchanged, everything()) == (0, 3, before)


def test_a_number_twice_in_the_file_is_refused_with_both_lines() -> None:
    assert faults("items", ITEMS + "EX-1,TERM,EXSER009,КІТЕХ0000001,,\n") == [
        "items.csv:5: kit: KITEX0000001 is on line 2 already"
    ]
    assert count(Item) == 0


def test_a_number_that_another_pledges_unit_carries_is_refused() -> None:
    put("items")
    code = db.session.scalar(
        select(Item.code).join(Identifier).where(Identifier.value == "EXSER001")
    )
    assert faults("items", "pledge,product,serial,kit\nEX-2,TERM,EXSER001,KITEX0000009\n") == [
        f"items.csv:2: serial: EXSER001 is on unit {code} of EX-1, TERM already"
    ]


def test_a_row_with_the_numbers_of_two_units_is_refused() -> None:
    put("items")
    (fault,) = faults("items", "pledge,product,serial,kit\nEX-1,TERM,EXSER001,KITEX0000002\n")
    assert fault.startswith("items.csv:2: its identifiers are on different units: ")


def test_two_rows_that_name_one_unit_are_refused() -> None:
    put("items")
    text = ("pledge,product,serial,kit\nEX-1,TERM,EXSER001,KITEX0000008\n"
            "EX-1,TERM,EXSER009,KITEX0000001\n")  # fmt: skip
    assert faults("items", text)[0].startswith("items.csv:3: names the same unit as line 2")


def test_a_unit_without_a_number_that_its_product_asks_for_is_refused() -> None:
    assert faults("items", "pledge,product,serial,kit\nEX-1,TERM,EXSER001,\n") == [
        "items.csv:2: kit: is empty; a TERM must have one"
    ]
    assert faults("items", "pledge,product,serial\nEX-1,TERM,EXSER001\n") == [
        "items.csv:2: kit: there is no such column; a TERM must have one"
    ]


def test_units_of_what_was_not_pledged_are_refused() -> None:
    text = "pledge,product,serial,kit\nEX-2,KEY,EXSER001,\nEX-9,TERM,EXSER002,KITEX0000002\n"
    assert faults("items", text) == [
        "items.csv:2: product: pledge EX-2 has no line for KEY; add it first",
        "items.csv:3: pledge: there is no pledge EX-9; import it first",
    ]


def test_more_units_than_were_pledged_are_kept_and_said() -> None:
    told = put("items", ITEMS + "EX-1,TERM,EXSER004,KITEX0000004,,\n")
    assert (told.added, count(Item)) == (4, 4)
    assert told.notes[0].startswith("EX-1 TERM: 4 units, but 3 were pledged: 1 over.")


def test_a_new_number_of_a_known_unit_is_a_newer_reading() -> None:
    put("items")
    told = put("items", ITEMS.replace("KITEX0000001", "KITEX0000009"))
    assert [(change.field, change.old, change.new) for change in told.changed] == [
        ("kit", "KITEX0000001", "KITEX0000009")
    ]
    readings = db.session.execute(
        select(Identifier.value, Identifier.live)
        .where(Identifier.value.in_(["KITEX0000001", "KITEX0000009"]))
        .order_by(Identifier.value)
    )
    assert [tuple(row) for row in readings] == [("KITEX0000001", False), ("KITEX0000009", True)]
    found = db.session.scalars(select(Item).where(Item.search_text.contains("kitex0000009"))).one()
    assert "kitex0000001" not in found.search_text


def test_another_box_for_an_announced_unit_is_said_and_changes_nothing() -> None:
    put("items")
    before = everything()
    told = put("items", ITEMS.replace("ZM-1,BOX-1", "ZM-2,BOX-2"))
    assert told.changed == []
    assert len(told.notes) == 2
    assert told.notes[0].startswith("handling_unit: stays as it was announced")
    assert everything() == before


def test_units_without_any_number_are_counted() -> None:
    text = "pledge,product,handling_unit\n" + "EX-1,KEY,BOX-7\n" * 3
    assert put("items", text).added == 3
    again = put("items", text)
    assert (again.added, again.unchanged) == (0, 3)
    more = put("items", text + "EX-1,KEY,BOX-7\nEX-1,KEY,BOX-8\n", which=Which(same=True))
    assert (more.added, more.unchanged) == (2, 3)


def test_boxes_of_two_pledges_may_have_one_name() -> None:
    put("items", ITEMS + "EX-2,TERM,EXSER004,KITEX0000004,ZM-3,BOX-1\n")
    names = Counter(db.session.scalars(select(HandlingUnit.name)))
    assert names == {"BOX-1": 2, "BOX-2": 1}


def test_a_pallet_is_told_by_its_name() -> None:
    put("items", ITEMS.replace("BOX-1", "Палета 1").replace("BOX-2", "Pallet 2"))
    kinds = db.session.scalars(select(HandlingUnit.kind)).all()
    assert kinds == ["pallet", "pallet"]
