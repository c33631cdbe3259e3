"""Three donors lay everything that they may see on one table, month after month.

Each knows the table of the own pledge, the units in use of every pledge, and the totals of every
group of pledges that a page can be asked for (an initiative, a donor, the whole Mechanism, any
filter). One site may hold units of two pledges. They list every country that all of it fits.

Only oblasts are attacked here: that a pledge's sectors add nothing to its oblasts is proved in
`test_published_sectors.py`, and totals of both are made by the same sums.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tracker.domain.disclosure import Places, add_up, publish

MONTH = date(2026, 5, 1)
OBLASTS = ("a", "b", "c")
FEW, MOST = 2, 3  # a single site is few; no pledge has more than three in an oblast
CELLS = {name: name for name in OBLASTS}
PLEDGES = (0, 1, 2)
GROUPS = [group for size in (2, 3) for group in itertools.combinations(PLEDGES, size)]

Numbers = tuple[int, int, int]


@dataclass(frozen=True)
class Country:
    """One month's truth: sites of each pledge per oblast; `shared` hold units of the first two."""

    sites: tuple[Numbers, Numbers, Numbers]
    shared: Numbers = (0, 0, 0)

    def together(self, group: Sequence[int]) -> dict[str, int]:
        """How many different sites per oblast hold units of the pledges in `group`."""
        found = {}
        for at, name in enumerate(OBLASTS):
            twice = self.shared[at] if {0, 1} <= set(group) else 0
            found[name] = sum(self.sites[pledge][at] for pledge in group) - twice
        return found


Units = tuple[int, int, int]
Month = tuple[Country, Units]
Tables = tuple[Places, ...]
Totals = Callable[[Tables, Country, Units, Sequence[int]], Places | None]
"""Makes the total of a group from the pledges' tables, the truth and the units in use."""


def careful(tables: Tables, _c: Country, _u: Units, group: Sequence[int]) -> Places | None:
    return add_up(tables[pledge] for pledge in group)


def counted_anew(_t: Tables, country: Country, units: Units, group: Sequence[int]) -> Places:
    """Every site once, by the rules that are safe for one pledge: as exact as can be."""
    in_use = sum(units[pledge] for pledge in group)
    return publish(MONTH, country.together(group), units=in_use, cells=CELLS, small_cell=FEW)


def shown_when_large(_t: Tables, country: Country, _u: Units, group: Sequence[int]) -> Places:
    """Hidden numbers of the pledges are added too, where the sum is no small number."""
    told = {name: sum(country.sites[pledge][at] for pledge in group)
            for at, name in enumerate(OBLASTS)}  # fmt: skip
    return Places(MONTH, {name: number for name, number in told.items() if number >= FEW})


def table(sites: Numbers, units: int, before: Places | None) -> Places:
    numbers = dict(zip(OBLASTS, sites, strict=True))
    return publish(MONTH, numbers, before, units=units, cells=CELLS, small_cell=FEW)


FEW_SITES = range(MOST + 1)
EVERY_PLEDGE: list[Numbers] = [*itertools.product(FEW_SITES, FEW_SITES, FEW_SITES)]
LISTED = sum(
    (min(one, two) + 1) for one, two, _ in itertools.product(range(MOST + 1), repeat=3)
) ** len(OBLASTS)
"""Countries that there are: in each oblast the sites of three pledges, and how many are shared."""


def every_country(may_be: Sequence[Sequence[Numbers]]) -> Iterator[Country]:
    """All countries whose pledges are among those that each table allows alone."""
    for one, two, three in itertools.product(*may_be):
        most = [range(min(a, b) + 1) for a, b in zip(one, two, strict=True)]
        for x, y, z in itertools.product(*most):
            yield Country((one, two, three), (x, y, z))


@dataclass(frozen=True)
class Found:
    """A month's tables, what each pledge may be by its own, and every country by all of them."""

    tables: Tables
    alone: list[list[Numbers]]
    countries: list[Country]

    def pledge(self, pledge: int, at: int) -> set[int]:
        return {country.sites[pledge][at] for country in self.countries}

    def group(self, group: Sequence[int], name: str) -> set[int]:
        return {country.together(group)[name] for country in self.countries}


