"""`tracker import scans`: what phones wrote down offline, from a file, not over the network."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from tracker import create_app
from tracker.clock import now as read_clock
from tracker.commands.refusals import print_faults
from tracker.domain.permissions import SYSTEM, Actor
from tracker.domain.scans import Mode, Outcome, Scan
from tracker.domain.sheets import Fault
from tracker.errors import ImportRefused, InvalidValue
from tracker.schemas.scans import MOST_SCANS, read_batch, read_scan
from tracker.services import codes, ledger
from tracker.services.sheets import refused

CODES = ("code", "handling_unit")


@click.command("scans")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check and report, but keep nothing.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON, for programs.")
def scans(file: Path, dry_run: bool, as_json: bool) -> None:
    """Import scans: a JSON file as the API takes it, with any number of scans.

    A file with a scan that cannot be read is refused whole. All others are evidence and are kept,
    once: those that do not fit their unit's story open a discrepancy.
    """
    with create_app().app_context():
        try:
            outcomes = import_scans(file.read_bytes(), file.name, now=read_clock(), dry_run=dry_run)
        except ImportRefused as refusal:
            print_faults(refusal, as_json)
            sys.exit(2)
    counts = Counter(outcome.result.value for outcome in outcomes)
    if as_json:
        listed = [{"id": each.id, "outcome": each.result.value, "gap": each.gap,
                   "flags": each.flags} for each in outcomes]  # fmt: skip
        click.echo(json.dumps({"counts": counts, "results": listed}, ensure_ascii=False))
    elif dry_run:
        click.echo(f"scans from {file.name}: all can be read; nothing was kept.")
    else:
        told = ", ".join(f"{count:,} {result}" for result, count in sorted(counts.items()))
        click.echo(f"scans from {file.name}: {told or 'none'}.")


def import_scans(
    content: bytes, file: str, *, by: Actor = SYSTEM, now: datetime, dry_run: bool = False
) -> list[Outcome]:
    """Record the scans of a file as queued ones, in batches. Raises ImportRefused, kept nothing.

    Times are taken as they are: how long the file was on its way is not the error of a clock.
    """
    read = list(_read(_parsed(content, file), file))
    if dry_run:
        return []
    outcomes: list[Outcome] = []
    for start in range(0, len(read), MOST_SCANS):
        batch = read[start : start + MOST_SCANS]
        outcomes += ledger.record(batch, sent_at=now, mode=Mode.QUEUED, by=by, now=now)
    return outcomes


def _parsed(content: bytes, file: str) -> dict[str, Any]:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError) as problem:
        line = getattr(problem, "lineno", 0)
        raise refused([Fault(file, line, "", f"no JSON: {problem}")]) from None
    try:
        told = body.get("scans") if isinstance(body, dict) else None
        first = told[:1] if isinstance(told, list) else told
        read_batch({**body, "scans": first} if isinstance(body, dict) else body)
    except InvalidValue as problem:
        raise refused(list(_faults(problem, file, ""))) from None
    assert isinstance(body, dict)
    return body


def _read(body: dict[str, Any], file: str) -> Iterator[Scan]:
    """Every scan of the file; ImportRefused names all that cannot be read."""
    faults: list[Fault] = []
    for place, raw in enumerate(body["scans"]):
        try:
            said = read_scan(raw)
            for name in CODES:
                if name in said:
                    said[name] = codes.read_code(said[name])
            if "second_identifier" in said:
                second = codes.read_identifier(said["second_identifier"])
                said["second_identifier"] = second if second != said["code"] else None
            yield Scan(**said)
        except InvalidValue as problem:
            faults += _faults(problem, file, f"scans[{place}]")
    if faults:
        raise refused(faults)


def _faults(problem: InvalidValue, file: str, place: str) -> Iterator[Fault]:
    errors = problem.extra.get("errors") or {"": [problem.detail or problem.title]}
    for name, reasons in errors.items():
        where = ".".join(part for part in (place, name) if part)
        for reason in reasons:
            yield Fault(file, 0, where, reason)
