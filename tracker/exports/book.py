"""A SQLite file, made with sqlite-utils: opens in Datasette, and joins without a manual."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlite_utils

from tracker.domain.unit_proofs import RUNGS
from tracker.exports import words
from tracker.exports.parcel import Export, Progress
from tracker.exports.tables import about, figures

Row = dict[str, Any]
EVERY = 1000


def write(export: Export, file: Path, progress: Progress | None = None) -> None:
    """Write the tables to `file`, which may not exist yet. The same export gives the same bytes."""
    book = sqlite_utils.Database(file)
    try:
        _write(book, export, progress)
        book.vacuum()
    finally:
        book.close()


def _write(book: sqlite_utils.Database, export: Export, progress: Progress | None) -> None:
    view = export.view
    counts = view.counts
    _table(book, "metadata", {"name": str, "title": str, "value": str}, "name",
           [{"name": code, "title": name[1], "value": str(value)}
            for code, name, value in about(export)])  # fmt: skip
    _table(book, "stages", {"stage": str, "name_uk": str, "name_en": str, "units": int}, "stage",
           [_named("stage", stage, words.STAGE) | {"units": units}
            for stage, units in [*counts.stages.items(), ("rest", counts.to_come)]])  # fmt: skip
    _table(book, "proofs", {"rung": str, "place": int, "name_uk": str, "name_en": str,
                            "units": int, "newest_on": str}, "rung",
           [_named("rung", step.rung.value, words.RUNG)
            | {"place": place, "units": step.units, "newest_on": _day(step.newest_on)}
            for place, step in enumerate(counts.ladder, start=1)])  # fmt: skip
    _table(book, "open_discrepancies", {"kind": str, "name_uk": str, "name_en": str,
                                        "number": int}, "kind",
           [_named("kind", kind, words.OPEN_MATTER) | {"number": number}
            for kind, number in counts.matters.items()])  # fmt: skip
    _table(book, "pledges", {"ref": str, "donor": str, "initiative": str, "pledged_on": str,
                             "units": int}, "ref",
           [{"ref": one.ref, "donor": one.donor_name, "initiative": one.initiative,
             "pledged_on": one.pledged_on.isoformat(), "units": one.pledged}
            for one in view.pledges])  # fmt: skip
    _table(book, "products", {"id": int, "name_uk": str, "name_en": str, "units": int}, "id",
           [{"id": number, "name_uk": line.product_uk, "name_en": line.product_en,
             "units": line.quantity}
            for number, line in enumerate(view.lines, start=1)])  # fmt: skip
    _table(book, "statements", {"id": int, "pledge": str, "text_uk": str, "text_en": str}, "id",
           [{"id": number, "pledge": one.pledge, "text_uk": one.text_uk, "text_en": one.text_en}
            for number, one in enumerate(view.released, start=1)
            if one.kind == "statement"])  # fmt: skip
    if not view.totals_only:
        _table(book, "days", {"day": str, "stage": str, "units": int}, ("day", "stage"),
               _days(export), [("stage", "stages", "stage")])  # fmt: skip
        _table(book, "places", {"code": str, "name_uk": str, "name_en": str, "sites": int,
                                "month": str, "kind": str}, "code", _places(export))  # fmt: skip
    if export.units is not None:
        _units(book, export, progress)


def _table(
    book: sqlite_utils.Database,
    name: str,
    columns: dict[str, Any],
    key: str | tuple[str, ...],
    rows: Any,
    keys: list[tuple[str, str, str]] | None = None,
) -> None:
    table = book.table(name)
    table.create(columns, pk=key, foreign_keys=keys or [])
    table.insert_all(rows, batch_size=EVERY)


def _named(key: str, name: str, table: Any) -> Row:
    uk, en = words.named(table, name)
    return {key: name, "name_uk": uk, "name_en": en}


def _days(export: Export) -> Iterator[Row]:
    counts = export.view.counts
    for day, reached in counts.timeline:
        for stage in counts.ever:
            yield {"day": day.isoformat(), "stage": stage, "units": reached[stage]}


def _places(export: Export) -> Iterator[Row]:
    for figure in figures(export):
        if figure.part in ("oblast", "sector"):
            uk, en = figure.name
            yield {"code": figure.code, "name_uk": uk, "name_en": en, "sites": figure.number,
                   "month": _day(figure.day), "kind": figure.part}  # fmt: skip


def _units(book: sqlite_utils.Database, export: Export, progress: Progress | None) -> None:
    columns = {"label": str, "product_uk": str, "product_en": str, "stage": str}
    columns |= {f"{rung.value}_on": str for rung in RUNGS}
    rows = _unit_rows(export, progress)
    _table(book, "units", columns, "label", rows, [("stage", "stages", "stage")])
    book.table("units").create_index(["stage"])


def _unit_rows(export: Export, progress: Progress | None) -> Iterator[Row]:
    for number, unit in enumerate(export.units() if export.units else (), start=1):
        told = {f"{rung.value}_on": _day(day) for rung, day in zip(RUNGS, unit.days, strict=True)}
        yield {"label": unit.code, "product_uk": unit.product_uk, "product_en": unit.product_en,
               "stage": unit.stage, **told}  # fmt: skip
        if progress and number % EVERY == 0:
            progress(number, 0)


def _day(day: Any) -> str | None:
    return day.isoformat() if day else None
