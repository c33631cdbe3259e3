"""What is due: late consignments, old discrepancies, running clocks, papers without a signature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Row, func, select

from tracker.db import db
from tracker.domain.consignments import REPORT_DAYS, SOON
from tracker.models import (
    Consignment,
    Discrepancy,
    HandoverAct,
    Item,
    PledgeLine,
    ReceivingVerdict,
)
from tracker.queries.acts import ActRow, list_acts
from tracker.queries.consignments import Journey, list_consignments

AGES = (7, 30)
MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Board:
    """One look at everything that waits.

    `ages` counts open discrepancies younger than a week, a month, and older, by kind; `changed`
    are verdicts that were followed by another; `without_value` counts units by pledge.
    """

    arriving: Sequence[Journey]
    late: Sequence[Journey]
    clocks: Sequence[Journey]
    ages: dict[str, tuple[int, int, int]]
    unsigned: Sequence[ActRow]
    changed: Sequence[Row[*tuple[Any, ...]]]
    without_value: Sequence[tuple[str, int]]


def board(today: date, day_began: Any) -> Board:
    """The board of `today` (Kyiv's day); `day_began` is the moment at which it did."""
    under_way = [
        row
        for state in ("draft", "packed", "dispatched")
        for row in list_consignments(today, state=state, limit=200)
    ]
    return Board(
        arriving=[row for row in under_way if row.eta_on == today],
        late=sorted(
            (row for row in under_way if row.is_late(today)), key=lambda row: row.eta_on or today
        ),
        clocks=_clocks(today),
        ages=_ages(day_began),
        unsigned=list_acts(state="draft", limit=MOST_SHOWN),
        changed=changed_verdicts(),
        without_value=_without_value(),
    )


def changed_verdicts(limit: int = MOST_SHOWN) -> Sequence[Row[*tuple[Any, ...]]]:
    """Units whose verdict was followed by another, newest first."""
    many = (
        select(ReceivingVerdict.consignment, ReceivingVerdict.item)
        .where(ReceivingVerdict.item.is_not(None))
        .group_by(ReceivingVerdict.consignment, ReceivingVerdict.item)
        .having(func.count() > 1)
        .subquery()
    )
    newest = (
        select(func.max(ReceivingVerdict.id))
        .join(
            many,
            (many.c.consignment == ReceivingVerdict.consignment)
            & (many.c.item == ReceivingVerdict.item),
        )
        .group_by(ReceivingVerdict.consignment, ReceivingVerdict.item)
    )
    return db.session.execute(
        select(
            ReceivingVerdict.consignment, ReceivingVerdict.code, ReceivingVerdict.verdict,
            ReceivingVerdict.said_at,
        )
        .where(ReceivingVerdict.id.in_(newest))
        .order_by(ReceivingVerdict.id.desc())
        .limit(limit)
    ).all()  # fmt: skip


def _clocks(today: date) -> list[Journey]:
    """Codes and declarations whose day comes soon or has passed, the most urgent first."""
    horizon = today - timedelta(days=REPORT_DAYS - SOON)
    refs = db.session.scalars(
        select(Consignment.ref).where(
            Consignment.aid_reported_on.is_(None),
            (Consignment.aid_coded_on <= horizon)
            | (Consignment.aid_coded_on.is_(None) & Consignment.aid_declared_on.is_not(None)),
        )
    ).all()
    wanted = set(refs)
    rows = [row for row in list_consignments(today, limit=200) if row.ref in wanted]
    urgent = [row for row in rows if row.aid is not None and row.aid.is_soon]
    return sorted(urgent, key=lambda row: row.aid.left if row.aid else 0)


def _ages(day_began: Any) -> dict[str, tuple[int, int, int]]:
    week, month = (day_began - timedelta(days=days) for days in AGES)
    rows = db.session.execute(
        select(
            Discrepancy.kind,
            func.count().filter(Discrepancy.opened_at >= week),
            func.count().filter(Discrepancy.opened_at < week, Discrepancy.opened_at >= month),
            func.count().filter(Discrepancy.opened_at < month),
        )
        .where(Discrepancy.state == "open")
        .group_by(Discrepancy.kind)
        .order_by(func.count().desc(), Discrepancy.kind)
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def _without_value() -> list[tuple[str, int]]:
    rows = db.session.execute(
        select(Item.pledge, func.count())
        .join(PledgeLine, PledgeLine.id == Item.pledge_line)
        .where(PledgeLine.unit_value.is_(None))
        .group_by(Item.pledge)
        .order_by(func.count().desc())
        .limit(MOST_SHOWN)
    )
    return [(pledge, many) for pledge, many in rows]


def unsigned_acts() -> int:
    """How many acts wait for their signatures."""
    return db.session.scalar(select(func.count()).where(HandoverAct.state == "draft")) or 0
