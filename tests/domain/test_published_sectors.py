"""What is shown by sector beside what is shown by oblast: two tables of the same sites.

The attacker knows the rules, both tables of every month and the number of units in use, and lists
every country that would have been published in the same way: how many sites each oblast may have
and how many each sector, the sums being equal. (Any such sums are those of some country: sites are
dealt out to oblasts and sectors one by one until both are full.)
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tracker.domain.disclosure import Places, publish, with_sectors
from tracker.domain.places import SECTORS as ALL_SECTORS

MONTH = date(2026, 5, 1)
OBLASTS, SECTORS = ("a", "b", "c", "d"), ("health", "energy", "water")
FEW, MOST = 3, 6  # fewer than three are few; no oblast has more than six
CELLS = {name: name for name in OBLASTS}

Numbers = tuple[int, ...]
"""Sites per oblast or per sector, in the order of `OBLASTS` or `SECTORS`."""


@dataclass(frozen=True)
class Country:
    """One month's truth: the same sites by oblast and by sector, and the units in use there."""

    oblasts: Numbers
    sectors: Numbers
    units: int


SectorTable = Callable[[Places, Numbers, int], dict[str, int]]
"""Makes the table by sector of a month from the table by oblast, the truth and the units."""


def careful(places: Places, sectors: Numbers, _units: int) -> dict[str, int]:
    return with_sectors(places, dict(zip(SECTORS, sectors, strict=True)), FEW).sectors


def by_itself(_places: Places, sectors: Numbers, units: int) -> dict[str, int]:
    """The rules for oblasts, kept for sectors too, as if there were no other table."""
    numbers = dict(zip(SECTORS, sectors, strict=True))
    cells = {name: name for name in SECTORS}
    return publish(MONTH, numbers, units=units, cells=cells, small_cell=FEW).cells


def rounded(_places: Places, sectors: Numbers, _units: int) -> dict[str, int]:
    """Rounded down, but cut at no height."""
    told = zip(SECTORS, sectors, strict=True)
    return {name: number - number % FEW for name, number in told if number >= FEW}


def cut_at_the_total(places: Places, sectors: Numbers, _units: int) -> dict[str, int]:
    """Cut at a height that looks only at what is shown, and forgets what may be hidden."""
    total = sum(places.cells.values()) + (places.other or 0)
    floors = [number - number % FEW for number in sectors]
    height = max(h for h in range(0, 99, FEW) if sum(min(f, h) for f in floors) <= total)
    told = zip(SECTORS, floors, strict=True)
    return {name: min(floor, height) for name, floor in told if floor and height}


def whenever_it_fits(places: Places, sectors: Numbers, _units: int) -> dict[str, int]:
    """Safe where there is a table; but whether there is one depends on what it would say."""
    floors = [number - number % FEW for number in sectors]
    fits = sum(min(floor + FEW - 1, FEW) for floor in floors) < sum(places.cells.values())
    told = zip(SECTORS, floors, strict=True)
    return {name: FEW for name, floor in told if floor and fits}


@cache
def by_oblast(oblasts: Numbers, units: int, before: tuple[tuple[str, int], ...] | None,
              other: int | None) -> Places:  # fmt: skip
    earlier = None if before is None else Places(MONTH, dict(before), other)
    numbers = dict(zip(OBLASTS, oblasts, strict=True))
    return publish(MONTH, numbers, earlier, units=units, cells=CELLS, small_cell=FEW)


def _cells(country: Numbers, units: int, before: Places | None) -> Places:
    kept = tuple(sorted(before.cells.items())) if before else None
    return by_oblast(country, units, kept, before.other if before else None)


EVERY_OBLASTS = [*itertools.product(range(MOST + 1), repeat=len(OBLASTS))]
EVERY_SECTORS: dict[int, list[Numbers]] = defaultdict(list)
for _numbers in itertools.product(range(MOST * len(OBLASTS) + 1), repeat=len(SECTORS)):
    if sum(_numbers) <= MOST * len(OBLASTS):
        EVERY_SECTORS[sum(_numbers)].append(_numbers)
LISTED = sum(len(EVERY_SECTORS[sum(oblasts)]) for oblasts in EVERY_OBLASTS)
"""Countries that the attacker looks through each month."""
TABLES = 1536
"""Tables by sector that there can be in such a country, for each number of sites told and real."""


