"""`tracker ledger ...`: verify, rebuild, sign and export the ledger; `tracker worker` keeps at it.

Exit status 0: everything fits; 1: something does not (the first event that does not is named);
2: used wrongly.
"""

from __future__ import annotations

import itertools
import json
import signal
import sys
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import structlog
from sqlalchemy.exc import SQLAlchemyError

from tracker import clock
from tracker.commands.application import application
from tracker.commands.rebuilding import rebuild_states
from tracker.domain.places import UnknownPlace
from tracker.errors import LedgerBroken, Refusal
from tracker.ledger import bundles, checkpoints, verification
from tracker.ledger.reports import Report
from tracker.ledger.verification import Progress
from tracker.services import daily_counts, signed_acts, snapshots, uploads
from tracker.services.exports import donor_exports
from tracker.services.notices import due

TOLD = 10
WAKES = 5  # seconds after which the worker looks whether an export was asked for
THOROUGH = 60  # of how many turns of the worker one is thorough


@click.group("ledger")
def group() -> None:
    """The ledger: does it fit, sign it, take it elsewhere."""


@group.command()
@click.option(
    "--since",
    metavar="FILE|SIZE:ROOT",
    multiple=True,
    help="A checkpoint kept elsewhere, or size and root from an act: the log must go on from it.",
)
@click.option("--json", "as_json", is_flag=True, help="Answer for a program.")
def verify(since: tuple[str, ...], as_json: bool) -> None:
    """Check every event, every story, the log and every checkpoint."""
    with _verified(), _progress("Verifying") as progress:
        notary = checkpoints.notary()
        claims = [verification.read_claim(notary, given) for given in since]
        report = verification.verify(notary, since=claims, progress=progress)
    click.echo(_as_json(report) if as_json else _as_text(report))
    sys.exit(0 if report.fits else 1)


group.add_command(rebuild_states)


@group.command()
@click.option("--json", "as_json", is_flag=True, help="Answer for a program.")
def checkpoint(as_json: bool) -> None:
    """Give every event its place in the log, and sign the log as it stands."""
    with _verified():
        notary = checkpoints.notary()
        while checkpoints.sequence():
            pass
        new = checkpoints.sign_checkpoint(notary, now=clock.now())
        signed = new or notary.latest()
        key = str(notary.key)
    size, root = (signed.size, b64encode(signed.root).decode()) if signed else (0, None)
    if as_json:
        click.echo(json.dumps({"new": new is not None, "size": size, "root": root, "key": key}))
    elif signed is None:
        click.echo("There is no event to sign yet.")
    else:
        click.echo("Signed." if new else "Nothing is new since the last checkpoint.")
        click.echo(f"  {size}:{root}\n  {key}")


@group.command()
@click.argument("path", type=click.Path(path_type=Path))
def export(path: Path) -> None:
    """Write the signed part of the ledger to PATH, a new .zip file or a new folder."""
    with _verified(), _progress("Writing") as progress:
        events = bundles.export_bundle(checkpoints.notary(), path, progress=progress)
    click.echo(f"{events:,} events written to {path}. Anybody can verify them, with Python alone:")
    click.echo(f"  python tracker/ledger/standalone/verifier.py {path}")


