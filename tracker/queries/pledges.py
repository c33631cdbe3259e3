"""Pledges as rows: what was promised, and how many units stand at each status."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, Select, exists, false, func, select

from tracker.db import db
from tracker.domain.permissions import Action, Actor, Scope
from tracker.models import Consignment, Item, Party, Pledge, PledgeLine, Product, Revision

LARGEST_PAGE = 500


@dataclass(frozen=True, slots=True)
class PledgeRow:
    """One pledge in a list. `pledged` and `known` count units; `by_status` holds no zeros."""

    ref: str
    donor: str
    donor_name: str
    initiative: str | None
    pledged_on: date
    pledged: int
    by_status: Mapping[str, int]

    @property
    def known(self) -> int:
        """Units that the ledger has heard of; the pledge may promise more, or fewer."""
        return sum(self.by_status.values())


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a pledge, as its newest revision says."""

    id: int
    product: str
    product_en: str
    product_uk: str
    quantity: int
    unit_value: Decimal | None
    currency: str | None
    known: int


@dataclass(frozen=True, slots=True)
class Change:
    """One revision of a line's quantity."""

    product: str
    quantity_before: int
    quantity_after: int
    revised_at: datetime
    revised_by: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class PledgePage:
    """One pledge whole: its row, the words around it, its lines, revisions and consignments."""

    row: PledgeRow
    purpose: str | None
    legal_basis: str | None
    note: str | None
    source: str | None
    lines: Sequence[Line]
    revisions: Sequence[Change]
    consignments: Sequence[str] = field(default=())


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list of pledges, and the reference to pass as `after` for the next part."""

    rows: Sequence[PledgeRow]
    after: str | None


def pledge_rows(actor: Actor, *, after: str | None = None, limit: int = 100) -> Page:
    """Pledges that `actor` may read, in the order of their references, with counts by status."""
    limit = max(1, min(limit, LARGEST_PAGE))
    query = _seen_by(_rows(), actor).order_by(Pledge.ref).limit(limit + 1)
    if after is not None:
        query = query.where(Pledge.ref > after)
    found = db.session.execute(query).all()
    shown = found[:limit]
    counts = _counts([row.ref for row in shown])
    rows = [_row(row, counts.get(row.ref, {})) for row in shown]
    return Page(rows, rows[-1].ref if len(found) > limit else None)


def pledge(ref: str, actor: Actor) -> PledgePage | None:
    """One pledge whole; None when there is none that this actor may read."""
    row = db.session.execute(_seen_by(_rows(), actor).where(Pledge.ref == ref)).first()
    if row is None:
        return None
    consignments = select(Consignment.ref).where(Consignment.pledge == ref)
    return PledgePage(
        row=_row(row, _counts([ref]).get(ref, {})),
        purpose=row.purpose,
        legal_basis=row.legal_basis,
        note=row.note,
        source=row.source,
        lines=_lines(ref),
        revisions=_revisions(ref),
        consignments=tuple(db.session.scalars(consignments.order_by(Consignment.ref))),
    )


def pledge_refs() -> list[str]:
    """References of all pledges, for a choice in a form."""
    return list(db.session.scalars(select(Pledge.ref).order_by(Pledge.ref)))


def _rows() -> Select[*tuple[Any, ...]]:
    promised = (
        select(func.coalesce(func.sum(PledgeLine.quantity), 0))
        .where(PledgeLine.pledge == Pledge.ref)
        .scalar_subquery()
    )
    return select(
        Pledge.ref,
        Pledge.donor,
        Party.name.label("donor_name"),
        Pledge.initiative,
        Pledge.pledged_on,
        Pledge.purpose,
        Pledge.legal_basis,
        Pledge.note,
        Pledge.source,
        promised.label("pledged"),
    ).join(Party, Party.ref == Pledge.donor)


def _seen_by(query: Select[*tuple[Any, ...]], actor: Actor) -> Select[*tuple[Any, ...]]:
    """Only pledges in reach: a donor's own, or those with units where a field team works."""
    scope = actor.scope(Action.READ_PLEDGES)
    if scope is Scope.ALL:
        return query
    if scope is Scope.OWN:
        return query.where(Pledge.donor == (actor.party or ""))
    if scope is Scope.ASSIGNED:
        here = Item.location.in_(actor.locations)
        return query.where(exists().where(Item.pledge == Pledge.ref, here))
    return query.where(false())


def _row(row: Any, by_status: Mapping[str, int]) -> PledgeRow:
    return PledgeRow(
        row.ref, row.donor, row.donor_name, row.initiative, row.pledged_on, row.pledged, by_status
    )


def _counts(refs: Collection[str]) -> dict[str, dict[str, int]]:
    """Units of each pledge at each status, read from one index."""
    counts: dict[str, dict[str, int]] = {}
    rows = db.session.execute(
        select(Item.pledge, Item.status, func.count())
        .where(Item.pledge.in_(refs), Item.status.is_not(None))
        .group_by(Item.pledge, Item.status)
    )
    for ref, status, units in rows:
        counts.setdefault(ref, {})[str(status)] = units
    return counts


def _lines(ref: str) -> list[Line]:
    known = select(func.count()).where(Item.pledge_line == PledgeLine.id).scalar_subquery()
    rows = db.session.execute(
        select(
            PledgeLine.id,
            PledgeLine.product,
            Product.name_en,
            Product.name_uk,
            PledgeLine.quantity,
            PledgeLine.unit_value,
            PledgeLine.currency,
            known,
        )
        .join(Product, Product.ref == PledgeLine.product)
        .where(PledgeLine.pledge == ref)
        .order_by(PledgeLine.id)
    )
    return [Line(*row) for row in rows]


def _revisions(ref: str) -> list[Change]:
    rows = db.session.execute(
        select(
            PledgeLine.product,
            Revision.quantity_before,
            Revision.quantity_after,
            Revision.revised_at,
            Revision.revised_by,
            Revision.reason,
        )
        .join(PledgeLine, PledgeLine.id == Revision.pledge_line)
        .where(PledgeLine.pledge == ref)
        .order_by(Revision.id)
    )
    return [Change(*row) for row in rows]


def products_of(ref: str) -> Sequence[Row[*tuple[Any, ...]]]:
    """The products of a pledge: reference, names, and which identifiers a unit carries."""
    return db.session.execute(
        select(
            Product.ref,
            Product.name_uk.label("product_uk"),
            Product.name_en.label("product_en"),
            Product.identifiers,
        )
        .where(Product.ref.in_(select(PledgeLine.product).where(PledgeLine.pledge == ref)))
        .order_by(Product.ref)
    ).all()


def product(ref: str) -> Row[*tuple[Any, ...]] | None:
    """A product's names: `product_uk` and `product_en`."""
    return db.session.execute(
        select(Product.name_uk.label("product_uk"), Product.name_en.label("product_en")).where(
            Product.ref == ref
        )
    ).first()
