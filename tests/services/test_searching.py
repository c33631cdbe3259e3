"""Searching by any part of any number: the same units in the same order on both databases."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from tests.services.builders import COORDINATOR, lay_world, new_units
from tracker.db import db, is_sqlite, transaction
from tracker.domain.identifiers import search_key
from tracker.models import Item
from tracker.queries import items
from tracker.queries.items import find_items

UNITS = 400
ODD = tuple(map(search_key, ("a.b/c_d", "50%off", 'quo"ted', "back\\slash", "№12#7", "їжак7")))


@pytest.fixture(params=["looked through first", "by the index"])
def numbers(
    request: pytest.FixtureRequest, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> dict[int, str]:
    """What each unit is found by; the first letters are the same in all of them."""
    if request.param == "by the index":
        monkeypatch.setattr(items, "NEAR", 3)
    lay_world()
    new_units(UNITS)
    chance = random.Random(5)
    with transaction() as session:
        carried = {}
        for place, number in enumerate(session.scalars(select(Item.id).order_by(Item.id))):
            own = "".join(chance.choices("0123456789abcdefghjk", k=8))
            odd = ODD[place % 40] if place % 40 < len(ODD) else "plain"
            carried[number] = f"kitex{place:06d}|{own}|{odd}"
            row = update(Item).where(Item.id == number).values(search_text=carried[number])
            session.execute(row)
    if not is_sqlite(db.session()):
        db.session.execute(text("ANALYZE item"))
        db.session.commit()
    return carried


def fragments(numbers: dict[int, str]) -> list[str]:
    chance = random.Random(6)
    some = ["kite", "tex0", "ex0003", "itex0002", "0001", "x00", "zzzz", "x000399", *ODD]
    for one in chance.sample(sorted(numbers.values()), 40):
        number = chance.choice(one.split("|"))
        size = chance.randint(min(4, len(number)), len(number))
        start = chance.randint(0, len(number) - size)
        some.append(number[start : start + size])
    return [one for one in some if len(one) >= 4]


def test_every_part_of_a_number_finds_what_holds_it_in_the_order_of_units(
    numbers: dict[int, str],
) -> None:
    for one in fragments(numbers):
        holding = [number for number, carried in numbers.items() if one in carried]
        page = find_items(COORDINATOR, q=one, limit=500)
        assert [row.id for row in page.rows] == holding, one
        assert page.after is None


def test_a_search_goes_on_where_the_part_before_it_ended(numbers: dict[int, str]) -> None:
    for one in ("kite", "0003", "a.b/c_d", "plai"):
        holding = [number for number, carried in numbers.items() if one in carried]
        found: list[int] = []
        after: int | None = None
        while after is not None or not found:
            page = find_items(COORDINATOR, q=one, after=after, limit=7)
            found += [row.id for row in page.rows]
            after = page.after
            if after is None:
                break
        assert found == holding
        assert all(a < b for a, b in pairwise(found))


def test_a_search_within_a_status_or_place_finds_only_those(numbers: dict[int, str]) -> None:
    some = sorted(numbers)[10:30]
    with transaction() as session:
        session.execute(update(Item).where(Item.id.in_(some)).values(location="WH-2"))
    found = find_items(COORDINATOR, q="kite", location="WH-2", limit=500)
    assert [row.id for row in found.rows] == some
    assert find_items(COORDINATOR, q="kite", location="WH-2", status="in_transit").rows == []
