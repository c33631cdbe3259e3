"""The handover act (акт приймання-передачі): signed once by each side, for any number of units."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

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
    """An act. `commission` holds (name, position) of those present; sides may have signed.

    `unbooked` says of lines, by their number, why the ledger has not booked them (Ukrainian,
    English); `unsigned` are units that it handed over under the act although no line names them;
    `miscounted` is the number of units that was signed for, where it is not that of the lines.
    """

    title: Title
    giver: Side
    receiver: Side
    purpose: str
    commission: Sequence[tuple[str, str]]
    lines: Sequence[Line]
    signatures: tuple[Signature, Signature]
    unbooked: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    unsigned: Sequence[Line] = ()
    miscounted: int | None = None


def write(paper: HandoverAct) -> bytes:
    """The PDF. What is signed and not booked says so: on its line, and over the whole."""
    sheet = Sheet(paper.title, "Акт приймання-передачі", "Handover act")
    _say_what_is_not_booked(sheet, paper)
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
    _table(sheet, paper)
    _sums(sheet, paper)
    sheet.text(CLAUSE_UK, CLAUSE_EN)
    sheet.text(
        "Акт складено у двох примірниках, по одному для кожної сторони.",
        "Made out in two copies, one for each side.",
    )
    sheet.signatures(paper.signatures)
    return sheet.finish()


def _say_what_is_not_booked(sheet: Sheet, paper: HandoverAct) -> None:
    """At the top, and across every sheet of an act of which nothing is booked."""
    odd = ", ".join(map(str, sorted(paper.unbooked)))
    if odd and len(paper.unbooked) == len(paper.lines):
        sheet.across("НЕ ПРОВЕДЕНО", "NOT BOOKED")
        sheet.text(
            "НЕ ПРОВЕДЕНО. Акт підписано, але жодну його одиницю в журналі подій не передано.",
            "NOT BOOKED. The act is signed, but the ledger has handed over no unit of it.",
            bold=True,
        )
    elif odd:
        sheet.text(
            f"ПРОВЕДЕНО НЕ ВСЕ. Не проведено рядки: {odd}.",
            f"NOT ALL OF IT IS BOOKED. Lines that are not: {odd}.",
            bold=True,
        )
    if paper.miscounted is not None:
        sheet.text(
            f"Підписано як одиниць: {paper.miscounted}; рядків у списку: {len(paper.lines)}.",
            f"Signed for as units: {paper.miscounted}; lines on the list: {len(paper.lines)}.",
            bold=True,
        )
    if paper.unsigned:
        codes = ", ".join(line.code for line in paper.unsigned)
        sheet.text(
            f"У журналі подій за цим актом передано, але в ньому не названо: {codes}.",
            f"Handed over under this act in the ledger, but not named in it: {codes}.",
            bold=True,
        )


def _table(sheet: Sheet, paper: HandoverAct) -> None:
    columns = [lists.NUMBER, lists.CODE, lists.PRODUCT, lists.NUMBERS, lists.VALUE]
    rows = [
        [str(number), line.code, *lists.in_short(line), lists.value(line)]
        for number, line in enumerate(paper.lines, start=1)
    ]
    if paper.unbooked:
        columns.append(lists.REMARK)
        for number, row in enumerate(rows, start=1):
            uk, en = paper.unbooked.get(number, ("", ""))
            row.append(f"не проведено: {uk}\nnot booked: {en}" if uk else "")
    sheet.table(columns, rows)


def _sums(sheet: Sheet, paper: HandoverAct) -> None:
    """How many units change hands, of which kinds and of what value: those that are booked."""
    units = [line for number, line in enumerate(paper.lines, 1) if number not in paper.unbooked]
    counts = Counter(f"{line.product_uk} · {line.product_en}" for line in units)
    sheet.together(CLOSING + 4.3 * len(counts))
    told = "\n".join(f"{name}: {many}" for name, many in sorted(counts.items()))
    sheet.facts(
        [
            (f"Усього одиниць: {len(units)}", f"units in all: {len(units)}", told or "—"),
            ("Загальна вартість", "value in all", lists.worth(units) or "—"),
            ("Не проведено", "not booked", str(len(paper.unbooked) or "")),
        ]
    )


def _person(one: Side) -> str:
    return ", ".join(part for part in (one.position, one.person) if part)
