"""Terminals that wait for their id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, exists, func, select

from tracker.db import db
from tracker.domain.permissions import Actor
from tracker.models import Identifier, Item, Product
from tracker.queries import reach

GONE = ("written_off", "destroyed")
MOST_SHOWN = 100


def waiting_for_id(reader: Actor) -> tuple[int, Sequence[Row[*tuple[Any, ...]]]]:
    """How many terminals in reach have no terminal id yet, and the first hundred of them."""
    many = db.session.scalar(_waiting(select(func.count()).select_from(Item), reader)) or 0
    query = _waiting(select(Item.code, Item.location, Item.status, Item.pledge), reader)
    return many, db.session.execute(query.order_by(Item.id).limit(MOST_SHOWN)).all()


def _waiting(query: Any, reader: Actor) -> Any:
    has = exists().where(Identifier.item == Item.id, Identifier.scheme == "utid", Identifier.live)
    return query.join(Product, Product.ref == Item.product).where(
        Product.kind == "satellite_terminal", Item.status.not_in(GONE), ~has, reach.of(Item, reader)
    )
