"""A network between phone and server that does what networks do, one request at a time.

A plain HTTP proxy on a port of its own. `weather` is asked for each request which fault it meets:

`fine`; `cut` (the request never arrives); `lost` (the server does it, the answer is lost); `half`
(the answer breaks off); `slow`; `twice` (the server gets it two times); `error` (a 500 of somebody
in between); `portal` (a captive portal's page, with status 200).
"""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

FAULTS = ("cut", "lost", "half", "slow", "twice", "error", "portal")
PORTAL = b"<!DOCTYPE html><title>Welcome</title><p>Accept our terms to use this network.</p>"
SLOW = 0.4  # s
HOP = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "content-length", "server", "date"}
)


class Network(ThreadingHTTPServer):
    """The proxy; `met` counts the faults of requests to the interface."""

    daemon_threads = True

    def __init__(self, server: str) -> None:
        self.upstream = urlsplit(server).netloc
        self.weather: Callable[[str], str] = lambda _path: "fine"
        self.met: Counter[str] = Counter()
        super().__init__(("127.0.0.1", 0), _Request)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: Any) -> None:
        """A phone that hangs up is no news."""


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Network

    def log_message(self, *_: Any) -> None:
        pass

    def _pass(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        fault = self.server.weather(self.path)
        if self.path.startswith("/api/"):
            self.server.met[fault] += 1
        if fault == "cut":
            return self._hang_up()
        if fault == "error":
            return self._answer(500, {"Content-Type": "text/plain"}, b"Internal Server Error")
        if fault == "portal":
            return self._answer(200, {"Content-Type": "text/html"}, PORTAL)
        if fault == "slow":
            time.sleep(SLOW)
        status, headers, content = self._ask(body)
        if fault == "twice":
            status, headers, content = self._ask(body)
        if fault == "lost":
            return self._hang_up()
        if fault == "half":
            return self._answer(status, headers, content, only=len(content) // 2)
        return self._answer(status, headers, content)

    do_GET = do_POST = do_PUT = do_HEAD = _pass  # noqa: N815 - names that the library calls

    def _ask(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        connection = HTTPConnection(self.server.upstream, timeout=30)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
        connection.request(self.command, self.path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        told = {name: value for name, value in answer.getheaders() if name.lower() not in HOP}
        connection.close()
        return answer.status, told, content

    def _answer(
        self, status: int, headers: dict[str, str], content: bytes, only: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content if only is None else content[:only])
        if only is not None:
            self.wfile.flush()
            self._hang_up()

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def network(server: str) -> Iterator[Network]:
    """A network in front of the server at this address."""
    made = Network(server)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield made
    finally:
        made.shutdown()
        made.server_close()
        thread.join()
