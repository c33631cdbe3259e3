"""What a donor's page is made from: promises, counts by day, monthly places, what was released.

These queries read `daily_count`, `pledge`, `pledge_line`, `initiative`, `product`, `party`,
`tally`, `place_snapshot`, `disclosure`, `release` and `share`, and never `item`, `event` or
`location`; a test holds them to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, select, true

from tracker.db import Moment, db
from tracker.domain.disclosure import Change, Counts, Places, add_up, counts, known_until
from tracker.domain.portfolios import FEWEST_DONORS, Kind, Portfolio
from tracker.models import (
    DailyCount,
    Disclosure,
    Initiative,
    Party,
    PlaceSnapshot,
    Pledge,
    PledgeLine,
    Product,
    Release,
    Share,
    Tally,
)


@dataclass(frozen=True, slots=True)
class PledgedLine:
    """Product x quantity, of one pledge or added up over several."""

    product_en: str
    product_uk: str
    quantity: int


@dataclass(frozen=True, slots=True)
class PledgeHead:
    """What a pledge is called, whose it is, and how many units it promises."""

    ref: str
    donor: str
    donor_name: str
    initiative: str | None
    pledged_on: date
    pledged: int


@dataclass(frozen=True, slots=True)
class Released:
    """A photo or statement that a donor may see. `name` is the photo's random address."""

    kind: str
    name: str
    pledge: str
    text_en: str
    text_uk: str
    released_at: datetime


@dataclass(frozen=True, slots=True)
class DonorView:
    """A portfolio as a donor sees it, and all of it: every page, export and notice is made of this.

    `name_en`, `name_uk` are its title. `pledges` and `released` are empty for the whole Mechanism,
    whose readers may not know each other's. `places` is None before the first snapshot, `released`
    has the newest first. `delay_days` is how late `counts` is, `matters_on` the day at whose end
    open discrepancies were counted last. `changes` is what `counts` was added up from.
    """

    portfolio: Portfolio
    name_en: str
    name_uk: str
    pledges: tuple[PledgeHead, ...]
    pledge_count: int
    lines: tuple[PledgedLine, ...]
    counts: Counts
    places: Places | None
    released: tuple[Released, ...]
    delay_days: int
    small_cell: int
    matters_on: date | None
    changes: tuple[Change, ...] = field(repr=False, default=())
    photos: bool = True
    totals_only: bool = False

    @property
    def donor_names(self) -> tuple[str, ...]:
        """Whose pledges these are, each once."""
        return tuple(dict.fromkeys(head.donor_name for head in self.pledges))

    def counts_at(self, day: date) -> Counts:
        """The counts as they were shown at the end of an earlier day."""
        return counts(self.changes, self.counts.pledged, min(day, self.counts.until))

    def narrowed(self, *, photos: bool, totals_only: bool) -> DonorView:
        """Without photos, or with totals only: no days, places, photos."""
        view = replace(self, photos=photos and not totals_only, totals_only=totals_only)
        if not view.photos:
            kept = tuple(one for one in view.released if one.kind != "photo")
            view = replace(view, released=kept)
        if totals_only:
            shown = replace(view.counts, timeline=())
            view = replace(view, counts=shown, places=None)
        return view


@dataclass(frozen=True, slots=True)
class Discretion:
    """How late and how coarse: the installation's numbers, which a pledge's can only exceed."""

    delay_days: int
    small_cell: int


def portfolio_view(
    portfolio: Portfolio, *, today: date, installation: Discretion, month: date
) -> DonorView | None:
    """The portfolio as it may be shown on `today` (Kyiv's); None when there is none.

    `month` is the newest whose places may be shown (`domain.disclosure.newest_month`). Of several
    pledges the most discreet decides how late the counts are.
    """
    names, heads = _names(portfolio), _heads(portfolio)
    if names is None or (not heads and (portfolio.kind is Kind.PLEDGE or portfolio.donor)):
        return None
    discretion = _discretion([head.ref for head in heads], installation)
    until = known_until(today, discretion.delay_days)
    changes = _changes(portfolio, until)
    is_whole = portfolio.kind is Kind.MECHANISM
    return DonorView(
        portfolio,
        *names,
        () if is_whole else heads,
        len(heads),
        _lines(portfolio),
        counts(changes, sum(head.pledged for head in heads), until),
        _places(portfolio, month),
        () if is_whole else _released(portfolio),
        discretion.delay_days,
        discretion.small_cell,
        db.session.scalar(select(func.max(DailyCount.on)).where(DailyCount.on <= until)),
        changes,
    )


