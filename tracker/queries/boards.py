"""What is due: late consignments, old discrepancies, papers without a signature."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select

from tracker.db import db
from tracker.domain.permissions import Actor
from tracker.models import (
    Consignment,
    Discrepancy,
    HandoverAct,
    Item,
    PledgeLine,
    ReceivingVerdict,
)
from tracker.queries import reach
from tracker.queries.acts import ActRow, list_acts
from tracker.queries.consignments import LARGEST_PAGE, Journey, list_consignments
from tracker.queries.discrepancies import ALARMS, Review, reviews

AGES = (7, 30)
MOST_SHOWN = 50
ON_THE_WAY = ("draft", "packed", "dispatched")


@dataclass(frozen=True, slots=True)
class Board:
    """One look at everything that waits.

    `due` counts open discrepancies whose day is today or past. `late` begins with the
    most urgent; `late_many` and `unsigned_many` count also what is not shown.
    `short` are consignments from which units are missing: reference, origin, destination, how
    many. `ages` counts open discrepancies younger than a week, a month, and older, by kind, without
    the old ones in `reviews`; `changed` are verdicts that were followed by another;
    `without_value` counts units by pledge.
    """

    due: int
    arriving: Sequence[Journey]
    late: Sequence[Journey]
    late_many: int
    short: Sequence[Row[*tuple[Any, ...]]]
    ages: dict[str, tuple[int, int, int]]
    reviews: Sequence[Review]
    unsigned: Sequence[ActRow]
    unsigned_many: int
    changed: Sequence[Row[*tuple[Any, ...]]]
    without_value: Sequence[tuple[str, int]]


def board(
    reader: Actor, today: date, day_began: datetime, origins: Collection[str] | None = None
) -> Board:
    """The board of `today` (Kyiv's day), of what is in reach; `day_began` is when it did.

    With `origins`, what is missing is told of what left those places only.
    """
    late, late_many = _late(today, reader)
    cases = reach.of(Discrepancy, reader)
    return Board(
        due=_many(Discrepancy.state == "open", Discrepancy.due_on <= today, ALARMS, cases),
        arriving=list_consignments(
            today,
            reader,
            refs=_expected(reader, Consignment.eta_on == today),
            limit=LARGEST_PAGE,
        ),
        late=late,
        late_many=late_many,
        short=_short(reader, origins),
        ages=_ages(reader, day_began),
        unsigned=list_acts(reader, state="draft", limit=MOST_SHOWN),
        unsigned_many=_many(HandoverAct.state == "draft", reach.of(HandoverAct, reader)),
        reviews=reviews(reader),
        changed=changed_verdicts(reader),
        without_value=_without_value(reader),
    )


def _expected(reader: Actor, when: ColumnElement[bool]) -> Sequence[str]:
    """Consignments that have not arrived and should at some time, the oldest day first."""
    return db.session.scalars(
        select(Consignment.ref)
        .where(Consignment.state.in_(ON_THE_WAY), when, reach.of(Consignment, reader))
        .order_by(Consignment.eta_on, Consignment.ref)
    ).all()


def _late(today: date, reader: Actor) -> tuple[list[Journey], int]:
    refs = _expected(reader, Consignment.eta_on < today)
    rows = list_consignments(today, reader, refs=refs[:MOST_SHOWN])
    return sorted(rows, key=lambda row: row.eta_on or today), len(refs)


def changed_verdicts(reader: Actor, limit: int = MOST_SHOWN) -> Sequence[Row[*tuple[Any, ...]]]:
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
            ReceivingVerdict.consignment,
            ReceivingVerdict.code,
            ReceivingVerdict.verdict,
            ReceivingVerdict.said_at,
        )
        .join(Consignment, Consignment.ref == ReceivingVerdict.consignment)
        .where(ReceivingVerdict.id.in_(newest), reach.of(Consignment, reader))
        .order_by(ReceivingVerdict.id.desc())
        .limit(limit)
    ).all()


def _short(reader: Actor, origins: Collection[str] | None) -> Sequence[Row[*tuple[Any, ...]]]:
    """Consignments of which units are missing, by when the first was missed."""
    many = func.count().label("missing")
    query = (
        select(Consignment.ref, Consignment.origin, Consignment.destination, many)
        .join(Discrepancy, Discrepancy.consignment == Consignment.ref)
        .where(Discrepancy.kind == "short", Discrepancy.state == "open")
        .where(reach.of(Consignment, reader))
        .group_by(Consignment.ref, Consignment.origin, Consignment.destination)
        .order_by(func.min(Discrepancy.opened_at), Consignment.ref)
        .limit(MOST_SHOWN)
    )
    if origins is not None:
        query = query.where(Consignment.origin.in_(list(origins)))
    return db.session.execute(query).all()


def _many(*said: ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count()).where(*said)) or 0


def _ages(reader: Actor, day_began: datetime) -> dict[str, tuple[int, int, int]]:
    week, month = (day_began - timedelta(days=days) for days in AGES)
    rows = db.session.execute(
        select(
            Discrepancy.kind,
            func.count().filter(Discrepancy.opened_at >= week),
            func.count().filter(Discrepancy.opened_at < week, Discrepancy.opened_at >= month),
            func.count().filter(Discrepancy.opened_at < month),
        )
        .where(Discrepancy.state == "open", ALARMS, reach.of(Discrepancy, reader))
        .group_by(Discrepancy.kind)
        .order_by(func.count().desc(), Discrepancy.kind)
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def _without_value(reader: Actor) -> list[tuple[str, int]]:
    rows = db.session.execute(
        select(Item.pledge, func.count())
        .join(PledgeLine, PledgeLine.id == Item.pledge_line)
        .where(PledgeLine.unit_value.is_(None), reach.of(Item, reader))
        .group_by(Item.pledge)
        .order_by(func.count().desc())
        .limit(MOST_SHOWN)
    )
    return [(pledge, many) for pledge, many in rows]
