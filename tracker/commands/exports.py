"""`tracker export`: the register as a SQLite file for analysts, without sealed facts."""

from __future__ import annotations

from pathlib import Path

import click

from tracker import create_app
from tracker.services.exports import export_register


@click.group("export")
def group() -> None:
    """Take data elsewhere. The ledger itself: `tracker ledger export`."""


@group.command("register")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def register(file: Path) -> None:
    """Write pledges and items to FILE (SQLite, opens in Datasette). Identifiers are masked."""
    with create_app().app_context():
        rows = export_register(file)
    for table, number in rows.items():
        click.echo(f"{table}: {number}")
