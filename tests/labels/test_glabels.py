"""gLabels' templates: those that can be printed are, by name; those that cannot say why."""

from __future__ import annotations

from pathlib import Path

import pytest

from labels import L7160, StockError, write_pdf
from labels.glabels import find_stock, templates_in
from tests.labels.reading import addresses, decoded, kit_labels, rendered

PAPERS = """<Glabels-paper-sizes>
  <Paper-size id="A4" width="210mm" height="297mm"/>
</Glabels-paper-sizes>"""


def template(part: str, label: str, layout: str, page: str = 'size="A4"') -> str:
    return (
        f'<Template brand="Example" part="{part}" {page}>'
        f"<{label}>{layout}</{label.split(maxsplit=1)[0]}></Template>"
    )


TWO_BY_FOUR = '<Layout nx="2" ny="4" x0="5mm" y0="0.5in" dx="10cm" dy="68mm"/>'
TEMPLATES = "<Glabels-templates>" + "".join(
    [
        template("1", 'Label-rectangle width="99mm" height="192pt"', TWO_BY_FOUR),
        '<Template brand="Example" part="1b" equiv="1"/>',
        '<Template brand="Example" part="lost" equiv="nowhere"/>',
        template(
            "roll",
            'Label-rectangle width="60mm" height="40mm"',
            '<Layout nx="1" ny="1" x0="0" y0="0" dx="0" dy="0"/>',
            'size="Other" width="60mm" height="40mm"',
        ),
        template("wide", 'Label-rectangle width="120mm" height="60mm"', TWO_BY_FOUR),
        template("tall", 'Label-rectangle width="99mm" height="70mm"', TWO_BY_FOUR),
        template("round", 'Label-round radius="1in"', TWO_BY_FOUR),
        template("two", 'Label-rectangle width="9mm" height="9mm"', TWO_BY_FOUR * 2),
        template("paper", 'Label-rectangle width="9mm" height="9mm"', TWO_BY_FOUR, 'size="Z9"'),
        template("unit", 'Label-rectangle width="9ells" height="9mm"', TWO_BY_FOUR),
    ]
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "templates"
    made.mkdir()
    (made / "papers.xml").write_text(PAPERS, encoding="utf-8")
    (made / "example.xml").write_text(TEMPLATES + "</Glabels-templates>", encoding="utf-8")
    return made


def test_a_template_is_stock_in_millimetres(folder: Path) -> None:
    stock = find_stock("example 1", [folder])
    assert (stock.columns, stock.rows, stock.page_width) == (2, 4, 210)
    assert (stock.width, stock.left, stock.pitch_x, stock.pitch_y) == (99, 5, 100, 68)
    assert stock.top == pytest.approx(12.7)
    assert stock.height == pytest.approx(67.733, abs=0.001)


def test_an_equivalent_template_has_the_same_grid_under_its_own_name(folder: Path) -> None:
    one, same = find_stock("Example 1", [folder]), find_stock("Example 1b", [folder])
    assert same.name == "Example 1b"
    assert list(same.places()) == list(one.places())


def test_our_own_stock_comes_first(folder: Path) -> None:
    assert find_stock("l7160", [folder]) is L7160


def test_a_roll_has_one_label_a_page(folder: Path) -> None:
    assert find_stock("Example roll", [folder]).per_page == 1


@pytest.mark.parametrize(
    ("part", "complaint"),
    [
        ("wide", r"Labels reach to 225\.0 x"),
        ("wide", "overlap their neighbours"),
        ("tall", "overlap those below"),
        ("round", "only rectangular labels"),
        ("two", "only rectangular labels in one grid"),
        ("paper", "its paper 'Z9' is unknown"),
        ("unit", "'9ells' is not a length"),
        ("lost", "equal to nowhere, which it does not have"),
        ("none", "Nor is there a template of that name among gLabels' 10"),
    ],
)
def test_a_template_that_cannot_be_printed_says_why(
    folder: Path, part: str, complaint: str
) -> None:
    with pytest.raises(StockError, match=complaint):
        find_stock(f"Example {part}", [folder])


def test_where_the_templates_are_missing_it_is_told_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(StockError, match="glabels-data"):
        find_stock("Example 1", [tmp_path])


def test_all_templates_are_listed(folder: Path) -> None:
    assert "Example 1b" in templates_in([folder])
    assert len(templates_in([folder])) == 10


def test_labels_are_printed_on_a_template(folder: Path, tmp_path: Path) -> None:
    labels = kit_labels(8)
    write_pdf(labels, find_stock("Example 1", [folder]), tmp_path / "out.pdf")
    assert decoded(rendered(tmp_path / "out.pdf")[0]) == addresses(labels)
