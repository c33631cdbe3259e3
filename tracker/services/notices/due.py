"""Notices that are due: written to the outbox when a day is over on which something changed.

What a notice says comes from the view that the donor's page shows, and from nothing else. A reader
whose pledge did not move is told nothing, and counts as told.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker.clock import KYIV, day_in_kyiv
from tracker.db import db, transaction
from tracker.domain.disclosure import Counts
from tracker.domain.notices import News, Told, is_due
from tracker.domain.rules import RULES
from tracker.models import Subscription, Webhook
from tracker.queries.donors import DonorView, live_share
from tracker.queries.notices import last_day, news_of
from tracker.queries.subscriptions import address_of, may_still_see
from tracker.services.notices import mail_texts, outbox, subscriptions, webhooks
from tracker.services.notices.mail_texts import public_address

MORNING = time(8)  # Kyiv's: no mail comes at night
MOST = 500  # readers in one turn of the worker

Reader = Any  # a row that keeps what it was told: Subscription or Webhook


def write_due_digests(*, now: datetime) -> int:
    """Put a digest for every subscription that is due into the outbox; how many."""
    return _write(Subscription, Subscription.confirmed_at.is_not(None), _tell_by_mail, now)


def write_due_calls(*, now: datetime) -> int:
    """Put a call of every webhook that is due into the outbox; how many."""
    return _write(Webhook, Webhook.id.is_not(None), _tell_by_call, now)


def _write(
    table: type[Reader],
    which: Any,
    tell: Callable[[Session, Reader, datetime], bool],
    now: datetime,
) -> int:
    """Look once a day for each reader whether there is news, in one transaction with telling."""
    today = day_in_kyiv(now)
    due = table.looked_on < today
    numbers = db.session.scalars(
        select(table.id).where(which, due).order_by(table.id).limit(MOST)
    ).all()
    db.session.rollback()
    told = 0
    for number in numbers:
        with transaction() as session:
            row = session.scalars(
                select(table).where(table.id == number, due).with_for_update(skip_locked=True)
            ).first()
            if row is not None:
                row.looked_on = today
                told += tell(session, row, now)
    return told


def _tell_by_mail(session: Session, row: Subscription, now: datetime) -> bool:
    if address_of(row, now) is None:
        session.delete(row)
        return False
    view = _view(row, now)
    found = _news(row, view, row.cadence, now)
    if view is None or found is None:
        return False
    page = public_address(f"/d/pledges/{row.pledge}" if row.account else "/d/")
    letter = mail_texts.digest(view, *found, page=page, locale=row.locale)
    morning = datetime.combine(day_in_kyiv(now), MORNING, KYIV)
    due_at = max(now, morning.astimezone(now.tzinfo))
    outbox.put(session, "mail", row.id, letter.as_json(), now=now, due_at=due_at)
    return True


def _tell_by_call(session: Session, row: Webhook, now: datetime) -> bool:
    if not may_still_see(row.account, row.pledge, now):
        session.delete(row)
        return False
    found = _news(row, subscriptions.view_today(row.pledge, now), "daily", now)
    if found is None:
        return False
    outbox.put(session, "webhook", row.id, call_body(row.pledge, *found), now=now)
    return True


def _view(row: Subscription, now: datetime) -> DonorView | None:
    """What the reader's own page shows: through a narrow link, as narrow as that."""
    view = subscriptions.view_today(row.pledge, now)
    link = live_share(row.share, now=now) if row.share is not None else None
    if view is None or link is None:
        return view
    return view.narrowed(photos=link.photos, totals_only=link.totals_only)


def _news(
    row: Reader, view: DonorView | None, cadence: str, now: datetime
) -> tuple[News, Counts] | None:
    """What is new to this reader, who is told by it; None where nothing is due or new."""
    today = day_in_kyiv(now)
    if view is None or not is_due(cadence, row.told_until, last_day(view, today)):
        return None
    news, counts = news_of(view, Told(row.told_until, row.told_pledged, row.told_month), today)
    news = _with_released(news, view)
    if row.told_rules < RULES:
        news, row.told_rules = replace(news, said_online=counts.said_online), RULES
    row.told_until, row.told_pledged = news.until, counts.pledged
    row.told_month = news.month or row.told_month
    return (news, counts) if news else None


def _with_released(news: News, view: DonorView) -> News:
    """The news with the photos and statements that were released on its days."""
    shown = [
        one for one in view.released if news.since < day_in_kyiv(one.released_at) <= news.until
    ]
    return replace(
        news,
        photos=sum(one.kind == "photo" for one in shown),
        statements=tuple((one.text_en, one.text_uk) for one in shown if one.kind == "statement"),
    )


def call_body(pledge: str, news: News, counts: Counts) -> str:
    """What a webhook is sent: docs/notices.md and the schema `PledgeChanged` describe it."""
    changed = [
        {"kind": one.kind, "name": one.name, "before": one.before, "after": one.after}
        for one in news.moved
    ]
    said = {
        "pledge": pledge,
        "since": news.since.isoformat(),
        "until": news.until.isoformat(),
        "pledged": counts.pledged,
        "to_come": counts.to_come,
        "stages": counts.stages,
        "proved": {step.rung.value: step.units for step in counts.ladder},
        "damaged": counts.damaged,
        "open": sum(counts.open.values()),
        "changed": changed,
        "places_month": news.month.strftime("%Y-%m") if news.month else None,
        "photos": news.photos,
        "statements": [{"en": english, "uk": ukrainian} for english, ukrainian in news.statements],
        "said_online": news.said_online,
        "page": public_address(f"/d/pledges/{pledge}"),
    }
    ended = f"{news.until + timedelta(days=1)}T00:00:00Z"
    return json.dumps(
        {"type": "pledge.changed", "timestamp": ended, "data": said},
        ensure_ascii=False,
        sort_keys=True,
    )


def deliver_mails(*, now: datetime) -> int:
    """Deliver the mails that are due; how many went. What failed is logged and tried again."""
    return outbox.deliver_due("mail", lambda due: subscriptions.send(due, now=now), now=now)[0]


def deliver_calls(*, now: datetime) -> int:
    """Call the webhooks that are due; how many took it. What failed is logged and tried again."""
    return outbox.deliver_due("webhook", lambda due: webhooks.call(due, now=now), now=now)[0]


def forget_ended(*, now: datetime) -> int:
    """Forget readers who are none any more, and what was delivered long ago; nothing is counted."""
    outbox.sweep(now=now)
    subscriptions.forget_ended(now=now)
    webhooks.forget_ended()
    return 0


JOBS: dict[str, Callable[..., int]] = {
    "readers-forgotten": forget_ended,
    "digests-written": write_due_digests,
    "calls-written": write_due_calls,
    "mails-sent": deliver_mails,
    "webhooks-called": deliver_calls,
}
"""What `tracker worker` does for donors, in this order; each is called with `now`."""
