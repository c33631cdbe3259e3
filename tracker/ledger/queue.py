"""Small batches that wait to be written at the same time are written together.

A commit costs as much for one scan as for a hundred. Whoever comes while nobody writes, writes at
once; whoever comes meanwhile waits, and the first of them then writes for all who wait. Each
returns only after the commit that holds its own scans.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import structlog

from tracker.clock import day_in_kyiv
from tracker.db import end_reading
from tracker.domain.scans import Outcome
from tracker.ledger.chunk import Sent

log = structlog.get_logger("tracker.ledger")

Write = Callable[[Sequence[Sent]], list[Outcome]]


@dataclass(slots=True)
class _Waiting:
    """Scans that one thread wants to be written, and what came of it."""

    sent: Sequence[Sent]
    turn: threading.Lock = field(default_factory=threading.Lock)
    outcomes: list[Outcome] | None = None
    failure: BaseException | None = None

    @property
    def is_over(self) -> bool:
        """Whether somebody has written it, or failed to."""
        return self.outcomes is not None or self.failure is not None


def _day(one: _Waiting) -> date:
    """The day (Kyiv's) on which a batch came."""
    return day_in_kyiv(one.sent[0][1].now)


class WriteQueue:
    """The queue before one application's ledger."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._guard = threading.Lock()
        self._queue: deque[_Waiting] = deque()
        self._busy = False

    @staticmethod
    def of(extensions: MutableMapping[str, object], write: Write) -> WriteQueue:
        """The application's own, kept among its `extensions`."""
        queue = extensions.setdefault("kittrail_write_queue", WriteQueue(write))
        assert isinstance(queue, WriteQueue)
        return queue

    def write(self, sent: Sequence[Sent], *, most: int) -> list[Outcome]:
        """The outcomes of `sent`, once committed; at most `most` scans are written together.

        Raises what the writing raised. What is wrong with one batch never fails another: those
        that failed together are tried one by one.
        """
        end_reading()
        mine = _Waiting(sent)
        with self._guard:
            self._queue.append(mine)
            leads = not self._busy
            self._busy = True
            if not leads:
                mine.turn.acquire()
        if not leads:
            mine.turn.acquire()  # until another thread has written it, or hands over the lead
        if not mine.is_over:
            self._lead(most)
        if mine.failure is not None:
            raise mine.failure
        assert mine.outcomes is not None
        return mine.outcomes

    def _lead(self, most: int) -> None:
        """Write for all who wait, in the order they came, and hand over the lead."""
        together = self._take(most)
        try:
            self._write_together(together)
        finally:
            for one in together[1:]:
                if not one.is_over:
                    one.failure = RuntimeError("the thread that wrote for others was stopped")
                one.turn.release()
            with self._guard:
                self._busy = bool(self._queue)
                if self._queue:
                    self._queue[0].turn.release()

    def _take(self, most: int) -> list[_Waiting]:
        """The head of the queue, this thread's own, and as many behind it as fit."""
        with self._guard:
            together = [self._queue.popleft()]
            count = len(together[0].sent)
            day = _day(together[0])
            while self._queue and count + len(self._queue[0].sent) <= most:
                if _day(self._queue[0]) != day:  # what a chunk changes is counted on one day
                    break
                together.append(self._queue.popleft())
                count += len(together[-1].sent)
        return together

    def _write_together(self, together: list[_Waiting]) -> None:
        if len(together) > 1 and self._wrote_as_one(together):
            return
        for each in together:
            try:
                each.outcomes = self._write(each.sent)
            except Exception as failure:  # noqa: BLE001 - raised again where it belongs
                each.failure = failure

    def _wrote_as_one(self, together: list[_Waiting]) -> bool:
        try:
            outcomes = iter(self._write([one for each in together for one in each.sent]))
        except Exception as failure:  # noqa: BLE001 - one by one, each is told its own
            log.warning("written-one-by-one", batches=len(together), error=type(failure).__name__)
            return False
        for each in together:
            each.outcomes = [next(outcomes) for _ in each.sent]
        return True
