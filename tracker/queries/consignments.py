"""Consignments as rows: journeys of a pledge, and how much of each is on the way now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from tracker.db import db
from tracker.models import Consignment, Item, Party


@dataclass(frozen=True, slots=True)
class Journey:
    """One consignment; `under_way` counts the units that are in transit under it."""

    ref: str
    waybill: str | None
    carrier: str | None
    made_at: datetime
    under_way: int


def of_pledge(pledge: str, limit: int = 100) -> list[Journey]:
    """The consignments of one pledge, newest first."""
    moving = (
        select(func.count())
        .where(Item.consignment == Consignment.ref, Item.status == "in_transit")
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(Consignment.ref, Consignment.waybill, Party.name, Consignment.made_at, moving)
        .outerjoin(Party, Party.ref == Consignment.carrier)
        .where(Consignment.pledge == pledge)
        .order_by(Consignment.made_at.desc(), Consignment.ref)
        .limit(limit)
    )
    return [Journey(*row) for row in rows]
