"""Where things stand on the labels for items: kit, small, location. Crates are in `large.py`.

A layout turns what labels say, and a size, into a `Frame`. Frames are cached: ten thousand labels
of one product are laid out once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from labels.codes import LENGTH
from labels.frame import (
    HALVES,
    Area,
    Frame,
    LayoutError,
    Task,
    code_at,
    code_in,
    names_in,
    square_in,
)
from labels.kinds import CrateLabel, KitLabel, Label, LocationLabel, Says, SmallLabel
from labels.large import crate
from labels.marks import PIN, placed
from labels.stock import STOCK, Stock
from labels.symbol import QUIET
from labels.text import LEADING, SMALLEST, Line, clean, width

_LARGEST_NAME = 12.0  # mm


def frame_of(label: Label, width_mm: float, height_mm: float, dpi: int = 0) -> Frame:
    """The frame of `label` on a label of this size; for a printer of `dpi`, in its dots.

    Raises LayoutError where the symbol could not be read.
    """
    task = Task(len(label.prefix) + LENGTH, label.host.lower(), width_mm, height_mm, dpi)
    return _frame(label.KIND, label.says, task)


def frame_on(label: Label, stock: Stock, dpi: int = 0) -> Frame:
    """`frame_of` on a stock; its refusal names the smallest stock that would do."""
    try:
        return frame_of(label, stock.width, stock.height, dpi)
    except LayoutError as problem:
        raise LayoutError(f"{stock.name}: {problem} {_advice(label, dpi)}") from None


def _advice(label: Label, dpi: int) -> str:
    for stock in sorted(STOCK.values(), key=lambda one: one.width * one.height):
        try:
            frame_of(label, stock.width, stock.height, dpi)
        except LayoutError:
            continue
        return f"The smallest stock that would do is {stock.name}."
    return "No stock would do: the host is too long."


@lru_cache(maxsize=4096)
def _frame(kind: str, says: Says, task: Task) -> Frame:
    return _LAYOUTS[kind](task, *(clean(one) if isinstance(one, str) else one for one in says))


def _kit(task: Task, uk: str, en: str) -> Frame:
    """Symbol, names, code along the foot, and the host at its end where there is room."""
    frame = _upright(task, uk, en) if task.is_upright else _across(task, uk, en)
    code = frame.code_parts[0].line
    note = width(task.host, "regular") * SMALLEST
    right = task.area.x + task.area.w
    if code.x + code.width + SMALLEST + note > right:
        return frame
    host = Line(right - note, code.y, SMALLEST, "regular", task.host)
    return replace(frame, lines=(*frame.lines, host))


def _location(task: Task, uk: str, en: str) -> Frame:
    """As a kit's, with a pin at the end of the foot: a scan of it says where, not what."""
    frame = _upright(task, uk, en) if task.is_upright else _across(task, uk, en)
    side = frame.code_parts[0].line.size * LEADING
    corner = task.area.x + task.area.w - side, task.area.y + task.area.h - side
    return replace(frame, shapes=(placed(PIN, *corner, side),))


def _across(task: Task, uk: str, en: str) -> Frame:
    """Symbol on the left, names on its right, the code along the foot."""
    area = task.area
    size = max(SMALLEST, min(task.height / 7, code_in(area, area.h) * 0.68))
    foot, rest = area.bottom(size * LEADING)
    box, names = rest.left(min(rest.h, rest.w * 0.5))
    level, square = square_in(box, task.letters, "Q", task.dpi)
    _, names = names.top(square.y - 0.2 * square.module - names.y)
    names, _ = names.top((square.size + QUIET / 2) * square.module)
    lines = names_in(names, uk, en, min(_LARGEST_NAME, names.h / 4, names.w / 6))
    code = code_at(square.x, foot.y, size)
    return Frame(task.width, task.height, level, False, square, code, lines)


def _upright(task: Task, uk: str, en: str) -> Frame:
    """Symbol on top, names below it, the code along the foot."""
    area = task.area
    size = max(SMALLEST, code_in(area, area.h) * 0.85)
    foot, rest = area.bottom(size * LEADING)
    box, rest = rest.top(min(rest.w, rest.h * 0.66))
    level, square = square_in(box, task.letters, "Q", task.dpi)
    names = rest.narrower(square.x - area.x)
    lines = names_in(names, uk, en, min(_LARGEST_NAME, names.h / 3, names.w / 8))
    code = code_at(square.x, foot.y, min(size, code_in(names, area.h)))
    return Frame(task.width, task.height, level, False, square, code, lines)


def _small(task: Task) -> Frame:
    """The symbol from edge to edge, its quiet zone being its margin; the code beside or below."""
    whole = Area(0, 0, task.width, task.height)
    side = min(task.width, task.height, max(task.width, task.height) * 0.6)
    box, rest = whole.top(side) if task.is_upright else whole.left(side)
    try:
        bare, (level, square) = False, square_in(box, task.letters, "Q", task.dpi)
    except LayoutError:
        bare, (level, square) = True, square_in(box, LENGTH, "Q", task.dpi)
    if task.is_upright:
        room = rest.narrower(square.x)
    else:
        room = Area(rest.x, 0, rest.w - task.area.x, task.height)
    size = code_in(room, 0.3 * side, HALVES)
    if size < SMALLEST:
        raise LayoutError(f"The code in letters would be {size:.1f} mm; {SMALLEST} mm can be read.")
    top = room.y if task.is_upright else (task.height - 2 * LEADING * size) / 2
    code = code_at(room.x, top, size, HALVES)
    return Frame(task.width, task.height, level, bare, square, code)


_LAYOUTS: dict[str, Callable[..., Frame]] = {
    KitLabel.KIND: _kit,
    SmallLabel.KIND: _small,
    CrateLabel.KIND: crate,
    LocationLabel.KIND: _location,
}
