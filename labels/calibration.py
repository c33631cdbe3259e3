"""A page to measure a printer with: outlines of all labels, rulers, and what to do with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, BinaryIO

from reportlab.lib.units import mm

from labels.document import adjust, new_canvas, opened, put_line, save
from labels.profiles import RULER
from labels.stock import Stock
from labels.text import LEADING, SMALLEST, Line, sizes, wrap

_HAIR = 0.1  # mm, the width of lines
_TICKS = ((10, 4.0), (5, 2.5), (1, 1.5))  # every so many mm, so long
_CROSS = 2.0  # mm, the arms of the crosses on the corners of labels
_UKRAINIAN = (
    "Надрукуйте в масштабі 100 %. Накладіть на аркуш етикеток і подивіться проти світла: "
    "наскільки контури зміщені праворуч і вниз? Виміряйте обидві лінійки."
)
_ENGLISH = (
    "Print at 100 %. Lay this on a sheet of labels and hold both against the light: "
    "how far are the outlines to the right and down? Measure both rulers."
)


def write_calibration(
    stock: Stock,
    out: str | os.PathLike[str] | BinaryIO,
    *,
    nudge: tuple[float, float] = (0.0, 0.0),
    scale: tuple[float, float] = (1.0, 1.0),
) -> None:
    """Write the page of `stock` as a PDF; with a printer's `nudge` and `scale`, to check them.

    `labels.profiles.measured` makes a profile of what is read off the page.
    """
    with opened(out) as file:
        canvas = new_canvas(stock, file, f"{stock.name}: калібрування · calibration")
        canvas.setLineWidth(_HAIR * mm)
        adjust(canvas, stock, nudge, scale)
        for x, y in stock.places():
            _outline(canvas, stock, x, y)
        _rulers(canvas, stock)
        _advice(canvas, stock)
        canvas.showPage()
        save(canvas)


def _outline(canvas: Any, stock: Stock, x: float, y: float) -> None:
    """A label's outline, with a cross on each corner that goes on beyond it."""
    top = stock.page_height - y
    canvas.rect(x * mm, (top - stock.height) * mm, stock.width * mm, stock.height * mm)
    for corner_x in (x, x + stock.width):
        for corner_y in (top, top - stock.height):
            across = ((corner_x - _CROSS) * mm, corner_y * mm, (corner_x + _CROSS) * mm)
            canvas.line(across[0], across[1], across[2], across[1])
            down = ((corner_y - _CROSS) * mm, (corner_y + _CROSS) * mm)
            canvas.line(corner_x * mm, down[0], corner_x * mm, down[1])


def _ruler_length(side: float) -> float:
    """100 mm, or as many tens as a page with this side has room for."""
    return min(RULER, (side - 6) // 10 * 10)


def _rulers(canvas: Any, stock: Stock) -> None:
    """One across and one down, through the middle of the page."""
    middle_x, middle_y = stock.page_width / 2, stock.page_height / 2
    across, down = _ruler_length(stock.page_width), _ruler_length(stock.page_height)
    for step, tick in _ticks(across):
        x = (middle_x - across / 2 + step) * mm
        canvas.line(x, middle_y * mm, x, (middle_y + tick) * mm)
    for step, tick in _ticks(down):
        y = (middle_y - down / 2 + step) * mm
        canvas.line(middle_x * mm, y, (middle_x + tick) * mm, y)
    text = f"{across:g} mm"
    place = Line(middle_x + across / 2 + 1, middle_y, SMALLEST, "regular", text)
    if place.x + place.width < stock.page_width:
        put_line(canvas, place, stock.page_height)


def _ticks(length: float) -> Iterator[tuple[int, float]]:
    """Each millimetre of a ruler, and how long its tick is."""
    for step in range(int(length) + 1):
        yield step, next(tick for every, tick in _TICKS if step % every == 0)


def _advice(canvas: Any, stock: Stock) -> None:
    """What to do, in both languages, under the ruler down; left out where there is no room."""
    room = min(stock.page_width * 0.8, 160.0)
    left = (stock.page_width - room) / 2
    top = stock.page_height / 2 + _ruler_length(stock.page_height) / 2 + 6
    texts = (_UKRAINIAN, _ENGLISH)
    for size in sizes(3.6, SMALLEST):
        lines = [line for text in texts for line in wrap(text, room / size, "regular")]
        if top + (len(lines) + 0.5) * LEADING * size < stock.page_height:
            break
    else:
        return
    for number, text in enumerate(lines, 1):
        y = top + number * LEADING * size
        put_line(canvas, Line(left, y, size, "regular", text), stock.page_height)
