"""What the decisions in docs/adr stand on: the way that was chosen against the one that was not.

`./run bench reasons`. Every pair is measured in one run on the same machine; the ratio says by how
much the chosen way is faster, or, of the signatures, what it costs.
"""

from __future__ import annotations

import base64
import itertools
import sqlite3
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from sqlalchemy import select

from bench.http import postgres
from bench.ledger import BY
from bench.world import NOW, World, world
from tracker.db import Turnstile, db, transaction, writing
from tracker.domain.scans import Mode, Outcome, Result, Scan
from tracker.ledger import record as ledger
from tracker.ledger.bulk import insert_rows, update_rows
from tracker.ledger.queue import WriteQueue
from tracker.models import Event, Item

THREADS = 8
SCANS = 1600  # through each queue
TURNS = 1600  # plain writes, with the turnstile and without
EVENTS = 2000  # of one bulk insert, and one by one through sessions
SIGNATURES = 200
SYMBOLS = 300
AT = NOW + timedelta(hours=1)


def run() -> list[dict[str, object]]:
    """Rows of the bench's table, in the order of the decisions (docs/adr)."""
    rows = [_queues("SQLite", ""), _lottery()]
    for measure in (partial(_queues, "PostgreSQL"), _chains):
        with postgres() as url:
            rows += [measure(url)] if url else []
    return [*rows, _signatures(), _statements(), _symbols()]


def _row(name: str, ours: float, unit: str, other: str, reference: float) -> dict[str, object]:
    """A row whose figures are rates."""
    return {
        "name": name,
        "figure": round(ours),
        "unit": unit,
        "baseline": f"{other} {reference:,.0f}/s",
        "ratio": round(ours / reference, 2),
        "target": "",
    }


class Took(NamedTuple):
    """Turns a second of all threads together; milliseconds of the slowest hundredth, and of all."""

    rate: float
    p99: float
    longest: float


Opening = Callable[[], AbstractContextManager[Any]]


