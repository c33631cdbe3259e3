"""How long a workbook of 100,000 units takes, and how much memory: a process by itself.

The pledge is told through the ledger's own announcing; then the units' rungs are set past it, by
the database, as five scans of each would have. The reference is openpyxl alone, writing the same
cells to a file in its write-only mode, in a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import text

from bench.http import postgres
from bench.processes import peak_memory
from bench.world import NOW, world
from tracker import create_app
from tracker.db import transaction
from tracker.domain.portfolios import pledge
from tracker.services.exports import donor_exports

UNITS = 100_000
FORMS = ("xlsx", "units.csv", "sqlite")


def run() -> list[dict[str, object]]:
    """Rows of the bench's table, for SQLite and, where a server answers, for PostgreSQL."""
    rows = _rows("SQLite", "")
    with postgres() as url:
        return rows + (_rows("PostgreSQL", url) if url else [])


def _rows(name: str, database_url: str) -> list[dict[str, object]]:
    with world(UNITS, database_url, kind="other") as here:
        _bring_along()
        home = str(here.app.config["HOME"])
        measured = {form: _alone("ours", form, home, database_url) for form in FORMS}
    bare = _alone("bare", "xlsx", "", "")
    told = {"xlsx": "< 20 s and 200 MB", "units.csv": "", "sqlite": ""}
    return [
        {
            "name": f"export of {UNITS:,} units as {form}, {name}",
            "figure": round(one["seconds"], 1),
            "unit": f"s, {one['memory']:,} MB",
            "baseline": f"bare openpyxl {bare['seconds']:.1f} s, {bare['memory']:,} MB",
            "ratio": round(one["seconds"] / bare["seconds"], 2),
            "target": told[form],
        }
        for form, one in measured.items()
    ]


def _bring_along() -> None:
    """All units in use, most of them proved at every rung."""
    days = {
        "shipped_at": 20,
        "received_at": 16,
        "signed_for_at": 12,
        "deployed_at": 9,
        "working_at": 9,
    }
    columns = ", ".join(f"{column} = :{column}" for column in days)
    with transaction() as session:
        session.execute(
            text(f"UPDATE item SET status = 'deployed', {columns}").bindparams(
                **{
                    column: (NOW - timedelta(days=ago)).replace(tzinfo=None)
                    for column, ago in days.items()
                }
            )
        )
        session.execute(text("UPDATE tally SET measure = 'status:deployed'"))


def _alone(what: str, form: str, home: str, database_url: str) -> dict[str, Any]:
    """The seconds and the megabytes of a process that does nothing else."""
    command = [sys.executable, "-m", "bench.exports", what, form, home, database_url]
    return dict(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))


def ours(form: str, home: str, database_url: str, file: Path) -> None:
    """The export as `tracker worker` makes it."""
    app = create_app({"HOME": home, "DATABASE_URL": database_url, "DONOR_DELAY_DAYS": 0})
    with app.app_context():
        view = donor_exports.view_at(pledge("EX-1"), NOW)
        export = donor_exports.compose(view, language="en", now=NOW, progress=lambda *_: None)
        with file.open("wb") as out:
            donor_exports.write(export, form, out)


def bare(file: Path) -> None:
    """The same cells by openpyxl alone."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Units")
    days = [(NOW - timedelta(days=ago)).date() for ago in (20, 16, 12, 9, 9)]
    for number in range(UNITS):
        sheet.append([f"{number:011}", "Terminal", "In use", *days, None])
    book.save(file)


def main(what: str, form: str, home: str, database_url: str) -> None:
    """Do one of them once, and print what it took."""
    with TemporaryDirectory() as folder:
        began = time.perf_counter()
        file = Path(folder) / "export"
        if what == "bare":
            bare(file)
        else:
            ours(form, home, database_url, file)
        seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "memory": peak_memory()}))


if __name__ == "__main__":
    main(*sys.argv[1:5])
