"""Stock: its numbers are possible, even on both sides, and agree with what others have published.

`published_stock.csv` holds the numbers of two public collections in millimetres: `labels.xml` of
LibreOffice 7.4 (hundredths of a millimetre there) and the templates of gLabels 3.4 (points there).
"""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from labels import STOCK, Stock, StockError, smallest_for, stock_named
from labels.stock import L7160, continuous, problems_of

EVERY = pytest.mark.parametrize("stock", STOCK.values(), ids=lambda stock: stock.name)
PUBLISHED = Path(__file__).with_name("published_stock.csv")
NEAR = 0.3  # mm
# The outer edges of all labels decide; the two collections differ on these, and stock.py says how.
GLABELS_DIFFERS = {f"Avery {name}" for name in ("L7160", "L7162", "L7163", "L7651", "5160")}


def published(collection: str) -> dict[str, dict[str, float]]:
    with PUBLISHED.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row.pop("collection") == collection]
    return {row.pop("stock"): {key: float(text) for key, text in row.items()} for row in rows}


def far_off(stock: Stock, numbers: dict[str, float]) -> float:
    """The largest distance, in mm, between an edge of a label here and there."""
    assert (stock.columns, stock.rows) == (numbers["columns"], numbers["rows"])
    distances: list[float] = []
    for start, pitch, size, count in (
        ("left", "pitch_x", "width", stock.columns),
        ("top", "pitch_y", "height", stock.rows),
    ):
        for number in range(count):
            ours = getattr(stock, start) + number * getattr(stock, pitch)
            theirs = numbers[start] + number * numbers[pitch]
            distances += [ours - theirs, ours + getattr(stock, size) - theirs - numbers[size]]
    return max(abs(distance) for distance in distances)


@EVERY
def test_each_stock_is_on_the_page_without_overlap_and_names_its_source(stock: Stock) -> None:
    assert problems_of(stock) == []
    assert len(stock.source) > 5


@EVERY
def test_each_stock_leaves_as_much_right_as_left_and_below_as_above(stock: Stock) -> None:
    right = stock.page_width - stock.left - (stock.columns - 1) * stock.pitch_x - stock.width
    bottom = stock.page_height - stock.top - (stock.rows - 1) * stock.pitch_y - stock.height
    assert right == pytest.approx(stock.left, abs=NEAR)
    assert bottom == pytest.approx(stock.top, abs=NEAR)


@EVERY
def test_places_are_counted_row_by_row(stock: Stock) -> None:
    places = list(stock.places())
    assert len(places) == stock.per_page
    assert places == sorted(places, key=lambda place: (place[1], place[0]))
    assert places[0] == (stock.left, stock.top)


@pytest.mark.parametrize(("name", "numbers"), published("LibreOffice").items())
def test_every_label_lies_where_libreoffice_puts_it(name: str, numbers: dict[str, float]) -> None:
    assert far_off(STOCK[name], numbers) <= NEAR


@pytest.mark.parametrize(("name", "numbers"), published("gLabels").items())
def test_where_glabels_differs_our_source_says_so(name: str, numbers: dict[str, float]) -> None:
    assert (far_off(STOCK[name], numbers) > NEAR) == (name in GLABELS_DIFFERS)
    assert ("gLabels 3.4 differs" in STOCK[name].source) == (name in GLABELS_DIFFERS)


def test_every_sheet_is_published_by_others() -> None:
    sheets = {stock.name for stock in STOCK.values() if stock.kind == "sheet"}
    assert sheets == set(published("LibreOffice"))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"columns": 4}, "Labels reach to"),
        ({"rows": 8}, "Labels reach to"),
        ({"left": -1.0}, "starts off the page"),
        ({"pitch_x": 60.0}, "overlap their neighbours"),
        ({"pitch_y": 30.0}, "overlap those below"),
        ({"rows": 0}, "no labels"),
        ({"height": 0.0}, "no labels"),
    ],
)
def test_impossible_stock_is_found_out(change: dict[str, float], complaint: str) -> None:
    assert complaint in " ".join(problems_of(replace(L7160, **change)))  # type: ignore[arg-type]


def test_stock_is_found_by_any_of_its_names() -> None:
    assert stock_named("Avery L7160") is L7160
    assert stock_named(" l7160 ") is L7160
    assert stock_named("62x100").name == "Brother 62x100"


@pytest.mark.parametrize("name", ["L9999", "", "Avery"])
def test_a_name_that_is_none_or_several_is_refused_with_a_list(name: str) -> None:
    with pytest.raises(StockError, match="L7160"):
        stock_named(name)


def test_the_smallest_stock_that_would_do_is_found() -> None:
    found = smallest_for(20, 20)
    assert found is not None
    assert found.name == "Avery L7651"
    assert smallest_for(500, 10) is None


def test_a_continuous_roll_is_cut_to_any_length() -> None:
    stock = continuous(62, 35)
    assert (stock.width, stock.height, stock.per_page) == (62, 35, 1)
    assert problems_of(stock) == []
