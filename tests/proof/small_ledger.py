"""What the tests of the proof stand on: a ledger with a story, and what its owner could do to it.

The owner of the database can drop its triggers and write what they like; `Ledger.sql` is that
owner.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from labels.codes import check_letter
from tests.house import statements
from tracker import config
from tracker.db import db, transaction
from tracker.domain.chain import GENESIS, event_hash, log_line
from tracker.domain.merkle import leaf_hash
from tracker.domain.note import Checkpoint
from tracker.domain.permissions import SYSTEM
from tracker.domain.scans import Mode, Scan
from tracker.ledger import stating
from tracker.ledger.announcing import NewItem, announce
from tracker.ledger.checkpoints import Notary, notary, sequence, sign_checkpoint
from tracker.ledger.record import record
from tracker.ledger.reports import Claim, Report
from tracker.ledger.verification import verify
from tracker.models import (
    HandlingUnit,
    Label,
    Location,
    Party,
    Pledge,
    PledgeLine,
    Product,
)

DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
START = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
SEED = "11" * 32


def label(letters: str) -> str:
    """A label's code that begins with these ten letters."""
    return letters + check_letter(letters)


CODES = [label(f"EXAMP1E{number:03}") for number in range(6)]
BOX = label("EXAMP1EB0X")
UNKNOWN = label("N0SVCHC0DE")


class Ledger:
    """One ledger under test, and its owner's hand."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.home: Path = app.config["HOME"]

    @property
    def notary(self) -> Notary:
        return notary()

    @property
    def on_postgres(self) -> bool:
        return db.engine.dialect.name == "postgresql"

    def sql(self, sentence: str, **values: Any) -> None:
        """What the owner of the database does to it: no trigger, no foreign key is in the way."""
        if not self.on_postgres:
            with closing(sqlite3.connect(self.home / "tracker.sqlite")) as connection, connection:
                triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
                for (name,) in connection.execute(triggers).fetchall():
                    connection.execute(f'DROP TRIGGER "{name}"')
                connection.execute("PRAGMA ignore_check_constraints = ON")
                connection.execute(sentence, values)
            return
        db.session.rollback()  # what was read must not wait for what is written now
        with db.engine.begin() as owner:
            owner.info[statements.OWNER] = True
            owner.exec_driver_sql("SET LOCAL session_replication_role = replica")
            owner.execute(text(sentence), values)
            del owner.info[statements.OWNER]

    def rows(self, query: str, **values: Any) -> list[Any]:
        with db.engine.connect() as connection:
            return list(connection.execute(text(query), values))

    def one(self, query: str, **values: Any) -> Any:
        return self.rows(query, **values)[0][0]

    def at(self, log_index: int) -> Any:
        """The event at a place of the log."""
        query = "SELECT event.* FROM event JOIN log_entry USING (position) WHERE log_index = :index"
        return self.rows(query, index=log_index)[0]

    def scan(self, code: str, step: str, *, late: timedelta = timedelta(), **said: Any) -> None:
        """One scan, recorded an hour after the one before it, and made `late` before that."""
        now = self.later()
        scan = Scan(str(uuid4()), code, step, now - late, **said)
        record([scan], sent_at=now, mode=Mode.QUEUED, by=SYSTEM, now=now)

    def later(self) -> datetime:
        return START + timedelta(hours=int(self.one("SELECT count(*) FROM event")))

    def sign(self) -> Checkpoint | None:
        while sequence():
            pass
        return sign_checkpoint(self.notary, now=self.later())

    def verify(self, *since: Claim) -> Report:
        return verify(self.notary, since=since)

    def rehash(self) -> None:
        """Compute every hash, leaf and chain's end anew, as somebody who owns the database can."""
        ends: dict[str, bytes] = {}
        for row in self.rows("SELECT * FROM event ORDER BY subject, seq"):
            hash_ = event_hash(ends.get(row.subject, GENESIS), row.body)
            ends[row.subject] = hash_
            leaf = leaf_hash(log_line(row.subject, row.seq, hash_))
            place = {"position": row.position}
            self.sql("UPDATE event SET hash = :h WHERE position = :position", h=hash_, **place)
            self.sql("UPDATE log_entry SET leaf = :l WHERE position = :position", l=leaf, **place)
        for subject, end in ends.items():
            kind, _, name = subject.partition(":")
            if kind == "item":
                self.sql("UPDATE item SET head = :end WHERE id = :name", end=end, name=int(name))
            elif kind == "unit":
                self.sql(
                    "UPDATE handling_unit SET head = :end WHERE code = :name", end=end, name=name
                )


