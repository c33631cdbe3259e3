"""What scanned codes name, told to a phone in the network before anything is made of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracker.domain.booked_acts import Named
from tracker.domain.lifecycle import Status, missing_steps
from tracker.domain.permissions import Actor
from tracker.domain.sscc import read_sscc
from tracker.errors import InvalidValue
from tracker.ledger.named_acts import ACCEPTING
from tracker.queries import acts as queries
from tracker.queries.bench import box_name
from tracker.queries.handling_units import items_within
from tracker.services.codes import read_code


def what_codes_name(texts: Sequence[str], reader: Actor) -> list[dict[str, Any]]:
    """What each of these texts names in reach, in their order.

    `kind` is `unit` (with the `unit`), `box` (with its `name` and `units`), `blank`, `product` or
    `unknown`; a text that cannot be a code is that too.
    """
    codes = {text: _read(text) for text in texts}
    named = queries.named_by({code for code in codes.values() if code}, reader)
    blank = queries.blank_among(codes.values())
    inside = {one.box: items_within(one.box, reader) for one in named.values() if one.box}
    items = {one.item for one in named.values() if one.item is not None}
    units = queries.briefs_of(items | {item for there in inside.values() for item in there})
    told = []
    for text, code in codes.items():
        one = named.get(code, Named())
        said: dict[str, Any] = {"code": text, "kind": _kind(one, code in blank)}
        if one.item is not None:
            said["unit"] = _unit(units[one.item])
        elif one.box is not None:
            said["name"] = box_name(one.box)
            said["units"] = [_unit(units[item]) for item in inside[one.box]]
        told.append(said)
    return told


def _read(text: str) -> str:
    if sscc := read_sscc(text):
        return sscc
    try:
        return read_code(text)
    except InvalidValue:
        return ""


def _kind(one: Named, is_blank: bool) -> str:
    if one.item is not None:
        return "unit"
    if one.box is not None:
        return "box"
    if is_blank:
        return "blank"
    return "product" if one.product else "unknown"


def _unit(row: Any) -> dict[str, Any]:
    path = missing_steps(Status(row.status) if row.status else None, ACCEPTING)
    return {**row._mapping, "fits": path is not None}
