"""What is shown of places, and an attacker who tries to work out what is not.

The attacker knows the rules (that is, `publish` itself), every table ever published, and how many
units are in use: they list every country that would have been published in the same way, and see
what all of them have in common.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tracker.domain.disclosure import Places, add_up, cells_of_ukraine, publish
from tracker.domain.places import UnknownPlace

MONTH = date(2026, 5, 1)
UKRAINE = cells_of_ukraine()
ENOUGH = 1000  # units: so many that they tell nothing


def shown(sites: Mapping[str, int], previous: Places | None = None, **how: object) -> Places:
    given = {"units": ENOUGH, "cells": UKRAINE, **how}
    return publish(MONTH, sites, previous, **given)  # type: ignore[arg-type]


def test_small_cells_are_merged() -> None:
    places = shown({"UA46": 9, "UA63": 5, "UA59": 4, "UA48": 3})
    assert places.cells == {"UA46": 9, "UA63": 5}
    assert places.other == 7


def test_a_region_with_a_front_line_oblast_is_one_cell() -> None:
    cells = cells_of_ukraine(["UA63"])
    places = shown({"UA63": 3, "UA12": 2, "UA46": 5}, cells=cells)
    assert places.cells == {"macro:east": 5, "UA46": 5}
    assert len(cells) == 27
    assert len(set(cells.values())) == 23


def test_a_front_line_oblast_that_is_misspelt_publishes_nothing() -> None:
    with pytest.raises(UnknownPlace):
        cells_of_ukraine(["UA99"])


def test_the_rest_is_not_told_when_it_is_small() -> None:
    assert shown({"UA46": 9, "UA63": 4}).other is None
    assert shown({"UA46": 9}).other is None
    assert shown({"UA46": 9, "UA63": 4, "UA48": 1}).other == 5


def test_the_rest_is_not_told_when_it_says_that_no_hidden_cell_is_empty() -> None:
    cells = {name: name for name in "abc"}
    assert shown({"a": 4, "b": 4, "c": 0}, cells=cells).other == 8
    assert shown({"a": 4, "b": 4, "c": 1}, cells=cells).other is None


def test_what_the_number_of_units_would_give_away_is_hidden() -> None:
    assert shown({"UA46": 9, "UA63": 6}, units=15).cells == {"UA46": 9}
    assert shown({"UA46": 9, "UA63": 6}, units=15).other == 6
    assert shown({"UA46": 9, "UA63": 6}, units=19).cells == {"UA46": 9, "UA63": 6}
    assert shown({"UA46": 5}, units=5) == Places(MONTH, {}, 5)


def test_a_figure_stands_until_it_has_changed_enough() -> None:
    before = shown({"UA46": 9})
    assert shown({"UA46": 13}, before).cells == {"UA46": 9}
    assert shown({"UA46": 5}, before).cells == {"UA46": 9}
    assert shown({"UA46": 14}, before).cells == {"UA46": 14}
    assert shown({"UA46": 4}, before).cells == {}


def test_a_figure_that_stands_is_hidden_when_there_are_hardly_more_units() -> None:
    before = shown({"UA46": 12, "UA63": 7})
    assert shown({"UA46": 8, "UA63": 7}, before, units=23).cells == {"UA46": 12, "UA63": 7}
    assert shown({"UA46": 8, "UA63": 7}, before, units=22).cells == {"UA46": 12}
    assert shown({"UA46": 8, "UA63": 7}, before, units=15).cells == {}


def test_no_figure_and_no_difference_of_figures_is_small() -> None:
    told, before = [], None
    for number in (0, 5, 9, 10, 12, 3, 8, 40, 36, 0, 6):
        before = shown({"UA46": number, "UA63": 20 - number // 2}, before)
        told.append(before.cells.get("UA46"))
    assert told == [None, 5, 5, 10, 10, None, 8, 40, 40, None, 6]


def test_a_figure_below_a_threshold_that_was_raised_does_not_stand() -> None:
    before = shown({"UA46": 6, "UA63": 3, "UA48": 3})
    assert before == Places(MONTH, {"UA46": 6}, 6)
    later = shown({"UA46": 12, "UA63": 7, "UA48": 6}, before, small_cell=10)
    assert later == Places(MONTH, {"UA46": 12}, 13)


sites = st.dictionaries(st.sampled_from(sorted(UKRAINE)), st.integers(0, 30), max_size=12)


@given(sites)
def test_a_snapshot_survives_being_kept(told: dict[str, int]) -> None:
    places = shown(told)
    assert Places.from_json(places.as_json()) == places


@given(sites, st.randoms(use_true_random=False))
def test_the_order_in_which_sites_are_counted_does_not_show(
    told: dict[str, int], chance: Random
) -> None:
    order = list(told)
    chance.shuffle(order)
    shuffled = {oblast: told[oblast] for oblast in order}
    assert repr(shown(shuffled)) == repr(shown(told))


def test_places_that_were_kept_before_there_were_sectors_can_be_read() -> None:
    kept = {"month": "2026-05-01", "cells": {"UA46": 9}, "other": None}
    assert Places.from_json(kept) == Places(MONTH, {"UA46": 9})


def test_a_total_is_the_sum_of_what_the_pledges_show() -> None:
    told = [
        Places(MONTH, {"UA63": 5, "UA46": 9}, 7, {"health": 10}),
        Places(MONTH, {"UA46": 6, "UA12": 8}, None, {"health": 5, "energy": 5}),
        Places(MONTH, {}, 6),
    ]
    total = add_up(told)
    cells, sectors = {"UA12": 8, "UA46": 15, "UA63": 5}, {"energy": 5, "health": 15}
    assert total == Places(MONTH, cells, 13, sectors)
    assert list(total.cells) == sorted(cells)
    assert repr(add_up(reversed(told))) == repr(total)


def test_a_total_is_of_one_month() -> None:
    before = Places(date(2026, 4, 1), {"UA46": 50}, 50, {"health": 50})
    assert add_up([before, Places(MONTH, {"UA46": 5})]) == Places(MONTH, {"UA46": 5})
    assert add_up([before]) == before


def test_nothing_adds_up_to_nothing() -> None:
    assert add_up([]) is None
    assert add_up([Places(MONTH)]) == Places(MONTH)


# A made-up country: four oblasts of at most six sites each, in which fewer than three are few.
OBLASTS = ("a", "b", "c", "d")
FEW, MOST = 3, 6
COUNTRY = {name: name for name in OBLASTS}
COUNTRIES = [
    dict(zip(OBLASTS, numbers, strict=True))
    for numbers in itertools.product(range(MOST + 1), repeat=len(OBLASTS))
]
Month = tuple[dict[str, int], int]  # sites per oblast, and units in use: at least one at each


Publisher = Callable[[Month, Places | None], Places]


def careful(told: Month, before: Places | None) -> Places:
    where, units = told
    return publish(MONTH, where, before, units=units, cells=COUNTRY, small_cell=FEW)


def without_thought_for_the_total(told: Month, _: Places | None) -> Places:
    """Small cells are left out, but the rest is always told."""
    cells = {name: number for name, number in told[0].items() if number >= FEW}
    return Places(MONTH, cells, sum(told[0].values()) - sum(cells.values()))


def without_thought_for_the_month_before(told: Month, before: Places | None) -> Places:
    """A figure stands until it has changed enough, also below the threshold."""
    cells = before.cells if before else {}
    now = {name: cells[name] if abs(number - cells.get(name, -9)) < FEW else number
           for name, number in told[0].items()}  # fmt: skip
    return Places(MONTH, {name: number for name, number in now.items() if number >= FEW})


def without_thought_for_the_units(told: Month, before: Places | None) -> Places:
    return careful((told[0], ENOUGH), before)


def suspects(
    publisher: Publisher, published: Places, before: Places | None, units: int
) -> list[dict[str, int]]:
    """Every country of which the attacker would have been shown just this."""
    return [
        country
        for country in COUNTRIES
        if sum(country.values()) <= units and publisher((country, units), before) == published
    ]


def attack(
    months: list[Month], publisher: Publisher = careful
) -> Iterator[tuple[Places, list[dict[str, int]]]]:
    """Month by month, what was published and the countries that it may be.

    What a month may be follows from its own table and the one before it: no knowledge of other
    months narrows it further, because nothing says how fast sites come and go.
    """
    before: Places | None = None
    for told in months:
        published = publisher(told, before)
        yield published, suspects(publisher, published, before, told[1])
        before = published


months = st.builds(
    lambda numbers, more: (dict(zip(OBLASTS, numbers, strict=True)), sum(numbers) + more),
    st.tuples(*[st.integers(0, MOST)] * len(OBLASTS)),
    st.integers(0, 4),
)


def country(*numbers: int) -> dict[str, int]:
    return dict(zip(OBLASTS, numbers, strict=True))


@pytest.mark.slow
@settings(max_examples=60)
@given(st.lists(months, min_size=1, max_size=24))
@example([(country(0, 0, 0, 6), 8), (country(0, 0, 0, 4), 6)])
@example([(country(0, 0, 0, 6), 8), (country(2, 2, 0, 4), 8)])
def test_a_hidden_oblast_may_have_none_or_any_small_number_whatever_is_published(
    told: list[Month],
) -> None:
    earlier: tuple[Places, list[dict[str, int]]] | None = None
    for (real, units), (published, found) in zip(told, attack(told), strict=True):
        assert real in found, "the attack overlooks the truth"
        for oblast in OBLASTS:
            possible = {country[oblast] for country in found}
            if oblast in published.cells:
                assert min(possible) >= FEW
            else:
                assert possible >= set(range(min(FEW, units + 1)))
        if earlier:
            _no_small_change_is_certain(earlier, (published, found))
        earlier = published, found


def _no_small_change_is_certain(
    earlier: tuple[Places, list[dict[str, int]]], later: tuple[Places, list[dict[str, int]]]
) -> None:
    for oblast in OBLASTS:
        before = {country[oblast] for country in earlier[1]}
        after = {country[oblast] for country in later[1]}
        changes = {b - a for a in before for b in after}
        assert len(changes) > 1 or abs(changes.pop()) not in range(1, FEW), oblast


@pytest.mark.parametrize(
    ("publisher", "told"),
    [
        (without_thought_for_the_total, [(country(5, 0, 0, 0), 9)]),
        (without_thought_for_the_total, [(country(5, 4, 6, 1), 20)]),
        (
            without_thought_for_the_month_before,
            [(country(3, 1, 1, 0), 9), (country(0, 1, 1, 0), 9)],
        ),
        (without_thought_for_the_units, [(country(5, 0, 0, 0), 5)]),
    ],
)
def test_the_attack_works_out_what_careless_tables_give_away(
    publisher: Publisher, told: list[Month]
) -> None:
    assert _worked_out(told, publisher)
    assert not _worked_out(told, careful)


def _worked_out(told: list[Month], publisher: Publisher) -> set[str]:
    """The oblasts of which the attacker knows the small number in the end."""
    *_, (_, found) = attack(told, publisher)
    known = {name: {country[name] for country in found} for name in OBLASTS}
    return {name for name, numbers in known.items() if len(numbers) == 1 and min(numbers) < FEW}
