"""Nothing about how scans arrive matters: order, repetition and batching end in the same world."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.services.builders import (
    broken_chains,
    kept_ids,
    lay_world,
    new_blanks,
    new_boxes,
    new_units,
    open_discrepancies,
    queue,
    scan,
    states,
)
from tracker.domain.lifecycle import STEPS
from tracker.domain.scans import KEPT, Scan
from tracker.ledger.rebuilding import rebuild
from tracker.models import Item

UNITS, BOXES, BLANKS = 3, 2, 1

Told = dict[str, Any]

steps = st.sampled_from(sorted(set(STEPS) - {"announcing", "commissioning", "decommissioning"}))
told = st.fixed_dictionaries(
    {
        "target": st.sampled_from(
            [*(f"unit{n}" for n in range(UNITS)), *(f"box{n}" for n in range(BOXES)), "blank0"]
        ),
        "step": st.one_of(
            st.sampled_from(["receiving", "packing", "shipping", "packing", "unpacking"]), steps
        ),
        "minutes": st.integers(0, 29),
        "device_seq": st.none() | st.integers(1, 5),
        "location": st.sampled_from([None, "WH-1", "WH-2", "EX-SITE-1"]),
        "box": st.integers(0, BOXES - 1),
        "sighted": st.sampled_from([None, None, False]),
        "declares": st.none() | st.none() | st.integers(0, 11),
    }
)


@st.composite
def journeys(draw: st.DrawFn) -> tuple[list[Told], list[Told], random.Random, list[int]]:
    """Some things that happened; the same shuffled and partly repeated; where to cut batches."""
    happened = draw(st.lists(told, min_size=1, max_size=12, unique_by=lambda one: one["minutes"]))
    if draw(st.booleans()):
        binding = {
            "target": "blank0",
            "step": "commissioning",
            "minutes": draw(st.integers(30, 60)),
        }
        happened.append({**happened[0], **binding, "location": None, "declares": None})
    chance = draw(st.randoms(use_true_random=False))
    for number, one in enumerate(happened):
        one["number"] = number
    again = [*happened, *chance.sample(happened, len(happened) // 2)]
    chance.shuffle(again)
    cuts = sorted(chance.sample(range(len(again)), min(3, len(again))))
    return happened, again, chance, cuts


class Shelf:
    """A fresh set of units, boxes and a blank label, on which one telling is played."""

    def __init__(self) -> None:
        self.units, self.boxes = new_units(UNITS, kits=True), new_boxes(BOXES)
        self.blank = new_blanks(BLANKS)[0]
        self.items = [_item(code) for code in self.units]

    def scans(self, tellings: list[Told], ids: dict[int, str]) -> list[Scan]:
        """The tellings as scans of this shelf's codes; `ids` by their number."""
        return [self._scan(one, ids) for one in tellings]

    def _scan(self, one: Told, ids: dict[int, str]) -> Scan:
        kind, place = one["target"][:-1], int(one["target"][-1])
        code = {"unit": self.units, "box": self.boxes, "blank": [self.blank]}[kind][place]
        step, declares = one["step"], None
        if one["declares"] is not None and one["declares"] in ids and step != "commissioning":
            step, declares = "declaring_error", ids[one["declares"]]
        made = scan(
            code,
            step,
            one["minutes"],
            device_seq=one["device_seq"],
            location=one["location"],
            handling_unit=self.boxes[one["box"]] if step == "packing" and kind != "box" else None,
            consignment="EX-C-1" if step == "shipping" else None,
            second_identifier=f"KITEX{self.items[0]:07d}" if step == "commissioning" else None,
            declares=declares,
            sighted=one["sighted"],
        )
        return replace(made, id=ids[one["number"]])

    def outcome(self) -> tuple[object, object]:
        """The states and the open discrepancies, with this shelf's own codes taken out."""
        names = {code: f"box{n}" for n, code in enumerate(self.boxes)}
        told_states = {
            name: tuple(names.get(str(value), value) for value in values)
            for name, values in states(self.units, [f"unit{n}" for n in range(UNITS)]).items()
        }
        return told_states, self.discrepancies()

    def discrepancies(self) -> list[tuple[int, str]]:
        return sorted((place, kind) for place, kind, _, _ in open_discrepancies(self.units))


def _item(code: str) -> int:
    from tests.services.builders import item

    found: Item = item(code)
    return found.id


def play(shelf: Shelf, tellings: list[Told], ids: dict[int, str], cuts: list[int]) -> None:
    """Record the tellings in batches cut at `cuts`; every kept scan must be in the ledger."""
    scans = shelf.scans(tellings, ids)
    for start, end in zip([0, *cuts], [*cuts, len(scans)], strict=True):
        batch = scans[start:end]
        outcomes = queue(batch)
        kept = {one.id for one, outcome in zip(batch, outcomes, strict=True)
                if outcome.result in KEPT}  # fmt: skip
        assert kept <= kept_ids()
        assert len(kept) == len({one.id for one in batch})


@pytest.mark.slow
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(journey=journeys())
def test_any_order_repetition_and_batching_of_the_same_scans_ends_in_the_same_world(
    app: Flask, journey: tuple[list[Told], list[Told], random.Random, list[int]]
) -> None:
    happened, again, chance, cuts = journey
    with app.app_context():
        lay_world()
        ids = fresh_ids(len(happened), chance)
        straight, shuffled = Shelf(), Shelf()
        play(straight, happened, ids, [])
        other = {number: _twin(one) for number, one in ids.items()}
        play(shuffled, again, other, cuts)
        assert shuffled.outcome() == straight.outcome()
        assert broken_chains() == []
        assert rebuild(now=queue.__defaults__[1])["items"] == []  # type: ignore[index]


def fresh_ids(how_many: int, chance: random.Random) -> dict[int, str]:
    """Ids never used before in this database, in an order that the example chooses."""
    run = uuid4().int >> 64 << 64
    order = chance.sample(range(how_many), how_many)
    return {number: str(UUID(int=run | place << 1)) for number, place in enumerate(order)}


def _twin(one: str) -> str:
    """Another id that sorts as this one does among its fellows."""
    return str(UUID(int=UUID(one).int ^ 1))


@pytest.mark.slow
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_a_box_unpacked_and_shipped_ends_the_same_in_every_order(
    app: Flask, order: tuple[int, ...]
) -> None:
    with app.app_context():
        lay_world()
        [code], [box] = new_units(1), new_boxes(1)
        queue([scan(code, "receiving", 0, location="WH-1")])
        told = [
            scan(code, "packing", 1, handling_unit=box),
            scan(box, "shipping", 2, consignment="EX-C-1"),
            scan(code, "reporting_lost", 3, report="R-1"),
        ]
        for place in order:
            queue([told[place]])
        found = states([code], ["unit"])["unit"]
        assert found[0] == "lost"
        assert found[5] == "EX-C-1"
        assert open_discrepancies([code]) == []