@dataclass(frozen=True)
class Found:
    """What may be, after a month's tables: oblasts by number of sites, sectors likewise."""

    places: Places
    oblasts: dict[int, list[Numbers]]
    sectors: dict[int, list[Numbers]]

    @property
    def countries(self) -> int:
        return sum(len(found) * len(self.sectors[total]) for total, found in self.oblasts.items())

    def possible(self, name: str) -> set[int]:
        """How many sites an oblast or a sector may have."""
        if name in OBLASTS:
            at, told = OBLASTS.index(name), self.oblasts
        else:
            at, told = SECTORS.index(name), self.sectors
        return {numbers[at] for found in told.values() for numbers in found}


def attack(months: list[Country], table: SectorTable = careful) -> Iterator[Found]:
    """Month by month, what was published and every country that it may be."""
    before: Places | None = None
    for truth in months:
        cells = _cells(truth.oblasts, truth.units, before)
        shown = table(cells, truth.sectors, truth.units)
        oblasts: dict[int, list[Numbers]] = defaultdict(list)
        for numbers in EVERY_OBLASTS:
            if sum(numbers) <= truth.units and _cells(numbers, truth.units, before) == cells:
                oblasts[sum(numbers)].append(numbers)
        sectors = {
            total: [s for s in EVERY_SECTORS[total] if table(cells, s, truth.units) == shown]
            for total in oblasts
        }
        both = {total: found for total, found in oblasts.items() if sectors[total]}
        places = Places(MONTH, cells.cells, cells.other, shown)
        yield Found(places, both, {total: sectors[total] for total in both})
        before = cells


def worked_out(found: Found) -> set[str]:
    """What the attacker knows of hidden cells: that they cannot be none, or not some number."""
    hidden = set(OBLASTS + SECTORS) - found.places.cells.keys() - found.places.sectors.keys()
    return {name for name in hidden if not found.possible(name) >= set(range(FEW))}


def sites(*numbers: int, by: Numbers | None = None, more: int = 9) -> Country:
    """A country with so many sites per oblast; all of health, where nothing else is said."""
    total = sum(numbers)
    return Country(numbers, by or (total, 0, 0), total + more)


@st.composite
def countries(draw: st.DrawFn) -> Country:
    oblasts = draw(st.tuples(*[st.integers(0, MOST)] * len(OBLASTS)))
    by = draw(st.sampled_from(EVERY_SECTORS[sum(oblasts)]))
    return Country(oblasts, by, sum(oblasts) + draw(st.integers(0, 4)))


@pytest.mark.slow
@settings(max_examples=40)
@given(st.lists(countries(), min_size=1, max_size=24))
@example([sites(6, 6, 6, 1, by=(12, 5, 2)), sites(6, 6, 5, 0, by=(9, 8, 0), more=0)])
@example([sites(4, 6, 6, 2, by=(6, 6, 6))] * 24)
@example([sites(2, 3, 3, 3, by=(3, 3, 5), more=0)])
def test_no_small_cell_of_either_table_is_given_away_by_both(told: list[Country]) -> None:
    earlier: Found | None = None
    for truth, found in zip(told, attack(told), strict=True):
        assert truth.oblasts in found.oblasts[sum(truth.oblasts)], "the attack overlooks the truth"
        assert truth.sectors in found.sectors[sum(truth.sectors)]
        assert all(figure >= FEW for figure in found.places.sectors.values())
        small = set(range(min(FEW, truth.units + 1)))
        for name in OBLASTS + SECTORS:
            if name in found.places.cells or name in found.places.sectors:
                assert min(found.possible(name)) >= FEW
            else:
                assert found.possible(name) >= small, name
        if earlier:
            _no_small_change_is_certain(earlier, found)
        earlier = found


def _no_small_change_is_certain(earlier: Found, later: Found) -> None:
    for name in OBLASTS + SECTORS:
        before, after = earlier.possible(name), later.possible(name)
        changes = {b - a for a in before for b in after}
        assert len(changes) > 1 or abs(changes.pop()) not in range(1, FEW), name


