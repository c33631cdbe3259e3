"""The units of a pledge for the list that its donor takes along. No page of a donor reads these.

Read are `item` (without place, box, journey and custodian), `product`, and of `event` only when it
was recorded, for the last of each chain; a test holds it to that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import String, and_, cast, func, select
from sqlalchemy.engine import Connection

from tracker.domain.lifecycle import DECLARING_ERROR
from tracker.models import Event, HandlingUnit, Item, Product

PART = 1000

UNIT = (
    Item.id, Item.code, Product.name_en, Product.name_uk, Product.kind.label("product_kind"),
    Item.status, Item.shipped_at, Item.received_at, Item.signed_for_at, Item.deployed_at,
    Item.working_at, Item.online_at, Item.inspected_at,
)  # fmt: skip
"""All that is read of a unit: the label's code, the product, the status, the rungs."""

_UNITS = (
    select(*UNIT, Event.recorded_at.label("known_at"))
    .join(Product, Product.ref == Item.product)
    .join(Event, and_(Event.subject == "item:" + cast(Item.id, String), Event.seq == Item.seq))
)


def units_of(connection: Connection, pledge: str) -> Iterator[Sequence[Any]]:
    """The units of a pledge as they stand now, by the thousand, in the order of their codes.

    `known_at` of each is when its last event was recorded.
    """
    query = _UNITS.where(Item.pledge == pledge).order_by(Item.code)
    rows = connection.execution_options(stream_results=True).execute(query)
    return rows.partitions(PART)


def how_many(connection: Connection, pledge: str) -> int:
    """Units of a pledge in the register, for a progress bar."""
    return int(connection.scalar(select(func.count()).where(Item.pledge == pledge)) or 0)


def boxes_moved_since(connection: Connection, moment: datetime) -> list[str]:
    """Boxes that, at `moment` or later, were said to stand in another one, or not to.

    That can change what an old event means for a unit, without a new event of the unit.
    """
    last = (
        select(HandlingUnit.code)
        .join(
            Event,
            and_(Event.subject == "unit:" + HandlingUnit.code, Event.seq == HandlingUnit.seq),
        )
        .where(Event.recorded_at >= moment)
        .subquery()
    )
    moved = (
        select(last.c.code)
        .join(Event, Event.subject == "unit:" + last.c.code)
        .where(
            Event.recorded_at >= moment,
            Event.handling_unit.is_not(None) | (Event.step == DECLARING_ERROR),
        )
        .distinct()
    )
    return list(connection.scalars(moved))
