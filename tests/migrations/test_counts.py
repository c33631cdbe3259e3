"""Counts and packing lists that are here when their columns come say how, and on what."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import delete, select

from tests.services.builders import (
    BOB,
    COORDINATOR,
    NOW,
    lay_world,
    new_boxes,
    queue,
    scan,
)
from tests.services.counting import at_place, cases, numbers, packed, see, stocked
from tracker.db import db, transaction
from tracker.models import PackingLine, Sighting
from tracker.services import consignments, counts

BEFORE = "0020"
LATER = NOW + timedelta(hours=2)


def again() -> None:
    """Back to before the columns, and forth."""
    db.session.remove()
    downgrade(revision=BEFORE)
    upgrade()


def sightings() -> list[tuple[str | None, str | None, str | None]]:
    rows = db.session.scalars(select(Sighting).order_by(Sighting.item))
    return [(row.handling_unit, row.condition, row.reason) for row in rows]


def test_a_closed_count_says_the_same_after_the_upgrade(app: Flask) -> None:
    lay_world()
    _, box = packed(2)
    odd, left, missing = stocked(3)
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    see(number, box)
    see(number, odd, condition="damaged", reason="wet")
    queue([at_place(left, 10, "shipping", consignment="EX-C-1")], now=LATER)
    counts.close_count(number, by=BOB, now=LATER)
    before = numbers(number), sightings(), cases()
    assert before == (
        {"alone": 1, "boxed": 2, "missing": 1, "gone": 1},
        [(box, None, None), (box, None, None), (None, "damaged", "wet")],
        [missing],
    )
    again()
    assert (numbers(number), sightings(), cases()) == before
    assert cases("damaged") == [odd]


def test_a_packing_list_keeps_what_a_carrier_counts(app: Flask) -> None:
    lay_world()
    _, box = packed(2)
    [loose], [pallet] = stocked(1), new_boxes(1)
    ref = consignments.make_consignment({"origin": "WH-1"}, by=COORDINATOR, now=NOW)
    queue([scan(box, "packing", 3, handling_unit=pallet)])
    queue([scan(code, "shipping", 4, consignment=ref) for code in (pallet, loose)])
    consignments.tell(ref, "dispatched", by=COORDINATOR, now=NOW)

    def listed() -> list[tuple[str | None, str | None]]:
        rows = db.session.scalars(select(PackingLine).order_by(PackingLine.item))
        return [(row.handling_unit, row.package) for row in rows]

    assert listed() == [(box, pallet), (box, pallet), (None, None)]
    again()
    assert listed() == [(box, pallet), (box, pallet), (None, None)]


def test_what_a_device_has_counted_joins_the_count_that_is_open(app: Flask) -> None:
    lay_world()
    _, box = packed(2)
    first, wrong, _ = stocked(3)
    number = counts.open_count("WH-1", by=BOB, now=NOW)
    mistake = at_place(wrong, 1, location="WH-1")
    queue([at_place(one, 1, location="WH-1") for one in (first, box)], now=LATER)
    queue([mistake], now=LATER)
    declared = {"declares": mistake.id, "reason": "did_not_occur"}
    queue([at_place(wrong, 2, "declaring_error", **declared)], now=LATER)
    before = numbers(number)
    assert before == {"alone": 1, "boxed": 2, "missing": 2}
    with transaction() as session:  # before this upgrade only the bench joined a count
        session.execute(delete(Sighting))
    again()
    assert numbers(number) == before
    assert all(code for code in db.session.scalars(select(Sighting.code)))
