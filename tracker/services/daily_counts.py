"""Open discrepancies of each pledge, counted once a day for its donor."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tracker.clock import day_in_kyiv
from tracker.db import db, transaction
from tracker.domain.disclosure import OPEN
from tracker.models import DailyCount, Discrepancy, Item, Tally
from tracker.services import tallies


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
    """Add to `tally` by how much the numbers differ from those told so far."""
    changes: tallies.Changes = Counter()
    now_open = session.execute(
        select(Item.pledge, Discrepancy.kind, func.count().label("number"))
        .join(Item, Item.id == Discrepancy.item)
        .where(Discrepancy.state == "open")
        .group_by(Item.pledge, Discrepancy.kind)
    )
    for row in now_open:
        changes[row.pledge, OPEN + row.kind] += row.number
    told = session.execute(
        select(Tally.pledge, Tally.measure, func.sum(Tally.change).label("number"))
        .where(Tally.measure.startswith(OPEN))
        .group_by(Tally.pledge, Tally.measure)
    )
    for row in told:
        changes[row.pledge, row.measure] -= int(row.number)
    tallies.keep(session.connection(), changes, day)
