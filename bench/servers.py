"""Which server holds its own while clients stall: `python -m bench.servers [NAME ...]`.

Each serves our application on one database with the server that was used until now, turn by turn:
the rate of scans and their slowest hundredth while nobody stalls, and then, with how long
`/healthz` takes, beside 200 connections that stall (`bench.slow`), a fourth of each kind and all
in the body. What is compared beside ours is no part of the installation: `pip install waitress
gunicorn`. docs/adr/0017 shows the table.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress

from bench.clients import Errand, Measured, send
from bench.http import HEADERS, postgres
from bench.world import World, world
from tests.serving import served

ROUNDS, SCANS, WARM, STALLS, THREADS = 3, 300, 60, 200, 8
PATIENCE = 20  # s that a question to /healthz waits

GRANIAN = [sys.executable, "-m", "granian", "--workers", "1", "--no-ws", "--log-level", "error"]
WSGI = [*GRANIAN, "--interface", "wsgi", "--blocking-threads", str(THREADS), "wsgi:app", "--port"]
LIMITED = [*GRANIAN, "--interface", "wsgi", "--blocking-threads", "64",
           "--http1-header-read-timeout", "5000", "wsgi:app", "--port"]  # fmt: skip
WAITRESS = """
import logging, sys, waitress, wsgi
logging.disable(logging.WARNING)
waitress.serve(
    wsgi.app, host="127.0.0.1", port=int(sys.argv[1]), threads=8, connection_limit=1000)
"""
GUNICORN = """
import sys
from gunicorn.app.wsgiapp import run
how = ["-k", "gthread", "--threads", "8", "--keep-alive", "30", "--log-level", "error"]
sys.argv[1:] = [*how, "-b", "127.0.0.1:" + sys.argv[1], "wsgi:app"]
run()
"""
SERVERS = {
    "granian, WSGI (until now)": WSGI,
    "granian, WSGI, 64 threads, headers in 5 s": LIMITED,
    "granian, RSGI, read before a thread": [
        sys.executable, "-c", "from tracker.cli import main; main()", "serve", "--port",
    ],
    "waitress": [sys.executable, "-c", WAITRESS],
    "gunicorn, gthread": [sys.executable, "-c", GUNICORN],
}  # fmt: skip


def run(names: list[str], database_url: str = "") -> Iterator[list[str]]:
    """Rows of the table."""
    for name in names:
        library = name.partition(",")[0]
        if importlib.util.find_spec(library) is None:
            print(f"{library} is not here: pip install {library}", file=sys.stderr)
            continue
        yield [name, *(str(one) for one in measure(SERVERS[name], database_url))]


def measure(command: list[str], database_url: str) -> list[object]:
    """Rate against today's, turn by turn; p99 alone and beside stalls; /healthz at worst."""
    each = ROUNDS * SCANS
    ours: list[Measured] = []
    ratios, beside = list[float](), list[Measured]()
    with world(2 * WARM + 3 * each, database_url) as here:
        codes = iter(here.codes)
        with serving(here, WSGI) as before, serving(here, command) as port:
            for at in (before, port):
                _scans(at, codes, WARM)
            for _ in range(ROUNDS):
                other = _scans(before, codes, SCANS)
                ours.append(_scans(port, codes, SCANS))
                ratios.append(ours[-1].rate / other.rate)
            with stalling(port), watching(port) as took:
                time.sleep(3)
                with suppress(subprocess.CalledProcessError):
                    beside = [_scans(port, codes, SCANS) for _ in range(ROUNDS)]
            with stalling(port, "body"), watching(port) as in_bodies:
                time.sleep(5)
    rate, p99 = _median([one.rate for one in ours]), _median([one.p99 for one in ours])
    told: list[object] = [round(rate), f"{_median(ratios):.2f}", f"{p99:.0f}"]
    if beside:
        slow = _median([one.p99 for one in beside])
        told += [f"{slow:.0f}", f"{slow / p99:.1f}"]
    else:
        told += ["none answered", "-"]
    return [*told, *(f"{max(them):.2f}" if them else "-" for them in (took, in_bodies))]


def _scans(port: int, codes: Iterator[str], many: int) -> Measured:
    some = list(itertools.islice(codes, many))
    return send(Errand(port, "/api/v1/scans", some, headers=HEADERS))


def _median(figures: list[float]) -> float:
    return sorted(figures)[len(figures) // 2]


@contextmanager
def serving(here: World, command: list[str]) -> Iterator[int]:
    """The port of our application in this server."""
    from tracker.config import make_keys

    home = here.app.config["HOME"]
    make_keys(home)
    ours = {"TRACKER_HOME": str(home), "TRACKER_DATABASE_URL": here.app.config["DATABASE_URL"]}
    # One whose threads are stalled does not end when it is asked to.
    with suppress(subprocess.TimeoutExpired), served(command, os.environ | ours) as address:
        yield int(address.rpartition(":")[2])


@contextmanager
def stalling(port: int, *kinds: str, many: int = STALLS) -> Iterator[None]:
    """While so many clients stall, in all ways or those named."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.slow", str(port), str(many), *kinds],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


@contextmanager
def watching(port: int) -> Iterator[list[float]]:
    """Seconds that each question to `/healthz` takes, five times a second, on new connections."""
    took, ended = list[float](), threading.Event()

    def watch() -> None:
        while not ended.wait(0.2):
            began = time.perf_counter()
            try:
                with socket.create_connection(("127.0.0.1", port), PATIENCE) as line:
                    line.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                    assert line.recv(12) == b"HTTP/1.1 200"
            except (OSError, AssertionError):
                took.append(PATIENCE)
            else:
                took.append(time.perf_counter() - began)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield took
    finally:
        ended.set()
        thread.join()


def main(names: list[str]) -> None:
    """The table, on both databases."""
    heading = ("server", "scans/s", "of today’s", "p99, ms", "p99 beside stalls, ms", "times")
    print(f"| {' | '.join((*heading, '/healthz, s', 'all in the body'))} |\n|{'---|' * 8}")
    for database in ("SQLite", "PostgreSQL"):
        for name in names or SERVERS:
            with postgres() if database == "PostgreSQL" else nullcontext("") as url:
                for row in run([name], url) if url or database == "SQLite" else ():
                    print(f"| {database}: {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
