"""Products in a sheet."""

from __future__ import annotations

from tracker.schemas.sheets import Key, RowSchema, Schemes, Word, Words

KINDS = ("satellite_terminal", "network", "server", "computer", "power", "other")


class ProductRow(RowSchema):
    """One product of the catalogue; `identifiers` are those that every unit of it must have."""

    product = Key(required=True)
    name_en = Words(200, required=True)
    name_uk = Words(200, required=True)
    kind = Word(KINDS, required=True)
    identifiers = Schemes()