@pytest.mark.slow
@settings(max_examples=100)
@given(countries())
@example(sites(6, 6, 6, 1, by=(7, 6, 6)))
@example(sites(2, 3, 3, 3, by=(3, 3, 5), more=0))
@example(sites(6, 6, 6, 6, by=(24, 0, 0)))
def test_the_sectors_say_nothing_of_the_oblasts_nor_of_one_another(truth: Country) -> None:
    """The proof: whatever the oblasts may be alone, any small numbers of sectors go with it."""
    cells = _cells(truth.oblasts, truth.units, None)
    [found] = attack([truth])
    alone = [
        numbers
        for numbers in EVERY_OBLASTS
        if sum(numbers) <= truth.units and _cells(numbers, truth.units, None) == cells
    ]
    assert sorted(itertools.chain(*found.oblasts.values())) == sorted(alone)
    if not found.places.sectors:
        return
    hidden = [n for n, name in enumerate(SECTORS) if name not in found.places.sectors]
    for fitting in found.sectors.values():
        combinations = {tuple(numbers[n] for n in hidden) for numbers in fitting}
        assert combinations >= set(itertools.product(range(FEW), repeat=len(hidden)))


def test_no_table_of_all_that_there_can_be_gives_a_small_sector_away() -> None:
    """The same for every number that the oblasts may tell and every number of sites there is."""
    tables = 0
    for told in range(FEW, MOST * len(OBLASTS) + 1):
        places = Places(MONTH, {}, told + FEW - 1)  # tells `told` sites at the least
        for total in range(told, MOST * len(OBLASTS) + 1):
            fitting: dict[tuple[tuple[str, int], ...], set[Numbers]] = defaultdict(set)
            for numbers in EVERY_SECTORS[total]:
                fitting[tuple(careful(places, numbers, total).items())].add(numbers)
            for table, found in fitting.items():
                hidden = [n for n, name in enumerate(SECTORS) if name not in dict(table)]
                combinations = {tuple(numbers[n] for n in hidden) for numbers in found}
                if table:
                    tables += 1
                    assert combinations >= set(itertools.product(range(FEW), repeat=len(hidden)))
                else:
                    assert found == set(EVERY_SECTORS[total])
    assert tables == TABLES


@pytest.mark.parametrize(
    ("careless", "truth"),
    [
        (by_itself, sites(6, 6, 6, 1, by=(9, 5, 5))),
        (by_itself, sites(6, 6, 2, 2, by=(9, 6, 1))),
        (rounded, sites(6, 6, 2, 2, by=(9, 6, 1))),
        (rounded, sites(6, 6, 6, 3, by=(11, 8, 2))),
        (cut_at_the_total, sites(6, 6, 6, 3, by=(11, 8, 2))),
        (cut_at_the_total, sites(6, 6, 6, 6, by=(11, 11, 2))),
        (whenever_it_fits, sites(2, 3, 3, 3, by=(3, 3, 5), more=0)),
    ],
)
def test_the_attack_works_out_what_careless_tables_give_away(
    careless: SectorTable, truth: Country
) -> None:
    [found], [safe] = attack([truth], careless), attack([truth])
    assert worked_out(found)
    assert not worked_out(safe)
    assert safe.countries > found.countries > 0


def test_the_attacker_looks_through_every_country() -> None:
    assert LISTED == 237_699


def test_figures_are_rounded_down_and_cut_so_that_some_sector_has_more() -> None:
    cells = {f"UA{number}": 10 for number in range(12, 22)}  # 100, of which 60 are certain
    sectors = {"health": 62, "education": 19, "energy": 11, "water": 4, "telecom": 4,
               "government": 0, "emergency": 0}  # fmt: skip
    told = with_sectors(Places(MONTH, cells), sectors)
    assert told == Places(MONTH, cells, None, {"education": 10, "energy": 10, "health": 10})
    more = dict.fromkeys(cells, 20)  # of which 160 are certain
    told = with_sectors(Places(MONTH, more), {**sectors, "health": 162})
    assert told.sectors == {"education": 15, "energy": 10, "health": 110}


def test_where_the_oblasts_tell_little_the_sectors_tell_nothing() -> None:
    everywhere = dict.fromkeys(ALL_SECTORS, 6)
    assert with_sectors(Places(MONTH, {"UA46": 39}), everywhere).sectors == {}
    assert set(with_sectors(Places(MONTH, {"UA46": 40}), everywhere).sectors.values()) == {5}


def test_two_tables_of_different_sites_are_an_error() -> None:
    with pytest.raises(AssertionError):
        with_sectors(Places(MONTH, {"UA46": 40}), {"health": 9})
