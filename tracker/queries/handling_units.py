"""Boxes and pallets as rows: one with what lies and stands in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, func, select

from tracker.db import db
from tracker.models import HandlingUnit, Item, Label, Product

MOST_SHOWN = 500


@dataclass(frozen=True, slots=True)
class Contents:
    """One handling unit; `units` counts all in it and in what stands in it."""

    row: HandlingUnit
    parent: HandlingUnit | None
    children: Sequence[tuple[HandlingUnit, int]]
    items: Sequence[Row[*tuple[Any, ...]]]
    units: int


def contents(code: str) -> Contents | None:
    """One handling unit whole."""
    row = db.session.get(HandlingUnit, code)
    if row is None:
        return None
    parent = db.session.get(HandlingUnit, row.parent) if row.parent else None
    many = select(func.count()).where(Item.handling_unit == HandlingUnit.code).scalar_subquery()
    children = db.session.execute(
        select(HandlingUnit, many).where(HandlingUnit.parent == code).order_by(HandlingUnit.name)
    )
    items = db.session.execute(
        select(
            Item.code, Item.status, Item.condition, Product.name_uk.label("product_uk"),
            Product.name_en.label("product_en"),
        )
        .join(Product, Product.ref == Item.product)
        .where(Item.handling_unit == code)
        .order_by(Item.id)
        .limit(MOST_SHOWN)
    ).all()  # fmt: skip
    within = select(func.count()).where(Item.handling_unit.in_(boxes_within(code)))
    units = db.session.scalar(within) or 0
    return Contents(row, parent, [(one[0], one[1]) for one in children], items, units)


def boxes_within(code: str) -> Select[str]:
    """A box, and the boxes that stand in it."""
    tree = select(HandlingUnit.code).where(HandlingUnit.code == code).cte("tree", recursive=True)
    tree = tree.union(select(HandlingUnit.code).join(tree, HandlingUnit.parent == tree.c.code))
    return select(tree.c.code)


def items_within(code: str) -> list[int]:
    """The numbers of the items in a box and in the boxes that stand in it."""
    query = select(Item.id).where(Item.handling_unit.in_(boxes_within(code)))
    return list(db.session.scalars(query))


def box_named(code: str) -> str | None:
    """The box or pallet that a label's code names."""
    return db.session.scalar(select(Label.handling_unit).where(Label.code == code))


def box_by_sscc(number: str) -> str | None:
    """The box or pallet that has an SSCC."""
    return db.session.scalar(select(HandlingUnit.code).where(HandlingUnit.sscc == number))


def newest(limit: int = 100) -> Sequence[HandlingUnit]:
    """The boxes and pallets made last."""
    return db.session.scalars(
        select(HandlingUnit)
        .where(HandlingUnit.made_at.is_not(None))
        .order_by(HandlingUnit.made_at.desc(), HandlingUnit.name)
        .limit(limit)
    ).all()
