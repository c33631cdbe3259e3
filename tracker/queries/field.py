"""What a phone takes along: the places it is assigned to, the units there or on their way there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, case, or_, select

from tracker.db import db
from tracker.domain.permissions import Actor
from tracker.models import (
    ActLine,
    Assignment,
    Consignment,
    Discrepancy,
    Event,
    HandlingUnit,
    HandoverAct,
    Item,
    Label,
    Location,
    Party,
    Product,
)
from tracker.queries import reach
from tracker.queries.discrepancies import ALARMS

MOST_UNITS = 2000
MOST_DECISIONS = 500
TAKEN_ALONG = ("in_stock", "packed", "in_transit", "handed_over", "deployed")


def places_of(actor: str, now: datetime) -> Sequence[Row[*tuple[Any, ...]]]:
    """The actor's places: reference, what counts as one place with it, kind, sector, names (None
    for a sealed site), until when."""
    return db.session.execute(
        select(
            Location.ref,
            Location.premises,
            Location.kind,
            Location.sector,
            Location.name_uk,
            Location.name_en,
            Assignment.until,
        )
        .join(Assignment, Assignment.location == Location.ref)
        .where(Assignment.actor == actor, or_(Assignment.until.is_(None), Assignment.until > now))
        .order_by(Location.ref)
    ).all()


def units_for(places: Sequence[str]) -> Sequence[Row[*tuple[Any, ...]]]:
    """Units that stand at these places or are on their way there; no maker's number is told.

    `box` is what they lie in, `apart` whether they were seen by themselves elsewhere since;
    `bound_for` the site of their act, where it is one of `places`.
    """
    coming = select(Consignment.ref).where(Consignment.destination.in_(places))
    bound_for = case((Item.bound_for.in_(places), Item.bound_for))
    apart = case((Item.apart, Item.apart))
    return db.session.execute(
        select(
            Item.code,
            Product.name_uk,
            Product.name_en,
            Product.kind,
            Item.status,
            Item.location,
            Item.consignment,
            Item.condition,
            Item.handling_unit.label("box"),
            apart.label("apart"),
            bound_for.label("bound_for"),
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
    ).all()


def boxes_for(near: Collection[str]) -> list[dict[str, Any]]:
    """Boxes and pallets in which these units lie, by the codes of the units.

    Each with its `code` and that of its `parent`, the `labels` that name it, its `sscc`, `kind` and
    `name`, and whether all that lie in it are among these units (`complete`).
    """
    near = set(near)
    lowest = select(Item.handling_unit).where(Item.code.in_(near), Item.handling_unit.is_not(None))
    up = select(HandlingUnit.code, HandlingUnit.parent).where(HandlingUnit.code.in_(lowest))
    above = up.cte("above", recursive=True)
    parents = select(HandlingUnit.code, HandlingUnit.parent)
    above = above.union(parents.join(above, HandlingUnit.code == above.c.parent))
    down = select(above.c.code.label("top"), above.c.code.label("box")).cte("down", recursive=True)
    inside = select(down.c.top, HandlingUnit.code).join(down, HandlingUnit.parent == down.c.box)
    down = down.union(inside)
    units: dict[str, list[str]] = {}
    query = select(down.c.top, Item.code).join(Item, Item.handling_unit == down.c.box)
    for top, code in db.session.execute(query.order_by(Item.id)):
        units.setdefault(top, []).append(code)
    labels: dict[str, list[str]] = {}
    worn = select(Label.handling_unit, Label.code).where(Label.handling_unit.in_(units))
    for box, code in db.session.execute(worn.order_by(Label.code)):
        labels.setdefault(box or "", []).append(code)
    rows = db.session.scalars(
        select(HandlingUnit).where(HandlingUnit.code.in_(units)).order_by(HandlingUnit.code)
    )
    return [
        {
            "code": row.code,
            "parent": row.parent,
            "labels": labels.get(row.code, [row.code]),
            "sscc": row.sscc,
            "kind": row.kind,
            "name": row.name,
            "complete": near.issuperset(units[row.code]),
        }
        for row in rows
    ]


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


def parties(reader: Actor) -> Sequence[Row[*tuple[Any, ...]]]:
    """Whoever in reach may give or receive: reference, name, kind, number in the register."""
    return db.session.execute(
        select(Party.ref, Party.name, Party.kind, Party.code)
        .where(reach.of(Party, reader))
        .order_by(Party.name)
    ).all()


def party_by_number(number: str) -> Row[*tuple[Any, ...]] | None:
    """One party by its exact number in the register, whoever it is: nobody is listed."""
    return db.session.execute(
        select(Party.ref, Party.name, Party.kind, Party.code)
        .where(Party.code == number)
        .order_by(Party.ref)
        .limit(1)
    ).first()


def found_in_ledger(ids: Sequence[str]) -> Sequence[Row[*tuple[Any, ...]]]:
    """Those of these scans that the ledger holds: id, hash, number, when, and by whom."""
    return db.session.execute(
        select(Event.id, Event.hash, Event.seq, Event.recorded_at, Event.by).where(
            Event.id.in_(ids)
        )
    ).all()


def discrepancies_of(ids: Sequence[str]) -> Sequence[Row[*tuple[Any, ...]]]:
    """What these scans opened, and what was decided: event, kind, state, decision.

    Not what newer rules found in them long afterwards, before somebody has looked at it.
    """
    return db.session.execute(
        select(Discrepancy.event, Discrepancy.kind, Discrepancy.state, Discrepancy.decision).where(
            Discrepancy.event.in_(ids), or_(ALARMS, Discrepancy.state != "open")
        )
    ).all()
