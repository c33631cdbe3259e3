"""How fast a manifest of 100,000 units comes in, and how much memory that takes.

The reference is plain `sqlite3` that inserts the very same rows into the same tables with the same
indexes and triggers, in one synced transaction; it reads no file, checks and hashes nothing.
Everything runs in a process of its own, so that its peak memory is the import's.
"""

from __future__ import annotations

import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from flask_migrate import upgrade

from tracker import create_app
from tracker.commands.imports import import_file
from tracker.config import MIGRATIONS
from tracker.db import db

UNITS = 100_000
TABLES = (
    "consignment",
    "delivery",
    "handling_unit",
    "item",
    "event",
    "label",
    "identifier",
    "tally",
)


def run() -> list[dict[str, object]]:
    """Rows of the bench's table."""
    answer = subprocess.run(
        [sys.executable, "-m", "bench.imports"], check=True, capture_output=True, text=True
    )
    seen = json.loads(answer.stdout)
    rate, bare = UNITS / seen["ours"], UNITS / seen["plain"]
    return [
        {
            "name": f"import of {UNITS:,} items",
            "figure": round(rate),
            "unit": "rows/s",
            "baseline": f"plain sqlite3 inserting the same rows {bare:,.0f}/s",
            "ratio": round(rate / bare, 2),
            "target": ">= 10,000/s",
        },
        {
            "name": f"import of {UNITS:,} items again, unchanged",
            "figure": round(UNITS / seen["again"]),
            "unit": "rows/s",
            "baseline": f"plain sqlite3 inserting the same rows {bare:,.0f}/s",
            "ratio": round(UNITS / seen["again"] / bare, 2),
            "target": "—",
        },
        {
            "name": f"peak memory of the import of {UNITS:,} items, twice",
            "figure": round(seen["peak"]),
            "unit": "MB",
            "baseline": f"the same process before it {seen['before']:.0f} MB",
            "ratio": round(seen["peak"] / seen["before"], 2),
            "target": "< 300 MB",
        },
    ]


def manifest(units: int) -> bytes:
    """A CSV file of so many terminals, four in a box, forty on a journey."""
    lines = ["pledge,product,serial,kit,consignment,handling_unit"]
    lines += [
        f"EX-1,TERM,EX{place * 7919 % 99_999_989:08d}EX,KITEX{place:07d},"
        f"ZM-{place // 40:05d},BOX-{place // 4:06d}"
        for place in range(units)
    ]
    return "\n".join(lines).encode()


CATALOGUE = {
    "parties": "party,name,kind,country\nPL,Poland,member_state,PL\n",
    "products": "product,name_en,name_uk,kind,identifiers\n"
    "TERM,Terminal kit,Комплект термінала,satellite_terminal,serial kit\n",
    "pledges": f"pledge,donor,pledged_on,product,quantity\nEX-1,PL,2026-01-01,TERM,{UNITS}\n",
}


def measure(home: Path) -> dict[str, float]:
    """Seconds for the import, the same again, and the plain inserts; megabytes of memory."""
    from tracker.clock import now

    app = create_app({"HOME": home, "KEYS": {}})
    with app.app_context():
        upgrade() if MIGRATIONS.is_dir() else db.create_all()
        for noun, text in CATALOGUE.items():
            import_file(noun, text.encode(), f"{noun}.csv", now=now())
        content = manifest(UNITS)
        before, seconds = _memory(), []
        for expected, bytes_ in ((UNITS, content), (0, content + b"\n")):  # other bytes, same rows
            began = time.perf_counter()
            report = import_file("items", bytes_, "items.csv", now=now())
            seconds.append(time.perf_counter() - began)
            assert report.added == expected
        peak = _memory()
        db.session.remove()
        db.engine.dispose()
    plain = _plain(home / "tracker.sqlite", home / "plain.sqlite")
    return {
        "ours": seconds[0], "again": seconds[1], "plain": plain, "before": before, "peak": peak,
    }  # fmt: skip


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _plain(ours: Path, theirs: Path) -> float:
    """Seconds to insert the rows of one database into another that lacks only them."""
    source = sqlite3.connect(ours)
    target = sqlite3.connect(theirs, isolation_level=None)
    target.execute("PRAGMA journal_mode=WAL")
    target.execute("PRAGMA synchronous=FULL")
    by_itself = {f"item_search_{part}" for part in ("data", "idx", "content", "docsize", "config")}
    for name, sql in source.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"):
        if not name.startswith("sqlite_") and name not in by_itself:
            target.execute(sql)
    rows = {table: source.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}
    began = time.perf_counter()
    target.execute("BEGIN IMMEDIATE")
    for table, values in rows.items():
        marks = ", ".join("?" * len(values[0]))
        target.executemany(f"INSERT INTO {table} VALUES ({marks})", values)
    target.execute("INSERT INTO item_search (rowid, search_text) SELECT id, search_text FROM item")
    target.execute("COMMIT")
    took = time.perf_counter() - began
    source.close()
    target.close()
    return took


def main() -> None:
    """Measure, and say it as JSON."""
    with tempfile.TemporaryDirectory() as home:
        print(json.dumps(measure(Path(home))))


if __name__ == "__main__":
    main()
