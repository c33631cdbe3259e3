"""What notices are made from: the view that a donor's page shows, and nothing beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from sqlalchemy import select

from tracker.db import db
from tracker.domain import portfolios
from tracker.domain.disclosure import Counts, newest_month
from tracker.domain.notices import News, Told, day_by_day, news, told_until
from tracker.models import PlaceSnapshot
from tracker.queries.donors import Discretion, DonorView, portfolio_view


def view_of(
    pledge: str, *, today: date, installation: Discretion, lag_days: int
) -> DonorView | None:
    """The pledge as its page shows it on `today` (Kyiv's); None when there is none."""
    return portfolio_view(
        portfolios.pledge(pledge),
        today=today,
        installation=installation,
        month=newest_month(today, lag_days),
    )


def last_day(view: DonorView, today: date) -> date:
    """The last day that notices of `view` tell of."""
    return told_until(today, view.counts.until)


def told_by(view: DonorView, today: date) -> Told:
    """What whoever looks at the page today is told by it."""
    month = view.places.month if view.places else None
    return Told(last_day(view, today), view.counts.pledged, month)


def news_of(view: DonorView, told: Told, today: date) -> tuple[News, Counts]:
    """What is new to a reader who was `told`, and how the pledge stands at the end of the day."""
    now = told_by(view, today)
    after = replace(view.counts_at(now.until), until=now.until)
    before = replace(view.counts_at(told.until), until=told.until)
    return news(told, before, after, now.month), after


def days_of(view: DonorView, today: date, most: int) -> list[News]:
    """The newest `most` days on which a number of `view` changed, newest first."""
    return day_by_day(view.changes, view.counts.pledged, last_day(view, today), most)


def tables(pledge: str, month: date, most: int) -> list[date]:
    """The newest `most` months until `month` of which there are tables, newest first."""
    rows = db.session.scalars(
        select(PlaceSnapshot.month)
        .where(PlaceSnapshot.pledge == pledge, PlaceSnapshot.month <= month)
        .order_by(PlaceSnapshot.month.desc())
        .limit(most)
    )
    return list(rows)
