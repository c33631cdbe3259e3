"""What a verification finds: claims to hold the log to, problems, and the report of them all."""

from __future__ import annotations

from dataclasses import dataclass, field

MOST_TOLD = 100


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that does not fit. `event` is the id of the event to look at, if there is one."""

    what: str
    event: str | None = None
    subject: str | None = None
    seq: int | None = None
    log_index: int | None = None

    def __str__(self) -> str:
        where = [] if self.log_index is None else [f"log index {self.log_index}"]
        if self.event is not None:
            where.append(f"event {self.event}")
        if self.subject is not None:
            where.append(f"number {self.seq} of {self.subject}" if self.seq else self.subject)
        return f"{', '.join(where)}: {self.what}" if where else self.what


@dataclass(slots=True)
class Report:
    """What came out: how much was checked, and what does not fit, in the order of the log.

    `events` counts all, `logged` those with a place in the log, `witnessed` those under a
    checkpoint that fits. `problems` holds the first hundred; `untold` counts the rest.
    """

    events: int = 0
    logged: int = 0
    subjects: int = 0
    checkpoints: int = 0
    witnessed: int = 0
    problems: list[Problem] = field(default_factory=list)
    untold: int = 0

    @property
    def fits(self) -> bool:
        """Whether everything fits."""
        return not self.problems

    @property
    def first(self) -> Problem | None:
        """The first event, in the order of the log, that does not fit."""
        return self.problems[0] if self.problems else None

    def add(self, problem: Problem) -> None:
        """Keep a problem; of very many only the first in the order of the log, and their number."""
        self.problems.append(problem)
        if len(self.problems) >= 2 * MOST_TOLD:
            self.trim()

    def trim(self) -> None:
        """Put the problems into the order of the log and let go of all but the first hundred."""
        self.problems.sort(key=_order)
        self.untold += len(self.problems[MOST_TOLD:])
        del self.problems[MOST_TOLD:]


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody's word that the log's first `size` events have this `root`."""

    size: int
    root: bytes
    source: str


def _order(problem: Problem) -> tuple[bool, int]:
    """As in the log; what has no place in it comes last."""
    return problem.log_index is None, problem.log_index or 0