def _by_threads(turn: Callable[[Any, int], None], times: int, opened: Opening) -> Took:
    """What it took the threads to take so many turns, each with what it has `opened` for itself."""
    turns, took = iter(range(times)), list[float]()
    ready = threading.Barrier(THREADS + 1)

    def one() -> None:
        with opened() as mine:
            ready.wait()
            for number in turns:  # a range's iterator gives each number to one thread
                began = time.perf_counter()
                turn(mine, number)
                took.append(time.perf_counter() - began)

    threads = [threading.Thread(target=one) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    ready.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    lasted = time.perf_counter() - began
    assert len(took) == times, "a thread has failed"
    return Took(times / lasted, 1000 * statistics.quantiles(took, n=100)[98], 1000 * max(took))


# The writer's queue: one commit for all who wait, or one each


class _OneByOne(WriteQueue):
    """A queue that writes every batch by itself."""

    def write(self, sent: Sequence[Any], *, most: int) -> list[Outcome]:
        return self._write(sent)


def _queues(name: str, url: str) -> dict[str, object]:
    with world(2 * SCANS, url) as here:
        ours = _through(here, WriteQueue(ledger._keep), 0)
        alone = _through(here, _OneByOne(ledger._keep), SCANS)
    row = _row(
        f"single scans by {THREADS} threads, written together, {name}",
        ours.rate,
        "scans/s",
        "one by one",
        alone.rate,
    )
    row["unit"] = f"scans/s, slowest hundredth {ours.p99:.1f} ms"
    row["baseline"] = f"{row['baseline']}, {alone.p99:.1f} ms"
    return row


def _through(here: World, queue: WriteQueue, first: int) -> Took:
    here.app.extensions["kittrail_write_queue"] = queue

    def turn(_: Any, number: int) -> None:
        scan = Scan(str(uuid4()), here.codes[first + number], "receiving", AT, location="LVIV-1")
        [outcome] = ledger.record([scan], sent_at=AT, mode=Mode.LIVE, by=BY, now=AT)
        assert outcome.result is Result.RECORDED, outcome

    return _by_threads(turn, SCANS, here.app.app_context)


# The turnstile: first come, first served, or SQLite's own busy wait


def _lottery() -> dict[str, object]:
    with world(1) as here:
        file = here.app.config["HOME"] / "tracker.sqlite"
        ours, lottery = _plainly(file, Turnstile()), _plainly(file, nullcontext())
    return {
        "name": f"plain writes by {THREADS} threads through the turnstile, SQLite",
        "figure": round(ours.longest),
        "unit": "ms, the longest wait",
        "baseline": f"SQLite’s busy wait {lottery.longest:,.0f} ms",
        "ratio": round(lottery.longest / ours.longest, 1),
        "target": f"at {ours.rate:,.0f} and {lottery.rate:,.0f} writes/s",
    }


def _plainly(file: Path, gate: AbstractContextManager[None]) -> Took:
    def opened() -> AbstractContextManager[sqlite3.Connection]:
        connection = sqlite3.connect(file, isolation_level=None, timeout=30)
        connection.execute("PRAGMA synchronous=FULL")
        return closing(connection)

    def turn(mine: sqlite3.Connection, _: int) -> None:
        with gate:
            mine.execute("BEGIN IMMEDIATE")
            mine.execute("UPDATE item SET seq = seq + 1")
            mine.execute("COMMIT")

    return _by_threads(turn, TURNS, opened)


# Chains: one for each unit, or one for all


def _chains(url: str) -> dict[str, object]:
    """Scans of different units by threads with a connection each; one chain means one lock."""
    with world(TURNS, url):
        plain, numbers = url.replace("+psycopg", ""), _numbers()
        own, one = (_chained(plain, numbers, shared) for shared in (False, True))
    return _row(
        f"writes to different units by {THREADS} connections, a chain for each, PostgreSQL",
        own,
        "writes/s",
        "one chain for all",
        one,
    )


def _numbers() -> list[int]:
    """The numbers of the world's units."""
    return list(db.session.scalars(select(Item.id).order_by(Item.id)))


def _chained(url: str, numbers: list[int], shared: bool) -> float:
    import psycopg

    def turn(mine: psycopg.Connection[Any], number: int) -> None:
        key = (numbers[number],)
        with mine.transaction():
            if shared:  # whoever extends the one chain must hold its end until the commit
                mine.execute("SELECT pg_advisory_xact_lock(1)")
            mine.execute("SELECT seq, head FROM item WHERE id = %s FOR UPDATE", key)
            mine.execute("UPDATE item SET seq = seq + 1 WHERE id = %s", key)

    return _by_threads(turn, TURNS, partial(psycopg.connect, url, autocommit=True)).rate


# P-256 in the verifier: by the standard library alone, or by a package


def _signatures() -> dict[str, object]:
    from cryptography.hazmat.primitives.asymmetric import ec, utils
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    from tracker.ledger.standalone.curves import device_key, device_signed

    private = ec.generate_private_key(ec.SECP256R1())
    public, way = private.public_key(), ec.ECDSA(SHA256())
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    signed = []
    for number in range(SIGNATURES):
        message = b"scan %d" % number
        der = private.sign(message, way)
        raw = b"".join(part.to_bytes(32, "big") for part in utils.decode_dss_signature(der))
        signed.append((message, der, base64.b64encode(raw).decode()))
    key = device_key(base64.b64encode(spki).decode())
    began = time.perf_counter()
    assert all(device_signed(key, text, message) for message, _, text in signed)
    ours = SIGNATURES / (time.perf_counter() - began)
    began = time.perf_counter()
    for message, der, _ in signed:
        public.verify(der, message, way)
    other = SIGNATURES / (time.perf_counter() - began)
    row = _row("signatures of phones checked by the verifier", ours, "/s", "cryptography", other)
    return row | {"ratio": round(ours / other, 4)}


# Statements in the writer, or a session’s objects


def _statements() -> dict[str, object]:
    with world(2 * EVENTS):
        numbers = _numbers()
        events = [_event(number) for number in numbers]
        began = time.perf_counter()
        with writing() as connection:
            names = tuple(events[0])
            told = [tuple(row.values()) for row in events[:EVENTS]]
            insert_rows(connection, Event.__table__, names, told)  # type: ignore[arg-type]
            moved = [("in_stock", "LVIV-1", AT, number) for number in numbers[:EVENTS]]
            columns = ("status", "location", "received_at", "id")
            update_rows(connection, Item.__table__, columns, moved)  # type: ignore[arg-type]
        ours = EVENTS / (time.perf_counter() - began)
        began = time.perf_counter()
        with transaction() as session:
            session.add_all(Event(**row) for row in events[EVENTS:])
            for item in session.query(Item).filter(Item.id.in_(numbers[EVENTS:])):
                item.status, item.location, item.received_at = "in_stock", "LVIV-1", AT
        other = EVENTS / (time.perf_counter() - began)
    return _row(
        f"{EVENTS:,} events and their units written by statements, SQLite",
        ours,
        "rows/s",
        "by a session’s objects",
        other,
    )


def _event(number: int) -> dict[str, Any]:
    return {
        "id": str(uuid4()), "subject": f"item:{number}", "seq": 2, "step": "receiving",
        "effective_at": AT, "recorded_at": AT, "by": BY.ref, "body": "{}" + " " * 400,
        "hash": bytes(32), "scan_digest": bytes(32),
    }  # fmt: skip


# Symbols: by XOR, or each by the library


def _symbols() -> dict[str, object]:
    from labels import address, new_codes
    from labels.symbol import Press, encode

    codes = list(new_codes(SYMBOLS * 20))
    prefix = address("", "kits.example")
    began = time.perf_counter()
    made = Press(prefix)
    pressing = time.perf_counter() - began
    began = time.perf_counter()
    for code in codes:
        made.symbol(code)
    ours = len(codes) / (time.perf_counter() - began)
    began = time.perf_counter()
    for code in itertools.islice(codes, SYMBOLS):
        encode(prefix + code, made.level, made.version, made.mask)
    other = SYMBOLS / (time.perf_counter() - began)
    row = _row("QR symbols by XOR", ours, "symbols/s", "qrcode, mask given,", other)
    return row | {"target": f"the press takes {1000 * pressing:.0f} ms, once"}
