"""Labels as a PDF: vectors and embedded type, the same bytes for the same labels.

What labels of a kind share is drawn once, as a form; each label is then a reference to it, its
symbol as one path of runs, and its code. `qrcode`'s or reportlab's own drawing would take a hundred
times as long.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, BinaryIO

from reportlab.lib.units import mm
from reportlab.pdfbase import pdfdoc

from labels.codes import LETTERS, show
from labels.document import adjust, new_canvas, opened, put_line, save
from labels.frame import Frame
from labels.kinds import Label
from labels.layout import frame_on
from labels.marks import Polygon
from labels.stock import Stock
from labels.symbol import Symbol
from labels.text import font


def write_pdf(
    labels: Iterable[Label],
    stock: Stock,
    out: str | os.PathLike[str] | BinaryIO,
    *,
    start: int = 1,
    copies: int = 1,
    nudge: tuple[float, float] = (0.0, 0.0),
    scale: tuple[float, float] = (1.0, 1.0),
    title: str = "Етикетки · Labels",
    progress: Callable[[int], object] | None = None,
) -> int:
    """Write `labels` on sheets of `stock`; the number of pages.

    `start` is the first free place of a part-used sheet, counted from 1 row by row. Each label is
    drawn `copies` times, one after the other. `nudge` moves everything right and down (mm) and
    `scale` stretches it across and down, for a printer that misses: see `labels.profiles`.
    `progress` is told how many are drawn, page by page. A file appears when it is complete, or not
    at all.

    Raises ValueError for no labels, no copies or a `start` off the sheet, LayoutError for labels
    that could not be read in this size.
    """
    stock.check_place(start)
    if copies < 1:
        raise ValueError(f"There cannot be {copies} copies.")
    every = (label for label in labels for _ in range(copies))
    with opened(out) as file:
        writer = _Writer(stock, new_canvas(stock, file, title), nudge, scale)
        done = writer.draw(every, start - 1, progress)
        if not done:
            raise ValueError("There are no labels to print.")
        writer.save()
    return writer.pages


class _Writer:
    """One document: puts labels on places, and knows which forms it has drawn."""

    def __init__(
        self, stock: Stock, canvas: Any, nudge: tuple[float, float], scale: tuple[float, float]
    ) -> None:
        self.pages = 0
        self._stock = stock
        self._places = list(stock.places())
        self._nudge, self._scale = nudge, scale
        self._canvas = canvas
        self._canvas.setPageCallBack(self._compress)
        self._letters = _Letters(self._canvas)
        self._forms: dict[Frame, str] = {}

    def draw(
        self, labels: Iterable[Label], used: int, progress: Callable[[int], object] | None
    ) -> int:
        """Draw all labels from place `used` (0 is the first) on; how many there were."""
        adjust(self._canvas, self._stock, self._nudge, self._scale)
        place, done = used, 0
        for done, label in enumerate(labels, 1):
            if place == len(self._places):
                self._canvas.showPage()
                adjust(self._canvas, self._stock, self._nudge, self._scale)
                place = 0
                if progress:
                    progress(done - 1)
            self._draw_label(label, *self._places[place])
            place += 1
        if progress:
            progress(done)
        return done

    def save(self) -> None:
        """Finish the last page and write the document."""
        self._canvas.showPage()
        save(self._canvas)

    def _draw_label(self, label: Label, x: float, y: float) -> None:
        """One label with its top left corner at (x, y) mm from that of the page."""
        frame = frame_on(label, self._stock)
        canvas, top = self._canvas, self._stock.page_height - y
        _put(canvas, f"q 1 0 0 1 {x * mm:.3f} {top * mm:.3f} cm")
        canvas.doForm(self._form(frame))
        shown = self._letters.show(label.code)
        for part in frame.code_parts:
            line, text = part.line, shown[part.start : part.end]
            place = f"1 0 0 1 {line.x * mm:.3f} {-line.y * mm:.3f} Tm"
            _put(canvas, f"BT {self._letters.name} {line.size * mm:.3f} Tf {place} ({text}) Tj ET")
        square = frame.square
        module, right, down = square.module * mm, square.x * mm, square.y * mm
        _put(canvas, f"{module:.5f} 0 0 {-module:.5f} {right:.3f} {-down:.3f} cm")
        _put(canvas, path_of(frame.symbol(label)))
        _put(canvas, "Q")

    def _form(self, frame: Frame) -> str:
        """The name of the form with what labels of this frame share, drawn when first needed."""
        name = self._forms.get(frame)
        if name is None:
            name = self._forms[frame] = f"frame{len(self._forms) + 1}"
            self._canvas.beginForm(name, 0, -frame.height * mm, frame.width * mm, 0)
            for line in frame.lines:
                put_line(self._canvas, line)
            for shape in frame.shapes:
                _put(self._canvas, _outline(shape))
            self._canvas.endForm()
        return name

    def _compress(self, _number: int) -> None:
        """Compress the page that has just ended: 500 pages of paths are 30 MB of text."""
        self.pages += 1
        page = self._canvas._doc.Pages[-1]
        content = zlib.compress(page.stream.encode("latin-1"), _EFFORT)
        made = pdfdoc.PDFDictionary({"Filter": pdfdoc.PDFName("FlateDecode")})
        page.Contents = pdfdoc.PDFStream(made, content)
        page.stream = None


class _Letters:
    """The letters of codes as this document's font has them, so that a code is one string."""

    def __init__(self, canvas: Any) -> None:
        face = font("bold")
        canvas.setFont(face.fontName, 10)
        ((subset, encoded),) = face.splitString(LETTERS + "-", canvas._doc)
        self.name = face.getSubsetInternalName(subset, canvas._doc)
        self._table = str.maketrans(LETTERS + "-", encoded.decode("latin-1"))

    def show(self, code: str) -> str:
        """A code between dashes, in the bytes of the font."""
        return show(code).translate(self._table)


_EFFORT = 6  # of zlib


def _outline(shape: tuple[Polygon, ...]) -> str:
    """Polygons as one path, filled by the even-odd rule."""
    paths = []
    for polygon in shape:
        points = [f"{x * mm:.3f} {-y * mm:.3f}" for x, y in polygon]
        paths.append(" l\n".join([f"{points[0]} m\n{points[1]}", *points[2:]]) + " l h")
    return "\n".join([*paths, "f*"])


def _put(canvas: Any, operators: str) -> None:
    """Straight into the page's content: reportlab's own paths are ten times slower."""
    canvas._code.append(operators)


class _Rectangles(dict[tuple[int, int], str]):
    """Span of a run along the bits of a symbol -> the operator that draws it."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._stride = size + 1

    def __missing__(self, span: tuple[int, int]) -> str:
        start, end = span
        y, x = divmod(start, self._stride)
        operator = self[span] = f"{x} {y} {end - start} 1 re"
        return operator


_rectangles = lru_cache(maxsize=16)(_Rectangles)


def path_of(symbol: Symbol) -> str:
    """The symbol as one filled path, a rectangle for each run, in modules from the top left."""
    rectangle = _rectangles(symbol.size).__getitem__
    return "\n".join(map(rectangle, symbol.spans())) + "\nf"
