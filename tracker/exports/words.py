"""The words of exports, in Ukrainian and English: (uk, en).

Files are also made where no page is (by the worker, by a command), and some hold both languages. So
the Ukrainian is looked up here, once, in the catalogue of the screens; what a page and a file both
say stands here, and the page takes it from here (`web.words.terms`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from babel.support import NullTranslations, Translations

from tracker.domain.disclosure import MACRO
from tracker.domain.places import MACRO_REGIONS, OBLASTS

Pair = tuple[str, str]


@cache
def _ukrainian() -> NullTranslations:
    return Translations.load(Path(__file__).resolve().parent.parent / "translations", ["uk"])


def in_ukrainian(english: str) -> str:
    """A message of the catalogue."""
    return str(_ukrainian().gettext(english))


def _l(english: str) -> Pair:
    """A message and its Ukrainian; named so that its texts are found (babel.cfg)."""
    return in_ukrainian(english), english


def _p(context: str, english: str) -> Pair:
    """The same for a word that means several things."""
    return str(_ukrainian().pgettext(context, english)), english


STAGE: Mapping[str, Pair] = {
    "announced": _l("announced"),
    "in_stock": _p("stage", "in stock"),
    "packed": _l("packed"),
    "on_the_way": _l("on the way"),
    "handed_over": _l("handed over"),
    "in_use": _l("in use"),
    "inspected": _l("in use and inspected"),
    "lost": _l("lost, stolen or destroyed"),
    "written_off": _l("written off"),
    "rest": _l("not announced yet"),
}
"""What a donor's progress is told in (domain.disclosure.STAGES); `rest` is still to come."""

RUNG: Mapping[str, Pair] = {
    "shipped": _p("rung", "shipped"),
    "received": _p("rung", "received"),
    "signed_for": _p("rung", "signed for"),
    "deployed": _p("rung", "deployed"),
    "working": _p("rung", "working, as a person said"),
    "online": _p("rung", "online, as measured"),
    "inspected": _p("rung", "inspected"),
}

OPEN_MATTER: Mapping[str, Pair] = {
    "gap": _l("a step that nobody scanned"),
    "misfit": _l("a scan that does not fit the unit’s story"),
    "short": _l("missing when its consignment or store was counted"),
    "over": _l("arrived with another consignment than its own"),
    "damaged": _l("arrived damaged"),
    "wrong_serial": _l("its two codes name two units"),
    "unknown_code": _l("an unknown code was scanned"),
    "clock": _l("scanned by a device whose clock was wrong"),
    "label_only": _l("handed over on its label alone, without the maker’s number"),
    "loss": _l("reported lost; being looked into"),
    "theft": _l("reported stolen; being looked into"),
    "suspected_diversion": _l("perhaps not in its recipient’s civilian use; being looked into"),
    "conflict": _l("two accounts of one scan"),
    "left_box": _l("scanned apart from the box it lay in"),
    "elsewhere": _l("scanned at another place than expected"),
    "second_person": _l("proposed to be written off; waits for a second person"),
    "not_booked": _l("signed for, but not booked"),
    "act_missing": _l("handed over under an act that has not come yet"),
    "review": _l("found by newer rules in older stories; being looked through"),
}
"""Open discrepancies as a donor is told of them: what it means for the units."""

SECTOR: Mapping[str, Pair] = {
    "health": _l("health care"),
    "education": _l("education"),
    "energy": _l("energy"),
    "water": _l("water supply"),
    "government": _l("public authorities"),
    "emergency": _l("emergency services"),
    "telecom": _l("telecommunications"),
}

STATEMENT = _l("the coordinators’ word")
OTHER = _l("other oblasts together")
DAMAGED = _p("of units", "damaged")
ALL_PLEDGES = _l("The whole Mechanism")
TOGETHER = _l("all oblasts together")

_OBLASTS = {oblast.pcode: (oblast.name_uk, oblast.name_en) for oblast in OBLASTS}
_REGIONS = {MACRO + region.id: (region.name_uk, region.name_en) for region in MACRO_REGIONS}


def word(pair: Pair, language: str) -> str:
    """The word in `uk` or `en`."""
    return pair[0] if language == "uk" else pair[1]


def capital(text: str) -> str:
    """The first letter large, the others as they are."""
    return text[:1].upper() + text[1:]


def named(table: Mapping[str, Pair], name: str) -> Pair:
    """The words for `name`; itself where there are none, so that it is seen and not lost."""
    return table.get(name, (name, name))


def cell(name: str) -> Pair:
    """An oblast (`UA46`) or a macro-region (`macro:east`) in words."""
    if name in _REGIONS:
        region = _REGIONS[name]
        return f"{region[0]} ({TOGETHER[0]})", f"{region[1]} ({TOGETHER[1]})"
    return named(_OBLASTS, name)


def grouped(number: int) -> str:
    """A whole number with its thousands apart, the same in both languages: `1 570`."""
    return f"{number:,}".replace(",", "\N{NO-BREAK SPACE}")


def plural(number: int, one: str, few: str, many: str) -> str:
    """The Ukrainian form for a number: 1 одиниця, 2 одиниці, 5 одиниць."""
    if number % 10 == 1 and number % 100 != 11:
        return one
    if number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14):
        return few
    return many
