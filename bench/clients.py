"""Phones: eight threads with a connection each, in a process of their own.

`python -m bench.clients` reads what to ask from its input as JSON (see `Errand`) and prints
what it measured as JSON.
"""

from __future__ import annotations

import http.client
import itertools
import json
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from uuid import uuid4


@dataclass(frozen=True)
class Errand:
    """Ask `port` for `path` so often, or once for each of `codes`, with a scan of it.

    With a `rate` so many times a second, by all clients together; else as fast as they can.
    """

    port: int
    path: str
    codes: list[str] = field(default_factory=list)
    times: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    clients: int = 8
    expect: int = 200
    rate: float = 0


@dataclass(frozen=True)
class Measured:
    """Answers a second, and milliseconds that half, and 99 of 100, of them took at most."""

    rate: float
    p50: float
    p99: float


def send(errand: Errand) -> Measured:
    """Let a process of their own run the errand. Raises when any answer is not as expected."""
    answer = subprocess.run(
        [sys.executable, "-m", "bench.clients"],
        input=json.dumps(asdict(errand)),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return Measured(**json.loads(answer.stdout))


def _bodies(errand: Errand) -> deque[bytes | None]:
    if not errand.codes:
        return deque([None] * errand.times)
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    said = {"step": "receiving", "occurred_at": at, "location": "LVIV-1"}
    return deque(
        json.dumps(
            {"sent_at": at, "mode": "live", "scans": [{"id": str(uuid4()), "code": code, **said}]}
        ).encode()
        for code in errand.codes
    )


def _run(errand: Errand) -> Measured:
    bodies, took, wrong = _bodies(errand), deque[float](), deque[str]()
    turns = itertools.count()
    ready = threading.Barrier(errand.clients + 1)
    start = time.perf_counter()

    def one_phone() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", errand.port, timeout=60)
        connection.connect()
        ready.wait()
        while bodies:
            try:
                body = bodies.popleft()
            except IndexError:
                break
            if errand.rate:
                time.sleep(max(0, start + next(turns) / errand.rate - time.perf_counter()))
            began = time.perf_counter()
            connection.request("POST" if body else "GET", errand.path, body, errand.headers)
            answer = connection.getresponse()
            text = answer.read()
            took.append(time.perf_counter() - began)
            refused = b'"outcome":' in text and b'"recorded"' not in text
            if answer.status != errand.expect or refused:
                wrong.append(f"{answer.status} {text[:500]!r}")
        connection.close()

    phones = [threading.Thread(target=one_phone) for _ in range(errand.clients)]
    for phone in phones:
        phone.start()
    ready.wait()
    began = time.perf_counter()
    for phone in phones:
        phone.join()
    lasted = time.perf_counter() - began
    if wrong:
        raise SystemExit(f"{len(wrong)} answers were wrong, the first: {wrong[0]}")
    ordered = sorted(took)
    half, most = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
    return Measured(len(ordered) / lasted, 1000 * half, 1000 * most)


if __name__ == "__main__":
    print(json.dumps(asdict(_run(Errand(**json.loads(sys.stdin.read()))))))
