"""A server killed between any two statements keeps all of a scan, or nothing of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.services.builders import (
    NOTHING_DIFFERS,
    NOW,
    broken_chains,
    item,
    lay_world,
    new_boxes,
    new_units,
    queue,
    scan,
)
from tracker.db import db
from tracker.ledger.rebuilding import rebuild
from tracker.models import Event

SCANNING = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import event
from sqlalchemy.engine import Engine
from tests.conftest import migrated_app
from tests.services.builders import COORDINATOR, NOW
from tracker.domain.bench import Bench
from tracker.services import bench
from tracker.services.bench import Read

home, url, id, code = sys.argv[1:]
app = migrated_app(Path(home), url)

def scan(left):
    def count(*_):
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    with app.app_context():
        for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
            event.listen(Engine, name, count)
        now = Bench(doing="receiving", location="WH-2", consignment="EX-C-1")
        told = bench.take(Read(id, code, NOW, NOW), now, by=COORDINATOR, now=NOW)
        print(told.sort, flush=True)

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        scan(int(line))
        os._exit(0)
    if os.WIFSIGNALED(os.waitpid(child, 0)[1]):
        print("killed", flush=True)
"""
MOST = 200  # moments before, after and between the statements of one scan


@pytest.mark.slow
@pytest.mark.parametrize("what", ["unit", "box"])
def test_a_killed_server_leaves_all_of_a_scan_or_none(
    app: Flask, database_url: str, tmp_path: Path, what: str
) -> None:
    lay_world()
    codes, [box] = new_units(3), new_boxes(1)
    queue([scan(code, "receiving", 1, location="WH-1") for code in codes])
    queue([scan(code, "packing", 2, handling_unit=box) for code in codes])
    queue([scan(box, "shipping", 3, consignment="EX-C-1")])
    code, units = (codes[0], codes[:1]) if what == "unit" else (box, codes)
    one = str(uuid4())
    with _server(tmp_path, database_url, one, code) as ask:
        for point in range(MOST):
            ended = ask(point)
            db.session.rollback()
            statuses = {item(unit).status for unit in units}
            written = db.session.scalar(select(func.count()).where(Event.id == one))
            assert (statuses, written) in (({"in_transit"}, 0), ({"in_stock"}, 1)), point
            assert broken_chains() == []
            if ended != "killed":
                break
    assert ended in ("recorded", "again")  # a page that got no answer sends its scan once more
    assert point > 10  # it was killed at all
    assert rebuild(now=NOW) == NOTHING_DIFFERS


@contextmanager
def _server(home: Path, url: str, id: str, code: str) -> Iterator[Callable[[int], str]]:
    """A process that scans again and again, each time killed after so many statements.

    Asked for a number of statements, it says `killed`, or what the bench answered.
    """
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", SCANNING, str(home), url, id, code],
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stdout

    def ask(point: int) -> str:
        print(point, file=process.stdin, flush=True)
        assert process.stdout
        return process.stdout.readline().strip()

    try:
        yield ask
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()
