"""Handover acts as rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import aliased

from tracker.db import db
from tracker.models import ActLine, HandoverAct, Item, Party, PledgeLine, Product


@dataclass(frozen=True, slots=True)
class ActRow:
    """One act in a list."""

    id: int
    number: str | None
    state: str
    giver: str
    receiver: str
    made_at: datetime
    signed_at: datetime | None
    units: int


def list_acts(*, state: str | None = None, limit: int = 100) -> list[ActRow]:
    """Acts, newest first."""
    giver, receiver = aliased(Party), aliased(Party)
    units = select(func.count()).where(ActLine.act == HandoverAct.id).scalar_subquery()
    query = (
        select(
            HandoverAct.id, HandoverAct.number, HandoverAct.state, giver.name, receiver.name,
            HandoverAct.made_at, HandoverAct.signed_at, units,
        )
        .join(giver, giver.ref == HandoverAct.giver)
        .join(receiver, receiver.ref == HandoverAct.receiver)
        .order_by(HandoverAct.id.desc())
        .limit(limit)
    )  # fmt: skip
    if state:
        query = query.where(HandoverAct.state == state)
    return [ActRow(*row) for row in db.session.execute(query)]


def act(number: int) -> tuple[HandoverAct, dict[str, Party]] | None:
    """One act, and its parties by reference."""
    row = db.session.get(HandoverAct, number)
    if row is None:
        return None
    parties = db.session.scalars(select(Party).where(Party.ref.in_([row.giver, row.receiver])))
    return row, {party.ref: party for party in parties}


def linked(act: HandoverAct) -> Sequence[Row[*tuple[Any, ...]]]:
    """The printed act that was signed in place of this one, or the phone's that photographed it."""
    other = HandoverAct.number == act.paper if act.paper else HandoverAct.paper == act.number
    if act.number is None:
        return []
    return db.session.execute(select(HandoverAct.id, HandoverAct.number).where(other)).all()


def lines_of(act: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """The units of an act: id, code, status, names, whether both codes were scanned, value."""
    return db.session.execute(
        select(
            Item.id, Item.code, Item.status, Product.name_uk.label("product_uk"),
            Product.name_en.label("product_en"), ActLine.second_identifier,
            PledgeLine.unit_value, PledgeLine.currency,
        )
        .join(ActLine, ActLine.item == Item.id)
        .join(Product, Product.ref == Item.product)
        .join(PledgeLine, PledgeLine.id == Item.pledge_line)
        .where(ActLine.act == act)
        .order_by(ActLine.added_at, Item.id)
    ).all()  # fmt: skip
