"""A second delivery of a pledge, whose cartons begin with 1 again, never touches the first."""

from __future__ import annotations

from collections import Counter

import pytest
from flask import Flask
from sqlalchemy import delete, select

from tests.services.examples import NOW, count, everything, faults, put
from tracker.db import db, transaction
from tracker.domain.deliveries import Which
from tracker.ledger.rebuilding import rebuild
from tracker.models import Delivery, DeliveryFile, HandlingUnit, Identifier, Item
from tracker.queries import deliveries as queries

PRODUCTS = """product,name_en,name_uk,kind,identifiers
LAPTOP,Laptop,Ноутбук,computer,serial
BANK,Power bank,Павербанк,power,
"""
PLEDGES = """pledge,donor,pledged_on,product,quantity
EX-17,PL,2026-01-10,LAPTOP,100
EX-17,PL,2026-01-10,BANK,100
EX-18,PL,2026-01-10,BANK,100
"""
HEADER = "pledge;product;serial;handling_unit\n"
FIRST = (
    HEADER
    + "EX-17;LAPTOP;EXL1;Картон 1\nEX-17;LAPTOP;EXL2;Картон 1\n"
    + "EX-17;BANK;;Картон 5\n" * 10
)
SECOND = (
    HEADER
    + "".join(f"EX-17;LAPTOP;EXL{n};Картон 1\n" for n in (7, 8, 9))
    + "EX-17;BANK;;Картон 5\n" * 10
)
SAME, NEW = Which(same=True), Which(new=True)


@pytest.fixture(autouse=True)
def catalogue(app: Flask) -> None:
    put("parties")
    put("products", PRODUCTS)
    put("pledges", PLEDGES)


def boxes() -> dict[tuple[str, str], Counter[str]]:
    """What lies in each box, by its delivery and name."""
    db.session.rollback()
    rows = db.session.execute(
        select(HandlingUnit.delivery, HandlingUnit.name, Item.product).join(
            Item, Item.handling_unit == HandlingUnit.code
        )
    )
    found: dict[tuple[str, str], Counter[str]] = {}
    for delivery, name, product in rows:
        found.setdefault((delivery or "", name), Counter())[product] += 1
    return found


def serials_in(delivery: str) -> list[str]:
    query = select(Identifier.value).join(Item, Item.id == Identifier.item)
    return sorted(db.session.scalars(query.where(Item.delivery == delivery)))


def test_cartons_that_begin_with_1_again_are_other_cartons() -> None:
    put("items", FIRST)
    before = boxes()
    told = put("items", SECOND)
    assert (told.added, told.unchanged) == (13, 0)
    assert {key: held for key, held in boxes().items() if key in before} == before
    assert boxes() == {
        ("EX-17.1", "Картон 1"): Counter(LAPTOP=2),
        ("EX-17.1", "Картон 5"): Counter(BANK=10),
        ("EX-17.2", "Картон 1"): Counter(LAPTOP=3),
        ("EX-17.2", "Картон 5"): Counter(BANK=10),
    }
    assert serials_in("EX-17.2") == ["EXL7", "EXL8", "EXL9"]
    assert told.notes[1] == (
        "New delivery 2 of EX-17 (EX-17.2): 13 new units. "
        "If this is the list of delivery 1 again, say --same-delivery."
    )
    assert not any(rebuild(now=NOW).values())


def test_the_same_bytes_change_nothing_and_say_so() -> None:
    put("items", FIRST)
    put("items", SECOND)
    before = everything()
    for text, ref in ((FIRST, "EX-17.1"), (SECOND, "EX-17.2")):
        for which in (Which(), SAME):
            told = put("items", text, which=which)
            assert (told.added, told.changed) == (0, [])
            assert told.unchanged == text.count("\n") - 1
            assert told.notes[-1] == (
                f"This very file was imported before, as {ref} on 2026-05-01: nothing changes."
            )
    assert everything() == before


def test_bytes_that_were_overtaken_change_nothing_back() -> None:
    put("items", FIRST)
    put("items", FIRST.replace("EX-17;LAPTOP;EXL1", "EX-17;LAPTOP;EXL3"), which=SAME)
    assert serials_in("EX-17.1") == ["EXL1", "EXL2", "EXL3"]
    before = everything()
    assert put("items", FIRST).changed == []
    assert everything() == before


def test_the_same_list_with_more_in_it_brings_only_that() -> None:
    put("items", FIRST)
    more = FIRST + "EX-17;BANK;;Картон 5\nEX-17;BANK;;Картон 6\nEX-17;LAPTOP;EXL4;Картон 1\n"
    told = put("items", more, which=SAME)
    assert (told.added, told.unchanged) == (3, 12)
    assert boxes() == {
        ("EX-17.1", "Картон 1"): Counter(LAPTOP=3),
        ("EX-17.1", "Картон 5"): Counter(BANK=11),
        ("EX-17.1", "Картон 6"): Counter(BANK=1),
    }
    assert told.notes[1] == (
        "Delivery 1 of EX-17 again (EX-17.1): 3 new units, 12 rows of units that are here."
    )


