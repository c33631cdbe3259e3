"""Action cards: scanned at the bench to say what is done next. Six on a sheet of A4."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from labels.document import save
from labels.symbol import encode
from labels.text import Weight, font, width
from tracker.papers.sheet import HIGH, POINT, WIDE

ACROSS, DOWN, EDGE = 2, 3, 10.0
SYMBOL = 46.0


def write(cards: Sequence[tuple[str, str, str]]) -> bytes:
    """The PDF of cards: (text of the symbol, word in Ukrainian, word in English) each."""
    out = io.BytesIO()
    for weight in ("regular", "bold"):
        pdfmetrics.registerFont(font(weight))
    canvas: Any = Canvas(
        out, (WIDE * mm, HIGH * mm), invariant=1, lang="uk", initialFontName="labels-regular"
    )
    canvas.setTitle("Картки дій · Action cards")
    wide, high = (WIDE - 2 * EDGE) / ACROSS, (HIGH - 2 * EDGE) / DOWN
    for place, card in enumerate(cards):
        on_sheet = place % (ACROSS * DOWN)
        if place and not on_sheet:
            canvas.showPage()
        x, y = EDGE + on_sheet % ACROSS * wide, EDGE + on_sheet // ACROSS * high
        _card(canvas, card, x, y, wide, high)
    canvas.showPage()
    save(canvas)
    return out.getvalue()


def _card(
    canvas: Any, card: tuple[str, str, str], x: float, y: float, wide: float, high: float
) -> None:
    text, uk, en = card
    canvas.setStrokeColorRGB(0.6, 0.63, 0.66)
    canvas.setLineWidth(0.2 * mm)
    canvas.setDash(2, 2)
    canvas.rect(x * mm, (HIGH - y - high) * mm, wide * mm, high * mm)
    canvas.setDash()
    symbol = encode(text, "Q")
    module = SYMBOL / symbol.size
    left, top = x + (wide - SYMBOL) / 2, y + 9
    canvas.setFillColorRGB(0, 0, 0)
    for column, row, length in symbol.runs():
        canvas.rect(
            (left + column * module) * mm,
            (HIGH - top - (row + 1) * module) * mm,
            length * module * mm,
            module * mm,
            stroke=0,
            fill=1,
        )
    _centred(canvas, uk, x, top + SYMBOL + 14, wide, 25, "bold")
    _centred(canvas, en, x, top + SYMBOL + 23, wide, 15, "regular")


def _centred(
    canvas: Any, words: str, x: float, y: float, wide: float, size: float, weight: Weight
) -> None:
    while width(words, weight) * size * POINT > wide - 8:
        size -= 0.5
    canvas.setFont(f"labels-{weight}", size)
    canvas.drawCentredString((x + wide / 2) * mm, (HIGH - y) * mm, words)
