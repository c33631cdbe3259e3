"""Words that papers say in Ukrainian and in English."""

from __future__ import annotations

SCHEMES = {"serial": "S/N", "kit": "KIT", "asset_tag": "№"}
VERDICTS = {
    "good": ("справне", "good"),
    "damaged": ("пошкоджено", "damaged"),
    "short": ("нестача", "short"),
    "over": ("надлишок", "over"),
    "wrong_serial": ("інший серійний номер", "wrong serial"),
    "unreadable_label": ("етикетку не прочитано", "label unreadable"),
}

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
