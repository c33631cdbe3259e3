"""What every import does: ask the permission, compare with what is known, all or nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, any_, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, Session

from tracker.db import Base, is_sqlite, transaction
from tracker.domain.permissions import Action, Actor
from tracker.domain.sheets import Change, ImportReport, Rows
from tracker.errors import NotAllowed
from tracker.files.sheets import refused
from tracker.ledger.stating import act_as

Progress = Callable[[int], None]
"""Told how many more rows are done."""


@contextmanager
def importing(noun: str, rows: Rows, by: Actor, dry_run: bool) -> Iterator[tuple[Session, Import]]:
    """One import in one transaction: kept whole, or, with faults or as a dry run, not at all.

    Raises NotAllowed, and ImportRefused with every fault of the sheet and of the import. Imports
    wait for each other, so that two of the same file add its rows once.
    """
    if not by.may(Action.EDIT_PLEDGES):
        raise NotAllowed
    work = Import(rows, ImportReport(noun, rows.file, dry_run))
    with transaction() as session:
        act_as(session, by.ref)
        if not is_sqlite(session):
            session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('import', 0))"))
        yield session, work
        work.refuse_if_faulty()
        if dry_run:
            session.rollback()
    work.report.notes = [*rows.notes, *rows.remarks.sentences(), *work.report.notes]


def records(rows: Rows) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line, {column: value}) of every row: each value of the type that its schema reads."""
    for line, values in zip(rows.lines, rows.values, strict=True):
        yield line, dict(zip(rows.columns, values, strict=True))


class Import:
    """A sheet on its way in: its rows, and the report that grows."""

    def __init__(self, rows: Rows, report: ImportReport) -> None:
        self.rows = rows
        self.report = report

    def refuse_if_faulty(self) -> None:
        """Raise ImportRefused when anything is wrong so far."""
        if self.rows.faults:
            raise refused(self.rows.faults)

    def unique(self, *key: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """(line, row) of every row; those that say again what an earlier one names are faults."""
        seen: dict[tuple[Any, ...], int] = {}
        for line, row in records(self.rows):
            name = tuple(row[column] for column in key)
            if name in seen:
                self.rows.fault(line, key[-1], f"{' '.join(name)} is on line {seen[name]} already")
                continue
            seen[name] = line
            yield line, row

    def compare(
        self, line: int, subject: str, stored: Base, wanted: Mapping[str, Any]
    ) -> list[Change]:
        """Give `stored` the values in `wanted` that differ, and tell each."""
        changes = []
        for name, new in wanted.items():
            old = getattr(stored, name)
            if old != new:
                changes.append(Change(line, subject, name, old, new))
                setattr(stored, name, new)
        return changes

    def count(self, changes: list[Change]) -> None:
        """One known row: changed, or not."""
        self.report.changed += changes
        self.report.unchanged += not changes

    def must_exist(
        self, session: Session, column: str, key: InstrumentedAttribute[str], what: str
    ) -> frozenset[str]:
        """The references in `column` that exist; the others are faults, each on its first line."""
        if column not in self.rows.columns:
            return frozenset()
        place = self.rows.columns.index(column)
        first: dict[str, int] = {}
        for line, values in zip(self.rows.lines, self.rows.values, strict=True):
            if values[place] is not None:
                first.setdefault(values[place], line)
        known = frozenset(session.scalars(select(key).where(among(session, key, first))))
        for ref, line in first.items():
            if ref not in known:
                self.rows.fault(line, column, f"there is no {what} {ref}; import it first")
        return known


def among(
    session: Session, column: InstrumentedAttribute[Any], values: Collection[Any]
) -> ColumnElement[bool]:
    """Whether `column` is one of `values`: one parameter, however many there are."""
    if is_sqlite(session):
        listed = func.json_each(json.dumps(list(values), ensure_ascii=False)).table_valued("value")
        return column.in_(select(listed.c.value))
    return column == any_(bindparam(None, list(values), type_=ARRAY(column.type)))
