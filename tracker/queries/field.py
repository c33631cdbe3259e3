"""What a phone takes along: the places it is assigned to, the units there or on their way there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, or_, select

from tracker.db import db
from tracker.models import (
    ActLine,
    Assignment,
    Consignment,
    Discrepancy,
    Event,
    HandoverAct,
    Item,
    Location,
    Party,
    Product,
)

MOST_UNITS = 2000
MOST_DECISIONS = 500
TAKEN_ALONG = ("in_stock", "packed", "in_transit", "handed_over", "deployed")


def places_of(actor: str, now: datetime) -> Sequence[Row[*tuple[Any, ...]]]:
    """The actor's places: reference, kind, sector, names (None for a sealed site), until when."""
    return db.session.execute(
        select(
            Location.ref, Location.kind, Location.sector, Location.name_uk, Location.name_en,
            Assignment.until,
        )
        .join(Assignment, Assignment.location == Location.ref)
        .where(
            Assignment.actor == actor, or_(Assignment.until.is_(None), Assignment.until > now)
        )
        .order_by(Location.ref)
    ).all()  # fmt: skip


def units_for(places: Sequence[str]) -> Sequence[Row[*tuple[Any, ...]]]:
    """Units that stand at these places or are on their way there; no maker's number is told."""
    coming = select(Consignment.ref).where(Consignment.destination.in_(places))
    return db.session.execute(
        select(
            Item.code, Product.name_uk, Product.name_en, Product.kind, Item.status, Item.location,
            Item.consignment, Item.condition,
        )
        .join(Product, Product.ref == Item.product)
        .where(
            Item.status.in_(TAKEN_ALONG),
            or_(
                Item.location.in_(places),
                and_(Item.status == "in_transit", Item.consignment.in_(coming)),
            ),
        )
        .order_by(Item.id)
        .limit(MOST_UNITS)
    ).all()  # fmt: skip


def consignments_for(places: Sequence[str]) -> Sequence[Row[*tuple[Any, ...]]]:
    """Journeys that end at these places and are not over."""
    return db.session.execute(
        select(Consignment.ref, Consignment.destination, Consignment.eta_on, Consignment.state)
        .where(Consignment.destination.in_(places), Consignment.state != "closed")
        .order_by(Consignment.ref)
    ).all()


def decisions(actor: str, since: datetime) -> Sequence[Row[*tuple[Any, ...]]]:
    """What people decided since then about this actor’s scans: its id, decision, which is wrong."""
    told = or_(Event.id == Discrepancy.event, Event.id == Discrepancy.wrong)
    return db.session.execute(
        select(Event.id, Discrepancy.decision, Discrepancy.wrong, Discrepancy.settled_at)
        .join(Discrepancy, told)
        .where(Discrepancy.settled_at > since, Event.by == actor)
        .order_by(Discrepancy.settled_at)
        .limit(MOST_DECISIONS)
    ).all()


def papers(places: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Printed acts for these sites that nobody has signed yet: number, and the codes on them."""
    rows = db.session.execute(
        select(HandoverAct.number, Item.code)
        .join(ActLine, ActLine.act == HandoverAct.id)
        .join(Item, Item.id == ActLine.item)
        .where(
            HandoverAct.site.in_(places),
            HandoverAct.state == "draft",
            HandoverAct.number.is_not(None),
        )
        .order_by(HandoverAct.number, Item.id)
    )
    told: dict[str, list[str]] = {}
    for number, code in rows:
        told.setdefault(number or "", []).append(code)
    return list(told.items())


def parties() -> Sequence[Row[*tuple[Any, ...]]]:
    """Whoever may give or receive: reference, name, kind, number in the register."""
    return db.session.execute(
        select(Party.ref, Party.name, Party.kind, Party.code).order_by(Party.name)
    ).all()


def found_in_ledger(ids: Sequence[str]) -> Sequence[Row[*tuple[Any, ...]]]:
    """Those of these scans that the ledger holds: id, hash, number, when, and by whom."""
    return db.session.execute(
        select(Event.id, Event.hash, Event.seq, Event.recorded_at, Event.by).where(
            Event.id.in_(ids)
        )
    ).all()


def discrepancies_of(ids: Sequence[str]) -> Sequence[Row[*tuple[Any, ...]]]:
    """What these scans opened, and what was decided: event, kind, state, decision."""
    return db.session.execute(
        select(Discrepancy.event, Discrepancy.kind, Discrepancy.state, Discrepancy.decision).where(
            Discrepancy.event.in_(ids)
        )
    ).all()
