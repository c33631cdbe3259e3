"""`tracker labels`: a pledge's labels as a PDF."""

from __future__ import annotations

from pathlib import Path

import click

from tracker import clock, create_app
from tracker.domain.permissions import SYSTEM
from tracker.services.labels import STOCK, print_pledge


@click.command()
@click.option("--pledge", required=True, help="Whose items' labels.")
@click.option("-o", "--out", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--start", default=1, show_default=True, help="First free place of a used sheet.")
@click.option("--stock", default=STOCK, show_default=True, help="Sheet or roll.")
def labels(pledge: str, out: Path, start: int, stock: str) -> None:
    """Print the labels of a pledge's items to a PDF, box by box."""
    with create_app().app_context(), click.progressbar(length=0, label="Drawing labels") as bar:

        def told(drawn: int) -> None:
            bar.length = max(bar.length or 0, drawn)
            bar.update(drawn - bar.pos)

        number = print_pledge(
            pledge, out, start=start, stock=stock, by=SYSTEM, now=clock.now(), progress=told
        )
    click.echo(f"{number:,} labels in {out}")
