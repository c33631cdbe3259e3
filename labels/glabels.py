"""Stock from the templates of gLabels, where that is installed: hundreds more sheets by name.

A template that runs off the page, overlaps itself, or is round is refused with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree

from labels.stock import Stock, StockError, problems_of, stock_named

FOLDERS = (
    Path("/usr/share/libglabels-3.0/templates"),
    Path("/usr/share/libglabels-4.0/templates"),
    Path("/usr/share/glabels/templates"),
    Path("/usr/local/share/libglabels-3.0/templates"),
)
_UNITS = {"pt": 25.4 / 72, "in": 25.4, "mm": 1.0, "cm": 10.0, "pc": 25.4 / 6}
_LONGEST_CHAIN = 5  # of templates that are "equivalent" to another

Element = ElementTree.Element


def find_stock(name: str, folders: Iterable[Path] = FOLDERS) -> Stock:
    """Our stock of this name, or else gLabels' template ("Herma 4226"), in any case.

    Raises StockError when there is none, or when the template cannot be printed.
    """
    try:
        return stock_named(name)
    except StockError as unknown:
        library = _library(tuple(folders))
        template = library.templates.get(name.casefold().strip())
        if template is None:
            raise StockError(f"{unknown} {_hint(library)}") from None
        return _stock_of(template, library)


def templates_in(folders: Iterable[Path] = FOLDERS) -> list[str]:
    """The names of all templates that are installed, those that we refuse included."""
    library = _library(tuple(folders))
    return sorted(_name_of(template) for template in library.templates.values())


@dataclass(frozen=True)
class _Library:
    templates: dict[str, Element]
    papers: dict[str, tuple[float, float]]


@lru_cache(maxsize=4)
def _library(folders: tuple[Path, ...]) -> _Library:
    """All templates by name in lower case, and the sizes of paper by id in mm."""
    templates: dict[str, Element] = {}
    papers: dict[str, tuple[float, float]] = {}
    for root in _files(folders):
        for paper in root.iter("Paper-size"):
            papers[paper.get("id", "")] = (_length(paper, "width"), _length(paper, "height"))
        for template in root.iter("Template"):
            templates.setdefault(_name_of(template).casefold(), template)
    return _Library(templates, papers)


def _files(folders: tuple[Path, ...]) -> Iterator[Element]:
    for folder in folders:
        for file in sorted(folder.glob("*.xml")):
            try:
                yield ElementTree.parse(file).getroot()  # noqa: S314 - the machine's own files
            except ElementTree.ParseError as problem:
                raise StockError(f"{file}: {problem}") from None


def _stock_of(template: Element, library: _Library) -> Stock:
    name, shape = _name_of(template), template
    for _ in range(_LONGEST_CHAIN):
        same = shape.get("equiv")
        if same is None:
            break
        found = library.templates.get(f"{shape.get('brand', '')} {same}".casefold())
        if found is None:
            raise StockError(f"{name}: gLabels calls it equal to {same}, which it does not have.")
        shape = found
    label, layouts = shape.find("Label-rectangle"), list(shape.iter("Layout"))
    if label is None or len(layouts) != 1:
        raise StockError(f"{name}: only rectangular labels in one grid can be printed.")
    page = _page_of(shape, library, name)
    stock = _grid(name, page, label, layouts[0])
    problems = problems_of(stock)
    if problems:
        raise StockError(f"{name}: {' '.join(problems)}")
    return stock


def _grid(name: str, page: tuple[float, float], label: Element, layout: Element) -> Stock:
    width, height = _length(label, "width"), _length(label, "height")
    return Stock(
        name=name,
        kind="sheet" if layout.get("nx") != "1" or layout.get("ny") != "1" else "roll",
        page_width=page[0],
        page_height=page[1],
        columns=int(layout.get("nx", "0")),
        rows=int(layout.get("ny", "0")),
        width=width,
        height=height,
        left=_length(layout, "x0"),
        top=_length(layout, "y0"),
        pitch_x=_length(layout, "dx"),
        pitch_y=_length(layout, "dy"),
        source="gLabels' templates on this machine",
    )


def _page_of(shape: Element, library: _Library, name: str) -> tuple[float, float]:
    size = shape.get("size", "")
    if size.casefold() == "other":
        return _length(shape, "width"), _length(shape, "height")
    if size not in library.papers:
        raise StockError(f"{name}: its paper {size!r} is unknown.")
    return library.papers[size]


def _name_of(template: Element) -> str:
    if "name" in template.attrib:  # as gLabels 2 wrote it
        return template.get("name", "")
    return f"{template.get('brand', '')} {template.get('part', '')}".strip()


def _length(element: Element, name: str) -> float:
    """An attribute in mm; a number without a unit is points, a missing one is zero."""
    text = (element.get(name) or "0").strip()
    unit = text.lstrip("+-0123456789.eE").strip() or "pt"
    try:
        return float(text.removesuffix(unit)) * _UNITS[unit]
    except (KeyError, ValueError):
        raise StockError(f"{name}={text!r} is not a length.") from None


def _hint(library: _Library) -> str:
    if library.templates:
        return f"Nor is there a template of that name among gLabels' {len(library.templates)}."
    return "Hundreds more come with gLabels: sudo apt install glabels-data"
