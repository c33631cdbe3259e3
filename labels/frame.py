"""What layouts are made of: areas to divide, the square of a symbol, texts that fit, the frame.

Lengths are millimetres from the top left corner of the label.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from labels.codes import LENGTH, LETTERS, show
from labels.kinds import Label
from labels.marks import Polygon
from labels.symbol import LEVELS, QUIET, Level, Symbol, modules, press
from labels.text import ASCENT, LEADING, SMALLEST, Line, Weight, cut, fits, sizes, width, wrap

FINEST = 0.33  # mm: the smallest module that a phone reads in poor light
GOOD = 0.4  # mm: where the level would make modules smaller than this, M makes them bigger
WIDEST = show(max(LETTERS, key=lambda letter: width(letter, "bold")) * LENGTH)
WHOLE = ((0, 13),)  # the code in one line
HALVES = ((0, 5), (6, 13))  # and in two
_SMALLER = 0.85  # the English name against the Ukrainian
_GAP = 0.3  # ems of the English between the two names
_BOLD: Weight = "bold"
_REGULAR: Weight = "regular"
_ROUNDING = 1e-9
_CARD = 100.0  # mm: what is at least this wide is paper, and goes through an office printer,
_OFFICE_MARGIN = 5.0  # which leaves so much of it white
Parts = tuple[tuple[int, int], ...]


class LayoutError(ValueError):
    """A label that cannot be printed so that it reads; the message says what would do."""


@dataclass(frozen=True, slots=True)
class Square:
    """Where the symbol goes: the corner of its first module, the side of a module, modules."""

    x: float
    y: float
    module: float
    size: int

    @property
    def bottom(self) -> float:
        """The lower edge of the last row of modules."""
        return self.y + self.size * self.module


@dataclass(frozen=True, slots=True)
class CodePart:
    """Letters `start` to `end` of a shown code; `line` is their place, with the widest letters."""

    line: Line
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Frame:
    """What labels of a kind share, and where symbol and code go.

    `bare` symbols hold the code without an address. `shapes` are filled by the even-odd rule.
    """

    width: float
    height: float
    level: Level
    bare: bool
    square: Square
    code_parts: tuple[CodePart, ...]
    lines: tuple[Line, ...] = ()
    shapes: tuple[tuple[Polygon, ...], ...] = ()

    def symbol(self, label: Label) -> Symbol:
        """The symbol of one label."""
        return press("" if self.bare else label.prefix, self.level).symbol(label.code)

    def code_lines(self, label: Label) -> list[Line]:
        """The code of one label in letters."""
        shown = show(label.code)
        return [replace(part.line, text=shown[part.start : part.end]) for part in self.code_parts]


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the label, to be divided further."""

    x: float
    y: float
    w: float
    h: float

    def inside(self, by: float) -> Area:
        """The area without a border of `by`."""
        return Area(self.x + by, self.y + by, self.w - 2 * by, self.h - 2 * by)

    def top(self, h: float) -> tuple[Area, Area]:
        """The uppermost `h`, and the rest."""
        rest = Area(self.x, self.y + h, self.w, self.h - h)
        return Area(self.x, self.y, self.w, h), rest

    def bottom(self, h: float) -> tuple[Area, Area]:
        """The lowest `h`, and the rest."""
        rest, part = self.top(self.h - h)
        return part, rest

    def left(self, w: float) -> tuple[Area, Area]:
        """The leftmost `w`, and the rest."""
        rest = Area(self.x + w, self.y, self.w - w, self.h)
        return Area(self.x, self.y, w, self.h), rest

    def middle(self, w: float) -> Area:
        """The `w` in the middle."""
        return Area(self.x + (self.w - w) / 2, self.y, w, self.h)

    def shorter(self, by: float) -> Area:
        """The area without the lowest `by`."""
        return Area(self.x, self.y, self.w, max(0.0, self.h - by))

    def lower(self, by: float) -> Area:
        """The area without the uppermost `by`."""
        return Area(self.x, self.y + by, self.w, max(0.0, self.h - by))

    def narrower(self, by: float) -> Area:
        """The area without `by` at its left and at its right."""
        return Area(self.x + by, self.y, self.w - 2 * by, self.h)


