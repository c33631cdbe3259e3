"""The text of an act that a phone has signed: what it says, once it can be read at all."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from tracker.domain.bodies import stamp
from tracker.domain.identifiers import LONGEST, lookup_key
from tracker.errors import InvalidValue
from tracker.services.act_lists import MOST_UNITS
from tracker.services.codes import read_code

LONGEST_TEXT = 1_000_000
SIDES = ("giver", "receiver")


def read_text(text: str) -> dict[str, Any]:
    """What an act says; its `codes` stand in the order of its lines, each as often as it does, and
    `units` is how many both sides read that there are (None where nothing was said).

    Raises InvalidValue for a text that is none of an act, or of one that nobody signed.
    """
    if len(text) > LONGEST_TEXT:
        raise InvalidValue("The act is too long.")
    try:
        said = json.loads(text)
        read: dict[str, Any] = {
            "id": str(UUID(said["id"])),
            "made_at": stamp(datetime.fromisoformat(said["made_at"])),
            "site": _text(said.get("site") or "", 32) or None,
            "purpose": _text(said["purpose"], 500),
            "photos": [_text(one, 64) for one in said.get("photos", [])],
            "paper": _text(said.get("paper") or "", 32) or None,
            "units": said["units"] if type(said.get("units")) is int else None,
            "codes": [_code(_text(line["code"], 200)) for line in said["lines"]],
        }
        for side in SIDES:
            read[side] = _text(said[side], 32)
            read[f"{side}_person"] = _text(said[f"{side}_person"], 120)
            read[f"{side}_position"] = _text(said[f"{side}_position"], 120)
            read[f"{side}_strokes"] = said.get(f"{side}_strokes")
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, OverflowError):
        raise InvalidValue("The act is not complete.") from None
    if not 0 < len(read["codes"]) <= MOST_UNITS:
        raise InvalidValue("There is no unit on the act yet.")
    signed = all(read[f"{side}_strokes"] for side in SIDES)
    if not signed and not read["photos"]:
        raise InvalidValue("Both sides sign, or the signed paper is photographed.")
    return read


def _code(text: str) -> str:
    """The code of a line. One that nothing can be named by is kept as it was signed."""
    try:
        return read_code(text)
    except InvalidValue:
        return lookup_key(text)[:LONGEST] or "?"


def _text(value: Any, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest:
        raise ValueError
    return " ".join(value.split())
