"""What a sheet is to an import: rows with their line numbers, what was repaired, what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

SHOWN_LINES = 5  # of a remark that holds for many


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a file is refused: a cell, a line, or (line 0) the whole file. Never a sealed fact."""

    file: str
    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        """As compilers write it: `file:line: column: reason`."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(part for part in (place, self.column, self.reason) if part)


class Numeric(str):
    """A cell that was a number in a spreadsheet, as text: `12345678.0`."""

    __slots__ = ()


@dataclass(slots=True)
class Remarks:
    """What was repaired, said once for all the lines it holds for."""

    lines: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    counts: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, column: str, text: str, line: int) -> None:
        """Say `text` about the cell of `column` (empty: the row) on `line`."""
        key = (column, text)
        self.counts[key] = self.counts.get(key, 0) + 1
        shown = self.lines.setdefault(key, [])
        if len(shown) < SHOWN_LINES:
            shown.append(line)

    def sentences(self) -> list[str]:
        """`kit: Cyrillic letters ... (lines 4, 9)`."""
        return [
            f"{column}: {text} ({self._where(column, text)})"
            if column
            else f"{text} ({self._where(column, text)})"
            for column, text in self.lines
        ]

    def _where(self, column: str, text: str) -> str:
        shown, count = self.lines[column, text], self.counts[column, text]
        more = f" and {count - len(shown)} more" if count > len(shown) else ""
        return f"line{'s' if count > 1 else ''} {', '.join(map(str, shown))}{more}"


@dataclass(slots=True)
class Sheet:
    """A file with known columns. `cells` gives (line, one text per column) once, blank rows left
    out; while they are read, `faults` grows by the rows that are broken.
    """

    file: str
    columns: tuple[str, ...]
    cells: Iterable[tuple[int, Sequence[str]]]
    notes: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


@dataclass(slots=True)
class Rows:
    """The rows of a sheet, read and valid by themselves; `faults` names those that are not.

    `values` holds one tuple per row, in the order of `columns`; `lines` where each row began.
    """

    file: str
    columns: tuple[str, ...]
    lines: list[int] = field(default_factory=list)
    values: list[tuple[Any, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    remarks: Remarks = field(default_factory=Remarks)
    faults: list[Fault] = field(default_factory=list)

    def __len__(self) -> int:
        """How many rows can be read."""
        return len(self.values)

    def fault(self, line: int, column: str, reason: str) -> None:
        """Refuse a cell."""
        self.faults.append(Fault(self.file, line, column, reason))


@dataclass(frozen=True, slots=True)
class Change:
    """One field of something known that a row changes. Sealed facts are not told: None, None."""

    line: int
    subject: str
    field: str
    old: Any
    new: Any

    def __str__(self) -> str:
        """`line 3: PL-2022-11 STARLINK-STD: quantity 1570 → 1600`."""
        told = "" if self.old is None and self.new is None else f" {_say(self.old)} → "
        return f"line {self.line}: {self.subject}: {self.field}{told}{told and _say(self.new)}"


def _say(value: Any) -> str:
    return "—" if value is None or value == "" else str(value)


@dataclass(slots=True)
class ImportReport:
    """What an import did, or (`dry_run`) would do. `added` and `unchanged` count rows."""

    noun: str
    file: str
    dry_run: bool = False
    added: int = 0
    unchanged: int = 0
    changed: list[Change] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
