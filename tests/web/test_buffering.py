"""What stands between the server and the application: bodies read whole, answers given whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined]

from tracker.web.frame import buffering
from tracker.web.frame.buffering import Buffered

LONGEST = 1_000_000


class Line:
    """A connection, as granian shows it: what comes, and what was answered."""

    def __init__(self, *pieces: bytes, pause: float = 0) -> None:
        self.pieces, self.pause = pieces, pause
        self.status, self.body, self.sent = 0, b"", 0

    async def __call__(self) -> bytes:
        await asyncio.sleep(self.pause)
        return b"".join(self.pieces)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            await asyncio.sleep(self.pause)
            yield piece

    def response_bytes(self, status: int, _headers: Any, body: bytes) -> None:
        self.status, self.body = status, body

    def response_stream(self, status: int, _headers: Any) -> Line:
        self.status = status
        return self

    async def send_bytes(self, piece: bytes) -> None:
        self.sent += 1
        self.body += piece


def scope(method: str = "POST", path: str = "/x", **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return SimpleNamespace(
        method=method, path=path, query_string="a=1", headers=named, scheme="http",
        http_version="1.1", server="127.0.0.1:8000", client="[::1]:5000", authority="kit.example",
    )  # fmt: skip


def echo(environ: dict[str, Any], begin: Callable[..., Any]) -> Iterable[bytes]:
    begin("200 OK", [("content-type", "text/plain")])
    size = int(environ.get("CONTENT_LENGTH") or 0)
    yield f"{environ['REMOTE_ADDR']} {environ['HTTP_HOST']} {size} ".encode()
    yield environ["wsgi.input"].read()


def answered(line: Line, asked: Any, app: Any = echo) -> Line:
    server = Buffered(app, 2, LONGEST)
    with ThreadPoolExecutor(1) as apart:  # a browser's loop may run in this thread
        apart.submit(asyncio.run, server.__rsgi__(asked, line)).result()
    assert server.held == 0
    return line


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buffering, "SMALL_PATIENCE", 0.2)
    monkeypatch.setattr(buffering, "BETWEEN", 0.2)


def test_a_small_body_is_read_whole() -> None:
    line = answered(Line(b"ab", b"c"), scope(content_length="3"))
    assert line.body == b"::1 kit.example 3 abc"


def test_a_large_body_and_chunks_are_put_together() -> None:
    pieces = [b"x" * 100_000] * 4
    assert answered(Line(*pieces), scope(content_length="400000")).body.endswith(b"".join(pieces))
    line = answered(Line(b"ab", b"c"), scope(transfer_encoding="chunked"))
    assert line.body == b"::1 kit.example 3 abc"


@pytest.mark.parametrize("length", ["3", "300000"])
def test_a_body_that_does_not_come_in_time_is_answered(length: str) -> None:
    assert answered(Line(b"abc", pause=1), scope(content_length=length)).status == 408


def test_more_than_a_request_may_carry_is_left_to_the_application() -> None:
    line = answered(Line(b"x"), scope(content_length=str(LONGEST + 1)))
    assert line.body == b"::1 kit.example 1000001 "
    line = answered(Line(*[b"x" * 300_000] * 9), scope(transfer_encoding="chunked"))
    assert line.body.startswith(b"::1 kit.example 1200000 "), "the rest was not read"


def test_more_than_is_held_is_refused_but_small_bodies_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(buffering, "MOST_HELD", 500_000)
    assert answered(Line(*[b"x" * 300_000] * 3), scope(content_length="900000")).status == 503
    assert answered(Line(b"abc"), scope(content_length="3")).status == 200


def test_a_large_answer_is_given_as_its_reader_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buffering, "LARGE_ANSWER", 1000)
    line = answered(Line(b"x" * 200_000), scope(content_length="200000"))
    assert (line.status, line.sent) == (200, 4)
    assert line.body.endswith(b"x" * 200_000)


def test_a_client_that_left_is_forgotten() -> None:
    class Gone(Line):
        async def __call__(self) -> bytes:
            raise ProtocolClosed

    assert answered(Gone(), scope(content_length="3")).status == 0
