"""The form of boxes and pallets."""

from __future__ import annotations

from tracker.schemas.typed import Form, Maybe, Whole, Word


class MadeBoxes(Form):
    """How many, of which kind, for which pledge."""

    many = Whole()
    kind = Word()
    pledge = Maybe(32)
