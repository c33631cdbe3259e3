"""Proposals that wait for a second person, as rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, select

from tracker.db import db
from tracker.models import Item, Product, Proposal

MOST = 200


def waiting() -> int:
    """How many proposals wait."""
    query = select(func.count()).where(Proposal.decided_at.is_(None))
    return db.session.scalar(query) or 0


def open_proposals(item: int | None = None) -> Sequence[Row[*tuple[Any, ...]]]:
    """Those that wait, oldest first (the first 200): all, or those about one item."""
    query = (
        select(
            Proposal.id,
            Proposal.reason,
            Proposal.proposed_by,
            Proposal.proposed_at,
            Item.code,
            Item.status,
            Item.pledge,
            Product.name_en.label("product_en"),
            Product.name_uk.label("product_uk"),
        )
        .join(Item, Item.id == Proposal.item)
        .join(Product, Product.ref == Item.product)
        .where(Proposal.decided_at.is_(None))
        .order_by(Proposal.id)
        .limit(MOST)
    )
    if item is not None:
        query = query.where(Proposal.item == item)
    return db.session.execute(query).all()


def without_act() -> Sequence[Row[*tuple[Any, ...]]]:
    """Approved write-offs that no act names yet: id, item, reason."""
    return db.session.execute(
        select(Proposal.id, Proposal.item, Proposal.reason)
        .where(Proposal.approved.is_(True), Proposal.act.is_(None))
        .order_by(Proposal.id)
        .limit(MOST)
    ).all()
