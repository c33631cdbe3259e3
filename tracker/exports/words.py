"""The words of exports, in Ukrainian and English: (uk, en).

Files are also made where no page is (by the worker, by a command), so these are not messages of
the catalogue; a test holds what screens say too to the same English.
"""

from __future__ import annotations

from collections.abc import Mapping

from tracker.domain.disclosure import MACRO
from tracker.domain.places import MACRO_REGIONS, OBLASTS

Pair = tuple[str, str]

STAGE: Mapping[str, Pair] = {
    "announced": ("очікується", "announced"),
    "in_stock": ("на складі", "in stock"),
    "packed": ("упаковано", "packed"),
    "on_the_way": ("у дорозі", "on the way"),
    "handed_over": ("передано", "handed over"),
    "in_use": ("у використанні", "in use"),
    "inspected": ("у використанні, перевірено на місці", "in use and inspected"),
    "lost": ("втрачено, викрадено або знищено", "lost, stolen or destroyed"),
    "written_off": ("списано", "written off"),
    "rest": ("ще не оголошено", "not announced yet"),
}

RUNG: Mapping[str, Pair] = {
    "shipped": ("відправлено", "shipped"),
    "received": ("прийнято", "received"),
    "signed_for": ("передано під підпис", "signed for"),
    "deployed": ("введено в експлуатацію", "deployed"),
    "online": ("вихід на зв’язок", "seen online"),
    "inspected": ("перевірено на місці", "inspected"),
}

OPEN_MATTER: Mapping[str, Pair] = {
    "gap": ("крок, який ніхто не відсканував", "a step that nobody scanned"),
    "misfit": (
        "сканування, що не відповідає історії одиниці",
        "a scan that does not fit the unit’s story",
    ),
    "short": (
        "не знайдено під час перерахунку відправлення чи складу",
        "missing when its consignment or store was counted",
    ),
    "over": (
        "прибуло не з тим відправленням",
        "arrived with another consignment than its own",
    ),
    "damaged": ("прибуло з пошкодженням", "arrived damaged"),
    "wrong_serial": ("два коди вказують на різні одиниці", "its two codes name two units"),
    "unknown_code": ("відскановано невідомий код", "an unknown code was scanned"),
    "clock": (
        "відскановано пристроєм із неправильним годинником",
        "scanned by a device whose clock was wrong",
    ),
    "label_only": (
        "передано лише за етикеткою, без номера виробника",
        "handed over on its label alone, without the maker’s number",
    ),
    "loss": ("повідомлено про втрату; з’ясовується", "reported lost; being looked into"),
    "theft": ("повідомлено про викрадення; з’ясовується", "reported stolen; being looked into"),
    "suspected_diversion": (
        "можливо, не в цивільному користуванні отримувача; з’ясовується",
        "perhaps not in its recipient’s civilian use; being looked into",
    ),
    "conflict": ("два описи одного сканування", "two accounts of one scan"),
}

SECTOR: Mapping[str, Pair] = {
    "health": ("охорона здоров’я", "health care"),
    "education": ("освіта", "education"),
    "energy": ("енергетика", "energy"),
    "water": ("водопостачання", "water supply"),
    "government": ("органи влади", "public authorities"),
    "emergency": ("екстрені служби", "emergency services"),
    "telecom": ("зв’язок", "telecommunications"),
}

STATEMENT: Pair = ("слово координаторів", "the coordinators’ word")
OTHER: Pair = ("інші області разом", "other oblasts together")
DAMAGED: Pair = ("пошкоджено", "damaged")
ALL_PLEDGES: Pair = ("Усі обіцянки разом", "The whole Mechanism")
TOGETHER: Pair = ("усі області разом", "all oblasts together")

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
