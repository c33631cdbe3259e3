"""Units as papers list them: code, product, makers' numbers, box and value."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select

from tracker.db import db
from tracker.models import HandlingUnit, Identifier, Item, PledgeLine, Product

PART = 5000  # items in one question


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One unit; `numbers` are (scheme, value) of what it carries now."""

    item: int
    code: str
    name_uk: str
    name_en: str
    box: str
    value: Decimal | None
    currency: str
    numbers: tuple[tuple[str, str], ...]


def paper_lines(items: Collection[int]) -> list[PaperLine]:
    """The units numbered `items`, by box and number."""
    wanted = sorted(items)
    found: list[PaperLine] = []
    for start in range(0, len(wanted), PART):
        found.extend(_part(wanted[start : start + PART]))
    return sorted(found, key=lambda line: (line.box, line.item))


def _part(items: Sequence[int]) -> list[PaperLine]:
    numbers: dict[int, list[tuple[str, str]]] = {}
    for item, scheme, value in db.session.execute(
        select(Identifier.item, Identifier.scheme, Identifier.value)
        .where(Identifier.item.in_(items), Identifier.live)
        .order_by(Identifier.item, Identifier.scheme)
    ):
        numbers.setdefault(item, []).append((scheme, value))
    rows = db.session.execute(
        select(
            Item.id,
            Item.code,
            Product.name_uk,
            Product.name_en,
            HandlingUnit.name,
            PledgeLine.unit_value,
            PledgeLine.currency,
        )
        .join(Product, Product.ref == Item.product)
        .join(PledgeLine, PledgeLine.id == Item.pledge_line)
        .outerjoin(HandlingUnit, HandlingUnit.code == Item.handling_unit)
        .where(Item.id.in_(items))
    )
    return [
        PaperLine(
            row.id,
            row.code,
            row.name_uk,
            row.name_en,
            row[4] or "",
            row.unit_value,
            row.currency or "",
            tuple(numbers.get(row.id, ())),
        )
        for row in rows
    ]
