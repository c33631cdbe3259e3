"""A donor's figures as one tidy table: a row says one number (or one text) of one thing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from tracker.exports import words
from tracker.exports.parcel import Export
from tracker.exports.words import Pair


class Figure(NamedTuple):
    """One row: which part, which code in it, its name (uk, en); a number or a text; a day.

    `day` is the day the number belongs to: the newest proof of a rung, the end of a day, the month
    of a place.
    """

    part: str
    code: str
    name: Pair
    number: int | None = None
    text: str = ""
    day: date | None = None


def about(export: Export) -> list[tuple[str, Pair, int | str | date]]:
    """What the export says of itself: (code, its name, what it says)."""
    said, view = export.said, export.view
    told: list[tuple[str, Pair, int | str | date]] = [
        ("of", ("про що", "of"), export.reference),
        ("name", ("назва", "name"), words.word(export.names, said.language)),
        ("made_at", ("складено (UTC)", "made at (UTC)"), said.made),
        ("known_until", ("відомо на кінець дня", "known until the end of"), said.known_until),
        ("delay_days", ("із затримкою, днів", "shown later, days"), said.delay_days),
        ("small_cell", ("менші числа об’єктів не показано", "fewer sites are not shown"),
         said.small_cell),
        ("server", ("сервер", "server"), said.server),
    ]  # fmt: skip
    if said.ledger is not None:
        told += [
            ("ledger_size", ("подій у журналі", "events in the ledger"), said.ledger.size),
            ("ledger_root", ("корінь журналу", "root of the ledger"), said.ledger.root),
            ("ledger_signed_on", ("журнал підписано", "ledger signed on"), said.ledger.signed_on),
        ]
    if view.donor_names:
        told.insert(2, ("donor", ("донор", "donor"), ", ".join(view.donor_names)))
    return told


def figures(export: Export) -> Iterator[Figure]:
    """Every number of the view, in the order of the page."""
    view = export.view
    counts = view.counts
    yield Figure("pledged", "units", ("обіцяно", "pledged"), counts.pledged)
    for line in view.lines:
        yield Figure("pledged", "product", (line.product_uk, line.product_en), line.quantity)
    for stage, units in counts.stages.items():
        yield Figure("stage", stage, words.named(words.STAGE, stage), units, "", counts.until)
    yield Figure("stage", "rest", words.STAGE["rest"], counts.to_come, "", counts.until)
    yield Figure("condition", "damaged", words.DAMAGED, counts.damaged, "", counts.until)
    for step in counts.ladder:
        name = words.named(words.RUNG, step.rung.value)
        yield Figure("proof", step.rung.value, name, step.units, "", step.newest_on)
    for kind, number in counts.matters.items():
        name = words.named(words.OPEN_MATTER, kind)
        yield Figure("open", kind, name, number, "", view.matters_on)
    for one in view.released:
        if one.kind == "statement":
            text = one.text_uk if export.said.language == "uk" else one.text_en
            yield Figure("statement", one.pledge, words.STATEMENT, None, text)
    yield from _places(export)
    for day, stages in counts.timeline:
        for stage in counts.ever:
            yield Figure("day", stage, words.named(words.STAGE, stage), stages[stage], "", day)


def _places(export: Export) -> Iterator[Figure]:
    places = export.view.places
    if places is None:
        return
    for cell, sites in places.cells.items():
        yield Figure("oblast", cell, words.cell(cell), sites, "", places.month)
    if places.other:
        yield Figure("oblast", "other", words.OTHER, places.other, "", places.month)
    for sector, sites in places.sectors.items():
        name = words.named(words.SECTOR, sector)
        yield Figure("sector", sector, name, sites, "", places.month)
