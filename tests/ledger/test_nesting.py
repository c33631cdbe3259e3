"""Boxes on pallets: what is done to a pallet is done to everything on it, whenever it is told."""

from __future__ import annotations

import random
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.ledger.test_any_order import _twin, fresh_ids
from tests.services.builders import (
    NOW,
    broken_chains,
    item,
    lay_world,
    live,
    new_boxes,
    new_units,
    open_discrepancies,
    queue,
    scan,
)
from tracker.db import db
from tracker.domain.scans import Result, Scan
from tracker.ledger.rebuilding import rebuild
from tracker.models import Discrepancy, HandlingUnit


@pytest.fixture(autouse=True)
def world(app: Flask) -> None:
    lay_world()


def parent(box: str) -> str | None:
    db.session.rollback()
    return db.session.scalar(select(HandlingUnit.parent).where(HandlingUnit.code == box))


def open_cases(box: str) -> list[str]:
    """Kinds of what is open about a box itself."""
    db.session.rollback()
    open_ = select(Discrepancy.kind).where(
        Discrepancy.subject == f"unit:{box}", Discrepancy.state == "open"
    )
    return sorted(db.session.scalars(open_))


def packed(box: str, codes: list[str], minutes: int = 0) -> None:
    queue([scan(code, "receiving", minutes, location="WH-1") for code in codes])
    queue([scan(code, "packing", minutes + 1, handling_unit=box) for code in codes])


def test_a_box_put_on_a_pallet_stands_there_and_its_units_stay_in_it() -> None:
    [code], [box, pallet] = new_units(1), new_boxes(2)
    packed(box, [code])
    outcome = live(scan(box, "packing", 2, handling_unit=pallet))
    assert outcome.result is Result.RECORDED
    assert parent(box) == pallet
    assert item(code).handling_unit == box
    assert item(code).status == "packed"


def test_what_is_done_to_a_pallet_is_done_to_the_units_in_the_boxes_on_it() -> None:
    codes, [box, other, pallet] = new_units(4), new_boxes(3)
    packed(box, codes[:2])
    packed(other, codes[2:3])
    packed(pallet, codes[3:])
    live(scan(box, "packing", 2, handling_unit=pallet))
    live(scan(other, "packing", 2, handling_unit=pallet))
    outcome = live(scan(pallet, "shipping", 3, consignment="EX-C-1"))
    assert outcome.units == 4
    assert {item(code).status for code in codes} == {"in_transit"}
    arrived = live(scan(pallet, "receiving", 4, location="WH-2"))
    assert arrived.units == 4
    assert {(one.location, one.handling_unit) for one in map(item, codes)} == {
        ("WH-2", box), ("WH-2", other), ("WH-2", pallet),
    }  # fmt: skip
    assert open_discrepancies(codes) == []


def test_a_box_taken_off_its_pallet_stays_behind() -> None:
    codes, [box, pallet] = new_units(2), new_boxes(2)
    packed(box, codes[:1])
    packed(pallet, codes[1:])
    live(scan(box, "packing", 2, handling_unit=pallet))
    live(scan(box, "unpacking", 3, handling_unit=pallet))
    assert parent(box) is None
    live(scan(pallet, "shipping", 4, consignment="EX-C-1"))
    assert [item(code).status for code in codes] == ["packed", "in_transit"]


def test_a_pallet_is_not_put_into_a_box_that_stands_on_it() -> None:
    [box, pallet] = new_boxes(2)
    live(scan(box, "packing", 1, handling_unit=pallet))
    assert live(scan(pallet, "packing", 2, handling_unit=box)).result is Result.REFUSED
    assert live(scan(pallet, "packing", 3, handling_unit=pallet)).result is Result.REFUSED
    assert parent(pallet) is None


def test_a_circle_that_phones_made_offline_is_kept_and_ends() -> None:
    [code], [box, pallet] = new_units(1), new_boxes(2)
    packed(box, [code])
    queue([scan(box, "packing", 2, handling_unit=pallet)])
    queue([scan(pallet, "packing", 3, handling_unit=box)])
    outcome = queue([scan(pallet, "shipping", 4, consignment="EX-C-1")])[0]
    assert outcome.result is Result.RECORDED
    assert item(code).status == "in_transit"


def test_a_box_that_was_never_on_the_pallet_is_taken_off_by_declaring_that_an_error() -> None:
    [code], [box, pallet] = new_units(1), new_boxes(2)
    packed(box, [code])
    mistake = scan(box, "packing", 2, handling_unit=pallet)
    queue([mistake])
    queue([scan(pallet, "shipping", 3, consignment="EX-C-1")])
    assert item(code).status == "in_transit"
    queue([scan(box, "declaring_error", 4, declares=mistake.id, reason="did_not_occur")])
    assert parent(box) is None
    assert item(code).status == "packed"
    queue([scan(pallet, "receiving", 5, location="WH-2")])
    assert item(code).location == "WH-1"


