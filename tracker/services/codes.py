"""Read what a scanner or a person gives as a code, in any of its forms."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from labels.codes import CodeError, is_canonical, looks_like, new_codes, parse, show
from tracker.db import db
from tracker.domain.identifiers import lookup_key
from tracker.domain.keyboards import pressed
from tracker.errors import InvalidValue
from tracker.models import Identifier, Label

__all__ = [
    "fresh_codes",
    "is_canonical",
    "read_code",
    "read_codes",
    "read_identifier",
    "read_scanned",
    "show",
]

SHORTEST = 3
LONGEST = 35  # more than any maker's number has

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:|www\.|/", re.IGNORECASE)


def read_code(text: str) -> str:
    """The canonical code of a label (11 characters), or a maker's identifier in lookup form.

    `text` is a printed code, the address in a label's symbol, or what a maker's barcode says.
    Raises InvalidValue for a printed code that was misread, for an address that is not of a
    label, and for what cannot be a number.
    """
    try:
        return parse(text)
    except CodeError as problem:
        if _ADDRESS.match(text) or looks_like(text):
            raise InvalidValue(str(problem)) from None
    return read_identifier(text)


def read_identifier(text: str) -> str:
    """A maker's identifier in lookup form; InvalidValue for what is too short or too long."""
    value = lookup_key(text)
    if not SHORTEST <= len(value) <= LONGEST:
        raise InvalidValue(f"An identifier has {SHORTEST} to {LONGEST} characters.")
    return value


def read_codes(said: dict[str, Any]) -> dict[str, Any]:
    """What a scan says, its codes read: `code`, `handling_unit`, `second_identifier`.

    Raises InvalidValue as `read_code` does.
    """
    read: dict[str, str | None] = {"code": read_code(said["code"])}
    if "handling_unit" in said:
        read["handling_unit"] = read_code(said["handling_unit"])
    if "second_identifier" in said:
        second = read_identifier(said["second_identifier"])
        # The label scanned twice is still only the label: it proves no possession.
        read["second_identifier"] = second if second != read["code"] else None
    return said | read


def read_scanned(text: str) -> tuple[str, str]:
    """The code in what a scanner sent on whichever keyboard, and what was repaired to read it.

    That is `keyboard` (Cyrillic letters of the same keys), `look_alike` (Cyrillic letters that
    look Latin) or empty. Where both readings are possible, the one that names something we know
    is meant. Raises InvalidValue as `read_code` does.
    """
    keys = pressed(text)
    if keys == text:
        return read_code(text), ""
    try:
        code = read_code(text)
    except InvalidValue:
        return read_code(keys), "keyboard"
    try:
        other = read_code(keys)
    except InvalidValue:
        other = code
    if other != code and _is_known(other) and not _is_known(code):
        return other, "keyboard"
    if not code.isascii():
        return code, ""
    return code, "keyboard" if other == code else "look_alike"


def _is_known(code: str) -> bool:
    """Whether a label or a live identifier says `code`."""
    label = select(Label.code).where(Label.code == code)
    number = select(Identifier.id).where(Identifier.value == code, Identifier.live)
    return any(db.session.scalar(query.limit(1)) is not None for query in (label, number))


_ASKED = 500  # codes in one question


def fresh_codes(session: Session, many: int) -> list[str]:
    """`many` new codes of which none is on a label already."""
    codes: dict[str, None] = {}
    while len(codes) < many:
        part = list(new_codes(min(_ASKED, many - len(codes))))
        taken = set(session.scalars(select(Label.code).where(Label.code.in_(part))))
        codes.update((code, None) for code in part if code not in taken)
    return list(codes)
