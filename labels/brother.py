"""Labels for Brother's QL printers, by the optional package `brother_ql-inventree`.

Such a printer takes rows of dots, 300 to the inch, and leaves a margin of a roll unprinted: a label
is drawn for what can be printed, so that nothing of it is cut off and nothing is scaled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from importlib import import_module
from typing import Any

from labels.kinds import Label
from labels.raster import picture_of
from labels.stock import Stock

DPI = 300
MODEL = "QL-820NWB"
_MILLIMETRES = 25.4  # of an inch

# By our stock: the package's name of the roll, and the dots that can be printed across and down.
ROLLS = {
    "Brother 62 continuous": ("62", 696, 472),
    "Brother 29x90": ("29x90", 991, 306),
    "Brother 62x100": ("62x100", 696, 1109),
}


class BrotherError(ValueError):
    """The package is not installed, or the printer does not know the stock or the model."""


def brother_job(
    labels: Iterable[Label], stock: Stock, model: str = MODEL, copies: int = 1
) -> Iterator[bytes]:
    """Each label as the bytes to send, in order: whole jobs that end with a cut.

    Raises BrotherError; LayoutError where a label could not be read in whole dots; ValueError for
    an impossible number of copies.
    """
    if not 1 <= copies <= 999:
        raise ValueError(f"A printer makes 1 to 999 copies, not {copies}.")
    if stock.name not in ROLLS:
        known = ", ".join(ROLLS)
        raise BrotherError(f"Brother printers have no {stock.name}; they have {known}.")
    try:
        models = import_module("brother_ql.models").ALL_MODELS
        raster = import_module("brother_ql.raster")
        convert = import_module("brother_ql.conversion").convert
    except ImportError:
        raise BrotherError(
            "Brother printers need a package of their own: pip install 'kittrail[brother]'"
        ) from None
    if model not in {one.identifier for one in models}:
        raise BrotherError(f"There is no Brother printer {model!r} that the package knows.")
    return _jobs(labels, stock, copies, lambda: raster.BrotherQLRaster(model), convert)


def _jobs(
    labels: Iterable[Label],
    stock: Stock,
    copies: int,
    new_job: Callable[[], Any],
    convert: Callable[..., object],
) -> Iterator[bytes]:
    name, across, down = ROLLS[stock.name]
    area = printable(stock)
    for label in labels:
        picture = picture_of(label, area, DPI)
        assert picture.size == (across, down)
        job = new_job()
        convert(job, [picture.convert("L")] * copies, name, threshold=50, cut=True)
        yield bytes(job.data)


def printable(stock: Stock) -> Stock:
    """What of a label of `stock` such a printer can print, as a stock of its own."""
    _, across, down = ROLLS[stock.name]
    width, height = (dots * _MILLIMETRES / DPI for dots in (across, down))
    return replace(
        stock,
        page_width=width,
        page_height=height,
        width=width,
        height=height,
        left=0.0,
        top=0.0,
        pitch_x=width,
        pitch_y=height,
    )
