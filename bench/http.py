"""How fast one scan is answered over HTTP to eight phones at one gate.

Our server, started as `tracker serve` starts it, and a bare Flask view in the same server
(`bench.bare`) take turns, so that both see the same machine. `python -m bench.http threads`
tries numbers of threads.
"""

from __future__ import annotations

import os
import secrets
import statistics
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bench.clients import Errand, Measured, send
from bench.world import TOKEN, World, world
from tests.serving import served

ROUNDS, SCANS, WARM = 5, 800, 160
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
SERVE = [sys.executable, "-c", "from tracker.cli import main; main()", "serve"]
BARE = [sys.executable, "-m", "bench.bare"]


def run() -> list[dict[str, object]]:
    """Rows of the bench's table, for SQLite and, where a server answers, for PostgreSQL."""
    rows = _rows("SQLite", "")
    with postgres() as url:
        return rows + (_rows("PostgreSQL", url) if url else [])


def _rows(name: str, database_url: str) -> list[dict[str, object]]:
    ours, bare = measure(database_url)
    rate, reference = (statistics.median(one.rate for one in them) for them in (ours, bare))
    middle, other = (_middle(them) for them in (ours, bare))
    return [
        {
            "name": f"one scan over HTTP, 8 clients, {name}",
            "figure": round(rate),
            "unit": "scans/s",
            "baseline": f"bare Flask view {reference:,.0f}/s",
            "ratio": round(rate / reference, 2),
            "target": ">= 60 %",
        },
        {
            "name": f"its slowest hundredth against its half, {name}",
            "figure": round(middle.p99, 1),
            "unit": f"ms, half {middle.p50:.1f}",
            "baseline": f"bare Flask view {other.p99:.1f} ms, half {other.p50:.1f}",
            "ratio": round(middle.p99 / middle.p50, 1),
            "target": "<= 5",
        },
    ]


def _middle(them: list[Measured]) -> Measured:
    return sorted(them, key=lambda one: one.p99 / one.p50)[len(them) // 2]


def measure(database_url: str, threads: int | None = None) -> tuple[list[Measured], list[Measured]]:
    """Ours and the bare view's rounds, turn by turn, in one world with units for each."""
    each = WARM + ROUNDS * SCANS
    with world(2 * each, database_url) as here:
        ours: list[Measured] = []
        reference: list[Measured] = []
        with servers(here, threads) as (serving, bare):
            for turn in range(ROUNDS + 1):
                size, begin = (SCANS, WARM + (turn - 1) * SCANS) if turn else (WARM, 0)
                for rounds, port, path, offset in (
                    (ours, serving, "/api/v1/scans", 0),
                    (reference, bare, "/scan", each),
                ):
                    codes = here.codes[offset + begin : offset + begin + size]
                    rounds.append(send(Errand(port, path, codes, headers=HEADERS)))
    return ours[1:], reference[1:]


@contextmanager
def servers(
    here: World, threads: int | None = None, **settings: object
) -> Iterator[tuple[int, int]]:
    """The ports of our server, with these settings, and of the bare one, on one database."""
    from tracker.config import make_keys

    home, url = here.app.config["HOME"], here.app.config["DATABASE_URL"]
    make_keys(home)
    ours = {"TRACKER_HOME": str(home), "TRACKER_DATABASE_URL": url}
    ours |= {f"TRACKER_{name}": str(value) for name, value in settings.items()}
    given = ["--threads", str(threads)] if threads else []
    bare = {"BENCH_DATABASE": url or str(home / "tracker.sqlite")}
    with (
        served([*SERVE, *given, "--port"], os.environ | ours) as serving,
        served([*BARE, str(threads or THREADS)], os.environ | bare) as reference,
    ):
        yield _port(serving), _port(reference)


def _port(address: str) -> int:
    return int(address.rpartition(":")[2])


THREADS = 8
"""Of the bare view: where it was fastest."""


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of a new database, dropped at the end; empty where no server answers."""
    from sqlalchemy import create_engine, make_url, text

    from tests.house.parts import find_postgres

    found = find_postgres()
    if not found:
        yield ""
        return
    name = f"kittrail_bench_{secrets.token_hex(4)}"
    engine = create_engine(found, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(found).set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()


def try_threads() -> None:
    """Print rates for several numbers of threads."""
    for threads in (1, 2, 3, 4, 8, 16):
        for them, told in zip(measure("", threads), ("ours", "bare"), strict=True):
            middle = _middle(them)
            rate = statistics.median(one.rate for one in them)
            print(f"{threads:2} {told} {rate:6.0f}/s  half {middle.p50:.1f}, p99 {middle.p99:.1f}")


if __name__ == "__main__":
    try_threads() if sys.argv[1:] == ["threads"] else print(run())
