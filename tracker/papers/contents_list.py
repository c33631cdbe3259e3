"""The contents list (аркуш вмісту) of a box or pallet, to be stuck on it, with its SSCC as GS1-128.

Source of the bar code: GS1 General Specifications: FNC1, the application identifier 00, 18 digits;
bars at least 32 mm high on logistic labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.units import mm

from tracker.papers import lists
from tracker.papers.parts import Line, Title
from tracker.papers.sheet import HIGH, LEFT, Sheet

FNC1 = "\xf1"  # reportlab's letter for it
MODULE, BARS = 0.495, 32.0  # mm

KINDS = {"box": ("Коробка", "box"), "pallet": ("Палета", "pallet")}


@dataclass(frozen=True, slots=True)
class ContentsList:
    """What lies in a box, or on a pallet and in its boxes; `code` is that of its label."""

    title: Title
    kind: str
    code: str
    sscc: str
    stands_on: str
    lines: Sequence[Line]


def write(paper: ContentsList) -> bytes:
    """The PDF."""
    sheet = Sheet(paper.title, "Аркуш вмісту", "Contents list")
    uk, en = KINDS[paper.kind]
    sheet.facts(
        [
            (uk, en, paper.title.number),
            ("Етикетка", "label", paper.code),
            ("Стоїть на", "stands on", paper.stands_on),
            ("Одиниць", "units", str(len(paper.lines))),
        ]
    )
    if paper.sscc:
        _bars(sheet, paper.sscc)
    if not paper.lines:
        sheet.text("Порожньо.", "It is empty.")
        return sheet.finish()
    lists.totals(sheet, paper.lines)
    sheet.table(
        [lists.NUMBER, lists.BOX, lists.CODE, lists.PRODUCT, lists.NUMBERS],
        [
            [str(number), line.box or "—", line.code, *lists.in_short(line)]
            for number, line in enumerate(paper.lines, start=1)
        ],
        size=7.5,
    )
    return sheet.finish()


def _bars(sheet: Sheet, sscc: str) -> None:
    """The number as a scanner and as a person reads it."""
    sheet.together(BARS + 12)
    top = sheet.y + 2
    bars = Code128(f"{FNC1}00{sscc}", barWidth=MODULE * mm, barHeight=BARS * mm, quiet=False)

    def draw(canvas: Any) -> None:
        canvas.setFillColorRGB(0, 0, 0)
        bars.drawOn(canvas, LEFT * mm, (HIGH - top - BARS) * mm)

    sheet.sheets[-1].append(draw)
    sheet.y = top + BARS + 1
    sheet.text(f"SSCC (00) {sscc}")
