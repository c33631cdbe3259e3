"""Words that papers say in Ukrainian and in English."""

from __future__ import annotations

SCHEMES = {"serial": "S/N", "kit": "KIT", "asset_tag": "№"}
VERDICTS = {
    "good": ("оглянуто, справне", "looked at, good"),
    "with_box": ("з коробкою, не відкривали", "with its box, unopened"),
    "damaged": ("пошкоджено", "damaged"),
    "wrong_serial": ("інший серійний номер", "wrong serial"),
    "unreadable_label": ("етикетку не прочитано", "label unreadable"),
    "over": ("надлишок", "over"),
    "short": ("нестача", "short"),
    "elsewhere": ("в іншому місці", "elsewhere"),
    "not_sent": ("не відправлено", "not sent"),
}
"""What is found of a unit; the first six were received."""
SAID = ("лише зі слів, без сканування", "said only, not scanned")
UNOPENED = ("у нерозкритій коробці", "in an unopened box")
UNASKED = (
    "з цієї коробки оглянуто не все; цю одиницю не бачили",
    "some of its box was looked at; this unit was not",
)
NO_PLACE = ("місце не назване", "place not named")
A_SITE = ("на об’єкті", "at a site")

REASONS = {
    "unreadable_label": ("етикетку не прочитано", "label unreadable"),
    "packaging_damaged": ("пошкоджено пакування", "packaging damaged"),
    "transport_damage": ("пошкоджено в дорозі", "damaged on the way"),
    "wet": ("намокло", "wet"),
    "incomplete": ("бракує частин", "parts are missing"),
    "not_working": ("не працює", "does not work"),
    "seal_broken": ("пломбу зірвано", "seal broken"),
    "missing_from_box": ("не було у своїй коробці", "was not in its box"),
    "sent_by_mistake": ("надіслано помилково", "sent by mistake"),
}

DOUBTS = {
    "unknown": ("код не є кодом жодної одиниці", "the code names no unit"),
    "product": ("штрихкод товару, а не одиниці", "a product’s barcode, not a unit’s"),
    "box": ("коробка, її одиниць не названо", "a box, its units are not named"),
    "twice": ("та сама одиниця, що в рядку", "the same unit as on line"),
    "other_act": (
        "передано раніше за іншим актом або без акта",
        "handed over before, not by this act",
    ),
    "unscanned": ("у журналі подій немає її сканування", "the ledger has no scan of it"),
    "misfit": ("сканування не узгоджується з її історією", "its scan does not fit its story"),
    "wrong": ("її сканування визнано помилковим", "its scan was declared wrong"),
}
"""Why a signed line of an act is not booked."""

CONDITIONS = {
    "damaged": ("пошкоджене", "damaged"),
    "unserviceable": ("непридатне", "unserviceable"),
}

STATUSES = {
    "announced": ("очікується", "announced"),
    "in_stock": ("на складі", "in stock"),
    "packed": ("упаковано", "packed"),
    "in_transit": ("у дорозі", "in transit"),
    "handed_over": ("передано", "handed over"),
    "deployed": ("введено в експлуатацію", "deployed"),
    "returning": ("повертається", "returning"),
    "in_repair": ("у ремонті", "in repair"),
    "lost": ("втрачено", "lost"),
    "stolen": ("викрадено", "stolen"),
    "destroyed": ("знищено", "destroyed"),
    "written_off": ("списано", "written off"),
}
