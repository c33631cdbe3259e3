"""What an EPCIS export reads: units of a pledge part by part, their stories, who sends and gets.

Each part is read in a transaction of its own, as in `queries.log`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, func, select

from tracker.db import db
from tracker.domain.bodies import Body
from tracker.domain.custody import Folded
from tracker.models import Consignment, Event, HandlingUnit, Item, Label, Pledge, Product
from tracker.queries.stories import fold_bodies

PART = 200  # units


class Unit(NamedTuple):
    """A unit whose story is told."""

    id: int
    code: str
    kind: str


class Line(NamedTuple):
    """One event of a story: its body, read as JSON, and its hash (hexadecimal)."""

    body: Body
    hash: str


_UNITS = select(Item.id, Item.code, Product.kind).join(Product, Product.ref == Item.product)


def units_of(pledge: str) -> Iterator[list[Unit]]:
    """The units of a pledge in the order of their numbers, at most `PART` at a time."""
    query = _UNITS.where(Item.pledge == pledge).order_by(Item.id).limit(PART)
    rows = _read(query)
    while rows:
        yield [Unit(*row) for row in rows]
        rows = _read(query.where(Item.id > rows[-1].id))


def many_units(pledge: str) -> int | None:
    """How many units a pledge has; None when there is no such pledge."""
    if not _read(select(Pledge.ref).where(Pledge.ref == pledge)):
        return None
    return int(_read(select(func.count()).where(Item.pledge == pledge))[0][0])


def stories(units: Collection[int]) -> dict[int, list[Line]]:
    """The events of units by their numbers, oldest first, with those that waited under a label."""
    subjects = {f"item:{number}": number for number in units}
    for row in _read(select(Label.code, Label.item).where(Label.item.in_(units))):
        subjects[f"code:{row.code}"] = row.item
    rows = _read(
        select(Event.subject, Event.body, Event.hash)
        .where(Event.subject.in_(subjects))
        .order_by(Event.effective_at, func.coalesce(Event.device_seq, 0), Event.id)
    )
    told: dict[int, list[Line]] = {number: [] for number in units}
    for row in rows:
        told[subjects[row.subject]].append(Line(json.loads(row.body), row.hash.hex()))
    return told


def folded(told: Mapping[int, Sequence[Body]]) -> dict[int, Folded]:
    """The stories with these bodies, folded as the ledger holds them."""
    with db.engine.connect() as connection:
        return fold_bodies(connection, told)


def journeys(refs: Collection[str]) -> dict[str, tuple[str | None, str | None]]:
    """Who sends and who gets each consignment, as references of parties."""
    query = select(Consignment.ref, Consignment.consignor, Consignment.consignee)
    return {row.ref: (row[1], row[2]) for row in _read(query.where(Consignment.ref.in_(refs)))}


def ssccs(codes: Collection[str]) -> dict[str, str]:
    """The SSCCs of boxes and pallets that have one, by code."""
    query = select(HandlingUnit.code, HandlingUnit.sscc).where(HandlingUnit.sscc.is_not(None))
    return {row.code: row.sscc for row in _read(query.where(HandlingUnit.code.in_(codes)))}


def _read(query: Select[*tuple[Any, ...]]) -> Sequence[Row[*tuple[Any, ...]]]:
    with db.engine.connect() as connection:
        return connection.execute(query).all()
