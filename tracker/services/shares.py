"""Share links: one pledge shown to a donor without an account."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select, update

from tracker.db import db, transaction
from tracker.domain.permissions import Action, Actor
from tracker.errors import InvalidValue, NotAllowed, NotFound
from tracker.ledger.stating import act_as
from tracker.models import Pledge, Share
from tracker.queries.people import token_hash

LONGEST_DAYS = 366


def make_share(
    pledge: str,
    *,
    days: int,
    by: Actor,
    now: datetime,
    photos: bool = True,
    totals_only: bool = False,
) -> str:
    """Make a link to `pledge` that ends after `days`; returns its token, which is kept nowhere.

    It can be narrowed: without `photos`, or with totals only. The token has 128 random bits (22
    characters). Raises NotAllowed, NotFound, InvalidValue.
    """
    if not by.may(Action.SHARE_WITH_DONOR):
        raise NotAllowed
    if not 1 <= days <= LONGEST_DAYS:
        raise InvalidValue(f"A link lives from 1 to {LONGEST_DAYS} days.", field="days")
    token = secrets.token_urlsafe(16)
    with transaction() as session:
        act_as(session, by.ref)
        if session.get(Pledge, pledge) is None:
            raise NotFound
        session.add(
            Share(
                pledge=pledge,
                token_hash=token_hash(token),
                photos=photos and not totals_only,
                totals_only=totals_only,
                made_by=by.ref,
                made_at=now,
                expires_at=now + timedelta(days=days),
            )
        )
    return token


def revoke_share(share: int, *, by: Actor, now: datetime, pledge: str | None = None) -> None:
    """End a link at once; of `pledge`, where that is said. Raises NotAllowed, NotFound."""
    if not by.may(Action.SHARE_WITH_DONOR):
        raise NotAllowed
    with transaction() as session:
        act_as(session, by.ref)
        row = session.get(Share, share)
        if row is None or pledge not in (None, row.pledge):
            raise NotFound
        row.revoked_at = row.revoked_at or now


def open_share(token: str, *, now: datetime) -> int:
    """Exchange a token for the number of its link, and count the use.

    Raises NotFound for a token that never was, has expired or was revoked: one question, one
    answer for all. Nothing is written for them, so that guessing cannot hold up writers.
    """
    share = db.session.scalar(
        select(Share.id).where(
            Share.token_hash == token_hash(token),
            Share.revoked_at.is_(None),
            Share.expires_at > now,
        )
    )
    if share is None:
        raise NotFound
    with transaction() as session:
        session.execute(
            update(Share).where(Share.id == share).values(uses=Share.uses + 1, used_at=now)
        )
    return int(share)
