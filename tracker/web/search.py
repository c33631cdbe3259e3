"""The item or box that somebody scanned, typed or pasted: in any form, on any keyboard."""

from __future__ import annotations

from typing import Any

from tracker.domain.keyboards import pressed
from tracker.domain.permissions import Actor
from tracker.domain.sscc import read_sscc
from tracker.errors import InvalidValue
from tracker.queries import handling_units, items


def item_named(text: str, reader: Actor) -> Any | None:
    """The row of an item in reach by a label's code or address, or a maker's whole number."""
    from tracker.services.codes import read_code

    for reading in dict.fromkeys((text, pressed(text))):
        try:
            code = read_code(reading)
        except InvalidValue:
            continue
        if found := _by_code(code, reader):
            return found
    return None


def _by_code(code: str, reader: Actor) -> Any | None:
    return items.item_by_code(code, reader) or items.item_by_identifier(code, reader)


def box_named(text: str, reader: Actor) -> str | None:
    """The code of the box or pallet in reach that a label or an SSCC names; None if none."""
    from tracker.services.codes import read_code

    number = read_sscc(text)
    if number is not None:
        return handling_units.box_by_sscc(number, reader)
    for reading in dict.fromkeys((text, pressed(text))):
        try:
            code = read_code(reading)
        except InvalidValue:
            continue
        if found := handling_units.box_named(code, reader):
            return found
    return None