def may_show_mechanism() -> bool:
    """Whether enough donors stand behind the whole for none to read another's figures off it."""
    donors = db.session.scalar(select(func.count(Pledge.donor.distinct())))
    return (donors or 0) >= FEWEST_DONORS


def _within(portfolio: Portfolio) -> ColumnElement[bool]:
    """Which pledges belong to the portfolio."""
    held = {
        Kind.PLEDGE: Pledge.ref == portfolio.ref,
        Kind.INITIATIVE: Pledge.initiative == portfolio.ref,
        Kind.DONOR: Pledge.donor == portfolio.ref,
        Kind.MECHANISM: true(),
    }[portfolio.kind]
    return held if portfolio.donor is None else and_(held, Pledge.donor == portfolio.donor)


def _refs(portfolio: Portfolio) -> Select[str]:
    return select(Pledge.ref).where(_within(portfolio))


def _names(portfolio: Portfolio) -> tuple[str, str] | None:
    """The title in English and Ukrainian; None where nothing has this reference."""
    if portfolio.kind is Kind.INITIATIVE:
        found = db.session.get(Initiative, portfolio.ref)
        return (found.name_en, found.name_uk) if found else None
    if portfolio.kind is Kind.DONOR:
        name = db.session.scalar(select(Party.name).where(Party.ref == portfolio.ref))
        return (name, name) if name else None
    return portfolio.ref, portfolio.ref


_PLEDGED = (
    select(PledgeLine.pledge, func.sum(PledgeLine.quantity).label("pledged"))
    .group_by(PledgeLine.pledge)
    .subquery()
)


def _heads(portfolio: Portfolio) -> tuple[PledgeHead, ...]:
    rows = db.session.execute(
        select(
            Pledge.ref,
            Pledge.donor,
            Party.name,
            Pledge.initiative,
            Pledge.pledged_on,
            func.coalesce(_PLEDGED.c.pledged, 0).label("pledged"),
        )
        .join(Party, Party.ref == Pledge.donor)
        .outerjoin(_PLEDGED, _PLEDGED.c.pledge == Pledge.ref)
        .where(_within(portfolio))
        .order_by(Pledge.pledged_on.desc(), Pledge.ref)
    )
    return tuple(PledgeHead(*row) for row in rows)


def _lines(portfolio: Portfolio) -> tuple[PledgedLine, ...]:
    rows = db.session.execute(
        select(Product.name_en, Product.name_uk, func.sum(PledgeLine.quantity).label("quantity"))
        .join(Product, Product.ref == PledgeLine.product)
        .where(PledgeLine.pledge.in_(_refs(portfolio)))
        .group_by(Product.ref, Product.name_en, Product.name_uk)
        .order_by(func.min(PledgeLine.id))
    )
    return tuple(PledgedLine(row.name_en, row.name_uk, int(row.quantity)) for row in rows)


def _changes(portfolio: Portfolio, until: date) -> tuple[Change, ...]:
    """What became known by the end of `until`, added up by day and measure."""
    rows = db.session.execute(
        select(Tally.on, Tally.measure, func.sum(Tally.change).label("change"))
        .where(Tally.pledge.in_(_refs(portfolio)), Tally.on <= until)
        .group_by(Tally.on, Tally.measure)
        .order_by(Tally.on, Tally.measure)
    )
    return tuple(Change(row.on, row.measure, int(row.change)) for row in rows)


def _places(portfolio: Portfolio, month: date) -> Places | None:
    """The newest published month of each pledge, added up."""
    newest = (
        select(PlaceSnapshot.pledge, func.max(PlaceSnapshot.month).label("month"))
        .where(PlaceSnapshot.pledge.in_(_refs(portfolio)), PlaceSnapshot.month <= month)
        .group_by(PlaceSnapshot.pledge)
        .subquery()
    )
    bodies = db.session.scalars(
        select(PlaceSnapshot.body)
        .join(
            newest,
            (newest.c.pledge == PlaceSnapshot.pledge) & (newest.c.month == PlaceSnapshot.month),
        )
        .order_by(PlaceSnapshot.pledge)
    ).all()
    kept = [Places.from_json(json.loads(body)) for body in bodies]
    return add_up(kept) if kept else None


def _released(portfolio: Portfolio) -> tuple[Released, ...]:
    rows = db.session.execute(
        select(
            Release.kind,
            Release.name,
            Release.pledge,
            Release.text_en,
            Release.text_uk,
            Release.decided_at,
        )
        .where(Release.pledge.in_(_refs(portfolio)), *_LIVE)
        .order_by(Release.decided_at.desc(), Release.id.desc())
    )
    return tuple(
        Released(row.kind, row.name, row.pledge, row.text_en, row.text_uk, row.decided_at)
        for row in rows
    )


