"""`tracker import`: CSV and XLSX files in, all or nothing."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from flask import current_app

from tracker import create_app
from tracker.clock import now as read_clock
from tracker.commands.refusals import print_faults
from tracker.commands.scans import scans
from tracker.domain.permissions import SYSTEM, Actor
from tracker.domain.sheets import ImportReport
from tracker.errors import ImportRefused
from tracker.schemas.items import ItemRow
from tracker.schemas.locations import LocationRow
from tracker.schemas.parties import PartyRow
from tracker.schemas.pledges import PledgeRow
from tracker.schemas.products import ProductRow
from tracker.schemas.sheets import RowSchema, read_rows
from tracker.services.items import import_items
from tracker.services.locations import import_locations
from tracker.services.parties import import_parties
from tracker.services.pledges import import_pledges
from tracker.services.products import import_products
from tracker.services.sheets import read_sheet

SCHEMAS: dict[str, type[RowSchema]] = {
    "parties": PartyRow,
    "products": ProductRow,
    "locations": LocationRow,
    "pledges": PledgeRow,
    "items": ItemRow,
}
ONE_SECOND = 1.0


def import_file(
    noun: str,
    content: bytes,
    file: str,
    *,
    by: Actor = SYSTEM,
    now: datetime,
    dry_run: bool = False,
    started: Callable[[int], Callable[[int], None]] | None = None,
) -> ImportReport:
    """Import the bytes of a file of `noun` (one of SCHEMAS). Raises ImportRefused, NotAllowed.

    `started` is told how many rows there are and gives what to tell of every few that are done.
    """
    schema = SCHEMAS[noun]
    sheet = read_sheet(content, file, columns=schema.columns(), needed=schema.needed())
    rows = read_rows(schema, sheet)
    progress = started(len(rows)) if started else None
    how: dict[str, Any] = {"by": by, "dry_run": dry_run, "progress": progress}
    if noun == "parties":
        return import_parties(rows, **how)
    if noun == "products":
        return import_products(rows, **how)
    if noun == "locations":
        return import_locations(rows, key=current_app.config["KEYS"].get("sites"), **how)
    if noun == "pledges":
        return import_pledges(rows, now=now, **how)
    return import_items(rows, now=now, **how)


@click.group("import")
def group() -> None:
    """Import CSV or XLSX files. A file is kept whole, or, with any fault, not at all."""


def _command(noun: str) -> click.Command:
    columns = ", ".join(SCHEMAS[noun].columns())

    @click.command(noun, help=f"Import {noun}. Columns: {columns}.")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--dry-run", is_flag=True, help="Check and report, but keep nothing.")
    @click.option("--json", "as_json", is_flag=True, help="Answer as JSON, for programs.")
    def command(file: Path, dry_run: bool, as_json: bool) -> None:
        with create_app().app_context():
            _run(noun, file, dry_run, as_json)

    return command


def _run(noun: str, file: Path, dry_run: bool, as_json: bool) -> None:
    bar = _Bar(noun)
    try:
        report = import_file(
            noun,
            file.read_bytes(),
            file.name,
            now=read_clock(),
            dry_run=dry_run,
            started=None if as_json else bar.start,
        )
    except ImportRefused as refusal:
        bar.close()
        print_faults(refusal, as_json)
        sys.exit(2)
    bar.close()
    as_text = json.dumps(asdict(report), default=str, ensure_ascii=False)
    click.echo(as_text if as_json else told(report))


def told(report: ImportReport) -> str:
    """A report as a person reads it."""
    verb = "would be added" if report.dry_run else "added"
    rows = len({change.line for change in report.changed})
    added = f"{report.noun} from {report.file}: {report.added:,} {verb}"
    lines = [f"{added}, {rows:,} changed, {report.unchanged:,} as they were."]
    lines += [f"  {change}" for change in report.changed]
    lines += [f"  note: {note}" for note in report.notes]
    return "\n".join(lines)


class _Bar:
    """A progress bar that appears once an import takes longer than a second."""

    def __init__(self, noun: str) -> None:
        self.noun = noun
        self.began = time.monotonic()
        self.total = self.done = 0
        self.shown: Any = None

    def start(self, total: int) -> Callable[[int], None]:
        """There are `total` rows."""
        self.total = total
        return self.step

    def step(self, rows: int) -> None:
        """`rows` more are done."""
        self.done += rows
        if self.shown is None and time.monotonic() - self.began > ONE_SECOND:
            self.shown = click.progressbar(length=self.total, label=self.noun, file=sys.stderr)
            self.shown.update(self.done)
        elif self.shown is not None:
            self.shown.update(rows)

    def close(self) -> None:
        """Leave the bar."""
        if self.shown is not None:
            self.shown.render_finish()


for _noun in SCHEMAS:
    group.add_command(_command(_noun))
group.add_command(scans)
