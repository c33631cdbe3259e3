"""What labels are printed on: sheets, cards and rolls in millimetres, each with its source.

Two public collections were compared for the sheets: `labels.xml` of LibreOffice 7.4 and the
templates of gLabels 3.4. Where they differ by more than 0.3 mm LibreOffice is followed, because its
numbers come out even on both sides of the page; each such row says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

A4 = (210.0, 297.0)
LETTER = (215.9, 279.4)
_OFF = 0.05  # mm by which rounded numbers may leave the page or overlap

Kind = Literal["sheet", "card", "roll"]


class StockError(ValueError):
    """No such stock, or one whose numbers cannot be; the message says which."""


@dataclass(frozen=True, slots=True)
class Stock:
    """A page with a grid of equal labels; cards and rolls are pages with one label.

    All lengths are millimetres. `left` and `top` are the place of the first label's corner,
    `pitch_x` and `pitch_y` the distance from one label's corner to the next one's. Places are
    counted from 1, row by row.
    """

    name: str
    kind: Kind
    page_width: float
    page_height: float
    columns: int
    rows: int
    width: float
    height: float
    left: float
    top: float
    pitch_x: float
    pitch_y: float
    source: str

    @property
    def per_page(self) -> int:
        """How many labels a page holds."""
        return self.columns * self.rows

    def check_place(self, place: int) -> None:
        """Raise ValueError unless `place`, counted from 1, is on the page."""
        if not 1 <= place <= self.per_page:
            raise ValueError(f"{self.name} has places 1 to {self.per_page}; there is no {place}.")

    def places(self) -> Iterator[tuple[float, float]]:
        """The top left corner of each label, row by row, in mm from the page's top left."""
        for row in range(self.rows):
            for column in range(self.columns):
                yield self.left + column * self.pitch_x, self.top + row * self.pitch_y


def problems_of(stock: Stock) -> list[str]:
    """What is impossible about a stock, a sentence each; empty when it can be printed."""
    found = []
    if stock.per_page < 1 or min(stock.width, stock.height) <= 0:
        return ["It has no labels."]
    right = stock.left + (stock.columns - 1) * stock.pitch_x + stock.width
    bottom = stock.top + (stock.rows - 1) * stock.pitch_y + stock.height
    if min(stock.left, stock.top) < -_OFF:
        found.append("The first label starts off the page.")
    if right > stock.page_width + _OFF or bottom > stock.page_height + _OFF:
        found.append(
            f"Labels reach to {right:.1f} x {bottom:.1f} mm on a page of "
            f"{stock.page_width:.1f} x {stock.page_height:.1f} mm."
        )
    if stock.columns > 1 and stock.pitch_x < stock.width - _OFF:
        found.append("Labels overlap their neighbours to the right.")
    if stock.rows > 1 and stock.pitch_y < stock.height - _OFF:
        found.append("Labels overlap those below.")
    return found


def stock_named(name: str) -> Stock:
    """The stock called `name`, in any case, with or without its maker ("L7160").

    Raises StockError when there is none, or when several are meant.
    """
    wanted = name.casefold().strip()
    for stock in STOCK.values():
        if stock.name.casefold() == wanted:
            return stock
    found = [stock for stock in STOCK.values() if wanted in stock.name.casefold().split()]
    if len(found) == 1:
        return found[0]
    meant = ", ".join(stock.name for stock in found or STOCK.values())
    raise StockError(
        f"{'Several are' if found else 'No'} stock called {name!r}. There is: {meant}."
    )


def smallest_for(width: float, height: float) -> Stock | None:
    """The stock with the smallest label that is at least this wide and high (mm); None if none."""
    enough = [s for s in STOCK.values() if s.width >= width and s.height >= height]
    return min(enough, key=lambda stock: stock.width * stock.height, default=None)


def continuous(width: float, length: float) -> Stock:
    """A label of `length` mm cut from a continuous roll `width` mm wide."""
    return _single(f"{width:g} mm continuous, {length:g} mm", "roll", width, length, "given")


def _single(name: str, kind: Kind, width: float, height: float, source: str) -> Stock:
    return Stock(name, kind, width, height, 1, 1, width, height, 0, 0, width, height, source)


def _grid(
    name: str,
    page: tuple[float, float],
    grid: tuple[int, int],
    label: tuple[float, float],
    corner: tuple[float, float],
    pitch: tuple[float, float],
    source: str,
) -> Stock:
    return Stock(name, "sheet", *page, *grid, *label, *corner, *pitch, source)