told = st.fixed_dictionaries(
    {
        "what": st.sampled_from(
            [
                *("pack0", "pack1", "unpack0", "nest", "nest", "unnest", "ship", "receive"),
                *("ship box", "ship unit", "receive unit", "receive unit elsewhere"),
                *("count box", "ship from here", "never nested", "nested after all"),
            ]
        ),
        "minutes": st.integers(2, 29),
    }
)


@st.composite
def journeys(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[dict[str, Any]], random.Random]:
    """Things that happened to two units, a box and a pallet; the same in another order."""
    happened = draw(st.lists(told, min_size=2, max_size=9, unique_by=lambda one: one["minutes"]))
    for number, one in enumerate(happened):
        one["number"] = number
    chance = draw(st.randoms(use_true_random=False))
    again = [*happened, *chance.sample(happened, len(happened) // 2)]
    chance.shuffle(again)
    return happened, again, chance


class Shelf:
    """Two units, a box and a pallet of one telling."""

    def __init__(self) -> None:
        self.units, [self.box, self.pallet] = new_units(2), new_boxes(2)
        self.ids: dict[str, str] = {}
        queue([scan(code, "receiving", 1, location="WH-1") for code in self.units])

    def plan(self, happened: list[dict[str, Any]], ids: dict[int, str]) -> None:
        """Give what happened its ids, whatever order it is told in."""
        self.ids = {one["what"]: ids[one["number"]] for one in happened}

    def wrong(self, what: str) -> dict[str, str]:
        """That the newest telling of `what` did not occur, or something that nothing is."""
        declares = self.ids.get(what, str(uuid5(NAMESPACE_OID, what)))
        return {"declares": declares, "reason": "did_not_occur"}

    def scan(self, one: dict[str, Any], id: str) -> Scan:
        first, second, box, pallet = *self.units, self.box, self.pallet
        moves: dict[str, tuple[str, str, dict[str, Any]]] = {
            "pack0": (first, "packing", {"handling_unit": box}),
            "pack1": (second, "packing", {"handling_unit": box}),
            "unpack0": (first, "unpacking", {}),
            "nest": (box, "packing", {"handling_unit": pallet}),
            "unnest": (box, "unpacking", {"handling_unit": pallet}),
            "ship": (pallet, "shipping", {"consignment": "EX-C-1"}),
            "receive": (pallet, "receiving", {"location": "WH-2"}),
            "ship box": (box, "shipping", {"consignment": "EX-C-2"}),
            "ship unit": (first, "shipping", {"consignment": "EX-C-1"}),
            "receive unit": (first, "receiving", {"location": "WH-2"}),
            "receive unit elsewhere": (first, "receiving", {"location": "EX-B"}),
            "count box": (box, "counting", {"location": "EX-B"}),
            "ship from here": (pallet, "shipping", {"consignment": "EX-C-1", "location": "WH-1"}),
            "never nested": (box, "declaring_error", self.wrong("nest")),
            "nested after all": (box, "declaring_error", self.wrong("never nested")),
        }
        code, step, said = moves[one["what"]]
        made = scan(code, step, one["minutes"], **said)
        return Scan(id, code, step, made.occurred_at, **said)

    def outcome(self) -> list[object]:
        names = {self.box: "box", self.pallet: "pallet"}
        rows = [
            (one.status, one.location, one.consignment, names.get(one.handling_unit or ""))
            for one in map(item, self.units)
        ]
        open_ = sorted((place, kind) for place, kind, _, _ in open_discrepancies(self.units))
        return [rows, open_, names.get(parent(self.box) or ""), open_cases(self.box)]


@pytest.mark.slow
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(journey=journeys())
def test_any_order_and_repetition_ends_the_same_with_a_box_on_a_pallet(
    app: Flask, journey: tuple[list[dict[str, Any]], list[dict[str, Any]], random.Random]
) -> None:
    happened, again, chance = journey
    with app.app_context():
        ids = fresh_ids(len(happened), chance)
        straight, shuffled = Shelf(), Shelf()
        straight.plan(happened, ids)
        shuffled.plan(happened, {number: _twin(one) for number, one in ids.items()})
        for one in happened:
            queue([straight.scan(one, ids[one["number"]])])
        for one in again:
            queue([shuffled.scan(one, _twin(ids[one["number"]]))])
        assert shuffled.outcome() == straight.outcome()
        assert broken_chains() == []
        assert rebuild(now=NOW)["items"] == []
