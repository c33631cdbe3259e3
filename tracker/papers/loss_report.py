"""The report of a loss, theft or destruction, and the act that writes units off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tracker.papers import lists
from tracker.papers.parts import Line, Signature, Title
from tracker.papers.sheet import Column, Sheet, day

NAMES = {
    "lost": ("Повідомлення про втрату", "Report of a loss"),
    "stolen": ("Повідомлення про викрадення", "Report of a theft"),
    "destroyed": ("Повідомлення про знищення", "Report of destruction"),
}


@dataclass(frozen=True, slots=True)
class LossReport:
    """What was lost, how, and what proves it (hashes of the evidence)."""

    title: Title
    kind: str
    happened_on: date | None
    circumstances: str
    authority: str
    consignment: str
    lines: Sequence[Line]
    evidence: Sequence[str]


@dataclass(frozen=True, slots=True)
class WriteOffAct:
    """Units that two people wrote off; each line's remark holds the reason."""

    title: Title
    lines: Sequence[Line]


def write(paper: LossReport) -> bytes:
    """The PDF of a report."""
    sheet = Sheet(paper.title, *NAMES[paper.kind])
    sheet.facts(
        [
            ("Коли", "when", day(paper.happened_on) if paper.happened_on else ""),
            ("Номер у поліції чи іншому органі", "authority’s number", paper.authority),
            ("Відправлення", "consignment", paper.consignment),
            ("Одиниць", "units", str(len(paper.lines))),
            ("Вартість", "value", lists.worth(paper.lines)),
        ]
    )
    sheet.heading("Обставини", "circumstances")
    sheet.text(paper.circumstances)
    _units(sheet, paper.lines, [])
    if paper.evidence:
        sheet.heading("Підтвердження", "evidence (SHA-256)")
        for sha in paper.evidence:
            sheet.text(sha)
    sheet.signatures([Signature("Повідомив", "reported by"), Signature("Прийняв", "taken by")])
    return sheet.finish()


def write_off(paper: WriteOffAct) -> bytes:
    """The PDF of a write-off act."""
    sheet = Sheet(paper.title, "Акт списання", "Write-off act")
    sheet.text(
        "Комісія встановила, що зазначене обладнання непридатне або відсутнє, і списує його.",
        "The commission has found that this equipment is beyond use or gone, and writes it off.",
    )
    _units(sheet, paper.lines, [lists.REMARK])
    sheet.facts([("Вартість", "value", lists.worth(paper.lines))], columns=1)
    sheet.signatures(
        [
            Signature("Запропонував", "proposed by"),
            Signature("Затвердив", "approved by"),
            Signature("Член комісії", "commission"),
            Signature("Член комісії", "commission"),
        ]
    )
    return sheet.finish()


def _units(sheet: Sheet, lines: Sequence[Line], more: Sequence[Column]) -> None:
    """The table of units, with what is remarked of each where a column for it is among `more`."""
    sheet.heading("Обладнання", "equipment")
    sheet.table(
        [lists.NUMBER, lists.CODE, lists.PRODUCT, lists.NUMBERS, lists.VALUE, *more],
        [
            [
                str(number),
                line.code,
                lists.product(line),
                lists.identifiers(line),
                lists.value(line),
                *(lists.remark(line) for _ in more),
            ]
            for number, line in enumerate(lines, start=1)
        ],
    )
