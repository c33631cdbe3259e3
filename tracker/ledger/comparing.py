"""Official rows and files against what the ledger states of them (`ledger.records`).

Verification hands over each statement as it walks the stories; rows are read a part at a time, so
memory does not grow with the ledger. A row that was changed, deleted, or added past the ledger is
named, and so is a file that is not what it was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Date, inspect

from tracker.db import db
from tracker.domain.bodies import Body
from tracker.domain.records import STATING, Stated, subject_of, written
from tracker.ledger.evidence_files import fault_of
from tracker.ledger.records import BY_KIND, MARK, Record
from tracker.ledger.reports import Problem, Report
from tracker.queries.records import Key, Values, all_keys, having, rows_by_key

PART = 500
_GARBLED: Values = {}


@dataclass(frozen=True, slots=True)
class _Told:
    """What one story states, and its newest statement."""

    stated: Stated
    last: Any


@dataclass(slots=True)
class Comparison:
    """The statements of the stories on their way past; what does not fit goes to the report."""

    report: Report
    covered: set[str] = field(default_factory=set)
    _waiting: dict[str, dict[Key, _Told]] = field(default_factory=lambda: defaultdict(dict))
    _stated: Stated = field(default_factory=Stated)
    _last: Any = None

    def take(self, row: Any, body: Body) -> None:
        """The next statement: the event's row, and its body."""
        if row.subject == MARK:
            self.covered |= set(str(body.get("record", {}).get("kinds", "")).split())
            return
        if self._last is not None and self._last.subject != row.subject:
            self._finish()
        self._stated.add(body, row.salt if isinstance(row.salt, str) else None)
        self._last = row

    def end(self) -> None:
        """All stories have gone past: compare what waits, and look for what nothing was said of."""
        if self._last is not None:
            self._finish()
        for kind in list(self._waiting):
            self._compare(kind)
        for kind in sorted(self.covered & BY_KIND.keys()):
            self._find_unstated(BY_KIND[kind])
        self._read_files()

    def _finish(self) -> None:
        told, kind = _Told(self._stated, self._last), self._last.subject.partition(":")[0]
        self._stated, self._last = Stated(), None
        record = BY_KIND.get(kind)
        if record is None:
            return
        try:
            key = tuple(_typed(record, name, told.stated.plain[name]) for name in record.key)
        except (KeyError, TypeError, ValueError):
            self._add(told, "no row is named by what it states")
            return
        self._waiting[kind][key] = told
        if len(self._waiting[kind]) >= PART:
            self._compare(kind)

    def _compare(self, kind: str) -> None:
        record, told = BY_KIND[kind], self._waiting.pop(kind)
        rows = _rows(record, told.keys())
        for key, one in told.items():
            what = _misfit(record, one.stated, rows.get(key))
            if what:
                self._add(one, what)

    def _find_unstated(self, record: Record) -> None:
        for keys in all_keys(record.model, record.key, record.only):
            subjects = [subject_of(record.kind, key) for key in keys]
            with db.engine.connect() as connection:
                stated = having(connection, subjects, (STATING,))
            for subject in subjects:
                if subject not in stated:
                    what = "its row was added past the ledger: nothing states it"
                    self.report.add(Problem(what, None, subject))

    def _read_files(self) -> None:
        evidence = BY_KIND["evidence"]
        for keys in all_keys(evidence.model, evidence.key):
            for (sha,) in keys:
                if fault := fault_of(sha):
                    what = "its file is gone" if fault == "gone" else "its file was changed"
                    self.report.add(Problem(what, None, subject_of("evidence", (sha,))))

    def _add(self, told: _Told, what: str) -> None:
        row = told.last
        self.report.add(Problem(what, row.id, row.subject, row.seq, row.log_index))


def _typed(record: Record, name: str, value: object) -> object:
    """A member of a key as the database compares it."""
    kind = inspect(record.model).columns[name].type
    return date.fromisoformat(str(value)) if isinstance(kind, Date) else value


def _rows(record: Record, keys: Collection[Key]) -> Mapping[Key, Values]:
    """The rows with these keys; one that cannot be read (SQLite keeps any kind in any column) is
    there, and holds nothing."""
    with db.engine.connect() as connection:
        try:
            return rows_by_key(connection, record.model, record.key, record.columns, keys)
        except (ValueError, TypeError, LookupError):
            pass
        found: dict[Key, Values] = {}
        for key in keys:
            try:
                one = rows_by_key(connection, record.model, record.key, record.columns, [key])
            except (ValueError, TypeError, LookupError):
                one = {key: _GARBLED}
            found.update(one)
        return found


def _misfit(record: Record, stated: Stated, row: Values | None) -> str | None:
    if row is not None and record.only and row.get(record.only) is None and row is not _GARBLED:
        row = None
    if row is None:
        return None if stated.removed else "its row was deleted past the ledger"
    if stated.removed:
        return "its row was removed, and is there again"
    if row is _GARBLED:
        return "its row holds something that no record has"
    try:
        said = {name: written(row[name]) for name in record.columns}
    except (TypeError, ValueError, AttributeError):
        return "its row holds something that no record has"
    return stated.misfit(said)
