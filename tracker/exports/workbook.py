"""XLSX: summary, proof, days, places, units; with real numbers and days, and no formula.

The same export gives the same bytes: nothing in the archive is stamped with the time of writing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.writer.excel import ExcelWriter

from tracker.domain.unit_proofs import RUNGS
from tracker.exports import words
from tracker.exports.cells import safe
from tracker.exports.parcel import Export, Progress
from tracker.exports.tables import about, figures
from tracker.exports.words import Pair

Cell = int | str | date | None

SUMMARY: Pair = ("Підсумок", "Summary")
PROOF: Pair = ("Докази", "Proof")
DAYS: Pair = ("Дні", "Days")
PLACES: Pair = ("Місця", "Places")
UNITS: Pair = ("Одиниці", "Units")
NAME: Pair = ("Показник", "Figure")
NUMBER: Pair = ("Одиниць", "Units")
SITES: Pair = ("Об’єктів", "Sites")
NEWEST: Pair = ("Найновіший доказ", "Newest proof")
DAY: Pair = ("Кінець дня", "End of day")
MONTH: Pair = ("Місяць", "Month")
OBLAST: Pair = ("Область або сектор", "Oblast or sector")
CODE: Pair = ("Код", "Code")
TOLD: Pair = ("Що сказано", "What it says")
RUNG: Pair = ("Доказ", "Proof")
LABEL: Pair = ("Етикетка", "Label")
PRODUCT: Pair = ("Виріб", "Product")
STAGE: Pair = ("Етап", "Stage")

EPOCH = date(1899, 12, 30).toordinal()
EVERY = 500


def write(export: Export, out: BinaryIO, progress: Progress | None = None) -> None:
    """Write the workbook to `out`; `progress` hears how many rows of units are written."""
    book = Book(export.said.language)
    _summary(book, export)
    _proof(book, export)
    if not export.view.totals_only:
        _days(book, export)
        _places(book, export)
    if export.units is not None:
        _units(book, export, progress)
    book.save(out, export.said.made_at)


class Book:
    """A workbook that is written row by row, in one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.book = Workbook(write_only=True)

    def sheet(self, name: Pair, columns: Sequence[tuple[Pair, int]]) -> Any:
        """A sheet with headings that stay in sight; a column's width is in letters."""
        sheet = self.book.create_sheet(self.word(name))
        sheet.freeze_panes = "A2"
        for number, (_, wide) in enumerate(columns):
            sheet.column_dimensions[chr(ord("A") + number)].width = wide
        sheet.append([self._bold(sheet, self.word(heading)) for heading, _ in columns])
        return sheet

    def word(self, pair: Pair) -> str:
        """The word in the book's language, with a capital letter."""
        return words.capital(words.word(pair, self.language))

    @staticmethod
    def _bold(sheet: Any, text: str) -> Any:
        cell = WriteOnlyCell(sheet, text)
        cell.font = Font(bold=True)
        return cell

    def save(self, out: BinaryIO, at: datetime) -> None:
        """Write everything to `out`, as if in one moment."""
        made = at.replace(microsecond=0, tzinfo=None)
        self.book.properties.created = self.book.properties.modified = made
        self.book.properties.creator = "KitTrail"
        ExcelWriter(self.book, _Timeless(out, "w", ZIP_DEFLATED)).save()


class _Timeless(ZipFile):
    """An archive whose entries all bear the day on which time begins for archives."""

    def write(self, filename: Any, arcname: Any = None, *_: Any, **__: Any) -> None:
        """A sheet, from the file in which it was collected."""
        with open(filename, "rb") as source, self.open(_entry(arcname), "w") as target:  # noqa: PTH123
            while block := source.read(1 << 16):
                target.write(block)

    def writestr(self, zinfo_or_arcname: Any, data: Any, *_: Any, **__: Any) -> None:
        """Any other part."""
        super().writestr(_entry(zinfo_or_arcname), data)


def _entry(name: Any) -> ZipInfo:
    entry = ZipInfo(str(name), (1980, 1, 1, 0, 0, 0))
    entry.compress_type = ZIP_DEFLATED
    return entry


def _plain(cells: Iterable[Cell]) -> list[Cell]:
    """Texts made harmless; numbers and days as they are."""
    return [safe(cell) if isinstance(cell, str) else cell for cell in cells]


def _summary(book: Book, export: Export) -> None:
    sheet = book.sheet(SUMMARY, [(NAME, 44), (NUMBER, 22)])
    for figure in figures(export):
        if figure.part in ("pledged", "stage", "condition", "open"):
            sheet.append(_plain([book.word(figure.name), figure.number]))
    sheet.append([])
    for _, name, value in about(export):
        sheet.append(_plain([book.word(name), value]))
    for one in export.view.released:
        if one.kind == "statement":
            sheet.append(_plain([one.text_uk if book.language == "uk" else one.text_en]))


def _proof(book: Book, export: Export) -> None:
    sheet = book.sheet(PROOF, [(RUNG, 34), (NUMBER, 12), (NEWEST, 20)])
    for step in export.view.counts.ladder:
        name = words.named(words.RUNG, step.rung.value)
        sheet.append(_plain([book.word(name), step.units, step.newest_on]))


def _days(book: Book, export: Export) -> None:
    counts = export.view.counts
    stages = [words.named(words.STAGE, stage) for stage in counts.ever]
    sheet = book.sheet(DAYS, [(DAY, 14), *((stage, 16) for stage in stages)])
    for day, reached in counts.timeline:
        sheet.append([day, *(reached[stage] for stage in counts.ever)])


def _places(book: Book, export: Export) -> None:
    sheet = book.sheet(PLACES, [(OBLAST, 44), (CODE, 14), (SITES, 12), (MONTH, 14)])
    for figure in figures(export):
        if figure.part in ("oblast", "sector"):
            sheet.append(_plain([book.word(figure.name), figure.code, figure.number, figure.day]))


def _units(book: Book, export: Export, progress: Progress | None) -> None:
    """One row a unit. Cells of days are made once for each day: there are few, and many rows."""
    columns = [(LABEL, 16), (PRODUCT, 32), (STAGE, 34)]
    rungs = [(words.named(words.RUNG, rung.value), 16) for rung in RUNGS]
    sheet = book.sheet(UNITS, [*columns, *rungs])
    days = _Days(sheet)
    is_ukrainian = book.language == "uk"
    stages = {name: book.word(pair) for name, pair in words.STAGE.items()}
    for number, unit in enumerate(export.units() if export.units else (), start=1):
        product = safe(unit.product_uk if is_ukrainian else unit.product_en)
        sheet.append([unit.code, product, stages[unit.stage], *map(days.of, unit.days)])
        if progress and number % EVERY == 0:
            progress(number, 0)


class _Days:
    """Cells of days, each styled once."""

    def __init__(self, sheet: Any) -> None:
        self.sheet = sheet
        self.made: dict[date, Any] = {}

    def of(self, day: date | None) -> Any:
        """The cell of a day; None for none."""
        if day is None:
            return None
        cell = self.made.get(day)
        if cell is None:
            cell = self.made[day] = WriteOnlyCell(self.sheet, day.toordinal() - EPOCH)
            cell.number_format = "yyyy-mm-dd"
        return cell


def rows(export: Export) -> Iterator[Sequence[Cell]]:
    """The cells of the sheet of units, bare, as a bench's reference writes them."""
    for unit in export.units() if export.units else ():
        yield (unit.code, unit.product_en, unit.stage, *unit.days)
