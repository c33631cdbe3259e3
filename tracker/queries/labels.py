"""Labels to print, and what a scanned label names."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from tracker.db import db
from tracker.models import Consignment, HandlingUnit, Item, Label, Location, Party, Product


@dataclass(frozen=True, slots=True)
class Printed:
    """What a kit's label says, and the box it belongs to (its name, or empty)."""

    code: str
    product_uk: str
    product_en: str
    box: str


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a label is: `state` is bound, blank or revoked; at most one of the others is set."""

    state: str
    item: int | None
    handling_unit: str | None
    replaced_by: str | None


@dataclass(frozen=True, slots=True)
class BoxContents:
    """A box or pallet: what was written on it, and its units by status."""

    code: str
    name: str
    kind: str
    units: dict[str, int]


def labels_of_pledge(pledge: str) -> list[Printed]:
    """The labels of a pledge's items, in the order of their numbers."""
    rows = db.session.execute(
        select(Item.code, Product.name_uk, Product.name_en, HandlingUnit.name)
        .join(Product, Product.ref == Item.product)
        .outerjoin(HandlingUnit, HandlingUnit.code == Item.handling_unit)
        .where(Item.pledge == pledge)
        .order_by(Item.id)
    )
    return [Printed(code, uk, en, box or "") for code, uk, en, box in rows]


def scanned_label(code: str) -> Scanned | None:
    """The label with this canonical code; None when there is none."""
    row = db.session.execute(
        select(Label.state, Label.item, Label.handling_unit, Label.replaced_by).where(
            Label.code == code
        )
    ).first()
    return Scanned(*row) if row else None


def box_contents(code: str) -> BoxContents | None:
    """The handling unit with this code."""
    box = db.session.get(HandlingUnit, code)
    if box is None:
        return None
    rows = db.session.execute(
        select(Item.status, func.count()).where(Item.handling_unit == code).group_by(Item.status)
    )
    return BoxContents(box.code, box.name, box.kind, {status or "": n for status, n in rows})


@dataclass(frozen=True, slots=True)
class Choices:
    """References that a step's form offers."""

    locations: list[str]
    sites: list[str]
    consignments: list[str]
    receivers: list[str]


def choices(pledge: str | None, own: frozenset[str] | None) -> Choices:
    """What can be chosen for a unit of `pledge`; `own` narrows locations to an actor's."""
    places = db.session.execute(select(Location.ref, Location.kind).order_by(Location.ref)).all()
    allowed = [(ref, kind) for ref, kind in places if own is None or ref in own]
    journeys = select(Consignment.ref).order_by(Consignment.ref).limit(500)
    if pledge is not None:
        journeys = journeys.where(Consignment.pledge == pledge)
    return Choices(
        [ref for ref, kind in allowed if kind != "site"],
        [ref for ref, kind in allowed if kind == "site"],
        list(db.session.scalars(journeys)),
        list(db.session.scalars(select(Party.ref).order_by(Party.ref))),
    )