def test_power_banks_of_the_second_delivery_are_not_counted_for_the_first() -> None:
    put("items", FIRST)
    put("items", SECOND)
    told = put("items", FIRST + "EX-17;BANK;;Картон 5\n", which=Which(refs=("1",)))
    assert (told.added, told.unchanged) == (1, 12)
    assert boxes()["EX-17.1", "Картон 5"] == Counter(BANK=11)
    assert boxes()["EX-17.2", "Картон 5"] == Counter(BANK=10)


def test_which_delivery_is_meant_is_asked_where_there_are_several() -> None:
    put("items", FIRST)
    put("items", SECOND)
    more = SECOND + "EX-17;BANK;;Картон 9\n"
    [asked] = faults("items", more, which=SAME)
    assert asked == (
        "items.csv: EX-17 has several deliveries: say --delivery and which: EX-17.1, EX-17.2"
    )
    for text in ("EX-17.3", "3"):
        [lacking] = faults("items", more, which=Which(refs=(text,)))
        assert lacking == (
            f"items.csv: its pledges have no delivery {text}; there are: EX-17.1, EX-17.2"
        )
    assert faults("items", more, which=Which(refs=("1", "2"))) == [
        "items.csv: EX-17: say one delivery, not two"
    ]
    told = put("items", more, which=Which(refs=("ex-17.2",)))
    assert (told.added, boxes()["EX-17.2", "Картон 9"]) == (1, Counter(BANK=1))
    assert (
        "If this is the list of delivery 1 or 2 again, say --delivery and its number."
        in (put("items", HEADER + "EX-17;BANK;;Картон 9\n").notes[1])
    )


def test_numbers_that_are_here_are_matched_and_what_has_none_is_new() -> None:
    put("items", FIRST)
    told = put("items", HEADER + "EX-17;LAPTOP;EXL1;Картон 1\n" + "EX-17;BANK;;Картон 5\n" * 2)
    assert (told.added, told.unchanged) == (2, 1)
    assert boxes()["EX-17.1", "Картон 5"] == Counter(BANK=10)
    assert boxes()["EX-17.2", "Картон 5"] == Counter(BANK=2)
    assert ("EX-17.2", "Картон 1") not in boxes()
    assert "2 new units, 1 row of units that are here." in told.notes[1]


def test_a_list_of_known_numbers_alone_is_no_delivery() -> None:
    put("items", FIRST)
    before = everything()
    assert put("items", HEADER + "EX-17;LAPTOP;EXL1;Картон 1\n").added == 0
    assert everything() == before


def test_somebody_may_say_that_the_very_same_file_is_another_delivery() -> None:
    banks = HEADER + "EX-17;BANK;;\n" * 4
    put("items", banks)
    assert put("items", banks, which=NEW).added == 4
    assert put("items", banks).added == 0
    assert sorted(db.session.scalars(select(Delivery.ref))) == ["EX-17.1", "EX-17.2"]


def test_a_file_of_two_pledges_is_a_delivery_of_each() -> None:
    put("items", FIRST)
    put("items", HEADER + "EX-17;BANK;;A\nEX-18;BANK;;A\n")
    assert boxes()["EX-17.2", "A"] == boxes()["EX-18.1", "A"] == Counter(BANK=1)
    files = db.session.execute(select(DeliveryFile.delivery, DeliveryFile.rows))
    assert {tuple(row) for row in files} == {("EX-17.1", 12), ("EX-17.2", 1), ("EX-18.1", 1)}


def test_a_dry_run_says_what_a_list_would_be_and_keeps_nothing() -> None:
    put("items", FIRST)
    before = everything()
    told = put("items", SECOND, dry_run=True)
    assert told.added == 13
    assert told.notes[1].startswith("New delivery 2 of EX-17 (EX-17.2): 13 new units.")
    assert everything() == before


def test_a_delivery_whose_file_nobody_remembers_is_known_by_holding_every_row() -> None:
    """Deliveries that are older than their table have no file: the first import after that."""
    put("items", FIRST)
    with transaction() as session:
        session.execute(delete(DeliveryFile))
    reordered = HEADER + "".join(sorted(FIRST.removeprefix(HEADER).splitlines(keepends=True)))
    told = put("items", reordered)
    assert (told.added, told.unchanged, count(Delivery)) == (0, 12, 1)
    assert told.notes[1].startswith("Delivery 1 of EX-17 again (EX-17.1): 0 new units, 12 rows")
    with transaction() as session:
        session.execute(delete(DeliveryFile))
    assert put("items", SECOND).added == 13
    assert boxes()["EX-17.1", "Картон 5"] == boxes()["EX-17.2", "Картон 5"]


def test_the_deliveries_of_a_pledge_say_what_they_brought() -> None:
    put("items", FIRST)
    put("items", SECOND)
    told = [(one.ref, one.units, one.boxes, one.files) for one in queries.of_pledge("EX-17")]
    assert told == [("EX-17.1", 12, 2, ["items.csv"]), ("EX-17.2", 13, 2, ["items.csv"])]
