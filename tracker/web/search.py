"""The item that somebody scanned, typed or pasted: in any form, on any keyboard."""

from __future__ import annotations

from typing import Any

from tracker.domain.keyboards import pressed
from tracker.errors import InvalidValue
from tracker.queries import items


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
