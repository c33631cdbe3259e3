"""What a donor's page is made from: promises, counts by day, monthly places. Nothing else.

These queries read `pledge`, `pledge_line`, `product`, `party`, `tally`, `place_snapshot` and
`share`, and never `item`, `event` or `location`; a test holds them to it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, func, select

from tracker.db import db
from tracker.domain.disclosure import Change, Counts, Places, counts, known_until
from tracker.models import Party, PlaceSnapshot, Pledge, PledgeLine, Product, Share, Tally


@dataclass(frozen=True, slots=True)
class PledgedLine:
    """Product x quantity of a pledge."""

    product_en: str
    product_uk: str
    quantity: int


@dataclass(frozen=True, slots=True)
class DonorView:
    """One pledge as its donor sees it. `places` is None before the first snapshot is published."""

    ref: str
    donor: str
    donor_name: str
    pledged_on: date
    lines: tuple[PledgedLine, ...]
    counts: Counts
    places: Places | None


_PLEDGE = (
    select(Pledge.ref, Pledge.donor, Party.name.label("donor_name"), Pledge.pledged_on)
    .join(Party, Party.ref == Pledge.donor)
    .where(Pledge.ref == bindparam("ref"))
)
_LINES = (
    select(Product.name_en, Product.name_uk, PledgeLine.quantity)
    .join(Product, Product.ref == PledgeLine.product)
    .where(PledgeLine.pledge == bindparam("ref"))
    .order_by(PledgeLine.id)
)
_CHANGES = select(Tally.on, Tally.measure, Tally.change).where(
    Tally.pledge == bindparam("ref"), Tally.on <= bindparam("until")
)
_PLACES = (
    select(PlaceSnapshot.body)
    .where(PlaceSnapshot.pledge == bindparam("ref"), PlaceSnapshot.month <= bindparam("month"))
    .order_by(PlaceSnapshot.month.desc())
    .limit(1)
)


def donor_view(ref: str, *, today: date, delay_days: int, month: date) -> DonorView | None:
    """The pledge `ref` as it may be shown on `today` (Kyiv's); None when there is none.

    `month` is the newest whose places may be shown (`domain.disclosure.newest_month`).
    """
    head = db.session.execute(_PLEDGE, {"ref": ref}).first()
    if head is None:
        return None
    until = known_until(today, delay_days)
    lines = tuple(PledgedLine(*row) for row in db.session.execute(_LINES, {"ref": ref}))
    changes = (Change(*row) for row in db.session.execute(_CHANGES, {"ref": ref, "until": until}))
    summed = counts(changes, sum(line.quantity for line in lines), until)
    body = db.session.scalar(_PLACES, {"ref": ref, "month": month})
    places = Places.from_json(json.loads(body)) if body else None
    return DonorView(*head, lines, summed, places)


@dataclass(frozen=True, slots=True)
class OwnPledge:
    """One line of a donor's list."""

    ref: str
    pledged_on: date
    counts: Counts


def donor_pledges(party: str | None, *, today: date, delay_days: int) -> list[OwnPledge]:
    """A donor's pledges, newest first, as they may be shown on `today` (Kyiv's)."""
    until = known_until(today, delay_days)
    heads = db.session.execute(
        select(
            Pledge.ref,
            Pledge.pledged_on,
            func.coalesce(func.sum(PledgeLine.quantity), 0).label("pledged"),
        )
        .outerjoin(PledgeLine, PledgeLine.pledge == Pledge.ref)
        .where(Pledge.donor == party)
        .group_by(Pledge.ref, Pledge.pledged_on)
        .order_by(Pledge.pledged_on.desc(), Pledge.ref)
    ).all()
    sums = db.session.execute(
        select(Tally.pledge, Tally.measure, func.sum(Tally.change).label("change"))
        .join(Pledge, Pledge.ref == Tally.pledge)
        .where(Pledge.donor == party, Tally.on <= until)
        .group_by(Tally.pledge, Tally.measure)
    )
    changes: dict[str, list[Change]] = {}
    for row in sums:
        changes.setdefault(row.pledge, []).append(Change(until, row.measure, int(row.change)))
    return [
        OwnPledge(row.ref, row.pledged_on, counts(changes.get(row.ref, ()), row.pledged, until))
        for row in heads
    ]


def is_of(ref: str, party: str | None) -> bool:
    """Whether the pledge `ref` is this donor's."""
    return db.session.scalar(select(Pledge.donor).where(Pledge.ref == ref)) == (party or "")


def shared_pledge(share: int, *, now: datetime) -> str | None:
    """The pledge that a link shows, while it lives; None afterwards."""
    return db.session.scalar(
        select(Share.pledge).where(
            Share.id == share, Share.revoked_at.is_(None), Share.expires_at > now
        )
    )


def shares_of(pledge: str) -> list[Share] | None:
    """All links to a pledge, newest first, for its coordinator; None when there is no pledge."""
    if db.session.scalar(select(Pledge.ref).where(Pledge.ref == pledge)) is None:
        return None
    rows = db.session.scalars(select(Share).where(Share.pledge == pledge).order_by(Share.id.desc()))
    return list(rows)
