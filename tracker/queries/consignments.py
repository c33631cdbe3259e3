"""Consignments as rows: lists, one journey whole, what it should bring and what came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, or_, select

from tracker.db import db
from tracker.domain.consignments import AidClock, aid_clock
from tracker.domain.receiving import Sum, add_up
from tracker.models import (
    Consignment,
    Discrepancy,
    HandlingUnit,
    Item,
    Leg,
    PackingLine,
    Party,
    Passage,
    Product,
    ReceivingVerdict,
    Seal,
)

LARGEST_PAGE = 200
MISSING = ("announced", "in_transit")
GONE = ("lost", "stolen", "destroyed", "written_off")


@dataclass(frozen=True, slots=True)
class Journey:
    """One consignment in a list; `expected` counts its units, `missing` those not received yet."""

    ref: str
    state: str
    held: bool
    pledge: str | None
    waybill: str | None
    carrier: str | None
    origin: str | None
    destination: str | None
    eta_on: date | None
    made_at: datetime
    expected: int
    missing: int
    aid: AidClock | None

    def is_late(self, today: date) -> bool:
        """Whether it should have arrived before today and has not."""
        on_the_way = self.state in ("draft", "packed", "dispatched")
        return on_the_way and self.eta_on is not None and self.eta_on < today


@dataclass(frozen=True, slots=True)
class Package:
    """One box or pallet of a consignment: how many units it brings, how many are still missing."""

    code: str | None
    name: str | None
    parent: str | None
    units: int
    missing: int


@dataclass(frozen=True, slots=True)
class Whole:
    """One consignment with everything that a page shows."""

    row: Consignment
    journey: Journey
    parties: dict[str, Party]
    legs: Sequence[Leg]
    seals: Sequence[Seal]
    passages: Sequence[Passage]
    packages: Sequence[Package]
    sum: Sum | None


def of_pledge(pledge: str, today: date, limit: int = 100) -> list[Journey]:
    """The consignments of one pledge, newest first."""
    return list_consignments(today, pledge=pledge, limit=limit)


def list_consignments(
    today: date,
    *,
    state: str | None = None,
    pledge: str | None = None,
    place: str | None = None,
    refs: Sequence[str] | None = None,
    before: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> list[Journey]:
    """Consignments, newest first, at most `limit` of those before (made_at, ref).

    With `refs`, only those of them.
    """
    query = (
        select(Consignment, Party.name)
        .outerjoin(Party, Party.ref == Consignment.carrier)
        .order_by(Consignment.made_at.desc(), Consignment.ref.desc())
        .limit(min(limit, LARGEST_PAGE))
    )
    if state:
        query = query.where(Consignment.state == state)
    if pledge:
        query = query.where(Consignment.pledge == pledge)
    if refs is not None:
        query = query.where(Consignment.ref.in_(refs))
    if place:
        query = query.where(or_(Consignment.origin == place, Consignment.destination == place))
    if before:
        made_at, ref = before
        query = query.where(
            or_(
                Consignment.made_at < made_at,
                and_(Consignment.made_at == made_at, Consignment.ref < ref),
            )
        )
    rows = db.session.execute(query).all()
    counts = _counts([row[0].ref for row in rows])
    return [_journey(row[0], row[1], counts, today) for row in rows]


def consignment(ref: str, today: date) -> Whole | None:
    """One consignment whole."""
    row = db.session.get(Consignment, ref)
    if row is None:
        return None
    named = [row.consignor, row.consignee, row.carrier]
    legs = db.session.scalars(select(Leg).where(Leg.consignment == ref).order_by(Leg.id)).all()
    named += [leg.carrier for leg in legs]
    parties = db.session.scalars(
        select(Party).where(Party.ref.in_([one for one in named if one]))
    ).all()
    by_ref = {party.ref: party for party in parties}
    carrier = by_ref[row.carrier].name if row.carrier else None
    return Whole(
        row,
        _journey(row, carrier, _counts([ref]), today),
        by_ref,
        legs,
        db.session.scalars(select(Seal).where(Seal.consignment == ref).order_by(Seal.id)).all(),
        db.session.scalars(
            select(Passage).where(Passage.consignment == ref).order_by(Passage.id.desc())
        ).all(),
        packages(ref),
        totals(ref),
    )


def totals(ref: str) -> Sum | None:
    """How the receiving of a consignment adds up by its verdicts; None before there are any."""
    verdicts = last_words(ref)
    if not verdicts:
        return None
    expected = set(
        db.session.scalars(select(PackingLine.item).where(PackingLine.consignment == ref))
    )
    return add_up(expected, ((row.item, row.verdict) for row in verdicts))


def last_words(ref: str) -> list[ReceivingVerdict]:
    """The newest verdict on each unit of a consignment."""
    newest = (
        select(func.max(ReceivingVerdict.id))
        .where(ReceivingVerdict.consignment == ref)
        .group_by(ReceivingVerdict.item, ReceivingVerdict.code)
    )
    return list(
        db.session.scalars(
            select(ReceivingVerdict)
            .where(ReceivingVerdict.id.in_(newest))
            .order_by(ReceivingVerdict.id)
        )
    )


def progress(ref: str) -> tuple[int, int]:
    """(seen, expected) units of a consignment that is being received or loaded."""
    expected, missing = _counts([ref]).get(ref, (0, 0))
    return expected - missing, expected


def loaded(ref: str) -> int:
    """How many units are on the way with a consignment."""
    return (
        db.session.scalar(
            select(func.count()).where(Item.consignment == ref, Item.status == "in_transit")
        )
        or 0
    )


def packages(ref: str) -> list[Package]:
    """The boxes of a consignment, by name; units without one last."""
    listed = (
        db.session.scalar(select(PackingLine.item).where(PackingLine.consignment == ref).limit(1))
        is not None
    )
    box = PackingLine.handling_unit if listed else Item.handling_unit
    gone = func.count().filter(Item.consignment == ref, _not_received())
    query = select(box, func.count(), gone).group_by(box)
    if listed:
        query = query.join(Item, Item.id == PackingLine.item).where(PackingLine.consignment == ref)
    else:
        query = query.where(Item.consignment == ref)
    found = {row[0]: (row[1], row[2]) for row in db.session.execute(query)}
    boxes = db.session.execute(
        select(HandlingUnit.code, HandlingUnit.name, HandlingUnit.parent).where(
            HandlingUnit.code.in_([code for code in found if code])
        )
    )
    told = [Package(row.code, row.name, row.parent, *found[row.code]) for row in boxes]
    told.sort(key=lambda one: one.name or "")
    if None in found:
        told.append(Package(None, None, None, *found[None]))
    return told


def missing_units(ref: str, limit: int = 200) -> list[Row[*tuple[Any, ...]]]:
    """Expected units that nobody has received: (id, code, status, name_uk, name_en, box)."""
    return list(
        db.session.execute(
            select(
                Item.id,
                Item.code,
                Item.status,
                Product.name_uk,
                Product.name_en,
                HandlingUnit.name.label("box"),
            )
            .join(PackingLine, PackingLine.item == Item.id)
            .join(Product, Product.ref == Item.product)
            .outerjoin(HandlingUnit, HandlingUnit.code == PackingLine.handling_unit)
            .where(
                PackingLine.consignment == ref,
                Item.consignment == ref,
                _not_received(),
            )
            .order_by(HandlingUnit.name, Item.id)
            .limit(limit)
        )
    )


def open_cases(ref: str) -> list[Discrepancy]:
    """What waits about a consignment."""
    return list(
        db.session.scalars(
            select(Discrepancy)
            .where(Discrepancy.consignment == ref, Discrepancy.state == "open")
            .order_by(Discrepancy.id)
        )
    )


def _not_received() -> ColumnElement[bool]:
    """Whether a unit has not come with the consignment it is on: under way, or lost on the way."""
    never = or_(Item.received_at.is_(None), Item.received_at < Item.shipped_at)
    return or_(Item.status.in_(MISSING), and_(Item.status.in_(GONE), never))


def _counts(refs: Sequence[str]) -> dict[str, tuple[int, int]]:
    """{ref: (expected, missing)}: by the packing list, or while there is none by the plan."""
    if not refs:
        return {}
    gone = func.count().filter(Item.consignment == PackingLine.consignment, _not_received())
    listed = db.session.execute(
        select(PackingLine.consignment, func.count(), gone)
        .join(Item, Item.id == PackingLine.item)
        .where(PackingLine.consignment.in_(refs))
        .group_by(PackingLine.consignment)
    )
    found = {ref: (many, missing) for ref, many, missing in listed}
    rest = [ref for ref in refs if ref not in found]
    if rest:
        planned = db.session.execute(
            select(Item.consignment, func.count(), func.count().filter(_not_received()))
            .where(Item.consignment.in_(rest))
            .group_by(Item.consignment)
        )
        found.update({ref: (many, missing) for ref, many, missing in planned if ref})
    return found


def _journey(
    row: Consignment, carrier: str | None, counts: dict[str, tuple[int, int]], today: date
) -> Journey:
    expected, missing = counts.get(row.ref, (0, 0))
    return Journey(
        ref=row.ref,
        state=row.state,
        held=row.held,
        pledge=row.pledge,
        waybill=row.waybill,
        carrier=carrier,
        origin=row.origin,
        destination=row.destination,
        eta_on=row.eta_on,
        made_at=row.made_at,
        expected=expected,
        missing=missing,
        aid=aid_clock(row.aid_declared_on, row.aid_coded_on, row.aid_reported_on, today),
    )