def compare_notes(months: list[Month], totals: Totals = careful) -> Iterator[Found]:
    """Month by month, what was published and every country that it may be."""
    before: list[Places | None] = [None, None, None]
    for truth, units in months:
        tables = tuple(table(truth.sites[p], units[p], before[p]) for p in PLEDGES)
        told = [(group, totals(tables, truth, units, group)) for group in GROUPS]
        alone = [
            [
                numbers
                for numbers in EVERY_PLEDGE
                if sum(numbers) <= units[p] and table(numbers, units[p], before[p]) == tables[p]
            ]
            for p in PLEDGES
        ]
        countries = [
            country
            for country in every_country(alone)
            if all(totals(tables, country, units, group) == total for group, total in told)
        ]
        assert truth in countries, "the attack overlooks the truth"
        yield Found(tables, alone, countries)
        before = list(tables)


def worked_out(found: Found, units: Units) -> set[str]:
    """Hidden numbers, of a pledge or a group, that may not be none or not be some small number."""
    known = set()
    for at, name in enumerate(OBLASTS):
        for p in PLEDGES:
            small = set(range(min(FEW, units[p] + 1)))
            if name not in found.tables[p].cells and not found.pledge(p, at) >= small:
                known.add(f"{name} of {p}")
        for group in GROUPS:
            small = set(range(min(FEW, sum(units[p] for p in group) + 1)))
            is_hidden = all(name not in found.tables[p].cells for p in group)
            if is_hidden and not found.group(group, name) >= small:
                known.add(f"{name} of {group}")
    return known


@st.composite
def months(draw: st.DrawFn) -> Month:
    sites = st.tuples(*[st.integers(0, MOST)] * 3)
    one, two, three = draw(sites), draw(sites), draw(sites)
    a, b, c = (draw(st.integers(0, min(x, y))) for x, y in zip(one, two, strict=True))
    more = draw(st.tuples(*[st.integers(0, 3)] * 3))
    country = Country((one, two, three), (a, b, c))
    u, v, w = (sum(numbers) + m for numbers, m in zip(country.sites, more, strict=True))
    return country, (u, v, w)


def plain(one: Numbers, two: Numbers, three: Numbers, shared: Numbers = (0, 0, 0)) -> Month:
    """A country with units enough to tell nothing."""
    return Country((one, two, three), shared), (20, 20, 20)


@pytest.mark.slow
@settings(max_examples=25)
@given(st.lists(months(), min_size=1, max_size=24))
@example([plain((3, 1, 0), (2, 1, 1), (0, 1, 3), (2, 1, 0))] * 24)
def test_donors_who_compare_notes_learn_no_small_number(told: list[Month]) -> None:
    earlier: Found | None = None
    for (_, units), found in zip(told, compare_notes(told), strict=True):
        assert worked_out(found, units) == set()
        for p, at in itertools.product(PLEDGES, range(len(OBLASTS))):
            mine = {numbers[at] for numbers in found.alone[p]}
            assert found.pledge(p, at) == mine, "the notes say more than the own table"
        if earlier:
            _no_small_change_is_certain(earlier, found)
        earlier = found


def _no_small_change_is_certain(earlier: Found, later: Found) -> None:
    for p, at in itertools.product(PLEDGES, range(len(OBLASTS))):
        before, after = earlier.pledge(p, at), later.pledge(p, at)
        changes = {b - a for a in before for b in after}
        assert len(changes) > 1 or abs(changes.pop()) not in range(1, FEW)


@pytest.mark.parametrize("careless", [counted_anew, shown_when_large])
@pytest.mark.parametrize(
    "told",
    [
        plain((3, 1, 0), (2, 1, 0), (0, 1, 3)),
        plain((3, 0, 0), (1, 0, 0), (0, 0, 2)),
        plain((2, 2, 0), (1, 1, 0), (3, 0, 1), (1, 0, 0)),
    ],
)
def test_the_same_donors_work_out_what_careless_totals_give_away(
    careless: Totals, told: Month
) -> None:
    [found], [safe] = compare_notes([told], careless), compare_notes([told])
    assert worked_out(found, told[1])
    assert not worked_out(safe, told[1])
    assert len(found.countries) < len(safe.countries)


def test_there_are_so_many_countries() -> None:
    assert LISTED == 1_728_000
