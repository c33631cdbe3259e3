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
    """A closed count of one place.

    `found` were seen singly, `boxed` with their box that nobody opened; `gone` had left and `came`
    had come in while it was counted.
    """

    title: Title
    place: str
    opened_at: datetime
    closed_at: datetime
    expected: int
    found: Sequence[Line]
    missing: Sequence[Line]
    unexpected: Sequence[Line]
    boxed: Sequence[Line] = ()
    gone: Sequence[Line] = ()
    came: Sequence[Line] = ()


ALONE = ("Виявлено поштучно", "found, seen singly")
BOXED = ("Виявлено в коробці без розкриття", "found with the box, unopened")
MISSING = ("Відсутнє", "missing")
GONE = ("Вибуло під час інвентаризації", "left meanwhile")
UNEXPECTED = ("Зайве", "unexpected")
CAME = ("Надійшло під час інвентаризації", "came in meanwhile")


def write(paper: CountSheet) -> bytes:
    """The PDF."""
    sheet = Sheet(paper.title, "Інвентаризаційний опис", "Stock count")
    sheet.facts(
        [
            ("Місце", "location", paper.place),
            ("Проведено", "held", f"{day(paper.opened_at)} – {day(paper.closed_at)}"),
        ]
    )
    sums = [(ALONE, paper.found), (BOXED, paper.boxed), (MISSING, paper.missing)]
    sums += [(GONE, paper.gone)] if paper.gone else []
    sums += [(UNEXPECTED, paper.unexpected)]
    sums += [(CAME, paper.came)] if paper.came else []
    sheet.table(
        [Column("Підсумок", "result", 60), Column("Одиниць", "units", 14, True, True)],
        [
            ["За обліком · on the books", str(paper.expected)],
            *([f"{uk} · {en}", str(len(lines))] for (uk, en), lines in sums),
        ],
        size=9.5,
    )
    sheet.text(
        "Закриття інвентаризації нічого не переміщує: про кожну розбіжність вирішує людина.",
        "Closing a count moves nothing: a person decides about each discrepancy.",
    )
    sheet.signatures([Signature("Провів", "counted by"), Signature("Член комісії", "witness")])
    for words, lines in (
        (MISSING, paper.missing),
        (UNEXPECTED, paper.unexpected),
        (BOXED, paper.boxed),
        (ALONE, paper.found),
        (GONE, paper.gone),
        (CAME, paper.came),
    ):
        if lines:
            sheet.heading(*words)
            _list(sheet, lines)
    return sheet.finish()


def _list(sheet: Sheet, lines: Sequence[Line]) -> None:
    """Units one a row, with what is remarked where anything is."""
    remarked = any(line.remark_uk for line in lines)
    columns = [lists.NUMBER, lists.BOX, lists.CODE, lists.PRODUCT, lists.NUMBERS]
    sheet.table(
        [*columns, lists.REMARK] if remarked else columns,
        [
            [
                str(number),
                line.box or "—",
                line.code,
                *lists.in_short(line),
                *([lists.remark(line)] if remarked else []),
            ]
            for number, line in enumerate(lines, start=1)
        ],
        size=7.5,
    )
