"""Two hundred clients that stall, beside phones that work: is anybody kept waiting?

They stall in the headers, in the body, between requests, and reading a byte a second
(`bench.slow`); none has a token. `./run torture --long flood` holds it for minutes on both
databases.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bench.clients import Errand, Measured, send
from bench.http import HEADERS, postgres
from bench.servers import serving, stalling, watching
from bench.world import world

SERVE = [sys.executable, "-c", "from tracker.cli import main; main()", "serve", "--port"]
LONGEST_HEALTH = 1.0  # s
MOST_TIMES = 5  # of the slowest hundredth of scans without stalls


@dataclass(frozen=True)
class Flood:
    """What came of it: scans' slowest hundredth in ms, without and with; seconds of `/healthz`."""

    alone: float
    beside: float
    health: list[float]

    @property
    def is_held(self) -> bool:
        """Whether everybody else was served as promised."""
        return max(self.health) < LONGEST_HEALTH and self.beside <= MOST_TIMES * self.alone

    def told(self) -> str:
        """In one line."""
        return (
            f"p99 {self.alone:.0f} ms without, {self.beside:.0f} ms beside stalls "
            f"({self.beside / self.alone:.1f} times); /healthz at worst {max(self.health):.2f} s "
            f"of {len(self.health)}"
        )


def flood(database_url: str, *, clients: int, rounds: int, scans: int, rate: float = 60) -> Flood:
    """Phones that scan `rate` times a second: `rounds` times without stalls, and beside them."""
    with world(2 * rounds * scans + 100, database_url) as here, serving(here, SERVE) as port:
        codes = iter(here.codes)

        def one_round(many: int) -> Measured:
            some = [next(codes) for _ in range(many)]
            return send(Errand(port, "/api/v1/scans", some, headers=HEADERS, rate=rate))

        one_round(100)
        alone = [one_round(scans).p99 for _ in range(rounds)]
        with stalling(port, many=clients), watching(port) as health:
            time.sleep(2)
            beside = [one_round(scans).p99 for _ in range(rounds)]
    return Flood(statistics.median(alone), statistics.median(beside), health)


@contextmanager
def any_database(name: str) -> Iterator[str]:
    """The URL of an empty database of this kind; empty for SQLite."""
    if name == "SQLite":
        yield ""
        return
    with postgres() as url:
        yield url


def main(_arguments: list[str]) -> int:
    """Minutes of two hundred on both databases: the exit status."""
    failed = 0
    for name in ("SQLite", "PostgreSQL"):
        with any_database(name) as url:
            if name == "PostgreSQL" and not url:
                print("PostgreSQL: no server answers", flush=True)
                continue
            told = flood(url, clients=200, rounds=5, scans=600)
        print(f"{name}: {told.told()}", flush=True)
        failed |= not told.is_held
    return int(failed)


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main(sys.argv[1:]))
