"""What a device's clock is worth, whatever the network did to its batches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.clocks import LONGEST_WAY, OLDEST, PROMPT, Clock, Exchange, Order, When, shifted

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


def seconds(least: float, most: float) -> st.SearchStrategy[timedelta]:
    """A time between these, in whole milliseconds."""
    whole = st.integers(round(least * 1000), round(most * 1000))
    return whole.map(lambda many: timedelta(milliseconds=many))


def exchange(sent: datetime, offset: timedelta, took: timedelta) -> Exchange:
    """What a device reports that asked at `sent` (our time), half of `took` before our answer."""
    return Exchange(sent - offset, sent + took / 2, sent + took - offset)


@dataclass(frozen=True)
class Batch:
    """Scans that left together: their numbers, when they left and how long they were on the way."""

    numbers: list[int]
    left_at: datetime
    way: timedelta

    @property
    def came_at(self) -> datetime:
        return self.left_at + self.way


@st.composite
def batches(draw: st.DrawFn) -> tuple[list[datetime], list[Batch]]:
    """When scans happened, and the batches they were sent in, in the order in which they came."""
    gaps = draw(st.lists(seconds(0, 600), min_size=1, max_size=12))
    happened, at = [], NOON
    for gap in gaps:
        at += gap
        happened.append(at)
    sent, first = [], 0
    while first < len(happened):
        many = draw(st.integers(1, len(happened) - first))
        numbers = list(range(first, first + many))
        left = happened[numbers[-1]] + draw(seconds(0, 900))
        sent.append(Batch(numbers, left, draw(seconds(0, 3600))))
        first += many
    return happened, sorted(sent, key=lambda one: one.came_at)


def placed(
    happened: list[datetime],
    sent: list[Batch],
    offsets: list[timedelta],
    known: Exchange | None,
) -> dict[int, When]:
    """When each scan happened as the server sees it; `offsets` is the clock's error at each."""
    clock, order, told = Clock(), Order(NOON - HOUR), {}
    for batch in sent:
        lag = batch.came_at - (batch.left_at - offsets[batch.numbers[-1]])
        clock = clock.after(lag, known, batch.came_at)
        for number in batch.numbers:
            said = happened[number] - offsets[number]
            told[number] = order.place(said, number, clock, batch.came_at)
    return told


@given(batches(), st.data())
def test_a_device_s_order_is_kept_whatever_the_network_and_its_clock_did(
    story: tuple[list[datetime], list[Batch]], data: st.DataObject
) -> None:
    happened, sent = story
    jumps = st.sampled_from([timedelta(0)] * 5 + [HOUR, -HOUR, 20 * SECOND, timedelta(days=20_000)])
    offsets = [data.draw(jumps) for _ in happened]
    known = data.draw(st.none() | st.just(exchange(NOON, offsets[0], SECOND)))
    told = placed(happened, sent, offsets, known)
    moments = [told[number].at for number in range(len(happened))]
    assert moments == sorted(moments)
    last = max(batch.came_at for batch in sent)
    assert all(NOON - HOUR <= at <= last for at in moments)


errors = st.one_of(seconds(-3600, 3600), st.sampled_from([timedelta(days=300), -timedelta(days=9)]))


@given(batches(), errors, seconds(0, 4.999))
def test_after_one_prompt_exchange_no_way_changes_what_is_known(
    story: tuple[list[datetime], list[Batch]], error: timedelta, took: timedelta
) -> None:
    happened, sent = story
    known = exchange(NOON - took, error, took)
    told = placed(happened, sent, [error] * len(happened), known)
    for number, at in enumerate(happened):
        assert abs(told[number].at - at) < PROMPT
        assert not told[number].doubtful


@given(batches(), seconds(60, 3600))
def test_before_one_the_scans_of_a_wrong_clock_are_in_doubt(
    story: tuple[list[datetime], list[Batch]], error: timedelta
) -> None:
    happened, sent = story
    told = placed(happened, sent, [error] * len(happened), None)
    assert all(when.doubtful for when in told.values())


