"""How commands tell that a file was refused: every fault, one a line."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from tracker.domain.sheets import Fault
from tracker.errors import ImportRefused


def print_faults(refusal: ImportRefused, as_json: bool) -> None:
    """Each fault as `file:line: column: reason`, or all as one JSON object."""
    faults: list[Fault] = refusal.extra["faults"]
    if as_json:
        listed = [asdict(fault) for fault in faults]
        click.echo(json.dumps({"refused": refusal.detail, "faults": listed}, ensure_ascii=False))
        return
    for fault in faults:
        click.echo(str(fault), err=True)
    click.echo(f"{refusal.title}: {refusal.detail}", err=True)
