"""The handover act (акт приймання-передачі): signed once by each side, for any number of units."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tracker.papers import lists
from tracker.papers.parts import Line, Side, Signature, Title
from tracker.papers.sheet import Sheet

CLAUSE_UK = (
    "Обладнання передано виключно для цивільного використання. Набувач зобов’язується "
    "використовувати його за зазначеним призначенням, не передавати третім особам без письмової "
    "згоди сторони, що передає, берегти етикетки та надавати можливість перевірки цільового "
    "використання."
)
CLAUSE_EN = (
    "The equipment is handed over for civilian use only. The receiving side uses it for the "
    "purpose named, passes it to nobody without the giving side’s written consent, keeps the "
    "labels and lets its use be inspected."
)

CLOSING = 82.0
"""Millimetres of the sum, the clauses and the signatures: who signs has all on one sheet."""


@dataclass(frozen=True, slots=True)
class HandoverAct:
    """An act. `commission` holds (name, position) of those present; sides may have signed."""

    title: Title
    giver: Side
    receiver: Side
    purpose: str
    commission: Sequence[tuple[str, str]]
    lines: Sequence[Line]
    signatures: tuple[Signature, Signature]


def write(paper: HandoverAct) -> bytes:
    """The PDF."""
    sheet = Sheet(paper.title, "Акт приймання-передачі", "Handover act")
    sheet.facts(
        [
            *lists.side("Сторона, що передає", "giving side", paper.giver, to_fill=True),
            *lists.side("Сторона, що приймає", "receiving side", paper.receiver, to_fill=True),
            ("В особі", "represented by", _person(paper.giver)),
            ("В особі", "represented by", _person(paper.receiver)),
        ]
    )
    if paper.commission:
        told = "; ".join(f"{name}, {position}".rstrip(", ") for name, position in paper.commission)
        sheet.facts([("Комісія", "commission", told)], columns=1)
    sheet.facts([("Призначення", "purpose", paper.purpose)], columns=1)
    sheet.text(
        "Сторона, що передає, передала, а сторона, що приймає, прийняла таке обладнання:",
        "The giving side has handed over, and the receiving side has accepted, this equipment:",
    )
    sheet.table(
        [lists.NUMBER, lists.CODE, lists.PRODUCT, lists.NUMBERS, lists.VALUE],
        [
            [str(number), line.code, *lists.in_short(line), lists.value(line)]
            for number, line in enumerate(paper.lines, start=1)
        ],
    )
    counts = Counter(f"{line.product_uk} · {line.product_en}" for line in paper.lines)
    sheet.together(CLOSING + 4.3 * len(counts))
    told = "\n".join(f"{name}: {many}" for name, many in sorted(counts.items()))
    sheet.facts(
        [
            (f"Усього одиниць: {len(paper.lines)}", f"units in all: {len(paper.lines)}", told),
            ("Загальна вартість", "value in all", lists.worth(paper.lines)),
        ]
    )
    sheet.text(CLAUSE_UK, CLAUSE_EN)
    sheet.text(
        "Акт складено у двох примірниках, по одному для кожної сторони.",
        "Made out in two copies, one for each side.",
    )
    sheet.signatures(paper.signatures)
    return sheet.finish()


def _person(one: Side) -> str:
    return ", ".join(part for part in (one.position, one.person) if part)