def test_the_smallest_delay_counts_and_not_the_last() -> None:
    shipped, undone = NOON, NOON + 8 * SECOND
    clock, order = Clock(), Order()
    clock = clock.after(20 * SECOND, None, shipped + 20 * SECOND)
    first = order.place(shipped, 1, clock, shipped + 20 * SECOND)
    assert first.at == shipped + 20 * SECOND  # nobody knows better yet
    assert first.doubtful
    clock = clock.after(timedelta(0), None, undone)
    assert (clock.offset, clock.sure) == (timedelta(0), True)
    second = order.place(undone, 2, clock, undone + 20 * SECOND)
    assert first.at <= second.at
    clock = clock.after(20 * SECOND, None, undone + 60 * SECOND)
    assert clock.offset == timedelta(0)


def test_a_clock_that_was_set_is_believed_again_after_the_next_exchange() -> None:
    clock = Clock().after(SECOND, exchange(NOON, timedelta(0), SECOND), NOON + SECOND)
    assert clock.sure
    ahead = clock.after(-HOUR, None, NOON + HOUR)  # no way is shorter than none
    assert (ahead.offset, ahead.sure) == (-HOUR, False)
    back = clock.after(LONGEST_WAY + HOUR, None, NOON + HOUR)
    assert (back.offset, back.sure) == (2 * HOUR, False)
    sure = back.after(2 * HOUR, exchange(NOON + HOUR, 2 * HOUR, SECOND), NOON + 2 * HOUR)
    assert (sure.offset, sure.sure) == (2 * HOUR, True)


def test_a_clock_that_shows_our_time_again_is_believed_at_once() -> None:
    long_ago = timedelta(days=20_000)
    clock = Clock().after(long_ago, exchange(NOON, long_ago, SECOND), NOON + HOUR)
    assert (clock.offset, clock.sure) == (long_ago, True)
    assert clock.after(SECOND, None, NOON + 2 * HOUR) == replace(clock, offset=SECOND)


@pytest.mark.parametrize("took", [PROMPT, -SECOND])
def test_an_exchange_that_took_too_long_or_no_time_tells_nothing(took: timedelta) -> None:
    told = exchange(NOON, timedelta(0), took)
    assert Clock().after(None, told, NOON + HOUR) == Clock()


def test_an_exchange_is_news_once_and_never_from_the_future() -> None:
    old, new = exchange(NOON, HOUR, SECOND), exchange(NOON + HOUR, 2 * HOUR, SECOND)
    clock = Clock().after(None, new, NOON + 2 * HOUR)
    assert clock.after(None, old, NOON + 2 * HOUR) == clock
    assert Clock().after(None, new, NOON) == Clock()


def test_a_server_clock_that_ran_ahead_is_forgotten() -> None:
    ahead = Clock().after(24 * HOUR, exchange(NOON, 24 * HOUR, SECOND), NOON + 25 * HOUR)
    assert ahead.sure
    mended = ahead.after(SECOND, exchange(NOON + HOUR, timedelta(0), SECOND), NOON + 2 * HOUR)
    assert mended.offset <= SECOND
    assert mended.sure


def test_a_clock_in_1970_puts_a_scan_between_its_neighbours_and_in_doubt() -> None:
    clock, order = Clock(sure=True, seen=True), Order(NOON, [(1, NOON + HOUR)])
    long_ago = order.place(datetime(1970, 1, 1, tzinfo=UTC), 2, clock, NOON + 3 * HOUR)
    assert (long_ago.at, long_ago.doubtful) == (NOON + HOUR, True)
    first = order.place(datetime(1970, 1, 1, tzinfo=UTC), 0, clock, NOON + 3 * HOUR)
    assert (first.at, first.doubtful) == (NOON, True)
    late = order.place(datetime(2080, 1, 1, tzinfo=UTC), 3, clock, NOON + 3 * HOUR)
    assert (late.at, late.doubtful) == (NOON + 3 * HOUR, True)
    off = Clock(OLDEST + HOUR, sure=True, seen=True)
    assert Order().place(NOON - OLDEST, None, off, NOON + 2 * HOUR).doubtful


@pytest.mark.parametrize(
    "said", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)]
)
def test_no_calendar_is_too_short(said: datetime) -> None:
    for by in (OLDEST * 9000, -OLDEST * 9000, timedelta(0)):
        assert isinstance(shifted(said, by), datetime)
