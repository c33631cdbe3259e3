"""Handover acts as rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, String, cast, exists, func, literal, select
from sqlalchemy.orm import aliased

from tracker.db import db
from tracker.domain.booked_acts import Named
from tracker.domain.gtin import is_gtin
from tracker.domain.permissions import Actor
from tracker.domain.sscc import read_sscc
from tracker.models import (
    ActLine,
    Discrepancy,
    HandlingUnit,
    HandoverAct,
    Identifier,
    Item,
    Label,
    Party,
    PledgeLine,
    Product,
)
from tracker.queries import reach


@dataclass(frozen=True, slots=True)
class ActRow:
    """One act in a list; `is_odd` while not all that was signed is booked."""

    id: int
    number: str | None
    state: str
    giver: str
    receiver: str
    made_at: datetime
    signed_at: datetime | None
    units: int
    is_odd: bool


def list_acts(reader: Actor, *, state: str | None = None, limit: int = 100) -> list[ActRow]:
    """Acts in reach, newest first."""
    giver, receiver = aliased(Party), aliased(Party)
    units = select(func.count()).where(ActLine.act == HandoverAct.id).scalar_subquery()
    odd = exists().where(
        Discrepancy.kind == "not_booked",
        Discrepancy.state == "open",
        Discrepancy.subject == literal("act:") + cast(HandoverAct.id, String),
    )
    query = (
        select(
            HandoverAct.id,
            HandoverAct.number,
            HandoverAct.state,
            giver.name,
            receiver.name,
            HandoverAct.made_at,
            HandoverAct.signed_at,
            units,
            odd,
        )
        .join(giver, giver.ref == HandoverAct.giver)
        .join(receiver, receiver.ref == HandoverAct.receiver)
        .where(reach.of(HandoverAct, reader))
        .order_by(HandoverAct.id.desc())
        .limit(limit)
    )
    if state:
        query = query.where(HandoverAct.state == state)
    return [ActRow(*row) for row in db.session.execute(query)]


def act(number: int, reader: Actor) -> tuple[HandoverAct, dict[str, Party]] | None:
    """One act in reach, and its parties by reference."""
    row = reach.one(db.session(), HandoverAct, number, reader)
    if row is None:
        return None
    parties = db.session.scalars(select(Party).where(Party.ref.in_([row.giver, row.receiver])))
    return row, {party.ref: party for party in parties}


def linked(act: HandoverAct, reader: Actor) -> Sequence[Row[*tuple[Any, ...]]]:
    """The printed act that was signed in place of this one, or the phone's that photographed it."""
    other = HandoverAct.number == act.paper if act.paper else HandoverAct.paper == act.number
    if act.number is None:
        return []
    own = other & reach.of(HandoverAct, reader)
    return db.session.execute(select(HandoverAct.id, HandoverAct.number).where(own)).all()


def named_by(codes: Collection[str], reader: Actor) -> dict[str, Named]:
    """What codes name in reach, as they are read: labels of units and boxes, makers' numbers, an
    SSCC.

    A code that names nothing is not in the answer, unless it is a product's barcode.
    """
    told = {code: Named(product=True) for code in codes if is_gtin(code)}
    wanted = {sscc: code for code in codes if (sscc := read_sscc(code))}
    units, boxes = reach.of(Item, reader), reach.of(HandlingUnit, reader)
    numbered = select(HandlingUnit.sscc, HandlingUnit.code).where(HandlingUnit.sscc.in_(wanted))
    for number, box in db.session.execute(numbered.where(boxes)):
        told[wanted[number or ""]] = Named(box=box)
    carried = select(Identifier.value, Item.id).join(Item, Item.id == Identifier.item)
    carried = carried.where(Identifier.value.in_(codes), Identifier.live, units)
    worn = select(Label.code, Item.id).join(Item, Item.id == Label.item)
    for query in (carried, worn.where(Label.code.in_(codes), units)):
        told |= {code: Named(item) for code, item in db.session.execute(query)}
    onto = select(Label.code, HandlingUnit.code)
    onto = onto.join(HandlingUnit, HandlingUnit.code == Label.handling_unit)
    named = db.session.execute(onto.where(Label.code.in_(codes), boxes))
    return told | {code: Named(box=box) for code, box in named}


def blank_among(codes: Iterable[str]) -> set[str]:
    """Those of these codes that are printed labels which nothing wears yet."""
    wanted = [code for code in codes if code]
    blank = select(Label.code).where(Label.code.in_(wanted), Label.state == "blank")
    return set(db.session.scalars(blank))


def briefs_of(items: Collection[int]) -> dict[int, Row[*tuple[Any, ...]]]:
    """What a phone is told of units: code, names and kind of the product, status."""
    query = (
        select(Item.id, Item.code, Product.name_uk, Product.name_en, Product.kind, Item.status)
        .join(Product, Product.ref == Item.product)
        .where(Item.id.in_(items))
    )
    return {row.id: row for row in db.session.execute(query)}


def lines_of(act: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """The units of an act: id, code, status, names, value; what was scanned of each.

    That is `scanned`, `second_identifier`, and the name of the `box` that was opened into it.
    """
    return db.session.execute(
        select(
            Item.id,
            Item.code,
            Item.status,
            Product.name_uk.label("product_uk"),
            Product.name_en.label("product_en"),
            Product.kind.label("product_kind"),
            PledgeLine.unit_value,
            PledgeLine.currency,
            ActLine.code.label("scanned"),
            ActLine.second_identifier,
            HandlingUnit.name.label("box"),
        )
        .join(ActLine, ActLine.item == Item.id)
        .join(Product, Product.ref == Item.product)
        .join(PledgeLine, PledgeLine.id == Item.pledge_line)
        .outerjoin(HandlingUnit, HandlingUnit.code == ActLine.box)
        .where(ActLine.act == act)
        .order_by(ActLine.added_at, Item.id)
    ).all()


def codes_of(items: Collection[int]) -> Sequence[str]:
    """The codes of items, in the order of their numbers."""
    query = select(Item.code).where(Item.id.in_(items)).order_by(Item.id)
    return db.session.scalars(query).all() if items else ()


def signed_as(act: HandoverAct) -> set[str]:
    """The names under which the ledger knows an act: its number, its id, and those of the phone's
    act that was signed in its place.
    """
    own = {name for name in (act.number, act.uid) if name}
    if act.number is None:
        return own
    other = select(HandoverAct.number, HandoverAct.uid).where(HandoverAct.paper == act.number)
    return own | {name for row in db.session.execute(other) for name in row if name}