@click.command()
@click.option(
    "--every", default=60, show_default=True, type=click.IntRange(1, 300), help="Seconds."
)
@click.option("--once", is_flag=True, help="Do what is due and stop.")
def worker(every: int, once: bool) -> None:
    """Do what no request does: sign the log; count for donors, and tell them."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with _verified():
        notary = checkpoints.notary()
        fine, counted, told = _turn(notary, thorough=True), _count_places(), _tell_donors()
        told = _prepare_exports() and _follow_acts() and told
        _purge_uploads()
        for turn in itertools.count(1):
            if once or _wait(stop, every):
                break
            fine = _turn(notary, thorough=not fine or turn % THOROUGH == 0)
            counted, told = _count_places(), _tell_donors()
            told = _follow_acts() and told
            if turn % THOROUGH == 0:
                _purge_uploads()
    sys.exit(0 if fine and counted and told else 1)


def _turn(notary: checkpoints.Notary, *, thorough: bool) -> bool:
    """What is due now; whether all went well. A failure is logged, and tried again next time."""
    record = structlog.get_logger("tracker.worker")
    try:
        placed = 0
        while more := checkpoints.sequence(thorough=thorough):
            placed += more
        signed = checkpoints.sign_checkpoint(notary, now=clock.now())
    except LedgerBroken as broken:
        record.critical("ledger-broken", detail=broken.detail, next_step=broken.next_step)
        return False
    except (SQLAlchemyError, OSError):
        record.exception("checkpoint-failed")
        return False
    if placed or signed:
        record.info("checkpoint", placed=placed, size=signed.size if signed else None)
    return True


def _count_places() -> bool:
    """Count the last day's discrepancies and the last month's places, if due; did all go well?"""
    record = structlog.get_logger("tracker.worker")
    try:
        daily_counts.count_due_discrepancies(now=clock.now())
        taken = snapshots.take_due_snapshots(now=clock.now())
    except (SQLAlchemyError, OSError, UnknownPlace):
        record.exception("snapshots-failed")
        return False
    if taken:
        record.info("snapshots", taken=taken)
    return True


def _purge_uploads() -> None:
    """Forget photos that were begun a day ago and never finished."""
    record = structlog.get_logger("tracker.worker")
    try:
        purged = uploads.purge_unfinished(now=clock.now())
    except (SQLAlchemyError, OSError):
        record.exception("purge-failed")
        return
    if purged:
        record.info("unfinished-photos", purged=purged)


def _follow_acts() -> bool:
    """Hold signed acts against what the ledger has booked of them by now; did all go well?"""
    record = structlog.get_logger("tracker.worker")
    try:
        changed = signed_acts.follow_all(now=clock.now())
    except (SQLAlchemyError, OSError, Refusal):
        record.exception("acts-failed")
        return False
    if changed:
        record.info("acts", changed=changed)
    return True


def _tell_donors() -> bool:
    """Write what is due into the outbox, and deliver; whether all that could be done was."""
    record = structlog.get_logger("tracker.worker")
    fine = True
    for name, job in due.JOBS.items():
        try:
            done = job(now=clock.now())
        except Exception as problem:  # noqa: BLE001 - a kind that fails never stops the others
            fine = False
            record.error(f"{name}-failed", error=type(problem).__name__)
        else:
            if done:
                record.info(name, done=done)
    return fine


def _wait(stop: threading.Event, every: int) -> bool:
    """Wait for the next turn, making meanwhile what donors ask for; whether to stop."""
    for left in range(every, 0, -WAKES):
        if stop.wait(min(left, WAKES)):
            return True
        _prepare_exports()
    return False


def _prepare_exports() -> bool:
    """Make the large exports that were asked for, and delete old ones; did all go well?"""
    record = structlog.get_logger("tracker.worker")
    try:
        donor_exports.forget_old(now=clock.now())
        while donor_exports.prepare_next(now=clock.now()):
            record.info("export-prepared")
    except Exception as problem:  # noqa: BLE001 - whoever asked is told; the ledger goes on
        record.error("export-failed", error=type(problem).__name__)
        return False
    return True


def _as_text(report: Report) -> str:
    counted = (
        f"{report.events:,} events of {report.subjects:,} subjects; {report.logged:,} have a place "
        f"in the log, {report.witnessed:,} are under a checkpoint ({report.checkpoints:,} signed)."
    )
    if report.fits:
        return f"Every event fits. {counted}"
    lines = [f"DOES NOT FIT. {report.first}", *(f"  {each}" for each in report.problems[1:TOLD])]
    more = len(report.problems[TOLD:]) + report.untold
    lines += [f"  and {more:,} more"] if more else []
    return "\n".join([*lines, counted, LedgerBroken.next_step])


def _as_json(report: Report) -> str:
    first = report.first
    return json.dumps(
        {
            "fits": report.fits,
            "events": report.events,
            "subjects": report.subjects,
            "logged": report.logged,
            "witnessed": report.witnessed,
            "checkpoints": report.checkpoints,
            "first": asdict(first) if first else None,
            "problems": [asdict(each) for each in report.problems],
            "untold": report.untold,
        }
    )


@contextmanager
def _verified() -> Iterator[None]:
    """The application; a broken ledger is a problem found, not a wrong use."""
    try:
        with application():
            yield
    except LedgerBroken as broken:
        click.echo(f"DOES NOT FIT. {broken.detail}\n{broken.next_step}", err=True)
        sys.exit(1)


@contextmanager
def _progress(label: str) -> Iterator[Progress]:
    """A bar on a terminal; nothing where a program listens."""
    unseen = not sys.stderr.isatty()
    with click.progressbar(length=1, label=label, file=sys.stderr, hidden=unseen) as bar:
        shown: Any = bar

        def tell(done: int, total: int) -> None:
            shown.length = max(total, done, 1)
            shown.update(done - shown.pos)

        yield tell
