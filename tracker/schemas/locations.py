"""Locations in a sheet: warehouses, hubs, border points, and sites."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tracker.domain.places import SECTORS
from tracker.schemas.sheets import Key, Place, RowSchema, Word, Words

KINDS = ("warehouse", "hub", "border", "site")


class LocationRow(RowSchema):
    """One location. A site needs its sector and its KATOTTG code; other places have no sector."""

    optional_columns = frozenset({"address", "contact", "note"})

    location = Key(required=True)
    name_en = Words(200, required=True)
    name_uk = Words(200, required=True)
    kind = Word(KINDS, required=True)
    sector = Word(SECTORS)
    katottg = Place()
    address = Words(500, lines=True)
    contact = Words(500, lines=True)
    note = Words(2000, lines=True)

    def rules(self, row: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """What a site must say, and what others must not."""
        if row["kind"] == "site":
            for column in ("sector", "katottg"):
                if row[column] is None:
                    yield column, "is empty; a site has one"
        elif row["sector"] is not None:
            yield "sector", f"a {row['kind']} has no sector"
