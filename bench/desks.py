"""People at scanning benches: a browser's session each, two scans a second, all at once.

`python -m bench.desks` reads an `Errand` from its input as JSON and prints what it measured.
"""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import uuid4

from bench.clients import Measured

EVERY = 0.5  # seconds between two scans of one bench


@dataclass(frozen=True)
class Errand:
    """Scan `codes`, dealt out to `desks`, at the server on `port`; or ask a bare view for each."""

    port: int
    codes: list[str]
    desks: int
    email: str = ""
    password: str = ""
    bench: dict[str, str] = field(default_factory=dict)


def send(errand: Errand) -> Measured:
    """Let a process of their own run the errand. Raises when any answer is not as expected."""
    answer = subprocess.run(
        [sys.executable, "-m", "bench.desks"],
        input=json.dumps(asdict(errand)),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return Measured(**json.loads(answer.stdout))


class _Desk:
    """One browser with the page of the bench open; or a bare client."""

    def __init__(self, errand: Errand, first: _Desk | None = None) -> None:
        self.errand = errand
        self.connection = http.client.HTTPConnection("127.0.0.1", errand.port, timeout=60)
        self.cookie: str = first.cookie if first else ""
        self.token: str = first.token if first else ""

    def sign_in(self) -> None:
        """As the person whose session all desks use."""
        form = {"email": self.errand.email, "password": self.errand.password}
        form["csrf_token"] = self._token("/login")
        self._ask("POST", "/login", urlencode(form).encode(), "application/x-www-form-urlencoded")
        self.token = self._token("/scan")

    def _token(self, path: str) -> str:
        page = self._ask("GET", path).decode()
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert found, page[:500]
        return found.group(1)

    def scan(self, code: str) -> bytes:
        """One scan, as the page sends it."""
        at = datetime.now(UTC).isoformat()
        if not self.errand.email:
            bare = json.dumps({"scans": [{"code": code, "location": "LVIV-1"}]})
            return self._ask("POST", "/scan", bare.encode(), "application/json")
        said = {"id": str(uuid4()), "text": code, "made_at": at, "sent_at": at}
        body = json.dumps({**said, "bench": self.errand.bench}).encode()
        return self._ask("POST", "/scan/reads", body, "application/json")

    def _ask(self, method: str, path: str, body: bytes = b"", kind: str = "") -> bytes:
        headers = {"Cookie": self.cookie, "X-CSRFToken": self.token, "Accept-Language": "en"}
        if kind:
            headers["Content-Type"] = kind
        self.connection.request(method, path, body or None, headers)
        answer = self.connection.getresponse()
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            self.cookie = cookie.partition(";")[0]
        return answer.read()


def _run(errand: Errand) -> Measured:
    took, wrong = deque[float](), deque[bytes]()
    ready = threading.Barrier(errand.desks)
    first = _Desk(errand)
    if errand.email:
        first.sign_in()

    def one_desk(place: int) -> None:
        desk = _Desk(errand, first)
        ready.wait()
        due = time.perf_counter() + EVERY * place / errand.desks
        for code in errand.codes[place :: errand.desks]:
            time.sleep(max(0, due - time.perf_counter()))
            due += EVERY
            began = time.perf_counter()
            answer = desk.scan(code)
            took.append(time.perf_counter() - began)
            if errand.email and b'"sort":"recorded"' not in answer.replace(b" ", b""):
                wrong.append(answer)

    desks = [threading.Thread(target=one_desk, args=(place,)) for place in range(errand.desks)]
    began = time.perf_counter()
    for desk in desks:
        desk.start()
    for desk in desks:
        desk.join()
    if wrong:
        raise SystemExit(f"{len(wrong)} answers were wrong, the first: {wrong[0][:500]!r}")
    ordered = sorted(took)
    half, most = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
    rate = len(ordered) / (time.perf_counter() - began)
    return Measured(rate, 1000 * half, 1000 * most)


if __name__ == "__main__":
    print(json.dumps(asdict(_run(Errand(**json.loads(sys.stdin.read()))))))
