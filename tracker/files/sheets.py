"""Reading CSV and XLSX files as people and spreadsheets make them, or refusing them with a reason.

What can be read safely is read, and said: byte order marks, semicolons and tabs, Windows-1251,
newlines in quotes, blank rows, numbers that a spreadsheet made of digits. What could be read in
two ways is refused.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, time
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from tracker.domain.identifiers import tidy
from tracker.domain.sheets import Fault, Numeric, Sheet
from tracker.errors import ImportRefused
from tracker.files.encodings import Unreadable, decode

MOST_BYTES = 64 * 2**20
MOST_UNPACKED_BYTES = 512 * 2**20
MOST_ROWS = 1_000_000
MOST_COLUMNS = 200
_DELIMITERS = ",;\t"
_PHYSICAL_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"

Line = tuple[int, Sequence[str]]


def read_sheet(
    content: bytes, file: str, *, columns: Collection[str], needed: Collection[str]
) -> Sheet:
    """The sheet in `content`, called `file` in what is said about it.

    `columns` are those it may have, `needed` those it must have. Raises ImportRefused, with
    `faults`, when it cannot be read at all, or its columns are not these.
    """
    try:
        if len(content) > MOST_BYTES:
            raise Unreadable(f"larger than {MOST_BYTES // 2**20} MB; import it in parts")
        if content.startswith(_OLE):
            raise Unreadable("an old Excel file, or one with a password; save it as XLSX or CSV")
        is_workbook = content.startswith(_ZIP)
        lines, notes = _workbook(content) if is_workbook else _csv(content, columns)
        line, header = next(_not_blank(lines), (1, ()))
    except Unreadable as problem:
        raise refused([Fault(file, problem.line, "", str(problem))]) from None
    names = [_name(cell) for cell in header]
    while names and not names[-1]:
        names.pop()
    if faults := _wrong_columns(file, line, names, columns, needed):
        raise refused(faults)
    sheet = Sheet(file, tuple(names), (), notes)
    sheet.cells = _body(sheet, lines, is_workbook)
    return sheet


def refused(faults: Sequence[Fault]) -> ImportRefused:
    """The refusal of a file for `faults`, sorted by line."""
    ordered = sorted(faults, key=lambda fault: (fault.file, fault.line, fault.column))
    many = f"{len(ordered)} faults" if len(ordered) != 1 else "one fault"
    return ImportRefused(f"{many} in {ordered[0].file}; nothing of it was kept.", faults=ordered)


def _wrong_columns(
    file: str, line: int, names: list[str], columns: Collection[str], needed: Collection[str]
) -> list[Fault]:
    faults = []
    for place, name in enumerate(names):
        if not name:
            faults.append(Fault(file, line, "", f"column {place + 1} has no name"))
        elif name not in columns:
            known = ", ".join(columns)
            faults.append(Fault(file, line, name, f"unknown column; there may be {known}"))
        elif name in names[:place]:
            faults.append(Fault(file, line, name, "this column is there twice"))
    faults += [
        Fault(file, line, name, "this column is missing") for name in needed if name not in names
    ]
    return faults


def _name(cell: str) -> str:
    return tidy(cell).casefold().replace(" ", "_")


def _not_blank(lines: Iterator[Line]) -> Iterator[Line]:
    return ((line, cells) for line, cells in lines if any(map(str.strip, cells)))


def _body(sheet: Sheet, lines: Iterator[Line], is_workbook: bool) -> Iterator[Line]:
    """The rows below the header, each as wide as it; rows of another width are faults."""
    width, count = len(sheet.columns), 0
    try:
        for line, cells in _not_blank(lines):
            count += 1
            if count > MOST_ROWS:
                raise Unreadable(f"more than {MOST_ROWS:,} rows; import it in parts", line)
            if len(cells) == width:
                yield line, cells
            elif len(cells) > width and not any(map(str.strip, cells[width:])):
                yield line, cells[:width]
            elif len(cells) < width and is_workbook:
                yield line, [*cells, *[""] * (width - len(cells))]
            else:
                reason = f"{len(cells)} cells, but {width} columns have a name"
                sheet.faults.append(Fault(sheet.file, line, "", reason))
    except Unreadable as problem:
        sheet.faults.append(Fault(sheet.file, problem.line, "", str(problem)))


def _csv(content: bytes, columns: Collection[str]) -> tuple[Iterator[Line], list[str]]:
    text, notes = decode(content)
    first = text.partition("\n")[0].strip().casefold()
    skip = first.startswith("sep=") and len(first) == 5  # how Excel writes down the delimiter
    body = text.partition("\n")[2] if skip else text
    delimiter = first[4] if skip else _delimiter(body, columns)
    if delimiter != ",":
        notes.append(f"Columns are separated by {'tabs' if delimiter == chr(9) else delimiter!r}.")
    return _csv_lines(body, delimiter, 1 + skip), notes


def _delimiter(text: str, columns: Collection[str]) -> str:
    """The one by which the first line falls into the most columns that we know."""
    first = next((line for line in text.splitlines() if line.strip()), "")

    def known(delimiter: str) -> int:
        names = {_name(cell.strip('" ')) for cell in first.split(delimiter)}
        return len(names & set(columns))

    return max(_DELIMITERS, key=known)


def _csv_lines(text: str, delimiter: str, start: int) -> Iterator[Line]:
    """(line on which the row begins, its cells). A stray quotation mark makes it Unreadable."""
    lines = (found.group() for found in _PHYSICAL_LINE.finditer(text))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    begins = start
    try:
        for cells in reader:
            yield begins, cells
            begins = start + reader.line_num
    except csv.Error as problem:
        reason = str(problem)
        if "end of data" in reason:
            reason = "a quotation mark is opened here and never closed"
        elif "limit" in reason:
            reason = "a cell is longer than 131,072 characters"
        elif "expected after" in reason:
            reason = "a quotation mark stands inside a cell; write it twice, and one at each end"
        raise Unreadable(reason, begins) from None


def _workbook(content: bytes) -> tuple[Iterator[Line], list[str]]:
    """The rows of the first sheet that is not hidden."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            unpacked = sum(entry.file_size for entry in packed.infolist())
        if unpacked > MOST_UNPACKED_BYTES:
            raise Unreadable("unpacks to more than a workbook of this kind ever holds")
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        shown = [
            each.name for each in book.sheets_metadata if each.visible is SheetVisibleEnum.Visible
        ]
        if not shown:
            raise Unreadable("the workbook has no sheet that is not hidden")
        sheet = book.get_sheet_by_name(shown[0])
    except (zipfile.BadZipFile, CalamineError, OSError) as problem:
        raise Unreadable(f"this workbook cannot be read: {problem}") from None
    if sheet.width > MOST_COLUMNS:
        raise Unreadable(f"{sheet.width} columns; a table has at most {MOST_COLUMNS}")
    notes = []
    if len(shown) > 1:
        notes.append(f"Only the first sheet, {shown[0]}, was read; there are {len(shown)}.")
    rows = enumerate(sheet.iter_rows(), start=1)
    return ((line, [_text(cell) for cell in cells]) for line, cells in rows), notes


def _text(cell: Any) -> str:
    """A spreadsheet's cell as text. A number keeps its `.0`, so that readers know what it was."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        exact = abs(cell) < 1e15  # spreadsheets keep 15 digits and make noughts of the rest
        return Numeric(repr(float(cell))) if exact else Numeric(f"{cell:.14E}")
    if isinstance(cell, datetime):
        is_day = cell.time() == time(0)
        return cell.date().isoformat() if is_day else cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)
