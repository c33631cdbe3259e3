"""SVG: well formed whatever the names, and the same symbol as everywhere else."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from labels import L7160, KitLabel, LocationLabel, stock_named
from labels.layout import frame_on
from labels.svg import sheet_svg, svg_of
from tests.labels.reading import HOST, KINDS, fixed_codes, kit_labels

CODE = fixed_codes(1)[0]
SVG = "{http://www.w3.org/2000/svg}"
RUN = re.compile(r"M(\d+) (\d+)h(\d+)v1h-\d+z")


def texts_of(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def runs_of(svg: str) -> list[tuple[int, ...]]:
    return [tuple(map(int, run)) for run in RUN.findall(svg)]


@pytest.mark.parametrize("kind", KINDS)
def test_the_symbol_is_drawn_run_for_run(kind: str) -> None:
    label = KINDS[kind](CODE, "Генератор", "Generator")
    stock = stock_named("Zebra 100x150")
    svg = svg_of(label, stock)
    assert runs_of(svg) == list(frame_on(label, stock).symbol(label).runs())
    root = ElementTree.fromstring(svg)
    assert (root.get("width"), root.get("viewBox")) == ("100mm", "0 0 100 150")


def test_names_cannot_break_out() -> None:
    name = "<script>alert(1)</script> & \"'"
    svg = svg_of(LocationLabel(CODE, HOST, name, "]]>"), stock_named("A4"))
    assert " ".join(texts_of(svg)).startswith(f"{name} ]]>")
    assert "<script" not in svg


def test_text_is_as_wide_as_measured_in_any_typeface() -> None:
    svg = svg_of(KitLabel(CODE, HOST, "Генератор", "Generator"), L7160)
    for element in ElementTree.fromstring(svg).iter(f"{SVG}text"):
        assert float(element.get("x", "")) + float(element.get("textLength", "")) <= L7160.width
        assert element.get("lengthAdjust") == "spacingAndGlyphs"


def test_a_preview_shows_the_first_page_from_the_first_free_place() -> None:
    labels = kit_labels(30)
    svg = sheet_svg(labels, L7160, start=20)
    assert svg.count("<rect") == 1 + 21
    assert len(runs_of(svg)) == sum(
        len(list(frame_on(label, L7160).symbol(label).runs())) for label in labels[:2]
    )


def test_a_preview_from_a_place_off_the_sheet_is_refused() -> None:
    with pytest.raises(ValueError, match="places 1 to 21"):
        sheet_svg(kit_labels(1), L7160, start=22)
