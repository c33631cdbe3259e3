"""Passwords of feeds and calendars: made, shown once, and taken back by making another."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from tracker.db import transaction
from tracker.domain.permissions import Action, Actor
from tracker.errors import NotAllowed, NotFound
from tracker.models import FeedKey
from tracker.queries.donors import live_share
from tracker.queries.people import token_hash
from tracker.services.notices.subscriptions import account_of, must_receive


def make_key(pledge: str, *, by: Actor, now: datetime) -> str:
    """A new password (128 bits) for the feed and calendar of `pledge`; the one before ends.

    Raises NotAllowed, NotFound.
    """
    account = must_receive(pledge, by)
    with transaction() as session:
        session.execute(delete(FeedKey).where(FeedKey.account == account, FeedKey.pledge == pledge))
        return _new(session, now, account=account, pledge=pledge)


def make_shared_key(share: int, *, now: datetime) -> str:
    """The same for whoever holds a link; it ends with the link.

    Raises NotFound, also for a link that shows totals only: a feed tells days.
    """
    link = live_share(share, now=now)
    if link is None or link.totals_only:
        raise NotFound
    with transaction() as session:
        session.execute(delete(FeedKey).where(FeedKey.share == share))
        return _new(session, now, share=share, pledge=link.pledge)


def make_staff_key(*, by: Actor, now: datetime) -> str:
    """A new password for the calendar of what is due; the one before ends. Raises NotAllowed."""
    if not by.may(Action.READ_DISCREPANCIES):
        raise NotAllowed
    account = account_of(by)
    with transaction() as session:
        session.execute(delete(FeedKey).where(FeedKey.account == account, FeedKey.pledge.is_(None)))
        return _new(session, now, account=account)


def _new(session: Session, now: datetime, **whose: object) -> str:
    token = secrets.token_urlsafe(16)
    session.add(FeedKey(token_hash=token_hash(token), made_at=now, **whose))
    return token