_LIVE = (Release.approved.is_(True), Release.withdrawn_at.is_(None))


def _discretion(pledges: Sequence[str], installation: Discretion) -> Discretion:
    """The latest and coarsest of what these pledges' newest settings and the installation say."""
    said = newest_discretions(pledges).values()
    return Discretion(
        max([installation.delay_days, *(one.delay_days for one in said)]),
        max([installation.small_cell, *(one.small_cell for one in said)]),
    )


def newest_discretions(pledges: Iterable[str] | None = None) -> dict[str, Discretion]:
    """What was set last for each pledge that has settings of its own."""
    newest = select(func.max(Disclosure.id)).group_by(Disclosure.pledge)
    query = select(Disclosure).where(Disclosure.id.in_(newest))
    if pledges is not None:
        query = query.where(Disclosure.pledge.in_(list(pledges)))
    return {
        row.pledge: Discretion(row.delay_days, row.small_cell) for row in db.session.scalars(query)
    }


@dataclass(frozen=True, slots=True)
class OwnPledge:
    """One line of a donor's list."""

    ref: str
    initiative: str | None
    pledged_on: date
    counts: Counts


def donor_pledges(party: str | None, *, today: date, installation: Discretion) -> list[OwnPledge]:
    """A donor's pledges, newest first, as they may be shown on `today` (Kyiv's)."""
    heads = _heads(Portfolio(Kind.DONOR, party or ""))
    own = newest_discretions(head.ref for head in heads)
    found = []
    for head in heads:
        late = max(installation.delay_days, own.get(head.ref, installation).delay_days)
        until = known_until(today, late)
        sums = _sums(head.ref, until)
        found.append(
            OwnPledge(head.ref, head.initiative, head.pledged_on, counts(sums, head.pledged, until))
        )
    return found


def _sums(pledge: str, until: date) -> list[Change]:
    """Every measure's sum at the end of `until`, as one change."""
    rows = db.session.execute(
        select(Tally.measure, func.sum(Tally.change).label("change"))
        .where(Tally.pledge == pledge, Tally.on <= until)
        .group_by(Tally.measure)
    )
    return [Change(until, row.measure, int(row.change)) for row in rows]


def initiatives_of(party: str) -> list[tuple[str, str, str]]:
    """(reference, English name, Ukrainian name) of the initiatives that a donor has a part in."""
    rows = db.session.execute(
        select(Initiative.ref, Initiative.name_en, Initiative.name_uk)
        .where(Initiative.ref.in_(select(Pledge.initiative).where(Pledge.donor == party)))
        .order_by(Initiative.ref)
    )
    return [(row.ref, row.name_en, row.name_uk) for row in rows]


def is_known(ref: str) -> bool:
    """Whether there is a pledge `ref`."""
    return db.session.scalar(select(Pledge.ref).where(Pledge.ref == ref)) is not None


def is_of(ref: str, party: str | None) -> bool:
    """Whether the pledge `ref` is this donor's."""
    return db.session.scalar(select(Pledge.donor).where(Pledge.ref == ref)) == (party or "")


@dataclass(frozen=True, slots=True)
class LiveShare:
    """What a link that lives shows: one pledge, perhaps without photos, perhaps totals only."""

    id: int
    pledge: str
    photos: bool
    totals_only: bool


def live_share(share: int, *, now: datetime) -> LiveShare | None:
    """The link with this number, while it lives; None afterwards."""
    asked = {"share": share, "now": now}
    row = db.session.connection().execute(_LIVE_SHARE, asked).first()
    return LiveShare(*row) if row else None


# Built once, and past the session: every reader's browser asks this each minute.
_LIVE_SHARE = select(Share.id, Share.pledge, Share.photos, Share.totals_only).where(
    Share.id == bindparam("share"),
    Share.revoked_at.is_(None),
    Share.expires_at > bindparam("now", type_=Moment),
)


def shares_of(pledge: str) -> list[Share] | None:
    """All links to a pledge, newest first, for its coordinator; None when there is no pledge."""
    if not is_known(pledge):
        return None
    rows = db.session.scalars(select(Share).where(Share.pledge == pledge).order_by(Share.id.desc()))
    return list(rows)


def released_photo(name: str) -> tuple[str, str] | None:
    """The pledge and the evidence (SHA-256) of a released photo; None for any other name."""
    row = db.session.execute(
        select(Release.pledge, Release.sha256).where(
            Release.name == name, Release.kind == "photo", *_LIVE
        )
    ).first()
    return (row.pledge, row.sha256) if row and row.sha256 else None