@dataclass(frozen=True, slots=True)
class Task:
    """What a layout is asked, beside texts: letters in the symbol, host, size, printer.

    `dpi` is 0 for vectors; else modules become whole dots of the printer.
    """

    letters: int
    host: str
    width: float
    height: float
    dpi: int

    @property
    def is_upright(self) -> bool:
        """Whether things had better stand one below the other."""
        return self.width < 1.2 * self.height

    @property
    def area(self) -> Area:
        """The label without the white along its edges: no printer hits the same place twice."""
        smaller = min(self.width, self.height)
        edge = _OFFICE_MARGIN if smaller >= _CARD else min(2.0, 0.06 * smaller)
        return Area(0, 0, self.width, self.height).inside(edge)


def square_in(area: Area, letters: int, level: Level, dpi: int) -> tuple[Level, Square]:
    """Level and place of the largest symbol, with its quiet zone, at the top left of `area`.

    The level is at least `level`, or M where that would make modules small, and stronger where that
    costs no room. Raises LayoutError when its modules would be too small, at level M too.
    """
    side = min(area.w, area.h)
    module = _module(side, letters, level, dpi)
    if module < GOOD and _module(side, letters, "M", dpi) > module:
        level, module = "M", _module(side, letters, "M", dpi)
    level = _strongest(letters, level)
    size = modules(letters, level)
    if module < FINEST - _ROUNDING:
        needed = FINEST * (size + 2 * QUIET)
        raise LayoutError(
            f"The symbol's modules would be {module:.2f} mm; a phone needs {FINEST} mm, and so the "
            f"symbol {needed:.1f} x {needed:.1f} mm of the label{_in_dots(dpi)}."
        )
    margin = (side - size * module) / 2
    return level, Square(area.x + margin, area.y + margin, module, size)


def _strongest(letters: int, level: Level) -> Level:
    """The strongest level whose symbol is no larger than that of `level`."""
    size, stronger = modules(letters, level), LEVELS[LEVELS.index(level) :]
    return [one for one in stronger if modules(letters, one) == size][-1]


def _module(side: float, letters: int, level: Level, dpi: int) -> float:
    """The largest module with which a symbol and its quiet zone fit `side`."""
    module = side / (modules(letters, level) + 2 * QUIET)
    return int(module * dpi / 25.4 + _ROUNDING) * 25.4 / dpi if dpi else module


def _in_dots(dpi: int) -> str:
    return f" (in whole dots at {dpi} dpi)" if dpi else ""


def code_in(area: Area, largest: float, parts: Parts = WHOLE) -> float:
    """The size at which these parts of any code, a line each, fit `area`; at most `largest`."""
    widest = max(width(WIDEST[start:end], _BOLD) for start, end in parts)
    return min(largest, area.w / widest, area.h / (len(parts) * LEADING))


def code_at(x: float, y: float, size: float, parts: Parts = WHOLE) -> tuple[CodePart, ...]:
    """These parts of the code, a line each, from the height `y` down."""
    return tuple(
        CodePart(
            Line(x, y + (row * LEADING + ASCENT) * size, size, _BOLD, WIDEST[start:end]), start, end
        )
        for row, (start, end) in enumerate(parts)
    )


def names_in(area: Area, uk: str, en: str, largest: float) -> tuple[Line, ...]:
    """Both names, as large as fits: the Ukrainian first and larger, then the English."""
    for size in sizes(max(SMALLEST, largest)):
        small = max(SMALLEST, size * _SMALLER)
        first, second = wrap(uk, area.w / size, _BOLD), wrap(en, area.w / small, _REGULAR)
        tall = (len(first) * size + len(second) * small) * LEADING + _GAP * small
        whole = fits(first, area.w / size, _BOLD) and fits(second, area.w / small, _REGULAR)
        if whole and tall <= area.h:
            return _stack(area, first, second, size, small)
    room = area.w / SMALLEST
    most = max(0, int((area.h / SMALLEST - _GAP) / LEADING))
    first, second = wrap(uk, room, _BOLD), wrap(en, room, _REGULAR)
    first = cut(first, room, _BOLD, max(most - len(second), (most + 1) // 2))
    second = cut(second, room, _REGULAR, most - len(first))
    return _stack(area, first, second, SMALLEST, SMALLEST)


def _stack(
    area: Area, first: list[str], second: list[str], size: float, small: float
) -> tuple[Line, ...]:
    """The lines of both names from the top of `area` down."""
    below = area.y + len(first) * LEADING * size + (_GAP * small if first else 0)
    return tuple(
        Line(area.x, start + (row * LEADING + ASCENT) * height, height, weight, text)
        for texts, start, height, weight in (
            (first, area.y, size, _BOLD),
            (second, below, small, _REGULAR),
        )
        for row, text in enumerate(texts)
    )
