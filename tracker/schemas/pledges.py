"""Pledges in a sheet: one row for each line of a pledge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tracker.schemas.sheets import Day, Key, Letters, Money, Quantity, RowSchema, Words


class PledgeRow(RowSchema):
    """One line of a pledge: product x quantity, and what holds for the pledge as a whole."""

    optional_columns = frozenset(
        {"unit_value", "currency", "purpose", "legal_basis", "note", "source"}
    )

    pledge = Key(required=True)
    donor = Key(required=True)
    pledged_on = Day(required=True)
    product = Key(required=True)
    quantity = Quantity(required=True)
    unit_value = Money()
    currency = Letters(3)
    purpose = Words(500)
    legal_basis = Words(40)
    note = Words(2000, lines=True)
    source = Words(500)

    def rules(self, row: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """An amount needs its currency."""
        if row.get("unit_value") is not None and row.get("currency") is None:
            yield "currency", "is empty; an amount needs one"
