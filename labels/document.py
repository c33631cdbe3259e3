"""What every PDF of ours has: set up the same way, complete or absent, the same bytes each time."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

from reportlab.lib.units import mm
from reportlab.pdfbase import pdfdoc, pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from labels.stock import Stock
from labels.text import Line, font

_EMBEDDING = Lock()


def new_canvas(stock: Stock, file: BinaryIO, title: str) -> Any:
    """A reportlab canvas for pages of `stock`: embedded type, no dates, never scaled to fit."""
    for weight in ("regular", "bold"):
        pdfmetrics.registerFont(font(weight))
    size = (stock.page_width * mm, stock.page_height * mm)
    canvas = Canvas(
        file, size, invariant=1, pageCompression=0, lang="uk", initialFontName="labels-regular"
    )
    canvas.setTitle(title)
    canvas.setCreator("KitTrail labels")
    canvas.setViewerPreference("PrintScaling", "None")  # "fit to page" would miss the labels
    canvas._doc.defaultStreamFilters = (pdfdoc.PDFZCompress,)
    return canvas


def adjust(
    canvas: Any, stock: Stock, nudge: tuple[float, float], scale: tuple[float, float]
) -> None:
    """Stretch this page by `scale` from its top left corner, then move it right and down (mm)."""
    right, down = nudge[0] * mm, nudge[1] * mm
    height = stock.page_height * mm
    canvas.transform(scale[0], 0, 0, scale[1], right, height * (1 - scale[1]) - down)


def save(canvas: Any) -> None:
    """Write the document out.

    One at a time in a process: reportlab picks letters out of a font file by moving one cursor in
    it, which all documents share. (Eight threads at once: a KeyError in one run of three.)
    """
    with _EMBEDDING:
        canvas.save()


def put_line(canvas: Any, line: Line, page_height: float = 0.0) -> None:
    """A line of text; its `y` is counted down from `page_height` mm."""
    canvas.setFont(f"labels-{line.weight}", line.size * mm)
    canvas.drawString(line.x * mm, (page_height - line.y) * mm, line.text)


@contextmanager
def opened(out: str | os.PathLike[str] | BinaryIO) -> Iterator[BinaryIO]:
    """`out` to write to; a path gets its file when all is written, and nothing before."""
    if not isinstance(out, str | os.PathLike):
        yield out
        return
    target = Path(out)
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".labels-", delete=False) as file:
        unfinished = Path(file.name)
        try:
            yield file  # type: ignore[misc] # tempfile's wrapper is a BinaryIO in all but name
        except BaseException:
            unfinished.unlink()
            raise
    unfinished.chmod(0o666 & ~_umask())
    unfinished.replace(target)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
