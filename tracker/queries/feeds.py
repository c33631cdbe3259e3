"""Feeds and calendars: who may fetch which, and what is in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from tracker.db import db
from tracker.domain.aid_codes import AidTerms
from tracker.domain.disclosure import newest_month
from tracker.domain.notices import News, next_month, published_on
from tracker.domain.permissions import SYSTEM, Action, Scope
from tracker.models import Account, Consignment, Discrepancy, FeedKey
from tracker.queries.aid_codes import running_codes
from tracker.queries.discrepancies import ALARMS
from tracker.queries.donors import DonorView, live_share
from tracker.queries.notices import days_of, last_day, tables
from tracker.queries.people import actor_of_account, token_hash
from tracker.queries.subscriptions import may_still_see, share_ends_at

DAYS_SHOWN, MONTHS_SHOWN = 60, 12
MOST_DUE = 500


@dataclass(frozen=True, slots=True)
class Reader:
    """Who fetches with a password: which pledge they may see (None: what is due for the staff)."""

    pledge: str | None
    share: int | None


@dataclass(frozen=True, slots=True)
class Day:
    """One entry of a feed: `shown_on` is the first day on which donors could see it.

    Either `news` of a day, or the `month` whose table of places was published.
    """

    shown_on: date
    news: News | None = None
    month: date | None = None


@dataclass(frozen=True, slots=True)
class Deadline:
    """One day of a calendar: `what` (a word of web.feeds.WHAT), about what, `uid` for programs.

    `counts_from` is the day from which its days are counted, where they are.
    """

    on: date
    what: str
    about: str
    uid: str
    counts_from: date | None = None


def reader_by_key(password: str, now: datetime) -> Reader | None:
    """Whom a password lets in today; None where it is unknown or its owner may see no more."""
    row = db.session.scalars(
        select(FeedKey).where(FeedKey.token_hash == token_hash(password))
    ).first()
    if row is None or not _may(row, now):
        return None
    return Reader(row.pledge, row.share)


def has_key(pledge: str, *, account: int | None = None, share: int | None = None) -> bool:
    """Whether this account, or this link, has a password for the feed of `pledge`."""
    whose = FeedKey.account == account if share is None else FeedKey.share == share
    return db.session.scalar(select(FeedKey.id).where(whose, FeedKey.pledge == pledge)) is not None


def days(view: DonorView, *, today: date, lag_days: int) -> list[Day]:
    """The days on which the readers of `view` saw something new, newest first."""
    late = today - last_day(view, today)
    found = [Day(news.until + late, news=news) for news in days_of(view, today, DAYS_SHOWN)]
    months = tables(view.portfolio.ref, newest_month(today, lag_days), MONTHS_SHOWN)
    found += [Day(published_on(month, lag_days), month=month) for month in months]
    return sorted(found, key=lambda day: (day.shown_on, day.month is None), reverse=True)


def donor_deadlines(
    ref: str,
    *,
    today: date,
    lag_days: int,
    share: int | None,
    day_of: Callable[[datetime], date],
) -> list[Deadline]:
    """What is to come for a donor: the next tables of places, the end of the link.

    `day_of` says on which day people say that a moment is.
    """
    month = next_month(today, lag_days)
    following = next_month(published_on(month, lag_days), lag_days)
    found = [
        Deadline(published_on(each, lag_days), "places", ref, f"places-{ref}-{each:%Y-%m}")
        for each in (month, following)
    ]
    ends_at = share_ends_at(share) if share is not None else None
    if ends_at is not None:
        found.append(Deadline(day_of(ends_at), "link", ref, f"link-{share}"))
    return found


def staff_deadlines(today: date, terms: AidTerms) -> list[Deadline]:
    """What is due for the staff: aid codes, consignments that are expected, discrepancies."""
    found = [*_clocks(today, terms), *_arrivals(), *_discrepancies()]
    return sorted(found, key=lambda one: (one.on, one.uid))


def _may(row: FeedKey, now: datetime) -> bool:
    if row.share is not None:
        link = live_share(row.share, now=now)
        return link is not None and not link.totals_only
    assert row.account is not None
    if row.pledge is not None:
        return may_still_see(row.account, row.pledge, now)
    account = db.session.get(Account, row.account)
    if account is None or not account.active:
        return False
    return actor_of_account(account, now).scope(Action.READ_DISCREPANCIES) is Scope.ALL


def _clocks(today: date, terms: AidTerms) -> Iterator[Deadline]:
    for code in running_codes(today, terms, SYSTEM)[:MOST_DUE]:
        for what, one in (("report", code.report), ("declaration", code.declaration)):
            if one is not None:
                yield Deadline(one.due_on, what, code.ref, f"{what}-{code.ref}", one.counts_from)


def _arrivals() -> Iterator[Deadline]:
    rows = db.session.execute(
        select(Consignment.ref, Consignment.eta_on)
        .where(
            Consignment.state.in_(("draft", "packed", "dispatched")),
            Consignment.eta_on.is_not(None),
        )
        .order_by(Consignment.eta_on, Consignment.ref)
        .limit(MOST_DUE)
    )
    for ref, eta_on in rows:
        assert eta_on is not None
        yield Deadline(eta_on, "arrival", ref, f"arrival-{ref}")


def _discrepancies() -> Iterator[Deadline]:
    rows = db.session.execute(
        select(Discrepancy.id, Discrepancy.due_on)
        .where(Discrepancy.state == "open", ALARMS)
        .order_by(Discrepancy.due_on, Discrepancy.id)
        .limit(MOST_DUE)
    )
    for number, due_on in rows:
        yield Deadline(due_on, "discrepancy", str(number), f"discrepancy-{number}")
