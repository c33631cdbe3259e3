"""Rows of sheets: the fields that cells are read by, and the reader of whole sheets.

A file's rules are its marshmallow schema. The reader calls the schema's fields column by column,
once for each different text, because a schema call for each of 100,000 rows would cost more than
keeping them; there is one set of rules either way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from tracker.domain.identifiers import SCHEMES, Reading, fold_look_alikes, normalise, tidy
from tracker.domain.places import oblast_of
from tracker.domain.sheets import Numeric, Rows, Sheet
from tracker.schemas.fields import REF, Choice, Strict, Text

BLOCK = 4096
LARGEST_QUANTITY = 10_000_000
LARGEST_VALUE = Decimal(10) ** 12

_WHOLE = re.compile(r"([0-9]+)(?:\.0+)?")
_GROUPED = re.compile(r"[0-9]{1,3}(?: [0-9]{3})+(?:[.,][0-9]+)?")
_MONEY = re.compile(r"([0-9]{1,12})(?:[.,]([0-9]{1,2}))?")
_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_DAY_WITH_DOTS = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")


class Words(Text):
    """Text as people write it: stray blanks out, Ukrainian apostrophes."""

    def read(self, value: Any) -> str:
        """The tidy text. A number in a spreadsheet loses its `.0`."""
        if isinstance(value, Numeric):
            value = value.removesuffix(".0")
        return super().read(tidy(value))


class Key(Strict, fields.String):
    """A reference such as `PL-2022-11`: capital letters, Cyrillic look-alikes made Latin."""

    _fits = re.compile(REF, re.ASCII).fullmatch

    def read(self, value: Any) -> str | Reading:
        """The reference; a Reading where letters were repaired."""
        text = tidy(value.removesuffix(".0") if isinstance(value, Numeric) else value)
        folded = fold_look_alikes(text) if not text.isascii() else text.upper()
        if not self._fits(folded):
            raise ValueError(f"“{text[:40]}” is no reference: up to 32 letters, digits, - . _ /")
        if folded != text.upper():
            return Reading(folded, ("Cyrillic letters that look Latin were read as Latin",))
        return folded


class Word(Choice):
    """One of a few words, in any case."""

    def read(self, value: Any) -> str:
        """The word as it is kept."""
        word = tidy(value).casefold().replace(" ", "_").replace("-", "_")
        if word not in self.words:
            allowed = ", ".join(sorted(self.words))
            raise ValueError(f"“{tidy(value)[:40]}” is none of {allowed}")
        return word


class Letters(Strict, fields.String):
    """A code of so many Latin capital letters: a country's two, a currency's three."""

    def __init__(self, count: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.count = count

    def read(self, value: Any) -> str:
        """The code."""
        code = fold_look_alikes(tidy(value))
        if len(code) != self.count or not (code.isascii() and code.isalpha()):
            raise ValueError(f"“{tidy(value)[:40]}” is not a code of {self.count} letters")
        return code


class Quantity(Strict, fields.Integer):
    """A whole number from 0 on, as people and spreadsheets write it: `1570`, `1 570`, `1570.0`."""

    def read(self, value: Any) -> int:
        """The number. `1,570` is refused: a thousand more, or one and a half?"""
        text = tidy(value)
        if _GROUPED.fullmatch(text):
            text = text.replace(" ", "")
        found = _WHOLE.fullmatch(text)
        if not found:
            raise ValueError(f"“{text[:40]}” is not a whole number, such as 1570")
        if int(found.group(1)) > LARGEST_QUANTITY:
            raise ValueError(f"more than {LARGEST_QUANTITY:,}")
        return int(found.group(1))


class Money(Strict, fields.Decimal):
    """An amount from 0 on, with at most two places: `499.00`, `1 499,50`."""

    def read(self, value: Any) -> Decimal:
        """The amount."""
        text = tidy(value)
        if _GROUPED.fullmatch(text):
            text = text.replace(" ", "")
        found = _MONEY.fullmatch(text)
        if not found:
            raise ValueError(f"“{text[:40]}” is not an amount, such as 499.00")
        amount = Decimal(f"{found.group(1)}.{found.group(2) or '00'}").quantize(Decimal("0.01"))
        if amount >= LARGEST_VALUE:
            raise ValueError("more than can be kept")
        return amount


class Day(Strict, fields.Date):
    """A day: `2022-11-10`, or `10.11.2022`."""

    def read(self, value: Any) -> date:
        """The day. `10/11/2022` is refused: nobody can say which number is the month."""
        text = tidy(value)
        if found := _DAY.fullmatch(text):
            year, month, day = found.groups()
        elif found := _DAY_WITH_DOTS.fullmatch(text):
            day, month, year = found.groups()
        else:
            raise ValueError(f"“{text[:40]}” is not a day, such as 2022-11-10")
        try:
            return date(int(year), int(month), int(day))
        except ValueError:
            raise ValueError(f"there is no day {text}") from None


class Place(Strict, fields.String):
    """A KATOTTG code that the codifier knows."""

    def read(self, value: Any) -> str:
        """The code. The text is not repeated in what is refused: of a site it is sealed."""
        code = fold_look_alikes(tidy(value))
        oblast_of(code)
        return code


class Number(Strict, fields.String):
    """An identifier of one scheme."""

    def __init__(self, scheme: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scheme = scheme

    def read(self, value: Any) -> Reading:
        """The identifier in its lookup form, with what was repaired."""
        return normalise(self.scheme, value)


class Schemes(Strict, fields.String):
    """The identifiers that a unit must have, separated by blanks."""

    def read(self, value: Any) -> str:
        """The schemes, each once, in our order."""
        told = set(tidy(value).casefold().replace(",", " ").replace(";", " ").split())
        if strange := sorted(told - set(SCHEMES)):
            raise ValueError(f"“{strange[0][:40]}” is none of {', '.join(SCHEMES)}")
        return " ".join(scheme for scheme in SCHEMES if scheme in told)


class RowSchema(Schema):
    """One row of a sheet: a field per column, and `rules` about the row as a whole."""

    optional_columns: frozenset[str] = frozenset()
    """Columns that a file need not have; what they hold stays as it is."""

    def rules(self, row: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """(column, reason) of what does not go together in a row whose cells are valid."""
        yield from ()

    @validates_schema
    def _follow_rules(self, row: dict[str, Any], **_: Any) -> None:
        wrong = {column: [reason] for column, reason in self.rules(row)}
        if wrong:
            raise ValidationError(wrong)

    @classmethod
    def columns(cls) -> tuple[str, ...]:
        """The columns a file may have."""
        return tuple(cls().fields)

    @classmethod
    def needed(cls) -> tuple[str, ...]:
        """The columns a file must have."""
        return tuple(name for name in cls.columns() if name not in cls.optional_columns)


def read_rows(
    schema: type[RowSchema], sheet: Sheet, *, progress: Callable[[int], None] | None = None
) -> Rows:
    """Every row of `sheet` by the rules of `schema`; what is wrong is in `faults`, all of it."""
    row_schema = schema()
    rows = Rows(sheet.file, sheet.columns, notes=list(sheet.notes))
    readers = [_Column(name, row_schema.fields[name], rows) for name in sheet.columns]
    has_rules = schema.rules is not RowSchema.rules
    cells = iter(sheet.cells)
    while block := list(islice(cells, BLOCK)):
        lines = [line for line, _ in block]
        bad: set[int] = set()
        texts = zip(*(row for _, row in block), strict=True)
        read = [column.read(part, lines, bad) for column, part in zip(readers, texts, strict=True)]
        whole = zip(*read, strict=True)
        if bad or has_rules:
            _keep_good(rows, row_schema, lines, whole, bad)
        else:
            rows.lines += lines
            rows.values += whole
        if progress:
            progress(len(block))
    rows.faults += sheet.faults
    return rows


def _keep_good(
    rows: Rows,
    schema: RowSchema,
    lines: Sequence[int],
    whole: Iterable[tuple[Any, ...]],
    bad: Collection[int],
) -> None:
    """Keep the rows of which every cell was read and that follow the rules of their schema."""
    for place, values in enumerate(whole):
        if place in bad:
            continue
        wrong = list(schema.rules(dict(zip(rows.columns, values, strict=True))))
        for column, reason in wrong:
            rows.fault(lines[place], column, reason)
        if not wrong:
            rows.lines.append(lines[place])
            rows.values.append(values)


class _Column:
    """One column while its sheet is read; remembers what the texts in it mean."""

    def __init__(self, name: str, field: Any, rows: Rows) -> None:
        self.name = name
        self.field: Strict = field
        self.rows = rows
        self.known: dict[str, Any] = {} if field.required else {"": None}

    def read(self, texts: Sequence[str], lines: list[int], bad: set[int]) -> list[Any]:
        """The values; where one is refused, None, and its place goes to `bad`."""
        known, values = self.known, []
        for place, text in enumerate(texts):
            if text in known and type(text) is str:
                values.append(known[text])
                continue
            try:
                value = self._read(text, lines[place])
            except ValueError as problem:
                self.rows.fault(lines[place], self.name, str(problem))
                bad.add(place)
                value = None
            values.append(value)
        return values

    def _read(self, text: str, line: int) -> Any:
        if not (text if text.isalnum() else tidy(text)):
            if self.field.required:
                raise ValueError("is empty")
            return None
        value = self.field.read(text)
        if type(value) is Reading:
            for note in value.notes:
                self.rows.remarks.add(self.name, note, line)
            if value.notes:
                return value.value
            value = value.value
        if len(self.known) < BLOCK and type(text) is str:
            self.known[text] = value
        return value
