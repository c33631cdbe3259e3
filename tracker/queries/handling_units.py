"""Boxes and pallets as rows: one with what lies and stands in it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, func, select

from tracker.db import db
from tracker.domain.permissions import Actor
from tracker.models import HandlingUnit, Item, Label, Product
from tracker.queries import reach

MOST_SHOWN = 500


@dataclass(frozen=True, slots=True)
class Contents:
    """One handling unit; `units` counts all in it and in what stands in it."""

    row: HandlingUnit
    parent: HandlingUnit | None
    children: Sequence[tuple[HandlingUnit, int]]
    items: Sequence[Row[*tuple[Any, ...]]]
    units: int


def contents(code: str, reader: Actor) -> Contents | None:
    """One handling unit in reach, with what of its contents is in reach."""
    row = reach.one(db.session(), HandlingUnit, code, reader)
    if row is None:
        return None
    parent = db.session.get(HandlingUnit, row.parent) if row.parent else None
    seen = reach.of(Item, reader)
    many = select(func.count()).where(Item.handling_unit == HandlingUnit.code, seen)
    children = db.session.execute(
        select(HandlingUnit, many.correlate(HandlingUnit).scalar_subquery())
        .where(HandlingUnit.parent == code, reach.of(HandlingUnit, reader))
        .order_by(HandlingUnit.name)
    )
    items = db.session.execute(
        select(
            Item.code,
            Item.status,
            Item.condition,
            Product.name_uk.label("product_uk"),
            Product.name_en.label("product_en"),
        )
        .join(Product, Product.ref == Item.product)
        .where(Item.handling_unit == code, seen)
        .order_by(Item.id)
        .limit(MOST_SHOWN)
    ).all()
    within = select(func.count()).where(Item.handling_unit.in_(boxes_within(code)), seen)
    units = db.session.scalar(within) or 0
    return Contents(row, parent, [(one[0], one[1]) for one in children], items, units)


def boxes_within(code: str) -> Select[str]:
    """A box, and the boxes that stand in it."""
    tree = select(HandlingUnit.code).where(HandlingUnit.code == code).cte("tree", recursive=True)
    tree = tree.union(select(HandlingUnit.code).join(tree, HandlingUnit.parent == tree.c.code))
    return select(tree.c.code)


def standing_on(codes: Collection[str]) -> dict[str, str]:
    """{box: what it stands on in the end, itself if on nothing}: what a carrier counts."""
    tops = {code: code for code in codes}
    while True:
        above = {
            row.code: row.parent
            for row in db.session.execute(
                select(HandlingUnit.code, HandlingUnit.parent).where(
                    HandlingUnit.code.in_(set(tops.values())), HandlingUnit.parent.is_not(None)
                )
            )
        }
        moved = {code: above[top] for code, top in tops.items() if above.get(top, code) != code}
        if not moved:
            return tops
        tops |= moved


def items_within(code: str, reader: Actor) -> list[int]:
    """The numbers of the items in reach in a box and in the boxes that stand in it."""
    inside = Item.handling_unit.in_(boxes_within(code))
    query = select(Item.id).where(inside, reach.of(Item, reader))
    return list(db.session.scalars(query))


def box_named(code: str, reader: Actor) -> str | None:
    """The box or pallet in reach that a label's code names."""
    return db.session.scalar(
        select(HandlingUnit.code)
        .join(Label, Label.handling_unit == HandlingUnit.code)
        .where(Label.code == code, reach.of(HandlingUnit, reader))
    )


def box_by_sscc(number: str, reader: Actor) -> str | None:
    """The box or pallet in reach that has an SSCC."""
    own = HandlingUnit.sscc == number
    return db.session.scalar(select(HandlingUnit.code).where(own, reach.of(HandlingUnit, reader)))


def newest(limit: int = 100) -> Sequence[HandlingUnit]:
    """The boxes and pallets made last."""
    return db.session.scalars(
        select(HandlingUnit)
        .where(HandlingUnit.made_at.is_not(None))
        .order_by(HandlingUnit.made_at.desc(), HandlingUnit.name)
        .limit(limit)
    ).all()
