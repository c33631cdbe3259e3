"""The waybill (накладна): who sends what to whom, by which way, under which seals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tracker.papers import lists
from tracker.papers.parts import Leg, Line, Side, Signature, Title
from tracker.papers.sheet import Column, Sheet, day


@dataclass(frozen=True, slots=True)
class Waybill:
    """A journey on paper; the units are on the packing list that goes with it."""

    title: Title
    consignment: str
    carriers_number: str
    consignor: Side | None
    consignee: Side | None
    carrier: Side | None
    origin: str
    destination: str
    eta_on: date | None
    aid_code: str
    aid_declared_on: date | None
    aid_coded_on: date | None
    legs: Sequence[Leg]
    seals: Sequence[str]
    packages: int
    lines: Sequence[Line]
    loose: int = 0


def write(paper: Waybill) -> bytes:
    """The PDF."""
    sheet = Sheet(paper.title, "Накладна", "Waybill")
    sheet.facts(
        [
            ("Відправлення", "consignment", paper.consignment),
            ("Номер перевізника (ТТН, CMR)", "carrier’s number", paper.carriers_number),
            *lists.side("Вантажовідправник", "consignor", paper.consignor),
            *lists.side("Вантажоодержувач", "consignee", paper.consignee),
            ("Звідки", "from", paper.origin),
            ("Куди", "to", paper.destination),
            *lists.side("Перевізник", "carrier", paper.carrier),
            ("Очікуване прибуття", "expected on", _day(paper.eta_on)),
            ("Унікальний код гуманітарної допомоги", "humanitarian-aid code", paper.aid_code),
            ("Декларацію подано", "declared on", _day(paper.aid_declared_on)),
            ("Код надано", "code given on", _day(paper.aid_coded_on)),
            ("Пломби", "seals", ", ".join(paper.seals)),
        ]
    )
    _way(sheet, paper.legs)
    sheet.heading("Вантаж", "the load")
    sheet.facts(
        [
            ("Вантажних місць", "packages", str(paper.packages) if paper.packages else ""),
            ("Без коробки", "loose units", str(paper.loose) if paper.loose else ""),
            ("Вартість", "value", lists.worth(paper.lines)),
        ]
    )
    lists.totals(sheet, paper.lines)
    sheet.text(
        "Гуманітарна допомога цивільного призначення. Перелік одиниць — у пакувальному листі.",
        "Civilian aid. The units are listed on the packing list.",
    )
    sheet.signatures(
        [
            Signature("Вантажовідправник", "consignor"),
            Signature("Перевізник", "carrier"),
            Signature("Вантажоодержувач", "consignee"),
        ]
    )
    return sheet.finish()


def _way(sheet: Sheet, legs: Sequence[Leg]) -> None:
    """The legs, where there are any."""
    if not legs:
        return
    sheet.heading("Маршрут", "the way")
    sheet.table(
        [
            Column("Звідки", "from", 22),
            Column("Куди", "to", 22),
            Column("Перевізник", "carrier", 22),
            Column("Транспорт", "vehicle", 16),
            Column("Виїзд", "leaves", 12),
            Column("Прибуття", "arrives", 12),
        ],
        [
            [
                leg.origin,
                leg.destination,
                leg.carrier or "—",
                leg.vehicle or "—",
                _day(leg.departs_on) or "—",
                _day(leg.arrives_on) or "—",
            ]
            for leg in legs
        ],
        size=9,
    )


def _day(when: date | None) -> str:
    return day(when) if when else ""
