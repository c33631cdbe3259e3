"""`tracker labels`: print labels, make blank ones, replace a damaged one, mend a printer."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import click

from tracker import clock
from tracker.commands.application import application
from tracker.domain.permissions import SYSTEM
from tracker.errors import HostNotPublic, PrinterFailed
from tracker.queries import labels as known
from tracker.services import labels as verbs
from tracker.services import printing
from tracker.services.codes import read_code, show
from tracker.services.printing import Chosen, Job

Command = TypeVar("Command", bound=Callable[..., Any])
OUT = click.Path(dir_okay=False, path_type=Path)
YES = "Do not ask about a TRACKER_HOST that phones in the field cannot reach."


def on_paper(command: Command) -> Command:
    """The options that say on what, where and how often."""
    for option in (
        click.option("--stock", help="Sheet, card or roll; what is usual if not said."),
        click.option("--start", default=1, show_default=True, help="First free place."),
        click.option("--copies", default=1, show_default=True),
        click.option("--profile", default="", help="A printer that was measured."),
        click.option("--yes", "anyway", is_flag=True, help=YES),
    ):
        command = option(command)
    return command


def choosing(command: Command) -> Command:
    """The options that say which labels, and where they go."""
    for option in (
        click.option("--pledge", help="The units of this pledge."),
        click.option("--consignment", help="The units of this consignment."),
        click.option("--item", "items", multiple=True, help="This unit; may be repeated."),
        click.option("--boxes", help="The boxes and pallets of this pledge."),
        click.option("--box", help="This box or pallet."),
        click.option("--location", help="A warehouse, hub or gate, to be scanned as “where”."),
        click.option("--batch", type=int, help="What is still blank of this batch."),
        click.option("--by-number", is_flag=True, help="In the order of import, not of boxes."),
        click.option("-o", "--out", type=OUT, help=".pdf, .zpl, or .zip with pictures."),
        click.option("--printer", help="host:9100 of a label printer that knows ZPL."),
        click.option("--skip", default=0, help="Leave out so many, printed before it failed."),
    ):
        command = option(command)
    return on_paper(command)


@click.group(invoke_without_command=True)
@choosing
@click.pass_context
def labels(context: click.Context, /, **said: Any) -> None:
    """Print labels: `tracker labels --pledge REF -o out.pdf`, and what belongs to it."""
    if context.invoked_subcommand is None:
        _print(**said)


@labels.command("print")
@choosing
def print_(**said: Any) -> None:
    """Print the labels of a pledge, a consignment, units, boxes, a location or a batch."""
    _print(**said)


@labels.command()
@click.option("--many", type=int, required=True, help="How many, from 1 to 10,000.")
@click.option("-o", "--out", type=OUT, required=True, help="A PDF.")
@on_paper
def blank(many: int, out: Path, **paper: Any) -> None:
    """Make a numbered batch of labels that are bound to nothing yet, and print it."""
    with application():
        paper["anyway"] = _asked(paper["anyway"])
        printing.named(_job(Chosen("batch"), by_number=False, **paper))  # before codes are made
        number = verbs.make_blanks(many, by=SYSTEM, now=clock.now())
        click.echo(f"Batch {number}")
        _to_file(Chosen("batch", str(number)), out, by_number=False, **paper)


@labels.command()
@click.option("--json", "as_json", is_flag=True, help="Answer for a program.")
def batches(as_json: bool) -> None:
    """List the batches of blank labels: how many are bound, revoked, unused."""
    with application():
        found = known.batches(limit=1000)
    if as_json:
        rows = [{**asdict(one), "made_at": one.made_at.isoformat()} for one in found]
        click.echo(json.dumps(rows, indent=2))
        return
    for one in found:
        told = f"{one.many:,} labels, {one.made_at:%Y-%m-%d}, {one.made_by}"
        click.echo(
            f"{one.number:>6}  {told}: {one.bound:,} bound, {one.revoked:,} revoked, "
            f"{one.unused:,} unused"
        )


@labels.command()
@click.argument("label")
@click.argument("barcode")
def bind(label: str, barcode: str) -> None:
    """Bind the blank LABEL to the unit with the maker's BARCODE."""
    with application():
        code = verbs.bind(label, barcode, by=SYSTEM, now=clock.now())
    click.echo(f"{show(code)} is on the unit.")


@labels.command("replace")
@click.argument("code")
@click.option("-o", "--out", type=OUT, help="Print the new label to this PDF.")
@on_paper
def replace_(code: str, out: Path | None, **paper: Any) -> None:
    """Give the unit with the damaged label CODE a new one; the old one is revoked."""
    with application():
        if out:
            paper["anyway"] = _asked(paper["anyway"])
        new = verbs.replace(code, by=SYSTEM, now=clock.now())
        click.echo(f"{show(new)} replaces the label.")
        if out:
            _to_file(Chosen("items", codes=(new,)), out, by_number=False, **paper)


