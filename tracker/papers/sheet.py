"""Sheets of A4 that fill from the top: headings, facts, tables that go on, text, signatures.

What is drawn is collected first, sheet by sheet, because each says which of how many it is. All
is straight text and lines on reportlab's canvas: a table of two thousand rows is drawn in less
than a second, where reportlab's own tables take many.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from labels.document import save
from labels.symbol import encode
from labels.text import Weight, font, width
from tracker.papers.parts import Signature, Title

WIDE, HIGH = 210.0, 297.0
LEFT, RIGHT, TOP, BOTTOM = 18.0, 14.0, 14.0, 20.0
ROOM = WIDE - LEFT - RIGHT
POINT = 0.3528  # millimetres
SYMBOL = 26.0
INK, SOFT, HAIR = (0.08, 0.1, 0.13), (0.36, 0.4, 0.45), (0.72, 0.75, 0.78)
PALE = (0.93, 0.86, 0.86)
KYIV = ZoneInfo("Europe/Kyiv")

Colour = tuple[float, float, float]
Draw = Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its two headings, its share of the width, and whether it is numbers."""

    uk: str
    en: str
    share: float
    is_number: bool = False
    bold: bool = False


class Sheet:
    """A document while it is filled; `y` is how far down the current sheet it has come."""

    def __init__(self, title: Title, uk: str, en: str) -> None:
        self.title = title
        self.uk, self.en = uk, en
        self.sheets: list[list[Draw]] = []
        self._over = ""
        self.y = 0.0
        self._next_sheet()

    # What documents are made of

    def heading(self, uk: str, en: str) -> None:
        """A heading within the document; never the last thing on a sheet."""
        self._room_for(24)
        self.y += 3
        self._put(LEFT, self.y + 4, uk, 11, "bold")
        self._put(LEFT + self._wide(uk, 11, "bold") + 2.5, self.y + 4, en, 8.5, colour=SOFT)
        self.y += 7

    def facts(self, pairs: Sequence[tuple[str, str, str]], columns: int = 2) -> None:
        """(name in Ukrainian, in English, value), side by side in `columns`; empty ones are left
        out.
        """
        told = [pair for pair in pairs if pair[2]]
        wide = (ROOM - 6 * (columns - 1)) / columns
        for start in range(0, len(told), columns):
            row = told[start : start + columns]
            values = [self._wrapped(value, wide, 9.5) for _, _, value in row]
            high = 5.2 + 4.3 * max(map(len, values))
            self._room_for(high)
            for place, ((uk, en, _), lines) in enumerate(zip(row, values, strict=True)):
                x = LEFT + place * (wide + 6)
                self._put(x, self.y + 3, f"{uk} · {en}", 7.5, colour=SOFT)
                for number, line in enumerate(lines):
                    self._put(x, self.y + 7.4 + 4.3 * number, line, 9.5)
            self.y += high + 1.6

    def text(self, uk: str, en: str = "", *, bold: bool = False) -> None:
        """A paragraph, and its English."""
        self._paragraph(uk, 10, "bold" if bold else "regular", INK)
        self._paragraph(en, 8.5, "regular", SOFT)
        self.y += 3

    def table(
        self, columns: Sequence[Column], rows: Sequence[Sequence[str]], size: float = 8
    ) -> None:
        """Rows under headings that stand on every sheet; a row is never cut in two."""
        whole = sum(column.share for column in columns)
        wides = [ROOM * column.share / whole for column in columns]
        step = size * POINT * 1.3
        self._room_for(22)
        self._headings(columns, wides)
        for row in rows:
            cells = [
                self._wrapped(cell, wide - 2, size, "bold" if column.bold else "regular")
                for cell, wide, column in zip(row, wides, columns, strict=True)
            ]
            high = step * max(map(len, cells)) + 1.9
            if self.y + high > HIGH - BOTTOM:
                self._next_sheet()
                self._headings(columns, wides)
            x = LEFT
            for lines, wide, column in zip(cells, wides, columns, strict=True):
                weight: Weight = "bold" if column.bold else "regular"
                for number, line in enumerate(lines):
                    there = x + (
                        wide - 2 - self._wide(line, size, weight) if column.is_number else 0
                    )
                    self._put(there, self.y + step * (number + 1), line, size, weight)
                x += wide
            self.y += high
            self._rule(self.y, HAIR, 0.15)
        self.y += 3

    def across(self, uk: str, en: str) -> None:
        """Say this in large, pale letters across every sheet, under what else stands there."""
        self._over = f"{uk} · {en}"

    def together(self, high: float) -> None:
        """What follows, `high` millimetres of it, stands on one sheet."""
        self._room_for(high)

    def signatures(self, places: Sequence[Signature]) -> None:
        """Places to sign, two or three beside each other; what is drawn stands on the line."""
        across = 3 if len(places) == 3 else 2
        wide = (ROOM - 10 * (across - 1)) / across
        for start in range(0, len(places), across):
            self._room_for(37)
            for place, one in enumerate(places[start : start + across]):
                self._signature(LEFT + place * (wide + 10), wide, one)
            self.y += 37

    def finish(self) -> bytes:
        """The document; the same values give the same bytes."""
        out = io.BytesIO()
        for weight in ("regular", "bold"):
            pdfmetrics.registerFont(font(weight))
        canvas: Any = Canvas(
            out, (WIDE * mm, HIGH * mm), invariant=1, lang="uk", initialFontName="labels-regular"
        )
        canvas.setTitle(f"{self.title.number} · {self.uk}")
        canvas.setCreator("KitTrail")
        for number, drawn in enumerate(self.sheets, start=1):
            self._across(canvas)
            for draw in drawn:
                draw(canvas)
            self._foot(canvas, number)
            canvas.showPage()
        save(canvas)
        return out.getvalue()

    # How they are drawn

    def _across(self, canvas: Any) -> None:
        if not self._over:
            return
        size = 0.85 * math.hypot(WIDE, HIGH) / (width(self._over, "bold") * POINT)
        canvas.saveState()
        canvas.translate(WIDE / 2 * mm, HIGH / 2 * mm)
        canvas.rotate(-math.degrees(math.atan2(HIGH, WIDE)))  # past the symbol
        canvas.setFillColorRGB(*PALE)
        canvas.setFont("labels-bold", size)
        canvas.drawCentredString(0, -size / 3, self._over)
        canvas.restoreState()

    def _next_sheet(self) -> None:
        self.sheets.append([])
        self.y = TOP
        if len(self.sheets) == 1:
            self._first_head()
        else:
            self._put(LEFT, self.y + 3, self.title.number, 8.5, "bold")
            name = f"{self.uk} · {self.en}"
            at = LEFT + self._wide(self.title.number, 8.5, "bold") + 3
            self._put(at, self.y + 3, name, 8.5, colour=SOFT)
            self.y += 5
            self._rule(self.y, INK, 0.3)
            self.y += 4

    def _first_head(self) -> None:
        title, room = self.title, ROOM - SYMBOL - 8
        self._symbol(WIDE - RIGHT - SYMBOL, TOP)
        self._down(self.uk, room, 17, "bold", INK)
        self._down(self.en, room, 10.5, "regular", SOFT)
        self.y += 6.5
        self._put(LEFT, self.y, f"№ {title.number}", 12, "bold")
        when = f"{day(title.issued_at)}, {title.issued_at.astimezone(KYIV):%H:%M}"
        which = f"від {when} · версія {title.version} · version {title.version}"
        self._put(LEFT + self._wide(f"№ {title.number}", 12, "bold") + 3, self.y, which, 9)
        if title.replaces:
            self.y += 4.5
            self._put(LEFT, self.y, f"Замінює · replaces: {title.replaces}", 9, "bold")
        self.y = max(self.y + 3, TOP + SYMBOL + 1)
        self._rule(self.y, INK, 0.5)
        self.y += 4

    def _down(self, words: str, room: float, size: float, weight: Weight, colour: Colour) -> None:
        """Words on as many lines as they need."""
        for line in self._wrapped(words, room, size, weight):
            self.y += size * POINT * 1.22
            self._put(LEFT, self.y, line, size, weight, colour=colour)
        self.y += 1

    def _paragraph(self, words: str, size: float, weight: Weight, colour: Colour) -> None:
        for line in self._wrapped(words, ROOM, size, weight) if words else ():
            self._room_for(size * POINT * 1.35)
            self.y += size * POINT * 1.35
            self._put(LEFT, self.y, line, size, weight, colour=colour)

    def _foot(self, canvas: Any, number: int) -> None:
        many = len(self.sheets)
        y = HIGH - BOTTOM + 7
        canvas.setStrokeColorRGB(*HAIR)
        canvas.setLineWidth(0.2 * mm)
        canvas.line(LEFT * mm, (HIGH - y + 4) * mm, (WIDE - RIGHT) * mm, (HIGH - y + 4) * mm)
        which = f"Аркуш {number} з {many} · Sheet {number} of {many}"
        at = WIDE - RIGHT - self._wide(which, 8, "regular")
        _draw(at, y, which, 8, "regular", INK)(canvas)
        head = self.title.ledger
        if head is not None:
            told = f"Журнал подій · ledger: {head.size:,}".replace(",", "\u00a0")
            told += f" · {head.root[:16]}… · {day(head.signed_at)}"
            _draw(LEFT, y, told, 7, "regular", SOFT)(canvas)
        _draw(LEFT, y + 3.6, self.title.address, 6.5, "regular", SOFT)(canvas)

    def _headings(self, columns: Sequence[Column], wides: Sequence[float]) -> None:
        told = [
            (
                self._wrapped(column.uk, wide - 2, 7.5, "bold"),
                self._wrapped(column.en, wide - 2, 6.5),
            )
            for column, wide in zip(columns, wides, strict=True)
        ]
        first = max(len(uk) for uk, _ in told)
        high = 3.4 * first + 2.9 * max(len(en) for _, en in told) + 2.5
        x = LEFT
        for (uk, en), wide, column in zip(told, wides, columns, strict=True):
            for number, line in enumerate(uk):
                at = x + (wide - 2 - self._wide(line, 7.5, "bold") if column.is_number else 0)
                self._put(at, self.y + 3.2 + 3.4 * number, line, 7.5, "bold")
            for number, line in enumerate(en):
                at = x + (wide - 2 - self._wide(line, 6.5, "regular") if column.is_number else 0)
                self._put(at, self.y + 3.4 * first + 2.6 + 2.9 * number, line, 6.5, colour=SOFT)
            x += wide
        self.y += high
        self._rule(self.y, INK, 0.3)

    def _signature(self, x: float, wide: float, one: Signature) -> None:
        y = self.y
        self._put(x, y + 4, one.role_uk, 9.5, "bold")
        self._put(x + self._wide(one.role_uk, 9.5, "bold") + 2, y + 4, one.role_en, 8, colour=SOFT)
        for number, (uk, en, value) in enumerate(
            (("посада", "position", one.position), ("ім’я та прізвище", "name", one.name))
        ):
            at = y + 10.5 + 8.5 * number
            for line in self._wrapped(value, wide, 9)[:1]:
                self._put(x, at - 1, line, 9)
            self._line(x, at, wide)
            self._put(x, at + 2.8, f"{uk} · {en}", 6.5, colour=SOFT)
        at = y + 31.5
        self._line(x, at, wide * 0.62)
        self._line(x + wide * 0.68, at, wide * 0.32)
        self._put(x, at + 2.8, "підпис · signature", 6.5, colour=SOFT)
        self._put(x + wide * 0.68, at + 2.8, "дата · date", 6.5, colour=SOFT)
        if one.signed_at is not None:
            self._put(x + wide * 0.68, at - 1, day(one.signed_at), 9)
        if one.strokes:
            self._strokes(x + 2, at - 10.5, wide * 0.56, 10.5, one)

    def _strokes(self, x: float, y: float, wide: float, high: float, one: Signature) -> None:
        """A drawn signature, its shape kept, in the box given."""
        scale = min(wide, high * 3)
        points = [
            [((x + px * scale) * mm, (HIGH - y - py * scale / 3) * mm) for px, py in stroke]
            for stroke in one.strokes
        ]

        def draw(canvas: Any) -> None:
            canvas.setStrokeColorRGB(0.05, 0.12, 0.4)
            canvas.setLineWidth(0.45 * mm)
            canvas.setLineCap(1)
            canvas.setLineJoin(1)
            for stroke in points:
                path = canvas.beginPath()
                path.moveTo(*stroke[0])
                for point in stroke[1:] or [(stroke[0][0] + 0.1, stroke[0][1])]:
                    path.lineTo(*point)
                canvas.drawPath(path)
            canvas.setLineCap(0)

        self.sheets[-1].append(draw)

    def _symbol(self, x: float, y: float) -> None:
        """The address of the document's page, for a phone's camera."""
        symbol = encode(self.title.address, "M")
        module = SYMBOL / symbol.size

        def draw(canvas: Any) -> None:
            canvas.setFillColorRGB(0, 0, 0)
            for column, row, length in symbol.runs():
                canvas.rect(
                    (x + column * module) * mm,
                    (HIGH - y - (row + 1) * module) * mm,
                    length * module * mm,
                    module * mm,
                    stroke=0,
                    fill=1,
                )

        self.sheets[-1].append(draw)

    def _room_for(self, high: float) -> None:
        if self.y + high > HIGH - BOTTOM:
            self._next_sheet()

    def _put(
        self,
        x: float,
        y: float,
        words: str,
        size: float,
        weight: Weight = "regular",
        *,
        colour: Colour = INK,
    ) -> None:
        if words:
            self.sheets[-1].append(_draw(x, y, words, size, weight, colour))

    def _rule(self, y: float, colour: Colour, thick: float) -> None:
        self.sheets[-1].append(_stroke(LEFT, y, ROOM, colour, thick))

    def _line(self, x: float, y: float, wide: float) -> None:
        self.sheets[-1].append(_stroke(x, y, wide, SOFT, 0.2))

    def _wide(self, words: str, size: float, weight: Weight) -> float:
        return width(words, weight) * size * POINT

    def _wrapped(
        self, words: str, room: float, size: float, weight: Weight = "regular"
    ) -> list[str]:
        """Lines of at most `room` mm; a word that is longer is cut where it must be."""
        lines: list[str] = []
        for paragraph in words.split("\n"):
            lines.extend(self._wrap_one(paragraph, room, size, weight))
        return lines or [""]

    def _wrap_one(self, words: str, room: float, size: float, weight: Weight) -> list[str]:
        if self._wide(words, size, weight) <= room:
            return [words]
        lines = [""]
        for word in words.split(" "):
            joined = f"{lines[-1]} {word}" if lines[-1] else word
            if self._wide(joined, size, weight) <= room:
                lines[-1] = joined
                continue
            lines.append(word)
            while self._wide(lines[-1], size, weight) > room and len(lines[-1]) > 1:
                long, keep = lines[-1], len(lines[-1]) - 1
                while keep > 1 and self._wide(long[:keep], size, weight) > room:
                    keep -= 1
                lines[-1:] = [long[:keep], long[keep:]]
        return [line for line in lines if line]


def _draw(x: float, y: float, words: str, size: float, weight: Weight, colour: Colour) -> Draw:
    def draw(canvas: Any) -> None:
        canvas.setFillColorRGB(*colour)
        canvas.setFont(f"labels-{weight}", size)
        canvas.drawString(x * mm, (HIGH - y) * mm, words)

    return draw


def _stroke(x: float, y: float, wide: float, colour: Colour, thick: float) -> Draw:
    def draw(canvas: Any) -> None:
        canvas.setStrokeColorRGB(*colour)
        canvas.setLineWidth(thick * mm)
        canvas.line(x * mm, (HIGH - y) * mm, (x + wide) * mm, (HIGH - y) * mm)

    return draw


def day(moment: datetime | date) -> str:
    """A day as papers write it: 24.11.2026, Kyiv's."""
    if isinstance(moment, datetime):
        moment = moment.astimezone(KYIV)
    return f"{moment:%d.%m.%Y}"
