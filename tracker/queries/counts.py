"""Stock counts as rows: what should stand somewhere, what was seen, and the difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select

from tracker.db import db
from tracker.models import CountExpected, Item, Product, Sighting, StockCount

MOST_SHOWN = 500


@dataclass(frozen=True, slots=True)
class Result:
    """One count: how many units should be there and were found; lists of the rest.

    `unexpected` are units that belong elsewhere, `unknown` codes that name nothing here.
    """

    row: StockCount
    expected: int
    found: int
    missing_many: int
    missing: Sequence[Row[*tuple[Any, ...]]]
    unexpected: Sequence[Row[*tuple[Any, ...]]]
    unknown: Sequence[str]


def list_counts(limit: int = 100) -> Sequence[StockCount]:
    """Counts, newest first."""
    return db.session.scalars(
        select(StockCount).order_by(StockCount.opened_at.desc()).limit(limit)
    ).all()


def count(number: str) -> Result | None:
    """One count as it stands now."""
    row = db.session.get(StockCount, number)
    if row is None:
        return None
    columns = (
        Item.code,
        Item.location,
        Item.status,
        Product.name_uk.label("product_uk"),
        Product.name_en.label("product_en"),
    )
    seen = select(Sighting.item).where(Sighting.count == number, Sighting.item.is_not(None))
    listed = select(CountExpected.item).where(CountExpected.count == number)
    units = select(*columns).join(Product, Product.ref == Item.product).order_by(Item.id)
    missing = Item.id.in_(listed) & Item.id.not_in(seen)
    expected = db.session.scalar(select(func.count()).where(CountExpected.count == number)) or 0
    missing_many = db.session.scalar(select(func.count()).where(missing)) or 0
    return Result(
        row,
        expected,
        expected - missing_many,
        missing_many,
        db.session.execute(units.where(missing).limit(MOST_SHOWN)).all(),
        db.session.execute(
            units.where(Item.id.in_(seen), Item.id.not_in(listed)).limit(MOST_SHOWN)
        ).all(),
        db.session.scalars(
            select(Sighting.code).where(Sighting.count == number, Sighting.item.is_(None))
        ).all(),
    )