@labels.command()
@click.option("-o", "--out", type=OUT, required=True, help="A PDF.")
@click.option("--stock", default=printing.KITS, show_default=True)
@click.option("--profile", default="", help="A printer that was measured before.")
def calibrate(out: Path, stock: str, profile: str) -> None:
    """A page to measure a printer with: outlines and rulers."""
    with application():
        printing.write_calibration_page(Job(stock=stock, profile=profile), out)
    click.echo(f"Print {out} at 100 %, then: tracker labels measured NAME ...")


@labels.command("measured")
@click.argument("name")
@click.option("--right", default=0.0, help="mm by which outlines lie too far right.")
@click.option("--down", default=0.0, help="mm by which outlines lie too far down.")
@click.option("--ruler-across", default=100.0, help="mm of the ruler of 100 mm.")
@click.option("--ruler-down", default=100.0, help="mm of the ruler of 100 mm.")
@click.option("--dpi", default=0, help="Of a label printer.")
def measured_(
    name: str, right: float, down: float, ruler_across: float, ruler_down: float, dpi: int
) -> None:
    """Keep how the printer NAME misses, for --profile and for the page that prints labels."""
    with application():
        kept = printing.measure(name, (right, down), (ruler_across, ruler_down), dpi)
    click.echo(str(kept))


def _print(
    *, out: Path | None, printer: str | None, skip: int, by_number: bool, **said: Any
) -> None:
    paper = {name: said.pop(name) for name in ("stock", "start", "copies", "profile", "anyway")}
    chosen = _chosen(**said)
    if bool(out) == bool(printer):
        raise click.UsageError("Say where to: either -o FILE or --printer HOST:9100.")
    with application():
        paper["anyway"] = _asked(paper["anyway"])
        if chosen.what == "location":
            verbs.label_of_place(chosen.ref, by=SYSTEM)
        if out:
            _to_file(chosen, out, by_number=by_number, **paper)
        else:
            _to_printer(chosen, str(printer), skip, by_number=by_number, **paper)


def _chosen(*, items: tuple[str, ...], **said: Any) -> Chosen:
    """The one thing that was named. Exit status 2 for none and for several."""
    named = {what: str(ref) for what, ref in said.items() if ref is not None}
    if len(named) + bool(items) != 1:
        raise click.UsageError(
            "Name one of --pledge, --consignment, --item, --boxes, --box, --location, --batch."
        )
    if items:
        return Chosen("items", codes=tuple(map(read_code, items)))
    [(what, ref)] = named.items()
    return Chosen(what, read_code(ref) if what == "box" else ref)


def _asked(anyway: bool) -> bool:
    """Whether the labels may lead where a phone in the field cannot go: once, before all else.

    A person at a terminal is asked; a program has to say --yes. Exit status 2 for no.
    """
    try:
        printing.ask_first(anyway=anyway)
    except HostNotPublic as question:
        if not sys.stdin.isatty():
            click.echo(f"{question.detail} To print all the same: --yes", err=True)
            sys.exit(2)
        if not click.confirm(f"{question.detail} Print anyway?", err=True):
            click.echo("Nothing was printed.", err=True)
            sys.exit(2)
        return True
    return anyway


def _job(chosen: Chosen, *, by_number: bool, stock: str | None, **paper: Any) -> Job:
    return Job(stock=stock or printing.usual_stock(chosen), boxed=not by_number, **paper)


def _to_file(chosen: Chosen, out: Path, *, by_number: bool, **paper: Any) -> None:
    job, now = _job(chosen, by_number=by_number, **paper), clock.now()
    found = printing.labels_of(chosen, boxed=job.boxed, by=SYSTEM)
    if out.suffix == ".zpl":
        out.write_bytes(printing.print_zpl(found, job, now=now))
    elif out.suffix == ".zip":
        out.write_bytes(printing.print_pictures(found, job, now=now))
    else:
        with _telling(len(found) * job.copies) as told:
            printing.print_pdf(found, job, out, now=now, title=chosen.ref, progress=told)
    click.echo(f"{len(found):,} labels in {out}")


def _to_printer(chosen: Chosen, to: str, skip: int, *, by_number: bool, **paper: Any) -> None:
    job = _job(chosen, by_number=by_number, **paper)
    found = printing.labels_of(chosen, boxed=job.boxed, by=SYSTEM)
    try:
        sent = printing.print_straight(found, job, to, skip=skip, now=clock.now())
    except PrinterFailed as problem:
        click.echo(problem.detail, err=True)
        go_on = skip + problem.extra["sent"]
        click.echo(f"To go on: the same command with --skip {go_on}", err=True)
        sys.exit(1)
    click.echo(f"{sent:,} labels sent to {to}")


@contextmanager
def _telling(total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar that is told how many are done."""
    with click.progressbar(length=total, label="Drawing labels") as bar:
        yield lambda done: bar.update(done - bar.pos)
