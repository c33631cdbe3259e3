"""What the scanning bench shows beside the last scan: names, and how far the count has come."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import Row, func, select

from tracker.db import db
from tracker.domain.bench import Bench
from tracker.domain.permissions import Actor
from tracker.models import (
    ActLine,
    Consignment,
    HandlingUnit,
    HandoverAct,
    Item,
    Location,
    Party,
    Product,
    StockCount,
)
from tracker.queries import consignments, counts, loads, reach
from tracker.queries import unopened as unopened_boxes
from tracker.queries.handling_units import boxes_within


def within_reach(bench: Bench, reader: Actor) -> Bench:
    """The bench's setting without what its reader does not reach, as if it had never been."""
    gone: dict[str, Any] = {
        name: None
        for name, kind in _SET.items()
        if reach.is_bounded(reader)
        and (key := getattr(bench, name)) is not None
        and reach.one(db.session(), kind, key, reader) is None
    }
    if bench.doing == "handover" and (bench.act is None or "act" in gone):
        gone["doing"] = None  # there is nothing to list units on
    return replace(bench, **gone) if gone else bench


_SET: dict[str, type[Any]] = {
    "act": HandoverAct,
    "box": HandlingUnit,
    "consignment": Consignment,
    "count": StockCount,
}


def tally(bench: Bench) -> tuple[int, int | None] | None:
    """(done, expected) of what the bench is doing; None where nothing is counted."""
    if bench.doing == "receiving" and bench.consignment:
        return consignments.progress(bench.consignment)
    if bench.doing == "shipping" and bench.consignment:
        return loads.loaded(bench.consignment), None
    if bench.doing in ("packing", "unpacking") and bench.box:
        return units_in(bench.box), None
    if bench.doing == "counting" and bench.count:
        alone, boxed, expected = counts.tally(bench.count)
        return alone + boxed, expected
    if bench.doing == "handover" and bench.act:
        return _many(select(func.count()).where(ActLine.act == bench.act)), None
    return None


def unopened(bench: Bench) -> int:
    """Of what the bench has received or counted, how much is in a box that nobody opened."""
    if bench.doing == "receiving" and bench.consignment:
        staying = unopened_boxes.staying(db.session.connection(), bench.consignment)
        return consignments.counted(bench.consignment).with_box + staying
    if bench.doing == "counting" and bench.count:
        return counts.tally(bench.count)[1]
    return 0


def units_in(box: str) -> int:
    """How many units lie in a box, and in the boxes that stand in it."""
    return _many(select(func.count()).where(Item.handling_unit.in_(boxes_within(box))))


def names(bench: Bench) -> dict[str, str]:
    """What the bench's references are called, in Ukrainian where there is a choice."""
    told = {}
    if bench.location:
        place = db.session.get(Location, bench.location)
        named = place.name_uk if place and place.name_uk else ""
        told["location"] = f"{bench.location} · {named}" if named else bench.location
    if bench.consignment:
        told["consignment"] = bench.consignment
    if bench.box:
        told["box"] = box_name(bench.box) or bench.box
    if bench.count:
        told["count"] = bench.count
    if bench.act:
        told["act"] = act_name(bench.act)
    return told


def box_name(code: str) -> str | None:
    """What is written on a handling unit."""
    return db.session.scalar(select(HandlingUnit.name).where(HandlingUnit.code == code))


def act_name(act: int) -> str:
    """To whom an act hands over."""
    receiver = db.session.scalar(
        select(Party.name)
        .join(HandoverAct, HandoverAct.receiver == Party.ref)
        .where(HandoverAct.id == act)
    )
    return receiver or str(act)


def product_of(code: str) -> Row[str, str] | None:
    """What a unit is: `product_uk` and `product_en`."""
    return db.session.execute(
        select(Product.name_uk.label("product_uk"), Product.name_en.label("product_en"))
        .join(Item, Item.product == Product.ref)
        .where(Item.code == code)
    ).first()


def open_consignments(reader: Actor, limit: int = 200) -> list[str]:
    """References in reach that a bench may load or receive, newest first."""
    return list(
        db.session.scalars(
            select(Consignment.ref)
            .where(Consignment.state.not_in(("received", "closed")), reach.of(Consignment, reader))
            .order_by(Consignment.made_at.desc(), Consignment.ref)
            .limit(limit)
        )
    )


def _many(query: object) -> int:
    return db.session.scalar(query) or 0  # type: ignore[call-overload]
