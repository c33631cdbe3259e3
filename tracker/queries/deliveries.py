"""Deliveries as rows: the lists that a pledge has had, and what each brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from tracker.db import db
from tracker.models import Delivery, DeliveryFile, HandlingUnit, Item


@dataclass(frozen=True, slots=True)
class Brought:
    """One delivery: how many units and boxes (or pallets) its list announced, and its files."""

    ref: str
    number: int
    made_at: datetime
    units: int
    boxes: int
    files: Sequence[str]


def of_pledge(pledge: str) -> list[Brought]:
    """The deliveries of a pledge, the first one first."""
    units = select(func.count()).where(Item.pledge == pledge, Item.delivery == Delivery.ref)
    boxes = select(func.count()).where(
        HandlingUnit.pledge == pledge, HandlingUnit.delivery == Delivery.ref
    )
    rows = db.session.execute(
        select(
            Delivery.ref,
            Delivery.number,
            Delivery.made_at,
            units.scalar_subquery(),
            boxes.scalar_subquery(),
        )
        .where(Delivery.pledge == pledge)
        .order_by(Delivery.number)
    ).all()
    files: dict[str, list[str]] = {row[0]: [] for row in rows}
    for delivery, name in db.session.execute(
        select(DeliveryFile.delivery, DeliveryFile.name)
        .where(DeliveryFile.delivery.in_(list(files)))
        .order_by(DeliveryFile.imported_at, DeliveryFile.name)
    ):
        files[delivery].append(name)
    return [
        Brought(ref, number, made_at, many or 0, held or 0, files[ref])
        for ref, number, made_at, many, held in rows
    ]
