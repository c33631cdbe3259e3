"""`tracker init`, `serve`, `backup`, `restore`, `doctor`: one installation and its health."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click

from tracker import clock, config
from tracker.commands.application import application
from tracker.commands.rebuilding import apply_rules
from tracker.ledger import arrivals, found
from tracker.services import health, private_files
from tracker.services.people import lay_roles

THREADS = "TRACKER_THREADS"  # how `serve` tells the process that it starts
HEADERS_IN = 10_000  # ms in which a request's headers must be here


@click.command()
def init() -> None:
    """Make keys, tables and roles, and fold what is there by this version's rules, once.

    Doing it again changes nothing that is there.
    """
    from flask_migrate import upgrade

    home = config.load()["HOME"]
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = config.make_keys(home)
    if made:
        click.echo(f"Made keys: {', '.join(made)}. Keep a copy of the folder `keys` elsewhere.")
    with application():
        upgrade()
        lay_roles()
        apply_rules()
        if followed := arrivals.fill():
            click.echo(f"Followed {followed} units on the journeys that were here before.")
        if stated := found.state_found(now=clock.now()):
            click.echo(f"The ledger states {stated} official rows that were here before.")
        if closed := private_files.close_to_others():
            click.echo(f"Closed {closed} files and folders to other users of this machine.")
        click.echo("The database is ready.")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--threads", default=8, show_default=True, type=click.IntRange(1, 64))
def serve(host: str, port: int, threads: int) -> None:
    """Serve pages and API: one process, some threads, as SQLite likes it."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels

    os.environ[THREADS] = str(threads)
    Granian(
        "wsgi:buffered",
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        workers=1,
        websockets=False,
        http1_settings=HTTP1Settings(header_read_timeout=HEADERS_IN),
        log_level=LogLevels.error,
        working_dir=config.MIGRATIONS.parent,
    ).serve()


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Copy the database, while it is in use, to FILE. The keys are not in it."""
    with application():
        health.back_up(file)
    click.echo(
        f"Kept in {file}. Keep the folder `keys` elsewhere too: without it sites stay sealed."
    )


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.confirmation_option(prompt="Everything in the database is replaced by the copy. Go on?")
def restore(file: Path) -> None:
    """Put a copy made by `backup` in the place of the database."""
    with application():
        health.restore(file)
    click.echo("Restored. Check it: tracker ledger verify")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Answer for a program.")
def doctor(as_json: bool) -> None:
    """Look at the installation: keys, database, triggers, checkpoints, disk."""
    with application():
        found = health.diagnose()
    if as_json:
        click.echo(json.dumps(found, indent=2))
    else:
        for name, problem in found.items():
            click.echo(
                f"{'bad ' if problem else 'good'}  {name}{': ' + problem if problem else ''}"
            )
    sys.exit(1 if any(found.values()) else 0)
