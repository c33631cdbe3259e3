"""`tracker import`: CSV and XLSX files in, all or nothing."""

from __future__ import annotations

import hashlib
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

from tracker.clock import now as read_clock
from tracker.commands.application import application
from tracker.commands.refusals import print_faults
from tracker.commands.scans import scans
from tracker.domain.deliveries import UNSAID, Which
from tracker.domain.permissions import SYSTEM, Actor
from tracker.domain.sheets import ImportReport
from tracker.errors import ImportRefused
from tracker.files.sheets import read_sheet
from tracker.schemas.items import ItemRow
from tracker.schemas.locations import LocationRow
from tracker.schemas.parties import PartyRow
from tracker.schemas.pledges import PledgeRow
from tracker.schemas.products import ProductRow
from tracker.schemas.sheets import RowSchema, read_rows
from tracker.services.imports.items import import_items
from tracker.services.imports.locations import import_locations
from tracker.services.imports.parties import import_parties
from tracker.services.imports.pledges import import_pledges
from tracker.services.imports.products import import_products

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
    which: Which = UNSAID,
    started: Callable[[int], Callable[[int], None]] | None = None,
) -> ImportReport:
    """Import the bytes of a file of `noun` (one of SCHEMAS). Raises ImportRefused, NotAllowed.

    `which` says of items which delivery the file is the list of; `started` is told how many rows
    there are and gives what to tell of every few that are done.
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
    sha256 = hashlib.sha256(content).hexdigest()
    return import_items(rows, now=now, sha256=sha256, which=which, **how)


@click.group("import")
def group() -> None:
    """Import CSV or XLSX files. A file is kept whole, or, with any fault, not at all."""


def _command(noun: str) -> click.Command:
    columns = ", ".join(SCHEMAS[noun].columns())

    @click.command(noun, help=f"Import {noun}. Columns: {columns}.")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--dry-run", is_flag=True, help="Check and report, but keep nothing.")
    @click.option("--json", "as_json", is_flag=True, help="Answer as JSON, for programs.")
    def command(
        file: Path,
        dry_run: bool,
        as_json: bool,
        same_delivery: bool = False,
        delivery: tuple[str, ...] = (),
        new_delivery: bool = False,
    ) -> None:
        if new_delivery and (same_delivery or delivery):
            raise click.UsageError("The list is of a delivery that is here, or of a new one.")
        with application():
            _run(noun, file, dry_run, as_json, Which(same_delivery, new_delivery, delivery))

    return _asking_which(command) if noun == "items" else command


def _asking_which(command: click.Command) -> click.Command:
    """The command with ways to say which delivery the file is the list of."""
    for option in (
        click.option(
            "--same-delivery",
            is_flag=True,
            help="It is the list of the pledge’s delivery again: rows without numbers are not new.",
        ),
        click.option(
            "--delivery",
            metavar="REF",
            multiple=True,
            help="The same, of this delivery: FLP-17.2, or 2 where the file is of one pledge.",
        ),
        click.option(
            "--new-delivery",
            is_flag=True,
            help="It is another delivery, even if the very same file was imported before.",
        ),
    ):
        command = option(command)
    return command


def _run(noun: str, file: Path, dry_run: bool, as_json: bool, which: Which) -> None:
    bar = _Bar(noun)
    try:
        report = import_file(
            noun,
            file.read_bytes(),
            file.name,
            now=read_clock(),
            dry_run=dry_run,
            which=which,
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
