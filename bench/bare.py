"""What the benches measure us against: Flask in the same server, doing the least there is to do.

`POST /scan` is one select, one insert and one update by the plain driver, as durable as ours, into
the same tables with the same indexes; it asks nobody who they are, and judges and hashes nothing.
`GET /page` renders one small template. `python -m bench.bare THREADS PORT` serves both; the
variable BENCH_DATABASE names the SQLite file or the PostgreSQL server's URL.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
from typing import Any
from uuid import uuid4

from flask import Flask, Response, render_template_string, request

app = Flask("bare")
_mine = threading.local()
_turn = threading.Lock()  # SQLite's own waiting is a lottery; with a lock the reference is faster
AT = "2026-06-01 09:00:00.000000"
DATABASE = os.environ.get("BENCH_DATABASE", "")
ON_SQLITE = not DATABASE.startswith("postgresql")

_SELECT = "SELECT id, seq FROM item WHERE code = ?"
_INSERT = (
    "INSERT INTO event (id, subject, seq, step, effective_at, recorded_at, by, body, hash,"
    " scan_digest) VALUES (?, ?, ?, 'receiving', ?, ?, 'device:1', ?, ?, ?)"
)
_UPDATE = "UPDATE item SET status = 'in_stock', location = ?, received_at = ?, seq = ? WHERE id = ?"
PAGE = (
    "<!DOCTYPE html><title>{{ title }}</title><ul>{% for n in rows %}<li>{{ n }}{% endfor %}</ul>"
)


@app.post("/scan")
def keep_scan() -> dict[str, int]:
    """Keep the scan without a question."""
    said = request.get_json()["scans"][0]
    connection = _connection()
    if ON_SQLITE:
        with _turn:
            connection.execute("BEGIN IMMEDIATE")
            number = _keep(connection, said, "?")
            connection.execute("COMMIT")
    else:
        with connection.transaction():
            number = _keep(connection, said, "%s")
    return {"item": number}


def _keep(connection: Any, said: dict[str, str], mark: str) -> int:
    select, insert, update = (text.replace("?", mark) for text in (_SELECT, _INSERT, _UPDATE))
    number, seq = connection.execute(select, (said["code"],)).fetchone()
    at = AT if ON_SQLITE else f"{AT}+00"
    body = request.get_data(as_text=True)
    row = (uuid4().hex, f"item:{number}", seq + 1, at, at, body, bytes(32), bytes(32))
    connection.execute(insert, row)
    connection.execute(update, (said["location"], at, seq + 1, number))
    return int(number)


@app.get("/page")
def show_page() -> Response:
    """One small template."""
    return Response(render_template_string(PAGE, title="A pledge", rows=range(20)))


def _connection() -> Any:
    """This thread's own."""
    if not hasattr(_mine, "connection"):
        _mine.connection = _opened()
    return _mine.connection


def _opened() -> Any:
    if ON_SQLITE:
        connection = sqlite3.connect(DATABASE, isolation_level=None, timeout=10)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        return connection
    import psycopg

    return psycopg.connect(DATABASE.replace("+psycopg", ""), autocommit=True)


def main(threads: int, port: int) -> None:
    """Serve as `tracker serve` does."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    Granian(
        "bench.bare:app",
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=threads,
        websockets=False,
        log_level=LogLevels.error,
    ).serve()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
