"""What donors may see adds up, and what is merged cannot be worked out again."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.disclosure import Change, counts, known_until
from tracker.domain.lifecycle import Rung, Status

DAY = date(2026, 5, 10)


def changes(*told: tuple[int, str, int]) -> list[Change]:
    return [Change(DAY + timedelta(days=day), measure, change) for day, measure, change in told]


def test_stages_add_up_to_the_pledge_with_what_is_still_to_come() -> None:
    summed = counts(
        changes((0, "status:announced", 8), (1, "status:announced", -5), (1, "status:packed", 3),
                (1, "status:stolen", 2)),
        10,
        DAY + timedelta(days=1),
    )  # fmt: skip
    assert summed.stages["announced"] == 3
    assert summed.stages["packed"] == 3
    assert summed.stages["lost"] == 2
    assert summed.units + summed.to_come == 10


def test_a_stage_at_which_no_unit_ever_was_takes_no_column() -> None:
    told = (0, "status:announced", 2), (1, "status:announced", -2), (1, "status:lost", 2)
    assert counts(changes(*told), 2, date.max).ever == ["announced", "lost"]


def test_more_units_than_pledged_are_said_and_not_hidden() -> None:
    assert counts(changes((0, "status:in_stock", 12)), 10, DAY).to_come == -2


def test_what_became_known_after_the_day_is_not_counted() -> None:
    late = changes((0, "status:announced", 5), (3, "status:announced", 4))
    assert counts(late, 9, DAY + timedelta(days=2)).stages["announced"] == 5
    assert known_until(DAY, 3) == DAY - timedelta(days=3)
    assert known_until(DAY, -1) == DAY


def test_the_ladder_counts_a_rung_or_higher_and_dates_its_newest_proof() -> None:
    summed = counts(
        changes((0, "top:received", 5), (1, "top:received", -2), (1, "top:deployed", 2),
                (0, "seen:received:20260508", 5), (1, "seen:deployed:20260509", 2)),
        5,
        DAY + timedelta(days=1),
    )  # fmt: skip
    ladder = {step.rung.value: (step.units, step.newest_on) for step in summed.ladder}
    assert ladder["received"] == (5, date(2026, 5, 8))
    assert ladder["deployed"] == (2, date(2026, 5, 9))
    assert ladder["inspected"] == (0, None)
    assert summed.proved(Rung.SIGNED_FOR) == 2


def test_neither_a_word_nor_a_measurement_is_implied_by_a_higher_rung() -> None:
    """Who inspects a unit has neither seen that it works nor measured that it is on line."""
    summed = counts(
        changes((0, "top:inspected", 5), (0, "top:working", 2), (0, "seen:working:20260509", 3),
                (0, "seen:inspected:20260510", 5)),
        7,
        DAY,
    )  # fmt: skip
    units = {step.rung.value: step.units for step in summed.ladder}
    assert units == {"shipped": 7, "received": 7, "signed_for": 7, "deployed": 7, "working": 3,
                     "online": 0, "inspected": 5}  # fmt: skip


def test_what_is_in_review_is_no_open_alarm_and_is_told_beside_them() -> None:
    told = counts(changes((0, "open:gap", 2), (0, "review", 3)), 0, DAY)
    assert (told.open, told.review) == ({"gap": 2}, 3)
    assert told.matters == {"gap": 2, "review": 3}
    assert counts(changes((0, "open:gap", 2)), 0, DAY).matters == {"gap": 2}


def test_a_proof_that_was_declared_wrong_is_no_longer_the_newest() -> None:
    told = changes((0, "seen:inspected:20260501", 1), (1, "seen:inspected:20260509", 1),
                   (2, "seen:inspected:20260509", -1))  # fmt: skip
    newest = [counts(told, 1, DAY + timedelta(days=day)).ladder[-1].newest_on for day in range(3)]
    assert newest == [date(2026, 5, 1), date(2026, 5, 9), date(2026, 5, 1)]


def test_a_proof_from_the_future_is_as_old_as_what_is_known() -> None:
    ahead = changes((0, "seen:received:20991231", 1))
    assert counts(ahead, 1, DAY).ladder[1].newest_on == DAY


def test_the_timeline_has_one_row_for_each_day_on_which_a_stage_changed() -> None:
    summed = counts(
        changes((0, "status:announced", 5), (1, "status:in_stock", 3), (1, "status:announced", -3),
                (2, "status:in_stock", -3), (2, "status:in_repair", 3), (3, "status:lost", 0),
                (4, "status:in_repair", -1), (4, "status:lost", 1)),
        5,
        date.max,
    )  # fmt: skip
    told = [(day, stages["in_stock"]) for day, stages in summed.timeline]
    assert told == [(DAY, 0), (DAY + timedelta(days=1), 3), (DAY + timedelta(days=4), 2)]


moves = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from([f"status:{status}" for status in Status]),
              st.integers(-3, 9)),
    max_size=20,
)  # fmt: skip


@given(moves, st.randoms(use_true_random=False), st.integers(0, 60), st.integers(-1, 6))
def test_counts_do_not_depend_on_order_and_always_add_up(
    told: list[tuple[int, str, int]], chance: Random, pledged: int, day: int
) -> None:
    shuffled = list(told)
    chance.shuffle(shuffled)
    until = DAY + timedelta(days=day)
    summed = counts(changes(*told), pledged, until)
    assert summed == counts(changes(*shuffled), pledged, until)
    assert summed.units + summed.to_come == pledged
    assert summed.units == sum(change for on, _, change in told if on <= day)
    assert not summed.timeline or summed.timeline[-1] == (summed.timeline[-1][0], summed.stages)
