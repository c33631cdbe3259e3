"""How fast a unit is found by any part of any number that it carries, among a million units."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable

from sqlalchemy import text

from bench.http import postgres
from bench.world import world
from tracker.db import db, transaction
from tracker.domain.permissions import SYSTEM
from tracker.queries.items import find_items

ITEMS = 1_000_000
ASKED = 120
COPIES = 20_000  # rows in one statement
_SEARCH = (
    "INSERT INTO item_search (rowid, search_text) SELECT id, search_text FROM item WHERE id >= 10"
)
_INDEX = "CREATE INDEX ix_item_search_text ON item USING gin (search_text gin_trgm_ops)"


def run() -> list[dict[str, object]]:
    """Rows of the bench's table, for SQLite and, where a server answers, for PostgreSQL."""
    rows = _rows("SQLite", "")
    with postgres() as url:
        return rows + (_rows("PostgreSQL", url) if url else [])


def _rows(name: str, database_url: str) -> list[dict[str, object]]:
    with world(1, database_url):
        _fill()
        fragments = _fragments()
        for fragment in fragments[:10]:
            _ask(fragment)
        ours = [_ask(one) for one in fragments]
        plain = [_scan(one) for one in fragments[:3]]
    ordered = sorted(ours)
    most, half = ordered[int(len(ordered) * 0.99)], statistics.median(ordered)
    reference = statistics.median(plain)
    return [
        {
            "name": f"search by 4 to 12 characters, {ITEMS:,} items, {name}: slowest hundredth",
            "figure": round(1000 * most, 1),
            "unit": f"ms, half {1000 * half:.1f}",
            "baseline": f"a scan of the table {1000 * reference:,.0f} ms",
            "ratio": round(most / reference, 3),
            "target": "< 50 ms",
        }
    ]


def _fill() -> None:
    """A million items, each found by its code, serial, KIT, dish serial, UTID and router id."""
    chance = random.Random(7)
    with transaction() as session:
        connection = session.connection()
        on_sqlite = connection.dialect.name == "sqlite"
        if not on_sqlite:  # an index filled once is filled in a minute; row by row in ten
            connection.execute(text("DROP INDEX ix_item_search_text"))
        line = connection.scalar(text("SELECT id FROM pledge_line LIMIT 1"))
        insert = text(
            "INSERT INTO item (id, code, pledge, pledge_line, product, search_text, sought,"
            " condition, last_device_seq, seq, status, location)"
            " VALUES (:id, :code, 'EX-1', :line, 'TERM', :text, :no, 'good', 0, 1, 'in_stock',"
            " 'LVIV-1')"
        )
        for start in range(10, ITEMS + 10, COPIES):
            rows = [
                {
                    "id": n,
                    "code": f"B{n:010d}",
                    "line": line,
                    "no": False,
                    "text": _numbers(chance, n),
                }
                for n in range(start, start + COPIES)
            ]
            connection.execute(insert, rows)
        connection.execute(text(_SEARCH if on_sqlite else _INDEX))
    with transaction() as session:
        session.execute(text("ANALYZE"))


def _numbers(chance: random.Random, number: int) -> str:
    """A unit's numbers in their search form."""

    def letters(many: int) -> str:
        return "".join(chance.choices("0123456789abcdefghjkmnpqrstvwxyz", k=many))

    utid = f"ut{letters(8)}{letters(8)}{letters(8)}"
    return "|".join(
        [letters(11), f"ex{letters(10)}", f"kitex{number:08d}", f"exd{letters(10)}", utid,
         f"router01{letters(16)}"]
    )  # fmt: skip


def _fragments() -> list[str]:
    """Parts of what some items carry, of four to twelve characters, and some that nothing holds."""
    chance = random.Random(8)
    ids = [chance.randrange(10, ITEMS) for _ in range(ASKED)]
    db.session.rollback()
    found = []
    for number in ids:
        carried = db.session.scalar(
            text("SELECT search_text FROM item WHERE id = :id"), {"id": number}
        )
        one = chance.choice(str(carried).split("|"))
        size = chance.randint(4, min(12, len(one)))
        start = chance.randint(0, len(one) - size)
        found.append(one[start : start + size])
    return [*found, "kite", "0000", "ex00", "router01", "zzzzqqqq", "00000123", "nothinghere"]


def _ask(fragment: str) -> float:
    """Seconds for the first page of what holds `fragment`."""
    return _timed(lambda: find_items(SYSTEM, q=fragment, limit=50))


def _scan(fragment: str) -> float:
    """Seconds for the same by looking at every row."""
    query = text("SELECT id FROM item WHERE search_text || '' LIKE :part ORDER BY code LIMIT 50")
    return _timed(lambda: db.session.execute(query, {"part": f"%{fragment}%"}).all())


def _timed(what: Callable[[], object]) -> float:
    db.session.rollback()
    began = time.perf_counter()
    what()
    return time.perf_counter() - began


if __name__ == "__main__":
    print(run())
