"""The item or box that somebody scanned, typed or pasted: in any form, on any keyboard."""

from __future__ import annotations

from typing import Any

from tracker.domain.keyboards import pressed
from tracker.domain.sscc import read_sscc
from tracker.errors import InvalidValue
from tracker.queries import handling_units, items


def item_named(text: str) -> Any | None:
    """The item's row for a label's code or address, or a maker's whole number; None if none."""
    from tracker.services.codes import read_code

    for reading in dict.fromkeys((text, pressed(text))):
        try:
            code = read_code(reading)
        except InvalidValue:
            continue
        if found := items.item_by_code(code) or items.item_by_identifier(code):
            return found
    return None


def box_named(text: str) -> str | None:
    """The code of the box or pallet that a label or an SSCC names; None if none."""
    from tracker.services.codes import read_code

    number = read_sscc(text)
    if number is not None:
        return handling_units.box_by_sscc(number)
    for reading in dict.fromkeys((text, pressed(text))):
        try:
            code = read_code(reading)
        except InvalidValue:
            continue
        if found := handling_units.box_named(code):
            return found
    return None
