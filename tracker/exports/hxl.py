"""CSV with HXL hashtags in the second row (hxlstandard.org): figures in long form, or units."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date

from tracker.domain.unit_proofs import RUNGS
from tracker.exports import words
from tracker.exports.cells import safe
from tracker.exports.parcel import Export
from tracker.exports.tables import Figure, about, figures
from tracker.exports.words import Pair

BOM = "\ufeff"
"""Spreadsheets otherwise take Ukrainian letters for something else."""

FIGURES = (
    (("про що", "of"), "#activity+code"),
    (("частина", "part"), "#indicator+type"),
    (("код", "code"), "#indicator+code"),
    (("код області", "oblast code"), "#adm1+code"),
    (("назва", "name"), "#indicator+name"),
    (("число", "number"), "#indicator+value+num"),
    (("одиниця виміру", "counted"), "#indicator+unit"),
    (("текст", "text"), "#indicator+value+text"),
    (("день", "day"), "#date+occurred"),
    (("відомо на кінець дня", "known until the end of"), "#date+asof"),
)
UNITS = (
    (("обіцянка", "pledge"), "#activity+code"),
    (("етикетка", "label"), "#item+code"),
    (("виріб", "product"), "#item+name"),
    (("код етапу", "stage code"), "#status+code"),
    (("етап", "stage"), "#status+name"),
    *((words.RUNG[rung.value], f"#date+{rung.value}") for rung in RUNGS),
    (("відомо на кінець дня", "known until the end of"), "#date+asof"),
    (("складено (UTC)", "made at (UTC)"), "#date+made"),
    (("із затримкою, днів", "shown later, days"), "#meta+delay+days"),
    (("подій у журналі", "events in the ledger"), "#meta+ledger+size"),
    (("корінь журналу", "root of the ledger"), "#meta+ledger+root"),
)
COUNTED = {"about": "", "statement": "", "open": "discrepancies", "oblast": "sites",
           "sector": "sites"}  # fmt: skip

Cell = int | str | date | None


def write_figures(export: Export) -> Iterator[bytes]:
    """The figures, one number a row, with what the file says of itself before them."""
    language, until = export.said.language, export.said.known_until
    yield _row([words.word(name, language) for name, _ in FIGURES], first=True)
    yield _row([tag for _, tag in FIGURES])
    for code, name, value in about(export):
        yield _row(_cells(_of_itself(code, name, value), export.reference, language, until))
    for figure in figures(export):
        yield _row(_cells(figure, export.reference, language, until))


def _of_itself(code: str, name: Pair, value: int | str | date) -> Figure:
    if isinstance(value, int):
        return Figure("about", code, name, number=value)
    if isinstance(value, str):
        return Figure("about", code, name, text=value)
    return Figure("about", code, name, day=value)


def _cells(figure: Figure, of: str, language: str, until: date) -> list[Cell]:
    place = figure.code if figure.part == "oblast" and figure.code.startswith("UA") else None
    counted = COUNTED.get(figure.part, "units")
    name = words.word(figure.name, language)
    return [of, figure.part, figure.code, place, name, figure.number, counted, figure.text,
            figure.day, until]  # fmt: skip


def write_units(export: Export) -> Iterator[bytes]:
    """The units of a pledge, one a row, each with what the file says of itself."""
    said = export.said
    yield _row([words.word(name, said.language) for name, _ in UNITS], first=True)
    yield _row([tag for _, tag in UNITS])
    ledger = (said.ledger.size, said.ledger.root) if said.ledger else (None, None)
    end = [said.known_until, said.made, said.delay_days, *ledger]
    is_ukrainian = said.language == "uk"
    for unit in export.units() if export.units else ():
        product = unit.product_uk if is_ukrainian else unit.product_en
        stage = words.word(words.named(words.STAGE, unit.stage), said.language)
        yield _row([export.reference, unit.code, product, unit.stage, stage, *unit.days, *end])


def _row(cells: Sequence[Cell], first: bool = False) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow([safe(cell) if isinstance(cell, str) else cell for cell in cells])
    return f"{BOM if first else ''}{out.getvalue()}".encode()
