"""Labels as SVG: for a page, a preview, a document. Lengths in the picture are millimetres."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from xml.sax.saxutils import escape

from labels.frame import Frame, Square
from labels.kinds import Label
from labels.layout import frame_on
from labels.marks import Polygon
from labels.stock import Stock
from labels.symbol import Symbol
from labels.text import Line

_FONT = 'font-family="Fira Sans, sans-serif"'
_WEIGHTS = {"regular": "400", "bold": "600"}
_CORNER = 1.5  # mm, of the labels drawn on a sheet


def svg_of(label: Label, stock: Stock) -> str:
    """One label as a whole SVG document. Raises LayoutError where it could not be read."""
    frame = frame_on(label, stock)
    white = f'<rect width="{_n(frame.width)}" height="{_n(frame.height)}" fill="#fff"/>'
    return _document(frame.width, frame.height, [white, _label(label, frame)])


def sheet_svg(labels: Iterable[Label], stock: Stock, start: int = 1) -> str:
    """The first page of `labels` as it will be printed, with the outlines of all labels.

    Raises ValueError for a `start` that is no place of the stock.
    """
    stock.check_place(start)
    size = f'width="{_n(stock.page_width)}" height="{_n(stock.page_height)}"'
    parts = [f'<rect {size} fill="#fff" stroke="#999" stroke-width=".4"/>']
    places = list(stock.places())
    outline = f'width="{_n(stock.width)}" height="{_n(stock.height)}" rx="{_CORNER}"'
    for x, y in places:
        at = f'x="{_n(x)}" y="{_n(y)}"'
        parts.append(f'<rect {at} {outline} fill="none" stroke="#999" stroke-width=".2"/>')
    for (x, y), label in zip(islice(places, start - 1, None), labels, strict=False):
        parts.append(f'<g transform="translate({_n(x)} {_n(y)})">')
        parts += [_label(label, frame_on(label, stock)), "</g>"]
    return _document(stock.page_width, stock.page_height, parts)


def _document(width: float, height: float, parts: list[str]) -> str:
    size = f'width="{_n(width)}mm" height="{_n(height)}mm" viewBox="0 0 {_n(width)} {_n(height)}"'
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" {size}>', *parts, "</svg>\n"])


def _label(label: Label, frame: Frame) -> str:
    parts = [_symbol(frame.symbol(label), frame.square)]
    parts += [_shape(shape) for shape in frame.shapes]
    parts += [_text(line) for line in (*frame.lines, *frame.code_lines(label))]
    return "\n".join(parts)


def _symbol(symbol: Symbol, square: Square) -> str:
    """One path; every run is a rectangle of one module's height."""
    path = "".join(f"M{x} {y}h{length}v1h-{length}z" for x, y, length in symbol.runs())
    place = f"translate({_n(square.x)} {_n(square.y)}) scale({square.module:.5f})"
    return f'<path transform="{place}" shape-rendering="crispEdges" d="{path}"/>'


def _shape(shape: tuple[Polygon, ...]) -> str:
    paths = ("M" + " ".join(f"{_n(x)},{_n(y)}" for x, y in polygon) + "z" for polygon in shape)
    return f'<path fill-rule="evenodd" d="{"".join(paths)}"/>'


def _text(line: Line) -> str:
    """A line as wide as it was measured, whichever typeface the reader has."""
    place = f'x="{_n(line.x)}" y="{_n(line.y)}" textLength="{_n(line.width)}"'
    look = f'font-size="{_n(line.size)}" font-weight="{_WEIGHTS[line.weight]}" {_FONT}'
    return f'<text {place} lengthAdjust="spacingAndGlyphs" {look}>{escape(line.text)}</text>'


def _n(number: float) -> str:
    """A number with as many digits as a printer could show."""
    return f"{number:.3f}".rstrip("0").rstrip(".")
