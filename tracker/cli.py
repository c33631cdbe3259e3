"""The `tracker` command: a list of sub-commands, each loaded only when it is called.

Exit status: 0 done, 1 found a problem, 2 used wrongly or a file was refused.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import click

from tracker.config import UMASK
from tracker.errors import Refusal

COMMANDS = {
    "init": "tracker.commands.installation:init",
    "demo": "tracker.commands.demonstration:demo",
    "serve": "tracker.commands.installation:serve",
    "worker": "tracker.commands.ledger:worker",
    "import": "tracker.commands.imports:group",
    "labels": "tracker.commands.labels:labels",
    "item": "tracker.commands.items:item",
    "ledger": "tracker.commands.ledger:group",
    "export": "tracker.commands.exports:group",
    "backup": "tracker.commands.installation:backup",
    "restore": "tracker.commands.installation:restore",
    "user": "tracker.commands.people:user",
    "device": "tracker.commands.people:device",
    "share": "tracker.commands.shares:group",
    "doctor": "tracker.commands.installation:doctor",
}


class Lazy(click.Group):
    """A group whose commands are imported when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the list."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import `module:name`."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """A refusal is told in its own words and ends with exit status 2."""
        try:
            return super().invoke(ctx)
        except Refusal as refusal:
            click.echo(f"{refusal.title}: {refusal.in_words() or refusal.next_step}", err=True)
            for fault in refusal.extra.get("faults", ()):
                click.echo(f"  {fault}", err=True)
            sys.exit(2)
        except Exception as problem:
            if not _lacks_tables(problem):
                raise
            click.echo("The database here has not been prepared. First: tracker init", err=True)
            sys.exit(2)


def _lacks_tables(problem: Exception) -> bool:
    """Whether a database, SQLite or PostgreSQL, answered that it has none of our tables."""
    reason = getattr(problem, "orig", None)  # what the driver said, where SQLAlchemy passed it on
    return getattr(reason, "sqlstate", "") == "42P01" or str(reason).startswith("no such table")


@click.group(cls=Lazy)
@click.version_option(package_name="kittrail")
def main() -> None:
    """KitTrail: every donated unit from pledge to proof."""
    os.umask(UMASK)  # whatever a command writes is for this user only
