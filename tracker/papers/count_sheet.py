"""The result of a stock count (інвентаризаційний опис): found, missing, unexpected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tracker.papers import lists
from tracker.papers.parts import Line, Signature, Title
from tracker.papers.sheet import Column, Sheet, day


@dataclass(frozen=True, slots=True)
class CountSheet:
    """A closed count of one place."""

    title: Title
    place: str
    opened_at: datetime
    closed_at: datetime
    expected: int
    found: Sequence[Line]
    missing: Sequence[Line]
    unexpected: Sequence[Line]


def write(paper: CountSheet) -> bytes:
    """The PDF."""
    sheet = Sheet(paper.title, "Інвентаризаційний опис", "Stock count")
    sheet.facts(
        [
            ("Місце", "location", paper.place),
            ("Проведено", "held", f"{day(paper.opened_at)} – {day(paper.closed_at)}"),
        ]
    )
    sheet.table(
        [Column("Підсумок", "result", 60), Column("Одиниць", "units", 14, True, True)],
        [
            ["За обліком · on the books", str(paper.expected)],
            ["Виявлено · found", str(len(paper.found))],
            ["Відсутнє · missing", str(len(paper.missing))],
            ["Зайве · unexpected", str(len(paper.unexpected))],
        ],
        size=9.5,
    )
    sheet.text(
        "Стан жодної одиниці не змінено: про кожну розбіжність вирішує людина.",
        "No unit has changed its state: a person decides about each discrepancy.",
    )
    sheet.signatures([Signature("Провів", "counted by"), Signature("Член комісії", "witness")])
    for uk, en, lines in (
        ("Відсутнє", "missing", paper.missing),
        ("Зайве", "unexpected", paper.unexpected),
        ("Виявлено", "found", paper.found),
    ):
        if lines:
            sheet.heading(uk, en)
            sheet.table(
                [lists.NUMBER, lists.BOX, lists.CODE, lists.PRODUCT, lists.NUMBERS],
                [
                    [
                        str(number),
                        line.box or "—",
                        line.code,
                        *lists.in_short(line),
                    ]
                    for number, line in enumerate(lines, start=1)
                ],
                size=7.5,
            )
    return sheet.finish()
