"""The days of a humanitarian-aid code: from which day they are counted, and how many are left."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.clock import day_in_kyiv
from tracker.domain.aid_codes import AidTerms, declaration_deadline, report_deadline
from tracker.domain.consignments import PASSAGES, RETRACTABLE, RULES, is_held, possible

TERMS = AidTerms("release", 90, 30, day_in_kyiv)
MAY = date(2026, 5, 3)
DAYS = st.dates(date(2020, 1, 1), date(2030, 1, 1))


def test_nothing_runs_before_the_passage_that_starts_it() -> None:
    assert report_deadline([], MAY, TERMS) is None


@given(DAYS, st.integers(1, 400), st.integers(-500, 500))
def test_the_report_is_due_so_many_days_after_the_day_it_counts_from(
    start: date, days: int, later: int
) -> None:
    terms = AidTerms("release", days, 30, day_in_kyiv)
    due = report_deadline([start], start + timedelta(days=later), terms)
    assert due is not None
    assert (due.counts_from, due.due_on) == (start, start + timedelta(days=days))
    assert due.left == days - later
    assert due.is_late is (later > days)
    assert due.is_soon is (later >= days - 14)


@given(st.lists(DAYS, min_size=1))
def test_of_several_the_first_day_counts_in_whatever_order_they_were_told(days: list[date]) -> None:
    for order in (days, days[::-1], sorted(days)):
        due = report_deadline(order, MAY, TERMS)
        assert due is not None
        assert due.counts_from == min(days)


def test_a_declaration_is_good_from_its_own_day_until_nothing_waits_for_it() -> None:
    good = declaration_deadline(MAY, is_over=False, today=MAY, terms=TERMS)
    assert good is not None
    assert (good.counts_from, good.due_on, good.left) == (MAY, date(2026, 6, 2), 30)
    assert declaration_deadline(MAY, is_over=True, today=MAY, terms=TERMS) is None
    assert declaration_deadline(None, is_over=False, today=MAY, terms=TERMS) is None


@pytest.mark.parametrize(
    ("told", "held"),
    [
        ([], False),
        ([(1, "hold")], True),
        ([(1, "hold"), (1, "release")], False),
        ([(2, "hold"), (1, "release")], True),
        ([(1, "hold"), (1, "release"), (2, "hold")], True),
        ([(1, "hold"), (2, "arrived")], False),
        ([(1, "hold"), (2, "border")], True),
    ],
)
def test_what_customs_said_last_decides_by_the_day_on_which_it_was_said(
    told: list[tuple[int, str]], held: bool
) -> None:
    days = [(MAY + timedelta(days=day), n, kind) for n, (day, kind) in enumerate(told)]
    assert is_held(days) is held
    assert is_held(days[::-1]) is held


def test_a_release_may_be_told_since_it_left_however_late() -> None:
    offered = {state for state in ("draft", "packed", "dispatched", "arrived", "received", "closed")
               if "release" in possible(state)}  # fmt: skip
    assert offered == {"dispatched", "arrived", "received", "closed"}
    assert possible("dispatched", held=True) == ("release",)
    assert set(RETRACTABLE) <= {kind for kind, rule in RULES.items() if rule.target is None}
    assert set(PASSAGES) == {*RULES, "mistaken"}