@contextmanager
def opened(home: Path, url: str) -> Iterator[Ledger]:
    """The ledger in `home`, with its application context."""
    app = Flask("tracker")
    settings = {"HOME": str(home), "KEYS": {"checkpoint": SEED}, "HOST": "kittrail.example"}
    app.config.from_mapping(config.load({**settings, "DATABASE_URL": url}))
    db.init_app(app)
    with app.app_context():
        try:
            yield Ledger(app)
        finally:
            db.session.remove()
            db.engine.dispose()


def fill(ledger: Ledger) -> None:
    """Six units announced, received, four put into a box; one unknown code; two units lost."""
    announce_six()
    ledger.sign()  # 6: every unit announced
    for code in CODES:
        ledger.scan(code, "receiving", location="WH-1")
    ledger.scan(UNKNOWN, "receiving", location="WH-1")
    ledger.scan(CODES[0], "packing", handling_unit=BOX)
    ledger.sign()  # 14
    for code in CODES[1:4]:
        ledger.scan(code, "packing", handling_unit=BOX)
    ledger.scan(UNKNOWN, "packing", handling_unit=BOX)
    ledger.scan(CODES[4], "reporting_lost", report="EX-1")
    ledger.scan(CODES[4], "finding", location="WH-1")
    ledger.sign()  # 20
    ledger.scan(CODES[5], "reporting_lost", report="EX-2")
    ledger.scan(CODES[5], "finding", location="WH-1")  # 22, the last two not yet in the log


def keep_a_copy() -> None:
    """PostgreSQL: a second copy of every row, beside the tables; `restore` goes back to it."""
    with db.engine.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA kept")
        for table in db.metadata.tables:
            connection.exec_driver_sql(f'CREATE TABLE kept."{table}" AS TABLE public."{table}"')


def restore() -> None:
    """PostgreSQL: every row as it was; a tenth of the time that a new database takes."""
    tables = [f'"{table}"' for table in db.metadata.tables]
    sentences = ["SET LOCAL session_replication_role = replica"]
    sentences += [f"DELETE FROM public.{table}" for table in tables]
    sentences += [f"INSERT INTO public.{table} SELECT * FROM kept.{table}" for table in tables]
    last = "(SELECT max(position) FROM event)"
    sentences += [f"SELECT setval(pg_get_serial_sequence('event', 'position'), {last})"]
    with db.engine.begin() as connection:
        connection.exec_driver_sql(";\n".join(sentences))
    statements.forget()


def announce_six() -> None:
    with transaction() as session:
        session.add(Party(ref="EX", kind="member_state", name="Example"))
        session.add(Product(ref="EXTERM", name_en="Terminal", name_uk="Термінал", kind="other"))
        session.add(Location(ref="WH-1", kind="warehouse", name_en="One", name_uk="Один"))
        session.flush()
        session.add(Pledge(ref="PL-EX", donor="EX", pledged_on=date(2026, 4, 1)))
        session.flush()
        line = PledgeLine(pledge="PL-EX", product="EXTERM", quantity=6)
        session.add_all([line, HandlingUnit(code=BOX, name="1", pledge="PL-EX")])
        session.flush()
        session.add(Label(code=BOX, state="bound", handling_unit=BOX))
        new = [NewItem(code, "PL-EX", line.id, "EXTERM", code) for code in CODES]
        numbers = announce(session, new, by=SYSTEM, now=START)
        for code, number in zip(CODES, numbers, strict=True):
            session.add(Label(code=code, state="bound", item=number))
        as_before_statements(session)
    statements.forget()


def as_before_statements(session: Session) -> None:
    """Keep official rows as versions did that knew no statements of them: without any."""
    session.flush()
    session.info.pop(stating.TOUCHED, None)
