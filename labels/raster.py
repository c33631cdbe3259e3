"""Labels as pictures in a printer's own dots: every module is a whole number of dots, no greys."""

from __future__ import annotations

import io
from functools import lru_cache

from PIL import Image, ImageChops, ImageDraw, ImageFont

from labels.frame import Frame, Square
from labels.kinds import Label
from labels.layout import frame_on
from labels.marks import Polygon
from labels.stock import Stock
from labels.symbol import Symbol
from labels.text import Line, Weight, font_file

RESOLUTIONS = (203, 300, 600)  # dots per inch of thermal printers
_MILLIMETRES = 25.4  # of an inch
_HALF = 128  # greys from here on stay white


def picture_of(label: Label, stock: Stock, dpi: int = 203) -> Image.Image:
    """One label in black and white, a pixel a dot.

    Raises LayoutError where, in whole dots, it could not be read; ValueError for a `dpi` below 100
    or above 1200.
    """
    if not 100 <= dpi <= 1200:
        raise ValueError(f"A printer has 100 to 1,200 dots per inch, not {dpi}.")
    frame = frame_on(label, stock, dpi)
    picture = _drawn(frame, dpi).copy()
    draw = ImageDraw.Draw(picture)
    for line in frame.code_lines(label):
        _draw_line(draw, line, dpi)
    picture = picture.point(lambda grey: 255 if grey >= _HALF else 0).convert("1")
    _draw_symbol(ImageDraw.Draw(picture), frame.symbol(label), frame.square, dpi)
    return picture


def png_of(label: Label, stock: Stock, dpi: int = 203) -> bytes:
    """`picture_of` as a PNG that knows its resolution."""
    out = io.BytesIO()
    picture_of(label, stock, dpi).save(out, "PNG", dpi=(dpi, dpi), optimize=True)
    return out.getvalue()


@lru_cache(maxsize=64)
def _drawn(frame: Frame, dpi: int) -> Image.Image:
    """What all labels of a frame share, in greys."""
    size = round(_dots(frame.width, dpi)), round(_dots(frame.height, dpi))
    picture = Image.new("L", size, 255)
    for shape in frame.shapes:
        picture.paste(0, mask=_filled(shape, size, dpi))
    draw = ImageDraw.Draw(picture)
    for line in frame.lines:
        _draw_line(draw, line, dpi)
    return picture


def _filled(shape: tuple[Polygon, ...], size: tuple[int, int], dpi: int) -> Image.Image:
    """A mask of polygons filled by the even-odd rule."""
    mask = Image.new("1", size)
    for polygon in shape:
        one = Image.new("1", size)
        ImageDraw.Draw(one).polygon([(_dots(x, dpi), _dots(y, dpi)) for x, y in polygon], fill=1)
        mask = ImageChops.logical_xor(mask, one)
    return mask


def _draw_line(draw: ImageDraw.ImageDraw, line: Line, dpi: int) -> None:
    face = _face(line.weight, round(_dots(line.size, dpi), 2))
    draw.text((_dots(line.x, dpi), _dots(line.y, dpi)), line.text, font=face, fill=0, anchor="ls")


def _draw_symbol(draw: ImageDraw.ImageDraw, symbol: Symbol, square: Square, dpi: int) -> None:
    left, top = round(_dots(square.x, dpi)), round(_dots(square.y, dpi))
    module = round(_dots(square.module, dpi))
    for x, y, length in symbol.runs():
        corner = left + x * module, top + y * module
        draw.rectangle((*corner, corner[0] + length * module - 1, corner[1] + module - 1), fill=0)


@lru_cache(maxsize=64)
def _face(weight: Weight, size: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(font_file(weight)), size, layout_engine=ImageFont.Layout.BASIC)


def _dots(mm: float, dpi: int) -> float:
    return mm * dpi / _MILLIMETRES
