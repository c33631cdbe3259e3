"""Locations as rows. A site's row holds its reference, sector and oblast, and nothing sealed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, func, select

from tracker.db import db
from tracker.domain.permissions import Actor
from tracker.models import Item, Location, SealedSite, SiteReading
from tracker.queries import reach

LARGEST_PAGE = 200


@dataclass(frozen=True, slots=True)
class Place:
    """One location; `units` is how many items stand there, `sealed` whether facts are kept.

    `premises` is the location that it counts as one place with.
    """

    ref: str
    kind: str
    sector: str | None
    oblast: str | None
    name_en: str | None
    name_uk: str | None
    sealed: bool
    units: int
    premises: str | None


@dataclass(frozen=True, slots=True)
class Opening:
    """One time that a sealed site was opened."""

    read_by: str
    read_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list, and the reference to pass as `after` for the next part (None at the end)."""

    rows: Sequence[Place]
    after: str | None


def list_locations(
    actor: Actor,
    *,
    kind: str | None = None,
    oblast: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page:
    """Locations that `actor` may know of, in the order of their references."""
    limit = max(1, min(limit, LARGEST_PAGE))
    query = _seen_by(_places(), actor).order_by(Location.ref).limit(limit + 1)
    for held, asked in ((Location.kind, kind), (Location.oblast, oblast)):
        if asked:
            query = query.where(held == asked)
    if after is not None:
        query = query.where(Location.ref > after)
    found = [Place(*row) for row in db.session.execute(query)]
    return Page(found[:limit], found[limit - 1].ref if len(found) > limit else None)


def location(ref: str, actor: Actor) -> Place | None:
    """One location; None when there is none that this actor may know of."""
    row = db.session.execute(_seen_by(_places(), actor).where(Location.ref == ref)).first()
    return Place(*row) if row else None


def counts_at(ref: str) -> dict[str, int]:
    """Units at one location, by status."""
    rows = db.session.execute(
        select(Item.status, func.count())
        .where(Item.location == ref, Item.status.is_not(None))
        .group_by(Item.status)
    )
    return {str(status): number for status, number in rows}


def openings(ref: str, limit: int = 20) -> list[Opening]:
    """Who opened a site lately, newest first."""
    rows = db.session.execute(
        select(SiteReading.read_by, SiteReading.read_at, SiteReading.reason)
        .where(SiteReading.location == ref)
        .order_by(SiteReading.id.desc())
        .limit(limit)
    )
    return [Opening(*row) for row in rows]


def oblasts() -> list[str]:
    """P-codes of the oblasts in which there are locations."""
    found = select(Location.oblast).where(Location.oblast.is_not(None)).distinct()
    return [str(code) for code in db.session.scalars(found.order_by(Location.oblast))]


def refs_but_sites(reader: Actor, limit: int = 500) -> list[str]:
    """References of warehouses, hubs and border points in reach, for a choice in a form."""
    found = select(Location.ref).where(Location.kind != "site", reach.of(Location, reader))
    found = found.order_by(Location.ref).limit(limit)
    return list(db.session.scalars(found))


def _places() -> Select[*tuple[Any, ...]]:
    units = select(func.count()).where(Item.location == Location.ref).scalar_subquery()
    return select(
        Location.ref,
        Location.kind,
        Location.sector,
        Location.oblast,
        Location.name_en,
        Location.name_uk,
        exists().where(SealedSite.location == Location.ref),
        units,
        Location.premises,
    )


def _seen_by(query: Select[*tuple[Any, ...]], actor: Actor) -> Select[*tuple[Any, ...]]:
    return query.where(reach.of(Location, actor))