_BOTH = "LibreOffice 7.4 labels.xml; gLabels 3.4 agrees"
_ONE = "LibreOffice 7.4 labels.xml"
_NOT_GLABELS = "LibreOffice 7.4 labels.xml; gLabels 3.4 differs: {}"

L7159 = _grid(
    *("Avery L7159", A4, (3, 8), (64.0, 33.86), (6.46, 13.06), (66.54, 33.86)),
    f"{_ONE}; packs round it to 63.5 x 33.9 mm, which lies inside",
)
L7160 = _grid(
    *("Avery L7160", A4, (3, 7), (63.5, 38.1), (7.21, 15.15), (66.04, 38.1)),
    _NOT_GLABELS.format("labels 0.5 mm wider, starting 0.3 mm further right"),
)
L7162 = _grid(
    *("Avery L7162", A4, (2, 8), (99.06, 33.87), (4.67, 13.02), (101.6, 33.87)),
    _NOT_GLABELS.format("it starts 0.7 mm further left, with a gap 0.9 mm wider"),
)
L7163 = _grid(
    *("Avery L7163", A4, (2, 7), (99.06, 38.1), (4.67, 15.15), (101.6, 38.1)),
    _NOT_GLABELS.format("it starts 1.3 mm further left, with a gap 1.4 mm wider"),
)
L7165 = _grid(*("Avery L7165", A4, (2, 4), (99.06, 67.73), (4.67, 13.04), (101.6, 67.73)), _BOTH)
L7651 = _grid(
    *("Avery L7651", A4, (5, 13), (38.1, 21.17), (4.67, 10.9), (40.64, 21.17)),
    _NOT_GLABELS.format("rows 0.03 mm further apart, 0.4 mm at the last"),
)
Z3490 = _grid(*("Avery Zweckform 3490", A4, (3, 8), (70.0, 36.0), (0.0, 4.43), (70.0, 36.0)), _BOTH)
L4731 = _grid(
    *("Avery Zweckform L4731", A4, (7, 27), (25.4, 10.0), (8.48, 13.43), (27.94, 10.0)),
    f"{_ONE}, as 4731",
)
L6009 = _grid(*("Avery L6009", A4, (4, 12), (45.72, 21.17), (9.75, 21.41), (48.26, 21.17)), _ONE)
L6011 = _grid(*("Avery L6011", A4, (3, 9), (63.5, 29.63), (7.21, 15.1), (66.04, 29.63)), _ONE)
A5160 = _grid(
    *("Avery 5160", LETTER, (3, 10), (66.68, 25.4), (4.78, 12.7), (69.85, 25.4)),
    _NOT_GLABELS.format("its outer columns lie 0.8 mm further out"),
)
A5163 = _grid(*("Avery 5163", LETTER, (2, 5), (101.6, 50.8), (3.96, 12.7), (106.36, 50.8)), _BOTH)
A5520 = _grid(
    *("Avery 5520", LETTER, (3, 10), (66.68, 25.4), (4.78, 12.7), (69.85, 25.4)),
    "weatherproof 5160: gLabels 3.4 calls the two equal",
)

_ISO = "ISO 216"
_SIZE = "the size the maker gives"
CARDS = (
    _single("A6", "card", 105.0, 148.0, _ISO),
    _single("A5", "card", 148.0, 210.0, _ISO),
    _single("A4", "card", *A4, _ISO),
)
ROLLS = (
    _single("Brother 62 continuous", "roll", 62.0, 40.0, f"{_SIZE} (DK-22205), cut at 40 mm"),
    _single("Brother 29x90", "roll", 90.3, 29.0, f"{_SIZE} (DK-11201), read along the roll"),
    _single("Brother 62x100", "roll", 62.0, 100.0, f"{_SIZE} (DK-11202)"),
    _single("Dymo 54x25", "roll", 54.0, 25.0, f"{_SIZE} (11352); gLabels 3.4 agrees"),
    _single("Dymo 89x25", "roll", 89.0, 25.0, f"{_SIZE} (1933081)"),
    _single("Zebra 50x30", "roll", 50.0, 30.0, _SIZE),
    _single("Zebra 51x25", "roll", 51.0, 25.0, _SIZE),
    _single("Zebra 100x150", "roll", 100.0, 150.0, _SIZE),
)
_SHEETS = (L7159, L7160, L7162, L7163, L7165, L7651, Z3490, L4731, L6009, L6011)
STOCK: dict[str, Stock] = {
    stock.name: stock for stock in (*_SHEETS, A5160, A5163, A5520, *CARDS, *ROLLS)
}
