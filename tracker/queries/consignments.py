"""Consignments as rows: lists, one journey whole, what it should bring and what came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, and_, func, or_, select

from tracker.db import db
from tracker.domain.permissions import Actor
from tracker.domain.receiving import How
from tracker.models import (
    Consignment,
    Discrepancy,
    Document,
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
from tracker.queries import reach, standings
from tracker.queries.arrivals import ARRIVALS, IS_MISSING
from tracker.queries.loads import Package, not_loaded, packages
from tracker.queries.standings import IS_PLANNED, Standing

LARGEST_PAGE = 200


@dataclass(frozen=True, slots=True)
class Journey:
    """One consignment in a list; `expected` counts its units, `missing` those not received.

    `is_late` says that it should have arrived before today and has not.
    """

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
    is_late: bool


@dataclass(frozen=True, slots=True)
class Whole:
    """One consignment with everything that a page shows.

    `passages` are newest first; `mistaken` holds, by the number of one that was declared wrong,
    the row that says so.
    """

    row: Consignment
    journey: Journey
    parties: dict[str, Party]
    legs: Sequence[Leg]
    seals: Sequence[Seal]
    passages: Sequence[Passage]
    mistaken: dict[int, Passage]
    packages: Sequence[Package]
    not_loaded: int
    standing: Standing


def of_pledge(pledge: str, today: date, reader: Actor, limit: int = 100) -> list[Journey]:
    """The consignments of one pledge in reach, newest first."""
    return list_consignments(today, reader, pledge=pledge, limit=limit)


def list_consignments(
    today: date,
    reader: Actor,
    *,
    state: str | None = None,
    pledge: str | None = None,
    place: str | None = None,
    refs: Sequence[str] | None = None,
    before: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> list[Journey]:
    """Consignments in reach, newest first, at most `limit` of those before (made_at, ref).

    With `refs`, only those of them.
    """
    query = (
        select(Consignment, Party.name)
        .outerjoin(Party, Party.ref == Consignment.carrier)
        .where(reach.of(Consignment, reader))
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


def consignment(ref: str, today: date, reader: Actor) -> Whole | None:
    """One consignment in reach, whole."""
    row = reach.one(db.session(), Consignment, ref, reader)
    if row is None:
        return None
    named = [row.consignor, row.consignee, row.carrier]
    legs = db.session.scalars(select(Leg).where(Leg.consignment == ref).order_by(Leg.id)).all()
    named += [leg.carrier for leg in legs]
    parties = db.session.scalars(
        select(Party).where(Party.ref.in_([one for one in named if one]))
    ).all()
    by_ref = {party.ref: party for party in parties}
    passages = db.session.scalars(
        select(Passage).where(Passage.consignment == ref).order_by(Passage.id.desc())
    ).all()
    carrier = by_ref[row.carrier].name if row.carrier else None
    return Whole(
        row,
        _journey(row, carrier, _counts([ref]), today),
        by_ref,
        legs,
        db.session.scalars(select(Seal).where(Seal.consignment == ref).order_by(Seal.id)).all(),
        [one for one in passages if one.declares is None],
        {one.declares: one for one in passages if one.declares is not None},
        packages(ref),
        not_loaded(ref),
        standing(ref),
    )


def standing(ref: str) -> Standing:
    """How a consignment stands at this moment: every unit's verdict, and their sum."""
    return standings.standing(db.session.connection(), ref)


@dataclass(frozen=True, slots=True)
class Since:
    """What has changed since papers were written.

    `concluded` counts units on which the last verdict is another by now, `note` those of which the
    goods-received note numbered `number`, in its newest `version`, says something else.
    """

    concluded: int
    number: str | None = None
    version: int = 0
    note: int = 0


def since(ref: str, found: Standing) -> Since:
    """What changed since receiving was concluded, and since its note was issued."""
    changed = standings.news(db.session.connection(), ref, found).keys()
    newest = db.session.execute(
        select(Document.number, Document.version, Document.issued_at)
        .where(Document.kind == "received_note", Document.about == ref)
        .order_by(Document.version.desc())
        .limit(1)
    ).first()
    if newest is None:
        return Since(len(changed))
    said = db.session.scalars(
        select(ReceivingVerdict.item).where(
            ReceivingVerdict.consignment == ref, ReceivingVerdict.said_at > newest.issued_at
        )
    )
    return Since(len(changed), newest.number, newest.version, len(changed | {*said}))


@dataclass(frozen=True, slots=True)
class Counted:
    """Expected units, and how many of them came, looked at or in a box that nobody opened."""

    expected: int = 0
    singly: int = 0
    with_box: int = 0

    @property
    def came(self) -> int:
        """Units received at the destination."""
        return self.singly + self.with_box


def counted(ref: str) -> Counted:
    """How far the receiving of a consignment has come."""
    return _counts([ref]).get(ref, Counted())


def progress(ref: str) -> tuple[int, int]:
    """(received, expected) units of a consignment that is being received or loaded."""
    found = counted(ref)
    return found.came, found.expected


def missing_units(ref: str, reader: Actor, limit: int = 200) -> list[Row[*tuple[Any, ...]]]:
    """Listed units in reach that nobody has seen: (id, code, status, name_uk, name_en, box)."""
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
            .join(ARRIVALS, _OF_LINE)
            .join(Product, Product.ref == Item.product)
            .outerjoin(HandlingUnit, HandlingUnit.code == PackingLine.handling_unit)
            .where(PackingLine.consignment == ref, IS_MISSING, reach.of(Item, reader))
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


_OF_LINE = and_(
    ARRIVALS.c.consignment == PackingLine.consignment, ARRIVALS.c.item == PackingLine.item
)
_SINGLY = func.count().filter(ARRIVALS.c.how == How.SINGLY.value)
_WITH_BOX = func.count().filter(ARRIVALS.c.how == How.WITH_BOX.value)


def _counts(refs: Sequence[str]) -> dict[str, Counted]:
    """{ref: how many}: by the packing list, or while there is none by the plan."""
    if not refs:
        return {}
    listed = db.session.execute(
        select(PackingLine.consignment, func.count(), _SINGLY, _WITH_BOX)
        .outerjoin(ARRIVALS, _OF_LINE)
        .where(PackingLine.consignment.in_(refs))
        .group_by(PackingLine.consignment)
    )
    found = {ref: Counted(*numbers) for ref, *numbers in listed}
    rest = [ref for ref in refs if ref not in found]
    if rest:
        plan = db.session.execute(
            select(ARRIVALS.c.consignment, func.count(), _SINGLY, _WITH_BOX)
            .join(Item, Item.id == ARRIVALS.c.item)
            .where(ARRIVALS.c.consignment.in_(rest), IS_PLANNED)
            .group_by(ARRIVALS.c.consignment)
        )
        found.update({ref: Counted(*numbers) for ref, *numbers in plan})
    return found


def _journey(
    row: Consignment, carrier: str | None, counts: dict[str, Counted], today: date
) -> Journey:
    on_the_way = row.state in ("draft", "packed", "dispatched")
    units = counts.get(row.ref, Counted())
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
        expected=units.expected,
        missing=units.expected - units.came,
        is_late=on_the_way and row.eta_on is not None and row.eta_on < today,
    )
