"""Clients that stall: in the headers, in the body, between requests, reading a byte a second.

`python -m bench.slow PORT MANY [KIND ...]` keeps so many connections stalled, as many of each kind,
opening a new one where the server ends one, until its input ends. None has a token.
"""

from __future__ import annotations

import selectors
import socket
import sys
import threading
import time
from collections.abc import Sequence

HEAD = b"POST /api/v1/scans HTTP/1.1\r\nHost: kit.example\r\nContent-Type: application/json\r\n"
BODY = b"Content-Length: 200000\r\n\r\n{"
GET = b"GET /static/field/app.js HTTP/1.1\r\nHost: kit.example\r\n\r\n"
KINDS = ("headers", "body", "between", "reading")


class Stalled:
    """One connection, that does one little thing each second."""

    def __init__(self, port: int, kind: str) -> None:
        self.port, self.kind = port, kind
        self.begin()

    def begin(self) -> None:
        """Connect, and begin what is never ended."""
        self.line = socket.socket()
        if self.kind == "reading":
            self.line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        self.line.settimeout(2)
        self.line.connect(("127.0.0.1", self.port))
        begun = {"headers": HEAD, "body": HEAD + BODY, "between": GET, "reading": GET * 20}
        self.line.sendall(begun[self.kind])
        self.line.setblocking(False)

    def go_on(self) -> None:
        """A byte more. Raises OSError when the server has ended it."""
        if self.kind == "headers":
            self.line.send(b"X")
        elif self.kind == "body":
            self.line.send(b" ")
        else:
            try:
                most = 1 if self.kind == "reading" else 100_000
                if not self.line.recv(most):
                    raise ConnectionError
            except BlockingIOError:
                pass


def stall(port: int, many: int, kinds: Sequence[str], ended: threading.Event) -> None:
    """Keep them stalled until `ended`."""
    clients: list[Stalled] = []
    while not ended.is_set():
        began = time.monotonic()
        for number in range(many):
            try:
                if number >= len(clients):
                    clients.append(Stalled(port, kinds[number % len(kinds)]))
                else:
                    clients[number].go_on()
            except OSError:
                if number < len(clients):
                    clients[number].line.close()
                    try:
                        clients[number].begin()
                    except OSError:
                        continue
                else:
                    break
        ended.wait(max(0.05, 1 - (time.monotonic() - began)))


def main(port: int, many: int, *kinds: str) -> None:
    """Until the input ends."""
    ended = threading.Event()
    thread = threading.Thread(target=stall, args=(port, many, kinds or KINDS, ended))
    thread.start()
    print("stalling", flush=True)
    with selectors.DefaultSelector() as waiting:
        waiting.register(sys.stdin, selectors.EVENT_READ)
        waiting.select()
    ended.set()
    thread.join()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
