"""The warehouse: twenty benches at once, a pallet of 500 units shipped, a packing list of 2,000."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

from sqlalchemy import insert

from bench.desks import Errand, send
from bench.http import SERVE, servers
from bench.ledger import _plain_chunk
from bench.world import World, world
from tracker.db import db, transaction
from tracker.domain.bench import Bench
from tracker.domain.permissions import SYSTEM
from tracker.domain.scans import Mode, Scan
from tracker.ledger.record import record
from tracker.models import Consignment
from tracker.services import bench, packing
from tracker.services.bench import Read

DESKS, SECONDS = 20, 20
PALLET, ROUNDS = 500, 5
SERIALS = 2000


def run() -> list[dict[str, object]]:
    """Rows of the bench's table."""
    return [*_desks(), _pallet(), _packing_list()]


def _desks() -> list[dict[str, object]]:
    each = DESKS * 2 * SECONDS
    with world(2 * each) as here, servers(here) as (serving, bare):
        setting = {"doing": "receiving", "location": "LVIV-1"}
        who = ("alice@example.org", _alice(here), setting)
        ours = send(Errand(serving, here.codes[:each], DESKS, *who))
        reference = send(Errand(bare, here.codes[each:], DESKS))
    return [
        {
            "name": f"{DESKS} scanning benches, 2 scans/s each, SQLite: slowest hundredth",
            "figure": round(ours.p99, 1),
            "unit": f"ms, half {ours.p50:.1f}",
            "baseline": f"bare Flask view {reference.p99:.1f} ms, half {reference.p50:.1f}",
            "ratio": round(ours.p99 / reference.p99, 1),
            "target": "< 100 ms",
        }
    ]


def _alice(here: World) -> str:
    """The password of a coordinator."""
    home = {"TRACKER_HOME": str(here.app.config["HOME"])}
    words = [*SERVE[:-1], "user", "add", "alice@example.org", "--role", "coordinator"]
    told = subprocess.run(
        words, env=os.environ | home, check=True, capture_output=True, text=True
    ).stdout
    found = re.search(r"(?:\w{4}-){3}\w{4}", told)
    assert found, told
    return found.group()


def _pallet() -> dict[str, object]:
    """A pallet with boxes of ten is scanned onto a consignment."""
    with world(2 * PALLET * ROUNDS) as here:
        with transaction() as session:
            session.execute(insert(Consignment).values(ref="EX-C", made_at=datetime.now(UTC)))
        ours, plain = [], []
        for turn in range(ROUNDS):
            first = 2 * turn * PALLET
            pallet = _loaded(here.codes[first : first + PALLET])
            now = datetime.now(UTC)
            began = time.perf_counter()
            answer = bench.take(
                Read(str(uuid4()), pallet, now, now),
                Bench(doing="shipping", consignment="EX-C", location="LVIV-1"),
                by=SYSTEM,
                now=now,
            )
            ours.append(time.perf_counter() - began)
            assert answer.outcome is not None
            assert answer.outcome.units == PALLET, answer
            plain.append(_written(here, here.codes[first + PALLET : first + 2 * PALLET]))
    mine, reference = statistics.median(ours), min(plain)
    return {
        "name": f"shipping a pallet of {PALLET} units by one scan",
        "figure": round(1000 * mine),
        "unit": "ms",
        "baseline": f"plain sqlite3 with the hash {1000 * reference:.0f} ms",
        "ratio": round(mine / reference, 1),
        "target": "< 300 ms",
    }


def _loaded(codes: list[str]) -> str:
    """A closed pallet on which closed boxes stand with ten units each."""
    now = datetime.now(UTC) - timedelta(minutes=5)
    [pallet] = packing.make_units(1, "pallet", by=SYSTEM, now=now)
    boxes = packing.make_units(len(codes) // 10, "box", by=SYSTEM, now=now)
    said: list[Scan] = []
    for place, code in enumerate(codes):
        box = boxes[place // 10]
        said.append(Scan(str(uuid4()), code, "receiving", now, location="LVIV-1"))
        at = now + timedelta(seconds=1)
        said.append(Scan(str(uuid4()), code, "packing", at, handling_unit=box))
    for box in boxes:
        at = now + timedelta(seconds=2)
        said.append(Scan(str(uuid4()), box, "packing", at, handling_unit=pallet))
    record(said, sent_at=now, mode=Mode.QUEUED, by=SYSTEM, now=now)
    for unit in (*boxes, pallet):
        packing.close_unit(unit, by=SYSTEM, now=now)
    return pallet


def _written(here: World, codes: list[str]) -> float:
    """Seconds for the same number of events written without asking anything."""
    import sqlite3

    db.session.remove()
    connection = sqlite3.connect(here.app.config["HOME"] / "tracker.sqlite", isolation_level=None)
    connection.execute("PRAGMA synchronous=FULL")
    began = time.perf_counter()
    _plain_chunk(connection, codes)
    took = time.perf_counter() - began
    connection.close()
    return took


def _packing_list() -> dict[str, object]:
    ours = min(_drawn() for _ in range(3))
    reference = _platypus()
    return {
        "name": f"packing list of {SERIALS:,} serials, PDF",
        "figure": round(1000 * ours),
        "unit": "ms",
        "baseline": f"reportlab's own tables {1000 * reference:,.0f} ms",
        "ratio": round(ours / reference, 2),
        "target": "< 3,000 ms",
    }


def _drawn() -> float:
    from tracker.papers.packing_list import PackingList, write
    from tracker.papers.parts import Line, Side, Title

    uk, en = "Комплект Starlink Standard", "Starlink Standard kit"
    lines = [
        Line(code, uk, en, (("KIT", kit), ("S/N", serial)), box, Decimal(599), "USD")
        for code, box, kit, serial in _serials()
    ]
    at = datetime(2026, 6, 1, tzinfo=UTC)
    title = Title("PKL-2026-00001", 1, at, "HTTPS://KIT.EXAMPLE/DOCUMENTS/PKL-2026-00001")
    giver, taker = Side("Example donor"), Side("Example recipient", "00000000")
    paper = PackingList(title, "CN-1", giver, taker, None, "", "WAW-1", "LVIV-1", (), 1, lines)
    began = time.perf_counter()
    write(paper)
    return time.perf_counter() - began


def _platypus() -> float:
    """The same rows as one of reportlab's long tables, in the same type."""
    import io

    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate

    from labels.text import font

    pdfmetrics.registerFont(font("regular"))
    style = ParagraphStyle("cell", fontName="labels-regular", fontSize=7.5)
    rows = [
        [Paragraph(text, style) for text in (str(n), box, code, "Комплект", f"{kit} {serial}")]
        for n, (code, box, kit, serial) in enumerate(_serials(), start=1)
    ]
    began = time.perf_counter()
    SimpleDocTemplate(io.BytesIO(), pagesize=A4).build([LongTable(rows, repeatRows=1)])
    return time.perf_counter() - began


def _serials() -> list[tuple[str, str, str, str]]:
    return [
        (f"7F3K9-M2P{n % 10}C-X", f"BOX-{n // 20:04}", f"KITEX{n:07}", f"EXDTJ1JS{n:04}")
        for n in range(SERIALS)
    ]


if __name__ == "__main__":
    print(run(), file=sys.stdout)
