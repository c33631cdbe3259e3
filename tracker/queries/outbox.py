"""The outbox as a coordinator sees it: what waits, what is dead and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import func, select

from tracker.db import db
from tracker.models import Account, Outgoing, Subscription, Webhook
from tracker.queries.subscriptions import in_part

MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Dead:
    """A delivery that was given up; `whom` is a mail address in part, or a webhook's host."""

    id: str
    kind: str
    pledge: str
    whom: str
    made_at: datetime
    dead_at: datetime
    tries: int
    last_error: str | None


def tallied() -> dict[str, int]:
    """How many deliveries are `waiting`, `delivered` (in the last month) and `dead`."""
    dead, delivered = Outgoing.dead_at.is_not(None), Outgoing.delivered_at.is_not(None)
    row = db.session.execute(
        select(
            func.count().filter(~dead, ~delivered).label("waiting"),
            func.count().filter(delivered).label("delivered"),
            func.count().filter(dead).label("dead"),
        ).select_from(Outgoing)
    ).one()
    return dict(row._mapping)


def dead() -> Sequence[Dead]:
    """What was given up, newest first."""
    rows = db.session.execute(
        select(Outgoing, Subscription, Webhook, Account.email)
        .outerjoin(Subscription, Subscription.id == Outgoing.subscription)
        .outerjoin(Webhook, Webhook.id == Outgoing.webhook)
        .outerjoin(Account, Account.id == Subscription.account)
        .where(Outgoing.dead_at.is_not(None))
        .order_by(Outgoing.dead_at.desc(), Outgoing.id)
        .limit(MOST_SHOWN)
    )
    return [_dead(*row) for row in rows]


def _dead(
    row: Outgoing, subscription: Subscription | None, webhook: Webhook | None, email: str | None
) -> Dead:
    assert row.dead_at is not None
    if webhook is not None:
        pledge, whom = webhook.pledge, urlsplit(webhook.address).hostname or ""
    else:
        assert subscription is not None
        pledge, whom = subscription.pledge, in_part(email or subscription.address or "")
    return Dead(row.id, row.kind, pledge, whom, row.made_at, row.dead_at, row.tries, row.last_error)
