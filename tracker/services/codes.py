"""Read what a scanner or a person gives as a code, in any of its forms."""

from __future__ import annotations

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from labels.codes import CodeError, looks_like, new_codes, parse, show
from tracker.domain.identifiers import lookup_key
from tracker.errors import InvalidValue
from tracker.models import Label

__all__ = ["fresh_codes", "read_code", "read_identifier", "show"]

SHORTEST = 3
LONGEST = 35  # what names nothing yet becomes part of a chain's name, which has 40 characters

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


_ASKED = 500  # codes in one question


def fresh_codes(session: Session, many: int) -> list[str]:
    """`many` new codes of which none is on a label already."""
    codes: dict[str, None] = {}
    while len(codes) < many:
        part = list(new_codes(min(_ASKED, many - len(codes))))
        taken = set(session.scalars(select(Label.code).where(Label.code.in_(part))))
        codes.update((code, None) for code in part if code not in taken)
    return list(codes)
