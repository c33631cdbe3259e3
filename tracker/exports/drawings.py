"""A badge and a card: a pledge's totals as small SVG pictures, for a page or a mail of the donor's.

They stand alone: no style, font, script or address of another place. They are read aloud by their
title, and read in black and white by their numbers.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

from labels.text import clean, width
from tracker.exports import charts, words
from tracker.exports.words import Pair, grouped, plural
from tracker.queries.donors import DonorView

FONT = "Verdana,'DejaVu Sans',Geneva,sans-serif"
WIDER = 1.13  # Verdana is wider than the type we measure with
LEFT, RIGHT = "#3c4650", "#0b5cad"
COLOURS = {
    "announced": "#eef1f4",
    "in_stock": "#dbe2e9",
    "packed": "#c6d1dc",
    "on_the_way": "#a4bdd5",
    "handed_over": "#7aa6cf",
    "in_use": "#3f83c1",
    "inspected": "#0b5cad",
    "lost": "#59636d",
    "written_off": "#14191f",
    charts.REST: "#fff",
}
"""The further a unit came, the darker; what is still to come is white."""

CARD_WIDE, CARD_HIGH = 480, 200
BAR_TOP, BAR_HIGH = 92, 22
LONGEST = 46  # letters of a name


def badge(view: DonorView, language: str) -> str:
    """`1 570 pledged · 812 in use`, twenty pixels high."""
    pledged, used = _sums(view, language)
    left, right = _wide(pledged) + 12, _wide(used) + 12
    whole = left + right
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="20" role="img"'
        f' aria-labelledby="t" lang="{language}"><title id="t">{pledged} · {used}</title>'
        f'<rect width="{whole}" height="20" rx="3" fill="{LEFT}"/>'
        f'<path d="M{left} 0h{right - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3h-{right - 3}z"'
        f' fill="{RIGHT}"/>'
        f'<g fill="#fff" font-family="{FONT}" font-size="11" aria-hidden="true">'
        f'<text x="6" y="14" textLength="{left - 12}">{pledged}</text>'
        f'<text x="{left + 6}" y="14" textLength="{right - 12}">{used}</text></g></svg>\n'
    )


def card(view: DonorView, language: str) -> str:
    """Name, sentence, bar with its numbers, and the day it is known until; 480 x 200."""
    name = escape(_name(view, language))
    pledged, used = _sums(view, language)
    until = f"{view.counts.until:%d.%m.%Y}"
    known = words.word((f"Відомо на кінець {until}", f"Known until the end of {until}"), language)
    reached = words.word(_reached(view), language)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {CARD_WIDE} {CARD_HIGH}"'
        f' width="{CARD_WIDE}" height="{CARD_HIGH}" role="img" aria-labelledby="t d"'
        f' lang="{language}"><title id="t">{name}</title>'
        f'<desc id="d">{pledged}, {reached}, {used}. {known}.</desc>'
        f'<rect x="0.5" y="0.5" width="{CARD_WIDE - 1}" height="{CARD_HIGH - 1}" rx="8"'
        ' fill="#fff" stroke="#8a949e"/>'
        f'<g font-family="{FONT}" fill="#14191f" aria-hidden="true">'
        f'<text x="20" y="34" font-size="17" font-weight="bold">{name}</text>'
        f'<text x="20" y="58" font-size="13">{pledged}</text>'
        f'<text x="20" y="79" font-size="13">{reached}, {used}</text>'
        f"{_bar(view, language)}"
        f'<text x="20" y="{CARD_HIGH - 14}" font-size="10.5" fill="#4a545e">{known} · KitTrail'
        "</text></g></svg>\n"
    )


def _bar(view: DonorView, language: str) -> str:
    """The stages side by side, each with its number, and the three largest in words."""
    room = CARD_WIDE - 40
    drawn, parts = "", charts.bar(view.counts)
    for part in parts:
        x, wide = 20 + room * part.start / 100, room * part.width / 100
        drawn += (
            f'<rect x="{x:.1f}" y="{BAR_TOP}" width="{wide:.1f}" height="{BAR_HIGH}"'
            f' fill="{COLOURS[part.stage]}" stroke="#14191f" stroke-width="0.6"/>'
        )
    for line, part in enumerate(sorted(parts, key=lambda one: -one.units)[:3]):
        y = BAR_TOP + BAR_HIGH + 17 + 17 * line
        name = words.word(words.named(words.STAGE, part.stage), language)
        drawn += (
            f'<rect x="20" y="{y - 9}" width="10" height="10" fill="{COLOURS[part.stage]}"'
            ' stroke="#14191f" stroke-width="0.6"/>'
            f'<text x="36" y="{y}" font-size="11.5">{escape(name)}: {grouped(part.units)}</text>'
        )
    return drawn


def _sums(view: DonorView, language: str) -> Pair:
    counts = view.counts
    in_use = counts.stages["in_use"] + counts.stages["inspected"]
    pledged = words.word(
        (f"обіцяно {grouped(counts.pledged)}", f"{grouped(counts.pledged)} pledged"), language
    )
    used = words.word((f"{grouped(in_use)} у використанні", f"{grouped(in_use)} in use"), language)
    return pledged, used


def _reached(view: DonorView) -> Pair:
    stages = view.counts.stages
    reached = stages["handed_over"] + stages["in_use"] + stages["inspected"]
    units = plural(reached, "одиницю", "одиниці", "одиниць")
    return (
        f"передано отримувачам {grouped(reached)} {units}",
        f"{grouped(reached)} reached their recipients",
    )


def _name(view: DonorView, language: str) -> str:
    name = view.name_uk if language == "uk" else view.name_en
    name = clean(name or words.word(words.ALL_PLEDGES, language))
    return name if len(name) <= LONGEST else name[: LONGEST - 1].rstrip() + "…"


def _wide(text: str) -> int:
    return round(width(text, "regular") * 11 * WIDER)
