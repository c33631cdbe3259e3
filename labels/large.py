"""The label of a crate: to be read across a room, and to say how the crate wants to be handled."""

from __future__ import annotations

from labels.frame import (
    HALVES,
    WHOLE,
    Area,
    CodePart,
    Frame,
    Task,
    code_at,
    code_in,
    names_in,
    square_in,
)
from labels.marks import MARKS, Polygon, placed
from labels.text import LEADING, SMALLEST, Line

_APART = 1.25  # from one mark to the next, in marks
_GAP = 0.02  # of the label's height, between its parts


def crate(task: Task, uk: str, en: str, number: int, of: int, marks: tuple[str, ...]) -> Frame:
    """Which of how many, symbol, code, contents, and the marks along the foot."""
    heading = (f"Коробка {number} з {of}", f"Box {number} of {of}") if number else ("", "")
    if task.is_upright:
        return _upright(task, heading, (uk, en), marks)
    return _across(task, heading, (uk, en), marks)


def _upright(
    task: Task, heading: tuple[str, str], names: tuple[str, str], marks: tuple[str, ...]
) -> Frame:
    area, gap = task.area, _GAP * task.height
    foot, rest = area.bottom(0.12 * area.h if marks else 0)
    head, rest = rest.top(0.11 * area.h if heading[0] else 0)
    box, rest = rest.top(min(area.w, 0.42 * area.h))
    level, square = square_in(box.middle(box.h), task.letters, "H", task.dpi)
    size = code_in(rest, 0.08 * area.h, HALVES)
    code_area, rest = rest.top(2 * LEADING * size)
    lines = _heading(head.shorter(gap), heading)
    lines += _names(rest.shorter(gap).lower(gap), names)
    code = code_at(code_area.x, code_area.y, size, HALVES)
    shapes = _marks(foot, marks)
    return Frame(task.width, task.height, level, False, square, code, lines, shapes)


def _across(
    task: Task, heading: tuple[str, str], names: tuple[str, str], marks: tuple[str, ...]
) -> Frame:
    area, gap = task.area, _GAP * task.height
    box, right = area.left(min(area.h, 0.5 * area.w))
    level, square = square_in(box, task.letters, "H", task.dpi)
    right = right.shorter(square.y - area.y).lower(square.y - area.y)
    foot, rest = right.bottom(0.2 * right.h if marks else 0)
    code, rest = _code_beside(rest)
    head, rest = rest.top(0.24 * right.h if heading[0] else 0)
    lines = _heading(head, heading) + _names(rest.shorter(gap), names)
    shapes = _marks(foot, marks)
    return Frame(task.width, task.height, level, False, square, code, lines, shapes)


def _code_beside(area: Area) -> tuple[tuple[CodePart, ...], Area]:
    """The code at the top of `area`, in two lines where that makes it larger; what is left."""
    parts = HALVES if area.h > 0.5 * area.w else WHOLE
    size = max(SMALLEST, code_in(area, area.h * 0.16, parts))
    top, rest = area.top(len(parts) * LEADING * size)
    return code_at(top.x, top.y, size, parts), rest


def _heading(area: Area, texts: tuple[str, str]) -> tuple[Line, ...]:
    return names_in(area, *texts, area.h / 2.2) if texts[0] else ()


def _names(area: Area, texts: tuple[str, str]) -> tuple[Line, ...]:
    return names_in(area, *texts, min(area.h / 3, area.w / 9))


def _marks(area: Area, names: tuple[str, ...]) -> tuple[tuple[Polygon, ...], ...]:
    """The marks side by side at the left of `area`."""
    if not names:
        return ()
    side = min(area.h, area.w / (1 + _APART * (len(names) - 1)))
    y = area.y + area.h - side
    return tuple(
        placed(MARKS[name], area.x + place * _APART * side, y, side)
        for place, name in enumerate(names)
    )
