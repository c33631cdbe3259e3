"""What can be wrong with an installation, and how a copy of its database is made."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from tracker import clock
from tracker.db import db
from tracker.domain.rules import RULES
from tracker.errors import Refusal
from tracker.ledger.rebuilding import rules_are_due
from tracker.models import Checkpoint, Event, Outgoing, Subscription
from tracker.models.ledger import APPEND_ONLY
from tracker.services.notices import mail, outbox, posting
from tracker.services.private_files import create_closed, open_to_others


def diagnose() -> dict[str, str]:
    """Each thing looked at, with what is wrong with it in words; empty when nothing is."""
    return {name: _diagnosis(check) for name, check in CHECKS.items()}


def back_up(file: Path) -> None:
    """Copy the database, while it is in use, to `file`. Raises Refusal if that exists."""
    if file.exists():
        raise Refusal(f"{file} exists already; choose another name.")
    create_closed(file)
    if db.engine.dialect.name == "sqlite":
        _copy(_sqlite_file(), file)
    else:
        _run("pg_dump", "--format=custom", f"--file={file}")


def restore(file: Path) -> None:
    """Put a copy made by `back_up` in the place of the database. Raises Refusal for other files."""
    if db.engine.dialect.name == "sqlite":
        _refuse_other_files(file)
        _copy(file, _sqlite_file())
    else:
        _run("pg_restore", "--clean", "--if-exists", str(file))


def _sqlite_file() -> Path:
    return Path(str(db.engine.url.database))


def _refuse_other_files(file: Path) -> None:
    try:
        source = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        names = {row[0] for row in source.execute("SELECT name FROM sqlite_master")}
        source.close()
    except sqlite3.DatabaseError as problem:
        raise Refusal(f"{file} is not a copy made by `tracker backup`.") from problem
    if not {"event", "item", "alembic_version"} <= names:
        raise Refusal(f"{file} is not a copy made by `tracker backup`.")


def _copy(source: Path, target: Path) -> None:
    """SQLite's own copying of a database that others may be writing to."""
    with sqlite3.connect(source) as reading, sqlite3.connect(target) as writing:
        reading.backup(writing)
    reading.close()
    writing.close()


def _named_openly() -> tuple[str, dict[str, str]]:
    """The database's address without its password, and the password for the environment.

    Everybody on a machine can read what a process was called with; its environment only its user.
    """
    url = make_url(current_app.config["SQLALCHEMY_DATABASE_URI"])
    hidden = url.password or url.query.get("password")
    openly = url._replace(password=None).difference_update_query(["password"])
    shown = openly.set(drivername="postgresql").render_as_string()
    return shown, {"PGPASSWORD": str(hidden)} if hidden else {}


def _run(program: str, *arguments: str) -> None:
    found = shutil.which(program)
    if found is None:
        raise Refusal(f"{program} is needed: install the PostgreSQL client (postgresql-client).")
    address, password = _named_openly()
    command = [found, f"--dbname={address}", *arguments]
    subprocess.run(command, check=True, env={**os.environ, **password})  # noqa: S603 - our own


def _diagnosis(check: Callable[[], str]) -> str:
    """What is wrong, in words; empty when nothing is."""
    try:
        return check()
    except SQLAlchemyError as problem:
        return f"the database does not answer ({type(problem).__name__})"


def _keys() -> str:
    missing = current_app.config["MISSING_KEYS"]
    return f"missing: {', '.join(missing)}; run `tracker init`" if missing else ""


def _database() -> str:
    db.session.execute(text("SELECT 1"))
    return ""


def _migrations() -> str:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    head = ScriptDirectory(str(current_app.config["MIGRATIONS"])).get_current_head()
    with db.engine.connect() as connection:
        here = MigrationContext.configure(connection).get_current_revision()
    return "" if here == head else f"at {here}, newest is {head}; run `tracker init`"


def _rules() -> str:
    """Whether the stored states are of this version's rules."""
    due = f"this version’s rules of the fold ({RULES}) have not been applied; run `tracker init`"
    return due if rules_are_due() else ""


def _triggers() -> str:
    """Whether what refuses to change the ledger is still there."""
    if db.engine.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        wanted = {f"{table}_no_{verb}" for table in APPEND_ONLY for verb in ("update", "delete")}
    else:
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
        wanted = {f"{table}_append_only" for table in APPEND_ONLY}
    missing = wanted - set(db.session.scalars(text(query)))
    return f"missing: {', '.join(sorted(missing))}" if missing else ""


def _checkpoints() -> str:
    newest: Any = db.session.scalar(select(func.max(Checkpoint.signed_at)))
    events = db.session.scalar(select(func.max(Event.position)))
    late = db.session.scalar(
        select(Event.position)
        .where(Event.recorded_at < clock.now() - timedelta(minutes=15))
        .where(Event.position > (db.session.scalar(select(func.max(Checkpoint.size))) or 0))
        .limit(1)
    )
    if events and newest is None:
        return "no checkpoint was ever signed; run `tracker worker`"
    return "events older than 15 minutes are unsigned; is `tracker worker` running?" if late else ""


def _mail() -> str:
    """Whether mail is set up where it is begun with, or wanted."""
    lacking = mail.missing()
    wanted = current_app.config["MAIL_HOST"] or db.session.scalar(select(Subscription.id).limit(1))
    names = ", ".join(f"TRACKER_{name}" for name in lacking)
    return f"not set: {names}; nobody gets a mail" if lacking and wanted else ""


def _deliveries() -> str:
    """Whether anything for donors was given up, or has waited for a worker."""
    late = Outgoing.due_at < clock.now() - timedelta(minutes=30)
    gone = db.session.scalar(select(func.count()).where(Outgoing.dead_at.is_not(None))) or 0
    waits = db.session.scalar(select(func.count()).where(outbox.waiting(), late)) or 0
    told = [f"{gone} given up; decide at /deliveries"] if gone else []
    told += [f"{waits} overdue; is `tracker worker` running?"] if waits else []
    return "; ".join(told)


def _webhooks() -> str:
    try:
        posting.networks(current_app.config["WEBHOOKS_ALLOW"])
    except ValueError as problem:
        return f"TRACKER_WEBHOOKS_ALLOW: {problem}"
    return ""


def _disk() -> str:
    free = shutil.disk_usage(current_app.config["HOME"]).free
    return f"only {free // 2**20} MB free" if free < 500 * 2**20 else ""


def _files() -> str:
    """Whether other users of the machine can open what is kept here."""
    opened = list(open_to_others())
    if not opened:
        return ""
    many = f"{len(opened)} can be opened by other users of this machine, {opened[0]} for one"
    return f"{many}; run `tracker init`"


CHECKS: dict[str, Callable[[], str]] = {
    "keys": _keys,
    "database": _database,
    "migrations": _migrations,
    "rules of the fold": _rules,
    "triggers of the ledger": _triggers,
    "checkpoints": _checkpoints,
    "mail": _mail,
    "webhooks": _webhooks,
    "deliveries to donors": _deliveries,
    "disk": _disk,
    "files": _files,
}
