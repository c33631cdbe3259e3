"""What stands on the labels of units, boxes, places and blank batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import ColumnElement, and_, func, select

from tracker.db import db
from tracker.domain.permissions import Actor
from tracker.models import HandlingUnit, Item, Label, Location, Product
from tracker.queries import reach
from tracker.queries.items import LARGEST_PAGE, find_items

One = TypeVar("One")

MOST = 20_000
"""Labels printed at one go: a thousand sheets."""

UNITS = ("pledge", "consignment", "items", "search")
WHAT = (*UNITS, "boxes", "box", "units", "location", "batch")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is to be printed.

    `what` is one of `WHAT`; `ref` the pledge, consignment, box, location or batch; `codes` the
    units that were ticked, or the handling units (`units`); `filters` a search in the list of
    units (`q`, `status`, `location`, `pledge`), with `fragments` as `find_items` knows it.
    """

    what: str
    ref: str = ""
    codes: tuple[str, ...] = ()
    filters: Mapping[str, str] = field(default_factory=dict)
    fragments: bool = True


@dataclass(frozen=True, slots=True)
class Kit:
    """What a unit's label says, and the name of the box it is in (or empty)."""

    code: str
    product_uk: str
    product_en: str
    box: str


@dataclass(frozen=True, slots=True)
class Crate:
    """What a box's label says, but which of how many; `name` is what the sender wrote on it."""

    code: str
    name: str
    contents_uk: str
    contents_en: str


@dataclass(frozen=True, slots=True)
class Place:
    """What a location's label says."""

    code: str
    name_uk: str
    name_en: str


def kits(chosen: Chosen, reader: Actor) -> list[Kit]:
    """The labels of the chosen units in reach by their numbers, at most `MOST` and one."""
    if chosen.what == "search":
        numbers = _searched(chosen, reader)
        return [kit for part in _parts(numbers) for kit in _kits(Item.id.in_(part), reader)]
    wanted: dict[str, ColumnElement[bool]] = {
        "pledge": Item.pledge == chosen.ref,
        "consignment": Item.consignment == chosen.ref,
        "items": Item.id.in_(select(Label.item).where(Label.code.in_(chosen.codes))),
    }
    return _kits(wanted[chosen.what], reader)


def _kits(wanted: ColumnElement[bool], reader: Actor) -> list[Kit]:
    rows = db.session.execute(
        select(
            Item.code,
            Product.name_uk,
            Product.name_en,
            func.coalesce(HandlingUnit.name, ""),
        )
        .join(Product, Product.ref == Item.product)
        .outerjoin(HandlingUnit, HandlingUnit.code == Item.handling_unit)
        .where(wanted, reach.of(Item, reader))
        .order_by(Item.id)
        .limit(MOST + 1)
    )
    return [Kit(*row) for row in rows]


def _searched(chosen: Chosen, reader: Actor) -> list[int]:
    numbers: list[int] = []
    after: int | None = None
    while len(numbers) <= MOST:
        page = find_items(
            reader,
            **{name: chosen.filters.get(name) for name in ("status", "location", "pledge")},
            q=chosen.filters.get("q", ""),
            after=after,
            limit=LARGEST_PAGE,
            fragments=chosen.fragments,
        )
        numbers += [row.id for row in page.rows]
        after = page.after
        if after is None:
            break
    return numbers


def pledge_of_box(code: str, reader: Actor) -> str | None:
    """The pledge of a box or pallet; None when none in reach is named so, or it belongs to none."""
    box = reach.one(db.session(), HandlingUnit, code, reader)
    return box.pledge if box else None


def crates(pledge: str) -> list[Crate]:
    """The boxes and pallets of a pledge, in no order; whose they are is for the caller to say."""
    return _crates(HandlingUnit.pledge == pledge)


def crates_named(codes: Sequence[str], reader: Actor) -> list[Crate]:
    """The boxes and pallets in reach with these codes, in no order."""
    return _crates(and_(HandlingUnit.code.in_(codes), reach.of(HandlingUnit, reader)))


def crates_in_reach(pledge: str, reader: Actor) -> set[str]:
    """The codes of those of a pledge that are in reach."""
    own = select(HandlingUnit.code).where(HandlingUnit.pledge == pledge)
    return set(db.session.scalars(own.where(reach.of(HandlingUnit, reader))))


def _crates(wanted: ColumnElement[bool]) -> list[Crate]:
    rows = db.session.execute(select(HandlingUnit.code, HandlingUnit.name).where(wanted)).all()
    inside = _contents([code for code, _ in rows])
    return [Crate(code, name, *inside.get(code, ("", ""))) for code, name in rows]


def _contents(codes: Sequence[str]) -> dict[str, tuple[str, str]]:
    """What is in each box, in Ukrainian and English: `Name × 40`."""
    told: dict[str, list[tuple[str, str]]] = {}
    for part in _parts(codes):
        rows = db.session.execute(
            select(Item.handling_unit, Product.name_uk, Product.name_en, func.count().label("many"))
            .join(Product, Product.ref == Item.product)
            .where(Item.handling_unit.in_(part))
            .group_by(Item.handling_unit, Product.name_uk, Product.name_en)
            .order_by(Item.handling_unit, func.count().desc(), Product.name_en)
        )
        for box, uk, en, many in rows:
            told.setdefault(str(box), []).append((f"{uk} × {many}", f"{en} × {many}"))
    return {box: _joined(names) for box, names in told.items()}


def _joined(names: Iterable[tuple[str, str]]) -> tuple[str, str]:
    uk, en = zip(*names, strict=True)
    return ", ".join(uk), ", ".join(en)


def blanks(batch: int) -> list[str]:
    """The codes of a batch's labels that are still blank, in order."""
    return list(
        db.session.scalars(
            select(Label.code)
            .where(Label.batch == batch, Label.state == "blank")
            .order_by(Label.code)
        )
    )


def place(ref: str, reader: Actor) -> Place | None:
    """The label of a location in reach, if it has one; its reference where it has no name."""
    row = db.session.execute(
        select(Label.code, Location.name_uk, Location.name_en)
        .join(Location, Location.ref == Label.location)
        .where(Label.location == ref, Label.state == "bound", reach.of(Location, reader))
    ).first()
    return Place(row.code, row.name_uk or ref, row.name_en or ref) if row else None


def _parts(whole: Sequence[One], size: int = 500) -> Iterator[Sequence[One]]:
    """Parts that one question can name."""
    return (whole[first : first + size] for first in range(0, len(whole), size))
