"""Open discrepancies of each pledge, counted once a day for its donor."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from tracker.clock import day_in_kyiv
from tracker.db import db, transaction
from tracker.domain.disclosure import OPEN, REVIEW
from tracker.ledger import tallies
from tracker.models import DailyCount, Discrepancy, Item, Tally


def count_due_discrepancies(*, now: datetime) -> bool:
    """Count for yesterday (Kyiv's), unless that is done; whether it was counted now.

    Cheap when there is nothing to do, so that `tracker worker` may ask every minute. A day that
    was missed is not made up: its changes show on the next day that was counted.
    """
    day = day_in_kyiv(now) - timedelta(days=1)
    done = db.session.get(DailyCount, day) is not None
    db.session.rollback()
    if done:
        return False
    with transaction() as session:
        _count(session, day)
        session.add(DailyCount(on=day, made_at=now))
    return True


def _count(session: Session, day: date) -> None:
    """Add to `tally` by how much the numbers differ from those told so far.

    What newer rules found in old stories is counted by itself: it is looked through, no alarm.
    """
    changes: tallies.Changes = Counter()
    now_open = session.execute(
        select(Item.pledge, Discrepancy.kind, Discrepancy.review, func.count().label("number"))
        .join(Item, Item.id == Discrepancy.item)
        .where(Discrepancy.state == "open")
        .group_by(Item.pledge, Discrepancy.kind, Discrepancy.review)
    )
    for row in now_open:
        changes[row.pledge, REVIEW if row.review else OPEN + row.kind] += row.number
    counted = session.execute(
        select(Tally.pledge, Tally.measure, func.sum(Tally.change).label("number"))
        .where(or_(Tally.measure.startswith(OPEN), Tally.measure == REVIEW))
        .group_by(Tally.pledge, Tally.measure)
    )
    for kept in counted:
        changes[kept.pledge, kept.measure] -= int(kept.number)
    tallies.keep(session.connection(), changes, day)
