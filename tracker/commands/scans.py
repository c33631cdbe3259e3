"""`tracker import scans`: what phones wrote down offline, from a file, not over the network.

A file that a phone has made is brought as another phone would bring it: its scans and acts are the
phone's own and signed, and if its access has ended they are set aside. Any other file is the word
of whoever runs the command.
"""

from __future__ import annotations

import json
import sys
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from tracker.clock import now as read_clock
from tracker.commands.application import application
from tracker.commands.refusals import print_faults
from tracker.domain.permissions import SYSTEM, Actor
from tracker.domain.scans import Mode, Outcome, Scan
from tracker.domain.sheets import Fault
from tracker.errors import ImportRefused, InvalidValue, Refusal
from tracker.files.sheets import refused
from tracker.ledger.record import record
from tracker.queries import devices
from tracker.schemas.scans import MOST_SCANS, read_batch, read_scan
from tracker.services import codes, late_acts, late_scans, uploads

PHONE_S_FILE = "kittrail-unsent-1"


@click.command("scans")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check and report, but keep nothing.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON, for programs.")
def scans(file: Path, dry_run: bool, as_json: bool) -> None:
    """Import scans: a JSON file as the API takes it, with any number of scans.

    A file with a scan that cannot be read is refused whole. All others are evidence and are kept,
    once: those that do not fit their unit's story open a discrepancy.
    """
    with application():
        try:
            read, now = read_file(file.read_bytes(), file.name), read_clock()
            outcomes = [] if dry_run else import_scans(read, now=now)
            acts = Counter() if dry_run else import_acts(read, now=now)
        except ImportRefused as refusal:
            print_faults(refusal, as_json)
            sys.exit(2)
    counts = Counter(outcome.result.value for outcome in outcomes)
    if as_json:
        listed = [
            {"id": each.id, "outcome": each.result.value, "gap": each.gap, "flags": each.flags}
            for each in outcomes
        ]
        told = {"counts": counts, "results": listed, "acts": acts}
        click.echo(json.dumps(told, ensure_ascii=False))
    elif dry_run:
        click.echo(f"scans from {file.name}: all can be read; nothing was kept.")
    else:
        click.echo(f"scans from {file.name}: {_listed(counts)}.")
        if acts:
            click.echo(f"acts from {file.name}: {_listed(acts)}.")


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {what}" for what, count in sorted(counts.items())) or "none"


@dataclass(frozen=True, slots=True)
class ScansFile:
    """A file as it was read: what it says, its scans, and the phone that made it, if one did."""

    body: dict[str, Any]
    scans: list[Scan]
    device: Any


def read_file(content: bytes, file: str) -> ScansFile:
    """What a file holds. Raises ImportRefused, naming all that cannot be read."""
    body = _parsed(content, file)
    return ScansFile(body, list(_read(body, file)), _maker_of(body, file))


def import_scans(told: ScansFile, *, by: Actor = SYSTEM, now: datetime) -> list[Outcome]:
    """Record the scans of a file as queued ones, in batches.

    Times are taken as they are: how long the file was on its way is not the error of a clock.
    """
    outcomes: list[Outcome] = []
    for start in range(0, len(told.scans), MOST_SCANS):
        batch = told.scans[start : start + MOST_SCANS]
        if told.device is None:
            outcomes += record(batch, sent_at=None, mode=Mode.QUEUED, by=by, now=now)
            continue
        said = list(zip(batch, told.body["scans"][start : start + MOST_SCANS], strict=True))
        maker = devices.maker(told.device, now)
        outcomes += late_scans.hand_over(told.device, maker, said, now)
    return outcomes


def import_acts(told: ScansFile, *, now: datetime) -> Counter[str]:
    """Keep the acts and photos of a phone's file, whose scans have been imported.

    How many acts are `kept`, `set_aside` and `refused`, how many `photos` came with them; nothing
    for a file that no phone has made.
    """
    counts: Counter[str] = Counter()
    if told.device is None:
        return counts
    maker = devices.maker(told.device, now)
    for act in told.body["acts"]:
        try:
            kept = late_acts.hand_over(told.device, maker, act["text"], act["signature"], now)
        except (Refusal, KeyError, TypeError):
            counts["refused"] += 1
        else:
            counts["kept" if kept else "set_aside"] += 1
    for photo in told.body["photos"]:
        try:
            picture = b64decode(photo["jpeg"], validate=True)
            uploads.keep_whole(photo["sha"], picture, by=maker, now=now)
        except (Refusal, KeyError, TypeError, ValueError):
            counts["refused"] += 1
        else:
            counts["photos"] += 1
    return counts


def _maker_of(body: dict[str, Any], file: str) -> Any:
    """The phone that made a file; None for a file of another kind."""
    if body.get("kittrail") != PHONE_S_FILE:
        return None
    number, lists = body.get("device"), (body.get("acts"), body.get("photos"))
    device = devices.device(number) if type(number) is int else None
    if device is None or device.public_key is None:
        raise refused([Fault(file, 0, "device", "no phone with a key has this number")])
    if not all(isinstance(one, list) for one in lists):
        raise refused([Fault(file, 0, "", "acts and photos must be lists")])
    return device


def _parsed(content: bytes, file: str) -> dict[str, Any]:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError) as problem:
        line = getattr(problem, "lineno", 0)
        raise refused([Fault(file, line, "", f"no JSON: {problem}")]) from None
    try:
        told = body.get("scans") if isinstance(body, dict) else None
        first = told[:1] if isinstance(told, list) else told
        read_batch(_batch({**body, "scans": first}) if isinstance(body, dict) else body)
    except InvalidValue as problem:
        raise refused(list(_faults(problem, file, ""))) from None
    assert isinstance(body, dict)
    return body


def _batch(body: dict[str, Any]) -> dict[str, Any]:
    """What the API would take of a file: a phone's says more."""
    if body.get("kittrail") != PHONE_S_FILE:
        return body
    return {"sent_at": body.get("sent_at"), "mode": "queued", "scans": body["scans"]}


def _read(body: dict[str, Any], file: str) -> Iterator[Scan]:
    """Every scan of the file; ImportRefused names all that cannot be read."""
    faults: list[Fault] = []
    for place, raw in enumerate(body["scans"]):
        try:
            yield Scan(**codes.read_codes(read_scan(raw)))
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
