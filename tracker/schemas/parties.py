"""Parties in a sheet."""

from __future__ import annotations

from tracker.schemas.sheets import Key, Letters, RowSchema, Word, Words

KINDS = (
    "member_state", "observer", "private_sector", "non_profit", "carrier", "recipient", "end_user",
)  # fmt: skip


class PartyRow(RowSchema):
    """One party: its reference, name, kind and country (ISO 3166-1, two letters).

    `code` is its number in a register (ЄДРПОУ) and `address` its seat, for acts and waybills.
    """

    optional_columns = frozenset({"country", "code", "address"})

    party = Key(required=True)
    name = Words(200, required=True)
    kind = Word(KINDS, required=True)
    country = Letters(2)
    code = Words(20)
    address = Words(200)
