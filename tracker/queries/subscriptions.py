"""Subscriptions: whose they are, where they go, and whether that may still be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from tracker.db import db
from tracker.domain.permissions import Action, Scope
from tracker.models import Account, Share, Subscription
from tracker.queries.donors import is_of, live_share
from tracker.queries.people import actor_of_account, token_hash


@dataclass(frozen=True, slots=True)
class Mailing:
    """A subscription as its reader sees it; the address is shown in part."""

    id: int
    pledge: str
    cadence: str
    locale: str
    shown_address: str
    is_confirmed: bool


def may_still_see(account: int, pledge: str, now: datetime) -> bool:
    """Whether this account may have notices of `pledge` today."""
    row = db.session.get(Account, account)
    if row is None or not row.active:
        return False
    actor = actor_of_account(row, now)
    reach = actor.scope(Action.RECEIVE_NOTICES)
    return reach is Scope.ALL or (reach is Scope.OWN and is_of(pledge, actor.party))


def address_of(row: Subscription, now: datetime) -> str | None:
    """Where the mails of `row` go; None once its account or link may not see the pledge."""
    if row.account is not None:
        if not may_still_see(row.account, row.pledge, now):
            return None
        return db.session.scalar(select(Account.email).where(Account.id == row.account))
    assert row.share is not None
    return row.address if live_share(row.share, now=now) else None


def subscription_of(account: int, pledge: str) -> Subscription | None:
    """The account's own subscription to `pledge`."""
    return db.session.scalars(
        select(Subscription).where(Subscription.account == account, Subscription.pledge == pledge)
    ).first()


def by_token(token: str, now: datetime) -> Mailing | None:
    """The subscription that a token from a mail opens; None for one that never was or has ended."""
    row = db.session.scalars(
        select(Subscription).where(Subscription.manage_hash == token_hash(token))
    ).first()
    address = address_of(row, now) if row else None
    if row is None or address is None:
        return None
    return Mailing(
        row.id, row.pledge, row.cadence, row.locale, in_part(address), row.confirmed_at is not None
    )


def in_part(address: str) -> str:
    """`a…@example.org`: enough for whoever knows it."""
    name, _, host = address.rpartition("@")
    return f"{name[:1]}…@{host}"


def share_ends_at(share: int) -> datetime | None:
    """When a link ends."""
    return db.session.scalar(select(Share.expires_at).where(Share.id == share))
