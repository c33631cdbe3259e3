"""A request is read whole before a thread is taken, and its answer is given away whole.

The server's event loop holds connections, thousands if need be; a thread only ever works. So a
client that sends or reads a byte a second costs a little memory and stops nobody. Why it is done
like this is in docs/adr/0017-read-before-a-thread-is-taken.md.
"""

from __future__ import annotations

import asyncio
import io
import itertools
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from tempfile import TemporaryFile
from typing import IO, Any

from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined]

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

SMALL = 256 * 1024  # bytes: a batch of scans, a piece of a photo
SMALL_PATIENCE = 30  # seconds in which a small body is here
LARGE_PATIENCE = 300  # seconds in which any body is here: a delivery's file by a slow line
BETWEEN = 15  # seconds between two pieces of a large body
LARGE_ANSWER = 4 * 1024 * 1024  # bytes: more than pages and static files have
PIECE = 64 * 1024
MOST_HELD = 256 * 1024 * 1024  # bytes of large bodies, of everybody together

_ANSWERED_LATE = (408, b"The request did not come in time.\n")
_FULL = (503, b"Too much is being sent at the moment. Try again in a minute.\n")
_UNREADABLE = (400, b"The request cannot be read.\n")


Answer = tuple[int, list[tuple[str, str]], IO[bytes]]


class TooSlow(Exception):
    """The body did not come in time."""


class Full(Exception):
    """More is being sent, by everybody together, than is held."""


class Buffered:
    """A WSGI application for a server that speaks RSGI, worked by `threads`."""

    def __init__(self, app: Wsgi, threads: int, longest: int) -> None:
        self.app, self.longest, self.held = app, longest, 0
        self.threads = ThreadPoolExecutor(threads, thread_name_prefix="request")

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """Answer one request."""
        try:
            environ = _environ(scope)
        except ValueError:
            return _plain(protocol, *_UNREADABLE)
        kept = 0
        try:
            if "CONTENT_LENGTH" in environ or "HTTP_TRANSFER_ENCODING" in environ:
                body, kept = await self._body(environ, protocol)
                environ["wsgi.input"] = io.BytesIO(body)
            loop = asyncio.get_running_loop()
            answer = await loop.run_in_executor(self.threads, self._work, environ, protocol)
            if answer is not None:
                await _give(protocol, *answer)
        except TooSlow:
            _plain(protocol, *_ANSWERED_LATE)
        except Full:
            _plain(protocol, *_FULL)
        except ProtocolClosed:
            pass  # the client has left, and nobody waits for an answer
        finally:
            self.held -= kept

    async def _body(self, environ: dict[str, Any], protocol: Any) -> tuple[bytes, int]:
        """The body, and how much of it counts among what is held."""
        declared = environ.get("CONTENT_LENGTH", "")
        size = int(declared) if declared.isdecimal() else -1
        if size > self.longest:
            return b"", 0  # the application refuses it by its length
        if 0 <= size <= SMALL:
            try:
                return await asyncio.wait_for(protocol(), SMALL_PATIENCE), 0
            except TimeoutError:
                raise TooSlow from None
        kept, pieces = 0, bytearray()
        try:
            async with asyncio.timeout(LARGE_PATIENCE):
                async for piece in _pieces(protocol):
                    if len(pieces) + len(piece) > SMALL:
                        kept += len(piece)
                        self.held += len(piece)
                    if self.held > MOST_HELD:
                        raise Full
                    pieces += piece
                    if len(pieces) > self.longest:
                        break  # the application refuses it by its length
        except TimeoutError:
            self.held -= kept
            raise TooSlow from None
        except BaseException:
            self.held -= kept
            raise
        environ.pop("HTTP_TRANSFER_ENCODING", None)  # these are no chunks any more
        environ["CONTENT_LENGTH"] = str(len(pieces))
        return bytes(pieces), kept

    def _work(self, environ: dict[str, Any], protocol: Any) -> Answer | None:
        """Run the application, in a thread, and hand its whole answer to the server.

        A large one is given back instead, on the disk where nobody else finds it: whoever reads it
        slowly holds no thread, and no memory either.
        """
        said: list[Any] = []
        answer = self.app(environ, lambda status, headers, _=None: said.extend((status, headers)))
        try:
            pieces, rest = _up_to(LARGE_ANSWER, iter(answer))
        finally:
            if hasattr(answer, "close"):
                answer.close()
        status, headers = int(said[0][:3]), said[1]
        if rest is not None:
            return status, headers, rest
        protocol.response_bytes(status, headers, b"".join(pieces))
        return None


def _up_to(most: int, answer: Iterator[bytes]) -> tuple[list[bytes], IO[bytes] | None]:
    """The pieces of an answer; from `most` bytes on all of it in a file, at its beginning."""
    pieces, size = list[bytes](), 0
    for piece in answer:
        pieces.append(piece)
        size += len(piece)
        if size > most:
            whole = TemporaryFile()  # noqa: SIM115 - closed by who sends it
            whole.writelines(itertools.chain(pieces, answer))
            whole.seek(0)
            return [], whole
    return pieces, None


async def _give(
    protocol: Any, status: int, headers: list[tuple[str, str]], whole: IO[bytes]
) -> None:
    """Send a large answer, as fast as its reader takes it."""
    with whole:
        line = protocol.response_stream(status, headers)
        while piece := whole.read(PIECE):
            await line.send_bytes(piece)


async def _pieces(protocol: Any) -> Any:
    coming = aiter(protocol)
    while True:
        try:
            yield await asyncio.wait_for(anext(coming), BETWEEN)
        except StopAsyncIteration:
            return


def _plain(protocol: Any, status: int, text: bytes) -> None:
    """Answer without the application; the connection ends, its request may be half here."""
    headers = [("content-type", "text/plain"), ("connection", "close"), ("retry-after", "60")]
    protocol.response_bytes(status, headers, text)


def _environ(scope: Any) -> dict[str, Any]:
    """The request as WSGI tells it. Raises ValueError for a path that is no UTF-8."""
    host, _, port = scope.server.rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        between = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{between}{value}" if key in environ else value
    if "HTTP_HOST" not in environ and scope.authority:
        environ["HTTP_HOST"] = scope.authority
    return environ
