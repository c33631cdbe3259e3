"""What a device's clock is worth: by how much it is off, and when a scan has happened.

A device says when it scanned and when it sent. Its clock may show any year; the way here takes
milliseconds or an hour, and nobody can tell the one from the other by a single batch. So it also
reports an exchange: a question of its own and our answer, with its clock before and after. One
that took less than `PROMPT` tells the clock's error that exactly, and the error is then known
whatever the network does. Until one is known, scans are in doubt.

An offset is by how much a clock is behind the server's (negative: ahead). Every moment here is
aware UTC.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

PROMPT = timedelta(seconds=5)
"""An exchange that took less than this tells what the device's clock shows."""
LONGEST_WAY = timedelta(hours=1)
"""A batch that seems to have been on its way for longer is of a clock that was set back."""
OLDEST = timedelta(days=366)
"""A clock that is off by more than this, or a scan that waited for longer, cannot be right."""

_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its answer as the device saw them: its clock when it asked (`asked_at`) and
    when the answer came (`answered_at`), the server's in between (`told_at`)."""

    asked_at: datetime
    told_at: datetime
    answered_at: datetime

    @property
    def offset(self) -> timedelta | None:
        """The clock's error, at most `PROMPT` too large; None of an exchange that took longer."""
        took = self.answered_at - self.asked_at
        return self.told_at - self.asked_at if timedelta(0) <= took < PROMPT else None


@dataclass(frozen=True, slots=True)
class Clock:
    """What is known of a device's clock.

    `offset` is the smallest seen since it was last set, and so never less than the true one;
    `sure` whether it is within `PROMPT` of it. `told_at` is the server's time in the exchange that
    said so last.
    """

    offset: timedelta = timedelta(0)
    sure: bool = False
    seen: bool = False
    told_at: datetime | None = None

    def after(self, lag: timedelta | None, exchange: Exchange | None, now: datetime) -> Clock:
        """What is known once a batch has come at `now`.

        `lag` is the server's clock less the device's at that moment, its error and the way
        together; None where somebody else brought the batch, after who knows how long.
        """
        clock = self._after_exchange(exchange, now)
        if lag is None:
            return clock
        is_ours = abs(lag) < PROMPT  # it shows our time: no error hides in no way
        if clock.seen and clock.offset <= lag <= clock.offset + LONGEST_WAY:
            as_before = clock.sure or not is_ours
            return clock if as_before else replace(clock, offset=lag, sure=True)
        sure = clock.sure and timedelta(0) < clock.offset - lag < PROMPT
        return replace(clock, offset=lag, sure=sure or is_ours, seen=True)

    def _after_exchange(self, exchange: Exchange | None, now: datetime) -> Clock:
        offset = exchange.offset if exchange else None
        if exchange is None or offset is None or exchange.told_at > now:
            return self
        if self.told_at is not None and exchange.told_at <= self.told_at <= now:
            return self  # that is known already, or something newer
        if self.sure and abs(offset - self.offset) < PROMPT:
            offset = min(offset, self.offset)
        return Clock(offset, sure=True, seen=True, told_at=exchange.told_at)


@dataclass(frozen=True, slots=True)
class When:
    """When a scan happened by the server's clock, by which offset, and whether that is in doubt."""

    at: datetime
    offset: timedelta
    doubtful: bool = False


Placed = tuple[int, datetime]
"""A scan of a device: its number (`device_seq`) and when it happened."""


@dataclass(slots=True)
class Order:
    """The scans of one device, by the numbers that it gave them: they happened in that order.

    `began` is when the device was enrolled: it has scanned nothing before. `placed` are those
    scans that the ledger holds around those to come.
    """

    began: datetime | None = None
    placed: list[Placed] = field(default_factory=list)

    def place(self, said: datetime, number: int | None, clock: Clock, now: datetime) -> When:
        """When a scan happened: by the device's clock and its error, after what has a smaller
        number and before what has a larger one, and not later than `now`."""
        meant = shifted(said, clock.offset)
        soonest, latest = self._around(number)
        at = meant if latest is None else min(meant, latest)
        at = min(at, now)
        if soonest is not None:
            at = max(at, soonest)
        at = to_the_millisecond(at)
        if number is None and self.began is not None and at == self.began:
            self.began += timedelta(milliseconds=1)  # what has no number keeps the batch's order
        if number is not None:
            insort(self.placed, (number, at))
        doubtful = not clock.sure or abs(clock.offset) > OLDEST or abs(at - meant) > PROMPT
        return When(at, clock.offset, doubtful)

    def _around(self, number: int | None) -> tuple[datetime | None, datetime | None]:
        if number is None:
            return self.began, None
        here = bisect_left(self.placed, (number, _FIRST))
        soonest = self.placed[here - 1][1] if here else self.began
        return soonest, self.placed[here][1] if here < len(self.placed) else None


def shifted(moment: datetime, by: timedelta) -> datetime:
    """`moment` later by `by`; the first or the last there is where no calendar goes as far."""
    try:
        return moment + by
    except OverflowError:
        return _FIRST if by < timedelta(0) else _LAST


def to_the_millisecond(moment: datetime) -> datetime:
    """What bodies can hold of a moment."""
    finer = moment.microsecond % 1000
    return moment.replace(microsecond=moment.microsecond - finer) if finer else moment
