"""Slow clients stop nobody: the server as `tracker serve` starts it, over real connections."""

from __future__ import annotations

import http.client
import os
import socket
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.conftest import _migrate
from tests.flood import flood
from tests.house.parts import POSTGRES, need
from tests.serving import served
from tracker.config import make_keys

PATIENCE = 10  # s: what gives up after 20 has not been answered
BODY = b"POST /api/v1/scans HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a server of two threads, that waits two seconds for a small body."""
    home = tmp_path_factory.mktemp("slow")
    _migrate(home)
    make_keys(home)
    patience = "from tracker.web.frame import buffering as b; b.SMALL_PATIENCE = b.BETWEEN = 2"
    # The server's process begins anew: what it is told stands in a module of its own.
    (home / "patient.py").write_text(f"{patience}\nfrom wsgi import buffered\n", encoding="utf-8")
    command = [sys.executable, "-m", "granian", "--interface", "rsgi", "--workers", "1", "--no-ws"]
    command += ["--log-level", "error", "--http1-header-read-timeout", "2000", "patient:buffered"]
    settings = {"TRACKER_HOME": str(home), "TRACKER_THREADS": "2", "PYTHONPATH": f"{home}:."}
    with served([*command, "--port"], os.environ | settings) as address:
        yield urlsplit(address).port or 0


def connected(port: int, sent: bytes) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", port), 10)
    line.sendall(sent)
    return line


def status(port: int, method: str, path: str, **more: object) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path, **more)  # type: ignore[arg-type]
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def test_forty_stalled_bodies_before_two_threads_keep_nobody_waiting(port: int) -> None:
    """Held by two threads for two seconds each, they would take longer than `status` waits."""
    lines = [connected(port, BODY + b"Content-Length: 100\r\n\r\n{") for _ in range(40)]
    assert status(port, "GET", "/healthz") == 200
    assert status(port, "POST", "/api/v1/scans", body=b"{}") == 401
    for line in lines:
        line.close()


@pytest.mark.parametrize("length", [b"Content-Length: 100", b"Content-Length: 900000",
                                    b"Transfer-Encoding: chunked"])  # fmt: skip
def test_a_body_that_does_not_come_is_answered_and_ended(port: int, length: bytes) -> None:
    line = connected(port, BODY + length + b"\r\n\r\n")
    assert line.recv(100).startswith(b"HTTP/1.1 408 ")
    line.close()


def test_headers_that_do_not_come_end_the_connection(port: int) -> None:
    line = connected(port, BODY)
    line.settimeout(30)
    while line.recv(1000):
        pass
    line.close()


def test_a_client_that_leaves_in_the_middle_is_forgotten(port: int) -> None:
    for sent in (BODY, BODY + b"Content-Length: 100\r\n\r\n{"):
        connected(port, sent).close()
    assert status(port, "GET", "/healthz") == 200


def test_a_body_that_is_too_long_is_refused_by_what_it_says_and_by_what_comes(port: int) -> None:
    big = 9 * 1024 * 1024
    line = connected(port, BODY + b"Content-Length: %d\r\n\r\n{" % big)
    assert line.recv(100).startswith((b"HTTP/1.1 413 ", b"HTTP/1.1 401 "))
    line.close()
    pieces = (b" " * 65536 for _ in range(big // 65536))
    assert status(port, "POST", "/login", body=pieces, encode_chunked=True,
                  headers={"Transfer-Encoding": "chunked"}) in (400, 413)  # fmt: skip


def test_chunks_are_a_body_like_any_other(port: int) -> None:
    headers = {"Transfer-Encoding": "chunked", "Content-Type": "application/json"}
    said = iter([b'{"code": "x", ', b'"name": "y", "public_key": "z"}'])
    path = "/api/v1/enrolments"
    assert status(port, "POST", path, body=said, encode_chunked=True, headers=headers) == 422


@pytest.mark.parametrize("path", ["/s/%D0%B9", "/s/%ff", "/items/%00", "/%2e%2e/etc/passwd", "/?%"])
def test_strange_paths_are_answered(port: int, path: str) -> None:
    assert status(port, "GET", path) in (200, 303, 400, 404, 422)


def test_files_answers_to_head_and_repeats_are_as_before(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/static/app.css", headers={"Accept-Encoding": "br"})
    answer = connection.getresponse()
    body, tag = answer.read(), answer.headers["ETag"]
    assert (answer.status, answer.headers["Content-Encoding"]) == (200, "br")
    assert int(answer.headers["Content-Length"]) == len(body)
    connection.request("GET", "/static/app.css", headers={"Accept-Encoding": "br",
                                                          "If-None-Match": tag})  # fmt: skip
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (304, b"")
    connection.request("HEAD", "/static/app.css")
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"")
    connection.close()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_two_hundred_clients_that_stall_keep_no_scan_waiting(name: str) -> None:
    """How fast is for `./run torture --long flood` on a quiet machine to say; here, that all are
    answered while nobody has given up. Without reading first, nobody is."""
    from bench.http import postgres

    if name == "postgres":
        need(POSTGRES)
        with postgres() as url:
            told = flood(url, clients=200, rounds=3, scans=120, rate=30)
    else:
        told = flood("", clients=200, rounds=3, scans=120, rate=30)
    assert told.beside > 0, told.told()
    assert max(told.health) < PATIENCE, told.told()
