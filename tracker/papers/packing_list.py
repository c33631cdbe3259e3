"""The packing list (пакувальний лист): every unit of a consignment, package by package."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tracker.papers import lists
from tracker.papers.parts import Line, Side, Signature, Title
from tracker.papers.sheet import Sheet


@dataclass(frozen=True, slots=True)
class PackingList:
    """What a consignment holds, box by box.

    `packages` is what a carrier counts: pallets, and boxes that stand on none. A pallet is no box:
    `boxes` counts what has been packed, on pallets or not; `loose` the units that lie in nothing.
    `is_plan` says that nothing has been loaded yet.
    """

    title: Title
    consignment: str
    consignor: Side | None
    consignee: Side | None
    carrier: Side | None
    waybill: str
    origin: str
    destination: str
    seals: Sequence[str]
    packages: int
    lines: Sequence[Line]
    boxes: int = 0
    loose: int = 0
    is_plan: bool = False


def write(paper: PackingList) -> bytes:
    """The PDF."""
    sheet = Sheet(paper.title, "Пакувальний лист", "Packing list")
    sheet.facts(
        [
            ("Відправлення", "consignment", paper.consignment),
            ("Накладна", "waybill", paper.waybill),
            *lists.side("Вантажовідправник", "consignor", paper.consignor),
            *lists.side("Вантажоодержувач", "consignee", paper.consignee),
            ("Звідки", "from", paper.origin),
            ("Куди", "to", paper.destination),
            *lists.side("Перевізник", "carrier", paper.carrier),
            ("Пломби", "seals", ", ".join(paper.seals)),
            ("Вантажних місць", "packages", str(paper.packages) if paper.packages else ""),
            (
                "Коробок",
                "boxes",
                str(paper.boxes) if paper.boxes not in (0, paper.packages) else "",
            ),
            ("Без коробки", "loose units", str(paper.loose) if paper.loose else ""),
            ("Одиниць", "units", str(len(paper.lines))),
        ]
    )
    if paper.is_plan:
        sheet.text(
            "Складено до завантаження: ще жодної одиниці не завантажено.",
            "Drawn up before loading: no unit has been loaded yet.",
        )
    sheet.heading("Разом", "totals")
    lists.totals(sheet, paper.lines)
    sheet.heading("Одиниці за вантажними місцями", "units by package")
    sheet.table(
        [lists.NUMBER, lists.BOX, lists.CODE, lists.PRODUCT, lists.NUMBERS],
        [
            [
                str(number),
                line.box or "—",
                line.code,
                *lists.in_short(line),
            ]
            for number, line in enumerate(paper.lines, start=1)
        ],
        size=7.5,
    )
    sheet.signatures([Signature("Здав", "handed over by"), Signature("Прийняв", "received by")])
    return sheet.finish()
