"""`tracker export`: for donors, for analysts, stories and activities for other systems."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tracker import clock
from tracker.commands.application import application
from tracker.domain.permissions import SYSTEM
from tracker.domain.portfolios import Kind, Portfolio
from tracker.errors import NotFound, Refusal
from tracker.exports.parcel import FORMS
from tracker.i18n import LOCALES
from tracker.queries.epcis import many_units
from tracker.services.exports import donor_exports
from tracker.services.exports import iati as publishing
from tracker.services.exports.epcis import write_pledge
from tracker.services.exports.register import export_register

OUT = click.Path(dir_okay=False, path_type=Path)


@click.group("export")
def group() -> None:
    """Take data elsewhere. The ledger itself: `tracker ledger export`."""


@group.command("register")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def register(file: Path) -> None:
    """Write pledges and items to FILE (SQLite, opens in Datasette). Identifiers are masked."""
    with application():
        rows = export_register(file)
    for table, number in rows.items():
        click.echo(f"{table}: {number}")


@group.command("epcis")
@click.option("--pledge", required=True, help="Whose units.")
@click.option("-o", "--out", type=OUT, required=True, help="A new file, .jsonld.")
def epcis(pledge: str, out: Path) -> None:
    """Write the stories of a pledge's units as EPCIS 2.0 (JSON-LD). A site is its reference."""
    with application():
        units = many_units(pledge)
        if units is None:
            raise NotFound(f"There is no pledge {pledge}.")
        unseen = not sys.stderr.isatty()
        with click.progressbar(
            length=units, label="Writing", file=sys.stderr, hidden=unseen
        ) as bar:
            write_pledge(pledge, out, by=SYSTEM, now=clock.now(), progress=bar.update)
    click.echo(f"{units:,} units written to {out}")


@group.command("donor")
@click.option("--pledge", required=True, metavar="REF")
@click.option("--form", type=click.Choice(sorted(FORMS)), default="xlsx", show_default=True)
@click.option("--lang", type=click.Choice(LOCALES), default="en", show_default=True)
@click.option(
    "-o",
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="A new file.",
)
def donor(pledge: str, form: str, lang: str, out: Path) -> None:
    """Write what the donor of a pledge may take along today, as late as the donor sees it."""
    if out.exists():
        raise Refusal(f"{out} exists already; choose another name.")
    hidden = not sys.stderr.isatty()
    with (
        application(),
        click.progressbar(length=1, label="Writing", file=sys.stderr, hidden=hidden) as bar,
    ):
        now = clock.now()
        view = donor_exports.view_at(Portfolio(Kind.PLEDGE, pledge), now)

        def tell(done: int, units: int) -> None:
            bar.length = max(units, 1)
            bar.update(done - bar.pos)

        export = donor_exports.compose(view, language=lang, now=now, progress=tell)
        with out.open("xb") as file:
            donor_exports.write(export, form, file)
    until = export.said.known_until.isoformat()
    click.echo(f"{out}: {pledge} as known until the end of {until}, {out.stat().st_size:,} bytes")


@group.command("iati")
@click.option("--pledge", help="This pledge.")
@click.option("--initiative", help="Every pledge of this initiative.")
@click.option("-o", "--out", type=OUT, required=True, help="A new file, .xml.")
def iati(pledge: str | None, initiative: str | None, out: Path) -> None:
    """Write an IATI 2.03 activity for each pledge, to be published: what its donor sees."""
    if bool(pledge) == bool(initiative):
        raise click.UsageError("Name one of --pledge and --initiative.")
    if out.exists():
        raise Refusal(f"{out} exists already; choose another name.")
    with application():
        if pledge:
            document = publishing.pledge_document(pledge, by=SYSTEM, now=clock.now())
        else:
            document = publishing.initiative_document(str(initiative), by=SYSTEM, now=clock.now())
    out.write_text(document, encoding="utf-8")
    click.echo(f"Written to {out}")
