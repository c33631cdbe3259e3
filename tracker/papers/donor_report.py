"""The donor's report (звіт для донора): how far a pledge has come and how that is proved.

Drawn to be read in black and white: every grey has its number beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from reportlab.lib.units import mm

from tracker.papers.parts import Title
from tracker.papers.sheet import HIGH, INK, LEFT, POINT, ROOM, SOFT, Column, Sheet, day

Pair = tuple[str, str]

TITLE = ("Звіт для донора", "Donor’s report")
BAR = 9.0
LONG = 50  # letters of a fact that takes the whole width
MAP_WIDE = 90.0
BANDS = (1.0, 0.9, 0.78, 0.64, 0.5)
"""How light an oblast is drawn, by its band: white where nothing is told."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the bar: its name (uk, en), units, where it begins and how wide it is, in %.

    `grey` is how light it is drawn, from 0 (black) to 1.
    """

    name: Pair
    units: int
    start: float
    width: float
    grey: float


@dataclass(frozen=True, slots=True)
class Outline:
    """The map on 1200 x 800: rings of points with their band, markers, numbers."""

    areas: Sequence[tuple[Sequence[Sequence[tuple[float, float]]], int]]
    markers: Sequence[tuple[int, int, int]]
    labels: Sequence[tuple[int, int, int]]
    credit: str


@dataclass(frozen=True, slots=True)
class Places:
    """Sites per oblast in one month; `other` those of all others, None where it is not told."""

    month: str
    rows: Sequence[tuple[Pair, int]]
    other: int | None
    outline: Outline


@dataclass(frozen=True, slots=True)
class Report:
    """What the report says. Texts are (Ukrainian, English)."""

    title: Title
    of: Pair
    facts: Sequence[tuple[str, str, str]]
    verdict: Pair
    parts: Sequence[Part]
    sum: Pair
    ladder: Sequence[tuple[Pair, int, date | None, int | None]]
    open: Sequence[tuple[Pair, int]]
    open_on: date | None
    statements: Sequence[Pair]
    closing: Pair
    places: Places | None = None
    days: Sequence[tuple[date, Mapping[str, int]]] = ()
    stages: Sequence[tuple[str, Pair]] = ()
    made: Pair = field(default=("", ""))
    about: Sequence[tuple[str, str, str]] = ()


class _Sheet(Sheet):
    """A sheet whose head names what the report is of, and no number of a series."""

    said: Report

    def __init__(self, report: Report) -> None:
        self.said = report
        super().__init__(report.title, *TITLE)

    def _first_head(self) -> None:
        self._down(self.said.of[0], ROOM, 19, "bold", INK)
        if self.said.of[1] != self.said.of[0]:
            self._down(self.said.of[1], ROOM, 10.5, "regular", SOFT)
        self._down(f"{TITLE[0]} · {TITLE[1]}", ROOM, 11, "regular", INK)
        self._down(f"{self.said.made[0]} · {self.said.made[1]}", ROOM, 8.5, "regular", SOFT)
        self.y += 2
        self._rule(self.y, INK, 0.5)
        self.y += 4

    def bar(self, parts: Sequence[Part]) -> None:
        """Units by stage side by side, each with its number below and in the list."""
        self._room_for(BAR + 8 + 5.5 * len(parts))
        top = self.y
        for number, part in enumerate(parts, start=1):
            x, wide = LEFT + ROOM * part.start / 100, ROOM * part.width / 100
            self.sheets[-1].append(_box(x, top, wide, BAR, part.grey))
            mark = str(number)
            if wide > 4:
                at = x + wide / 2 - self._wide(mark, 9, "bold") / 2
                self._put(at, top + BAR + 4.2, mark, 9, "bold")
        self.y = top + BAR + 7.5
        for number, part in enumerate(parts, start=1):
            self._key(number, part)
        self.y += 2

    def _key(self, number: int, part: Part) -> None:
        self.sheets[-1].append(_box(LEFT, self.y, 3.4, 3.4, part.grey))
        self._put(LEFT + 5, self.y + 3, f"{number}.", 9.5, "bold")
        self._put(LEFT + 11, self.y + 3, part.name[0], 9.5)
        at = LEFT + 12.5 + self._wide(part.name[0], 9.5, "regular")
        self._put(at, self.y + 3, part.name[1], 8, colour=SOFT)
        told = grouped(part.units)
        self._put(LEFT + ROOM - self._wide(told, 10, "bold"), self.y + 3, told, 10, "bold")
        self.y += 5.2

    def room_for_map(self) -> None:
        """Begin a sheet where the map and its heading would be parted."""
        self._room_for(MAP_WIDE * 800 / 1200 + 30)

    def outline(self, drawn: Outline) -> None:
        """The map, in greys, with a number wherever something is told."""
        scale = MAP_WIDE / 1200
        high = 800 * scale
        self._room_for(high + 6)
        left, top = LEFT + (ROOM - MAP_WIDE) / 2, self.y

        def place(x: float, y: float) -> tuple[float, float]:
            return (left + x * scale) * mm, (HIGH - top - y * scale) * mm

        def draw(canvas: Any) -> None:
            canvas.setStrokeColorRGB(0.35, 0.35, 0.35)
            canvas.setLineWidth(0.18 * mm)
            canvas.setLineJoin(1)
            for rings, band in drawn.areas:
                path = canvas.beginPath()
                for ring in rings:
                    path.moveTo(*place(*ring[0]))
                    for point in ring[1:]:
                        path.lineTo(*place(*point))
                    path.close()
                canvas.setFillGray(BANDS[min(band, len(BANDS) - 1)])
                canvas.drawPath(path, stroke=1, fill=1, fillMode=0)
            for x, y, band in drawn.markers:
                canvas.setFillGray(BANDS[min(band, len(BANDS) - 1)])
                canvas.circle(*place(x, y), 0.9 * mm, stroke=1, fill=1)

        self.sheets[-1].append(draw)
        for x, y, sites in drawn.labels:
            self._number(left + x * scale, top + y * scale, grouped(sites))
        self.y = top + high + 3
        at = LEFT + (ROOM - self._wide(drawn.credit, 6.5, "regular")) / 2
        self._put(at, self.y, drawn.credit, 6.5, colour=SOFT)
        self.y += 3

    def _number(self, x: float, y: float, text: str) -> None:
        """A number on the map, on a white ground of its own."""
        wide = self._wide(text, 8.5, "bold")
        self.sheets[-1].append(_box(x - wide / 2 - 0.7, y - 1.7, wide + 1.4, 3.6, 1, edge=False))
        self._put(x - wide / 2, y + 8.5 * POINT * 0.36, text, 8.5, "bold")


def _box(x: float, y: float, wide: float, high: float, grey: float, *, edge: bool = True) -> Any:
    def draw(canvas: Any) -> None:
        canvas.setFillGray(grey)
        canvas.setStrokeGray(0.2)
        canvas.setLineWidth(0.2 * mm)
        canvas.rect(x * mm, (HIGH - y - high) * mm, wide * mm, high * mm, stroke=edge, fill=1)

    return draw


def write(report: Report) -> bytes:
    """The PDF; the same report gives the same bytes."""
    sheet = _Sheet(report)
    sheet.facts(report.facts)
    sheet.text(*report.verdict, bold=True)
    sheet.bar(report.parts)
    sheet.text(*report.sum)
    for statement in report.statements:
        sheet.text(f"«{statement[0]}»", f"“{statement[1]}”")
    _ladder(sheet, report)
    _open(sheet, report)
    if report.places is not None:
        _places(sheet, report.places)
    if report.days:
        _days(sheet, report)
    sheet.heading("Про цей звіт", "about this report")
    sheet.text(*report.closing)
    sheet.facts([fact for fact in report.about if len(fact[2]) < LONG])
    sheet.facts([fact for fact in report.about if len(fact[2]) >= LONG], columns=1)
    return sheet.finish()


def _ladder(sheet: _Sheet, report: Report) -> None:
    sheet.heading("Наскільки це доведено", "how well it is proved")
    columns = [
        Column("Доказ", "proof", 4),
        Column("", "", 3),
        Column("Одиниць", "units", 2, is_number=True),
        Column("Найновіший доказ", "newest proof", 3, is_number=True),
        Column("Днів тому", "days before", 2, is_number=True),
    ]
    sheet.table(
        columns,
        [
            [
                name[0],
                name[1],
                grouped(units),
                day(newest) if newest else "—",
                str(age) if age is not None else "—",
            ]
            for name, units, newest, age in report.ladder
        ],
        size=9,
    )


def _open(sheet: _Sheet, report: Report) -> None:
    sheet.heading("Що ще не з’ясовано", "what is not settled")
    if report.open_on is None:
        sheet.text("Ще не підраховано.", "Not counted yet.")
        return
    if not report.open:
        sheet.text("Нічого: кожне сканування відповідає історії.", "Nothing: every scan fits.")
        return
    columns = [
        Column("Розбіжність", "discrepancy", 5),
        Column("", "", 5),
        Column("Кількість", "number", 2, is_number=True),
    ]
    sheet.table(columns, [[*name, grouped(number)] for name, number in report.open], size=9)


def _places(sheet: _Sheet, places: Places) -> None:
    sheet.room_for_map()
    sheet.heading("Де це використовують", "where it is in use")
    sheet.text(
        f"Цивільні об’єкти за областями на кінець місяця {places.month}.",
        f"Civilian sites by oblast at the end of {places.month}.",
    )
    sheet.outline(places.outline)
    other = grouped(places.other) if places.other else "не вказано · not told"
    columns = [
        Column("Область", "oblast", 5),
        Column("", "", 5),
        Column("Об’єктів", "sites", 3, is_number=True),
    ]
    sheet.table(
        columns,
        [
            *([*name, grouped(sites)] for name, sites in places.rows),
            ["Інші області разом", "other oblasts together", other],
        ],
        size=9,
    )


def _days(sheet: _Sheet, report: Report) -> None:
    sheet.heading("День за днем", "day by day")
    columns = [
        Column("Кінець дня", "end of day", 3),
        *(Column(uk, en, 3, is_number=True) for _, (uk, en) in report.stages),
    ]
    sheet.table(
        columns,
        [
            [day(on), *(grouped(reached[name]) for name, _ in report.stages)]
            for on, reached in report.days
        ],
        size=8.5,
    )


def grouped(number: int) -> str:
    """A whole number with its thousands apart."""
    return f"{number:,}".replace(",", "\N{NO-BREAK SPACE}")
