"""The goods-received note (прибуткова накладна): expected, counted, and what does not fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tracker.papers import lists
from tracker.papers.parts import Line, Side, Signature, Title
from tracker.papers.sheet import Column, Sheet


@dataclass(frozen=True, slots=True)
class ReceivedNote:
    """What came of a consignment.

    `expected` units stand on its list; `counted` were received, `lacking` not, and `sums` and
    `reasons` say what they are made up of: (in Ukrainian, in English, how many). `odd` are the
    units that somebody has to look into, with remarks; `good` those that were looked at, and
    `unopened` those that came in a box or on a pallet that nobody opened. `is_final` says that
    counting is over.
    """

    title: Title
    consignment: str
    consignor: Side | None
    consignee: Side | None
    place: str
    expected: int
    counted: int
    sums: Sequence[tuple[str, str, int]]
    lacking: int
    reasons: Sequence[tuple[str, str, int]]
    seals: Sequence[str]
    odd: Sequence[Line]
    good: Sequence[Line]
    unopened: Sequence[Line]
    is_final: bool = True


def write(paper: ReceivedNote) -> bytes:
    """The PDF."""
    sheet = Sheet(paper.title, "Прибуткова накладна", "Goods-received note")
    if not paper.is_final:
        sheet.text("Приймання триває: це проміжний підсумок.", "Receiving goes on.", bold=True)
    sheet.facts(
        [
            ("Відправлення", "consignment", paper.consignment),
            ("Прийнято в", "received at", paper.place),
            *lists.side("Вантажовідправник", "consignor", paper.consignor),
            *lists.side("Вантажоодержувач", "consignee", paper.consignee),
            ("Пломби", "seals", ", ".join(paper.seals)),
        ]
    )
    sheet.heading("Підсумок", "how it adds up")
    sheet.table(
        [Column("Висновок", "verdict", 60), Column("Одиниць", "units", 14, True, True)],
        [
            ["Очікувалося · expected", str(paper.expected)],
            ["Прийнято · received", str(paper.counted)],
            *([f"— {uk} · {en}", str(many)] for uk, en, many in paper.sums),
            ["Не прийнято · not received", str(paper.lacking)],
            *([f"— {uk} · {en}", str(many)] for uk, en, many in paper.reasons),
        ],
        size=9.5,
    )
    sheet.heading("Розбіжності", "discrepancies")
    if paper.odd:
        sheet.table(
            [lists.NUMBER, lists.CODE, lists.PRODUCT, lists.NUMBERS, lists.REMARK],
            _rows(paper.odd, with_remark=True),
        )
    else:
        sheet.text("Розбіжностей немає.", "There are none.")
    sheet.signatures(
        [
            Signature("Прийняв", "received by"),
            Signature("Перевізник", "carrier"),
        ]
    )
    _came(sheet, "Прийнято без зауважень", "received in good condition", paper.good)
    _came(
        sheet,
        "Прийнято в нерозкритих коробках, не оглянуто",
        "received in unopened boxes, not looked at",
        paper.unopened,
    )
    return sheet.finish()


def _came(sheet: Sheet, uk: str, en: str, lines: Sequence[Line]) -> None:
    if lines:
        sheet.heading(uk, en)
        sheet.table(
            [lists.NUMBER, lists.BOX, lists.CODE, lists.PRODUCT, lists.NUMBERS],
            _rows(lines, with_remark=False),
            size=7.5,
        )


def _rows(lines: Sequence[Line], *, with_remark: bool) -> list[list[str]]:
    rows = []
    for number, line in enumerate(lines, start=1):
        if with_remark:
            named = [lists.product(line), lists.identifiers(line)]
            rows.append([str(number), line.code, *named, lists.remark(line)])
        else:
            rows.append([str(number), line.box or "—", line.code, *lists.in_short(line)])
    return rows
