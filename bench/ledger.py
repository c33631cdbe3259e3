"""How fast the ledger keeps scans, against plain `sqlite3` writing the same rows.

The reference makes the same hash of the same body and writes the same columns into the same
tables with the same indexes, in the same chunks with the same durability; it judges, folds and
checks nothing.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from datetime import timedelta
from uuid import uuid4

from bench.world import NOW, World, world
from tracker.domain.permissions import Actor, Role
from tracker.domain.scans import Mode, Result, Scan
from tracker.ledger.record import record

BY = Actor("device:1", Role.WAREHOUSE, frozenset({"LVIV-1"}))
BATCH, BATCHES = 1000, 9


def run() -> list[dict[str, object]]:
    """Rows of the bench's table for batches of 1,000 scans."""
    with world(2 * BATCH * BATCHES) as here:
        ours, reference = [], []
        for part in range(BATCHES):
            start = 2 * part * BATCH
            ours.append(_record(here, start))
            reference.append(_plain(here, start + BATCH))
    best, bare = BATCH / min(ours), BATCH / min(reference)
    return [
        {
            "name": "batch of 1,000 scans through record()",
            "figure": round(best),
            "unit": "scans/s",
            "baseline": f"plain sqlite3 with the hash {bare:,.0f}/s",
            "ratio": round(best / bare, 2),
            "target": ">= 10,000/s where plain sqlite3 does 27,000/s (0.37)",
        }
    ]


def _record(here: World, start: int) -> float:
    """Seconds for one batch through the ledger."""
    at = NOW + timedelta(hours=1)
    scans = [
        Scan(str(uuid4()), code, "receiving", at, location="LVIV-1")
        for code in here.codes[start : start + BATCH]
    ]
    began = time.perf_counter()
    outcomes = record(scans, sent_at=at, mode=Mode.QUEUED, by=BY, now=at)
    took = time.perf_counter() - began
    assert all(outcome.result is Result.RECORDED for outcome in outcomes)
    return took


_EVENT = (
    "INSERT INTO event (id, subject, seq, step, effective_at, recorded_at, by, body, hash,"
    " scan_digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_ITEM = (
    "UPDATE item SET status = ?, location = ?, received_at = ?, last_effective_at = ?,"
    " last_event = ?, seq = ?, head = ? WHERE id = ?"
)


def _plain(here: World, start: int) -> float:
    """Seconds for one batch written without asking anything."""
    size = here.app.config["CHUNK"]
    connection = sqlite3.connect(here.app.config["HOME"] / "tracker.sqlite", isolation_level=None)
    connection.execute("PRAGMA synchronous=FULL")
    began = time.perf_counter()
    for place in range(start, start + BATCH, size):
        _plain_chunk(connection, here.codes[place : min(place + size, start + BATCH)])
    took = time.perf_counter() - began
    connection.close()
    return took


def _plain_chunk(connection: sqlite3.Connection, codes: list[str]) -> None:
    at = (NOW + timedelta(hours=1)).isoformat(" ", "microseconds")[:26]
    connection.execute("BEGIN IMMEDIATE")
    marks = ",".join("?" * len(codes))
    found = connection.execute(
        f"SELECT item.id, item.code, item.seq, item.head FROM item WHERE code IN ({marks})", codes
    ).fetchall()
    events, items = [], []
    for number, code, seq, head in found:
        event = uuid4().hex
        body = json.dumps(
            {
                "by": BY.ref, "code": code, "effective_at": at, "id": event,
                "location": "LVIV-1", "mode": "queued", "occurred_at": at, "offset_ms": 0,
                "recorded_at": at, "role": "warehouse", "step": "receiving",
                "subject": f"item:{number}", "v": 1,
            },
            sort_keys=True,
        )  # fmt: skip
        digest = hashlib.sha256(body.encode()).digest()
        mine = hashlib.sha256(b"\x01kittrail-v1" + head + digest).digest()
        events.append(
            (event, f"item:{number}", seq + 1, "receiving", at, at, BY.ref, body, mine, digest)
        )
        items.append(("in_stock", "LVIV-1", at, at, event, seq + 1, mine, number))
    connection.executemany(_EVENT, events)
    connection.executemany(_ITEM, items)
    connection.execute("COMMIT")
