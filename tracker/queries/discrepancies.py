"""Discrepancies as rows: what a person must settle, oldest first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, false, func, or_, select, true

from tracker.db import db
from tracker.domain.bodies import Said
from tracker.domain.discrepancies import Detail
from tracker.domain.permissions import Actor
from tracker.models import Discrepancy, Event, Item, Product
from tracker.queries import reach

LARGEST_PAGE = 200


@dataclass(frozen=True, slots=True)
class Case:
    """One discrepancy and what it is about.

    `item` is its number and `terminal` whether it is a satellite terminal, if it is about one;
    `code` is the label of the item or box, or the code or maker's number that named nothing;
    `pledge` and `status` are the item's; `step`, `made_by` and `effective_at` those of the event
    that opened it. `review` names the batch of old cases that it belongs to, if it does.
    """

    id: int
    kind: str
    state: str
    subject: str
    item: int | None
    terminal: bool
    code: str
    pledge: str | None
    status: str | None
    event: str
    step: str | None
    made_by: str | None
    effective_at: datetime | None
    body: Said
    detail: Detail
    opened_at: datetime
    due_on: date
    owner: str | None
    raised_by: str | None
    review: str | None
    decision: str | None
    settled_by: str | None
    settled_at: datetime | None
    wrong: str | None

    def is_overdue(self, today: date) -> bool:
        """Whether it is open and its day has passed; an old case in review is never late."""
        return self.state == "open" and self.due_on < today and self.review is None

    @property
    def other_at(self) -> datetime | None:
        """For a conflict: when the second content says that it happened."""
        said = self.detail.get("occurred_at")
        return datetime.fromisoformat(said) if said else None

    @property
    def missing(self) -> tuple[str, ...]:
        """For a gap: the steps that nobody scanned."""
        steps = self.detail.get("missing") or self.detail.get("gap") or ()
        return tuple(str(step) for step in steps)


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list, and the number to pass as `after` for the next part (None at the end)."""

    rows: Sequence[Case]
    after: int | None


@dataclass(frozen=True, slots=True)
class Load:
    """How much waits: open discrepancies, those past their day, and those of one owner.

    What a review of old cases holds is `in_review`; nobody has to settle it by a day.
    """

    open: int
    overdue: int
    mine: int
    in_review: int


@dataclass(frozen=True, slots=True)
class Review:
    """Old cases that newer rules found, as one entry: how many of each kind, the most first.

    `due_on` is the day by which they should be looked through.
    """

    name: str
    kinds: dict[str, int]
    due_on: date

    @property
    def number(self) -> int:
        """How many cases it holds."""
        return sum(self.kinds.values())


ALARMS = Discrepancy.review.is_(None)
"""What is to be settled by its day: all but the old cases that are in a review."""


def list_discrepancies(
    reader: Actor,
    *,
    state: str | None = "open",
    kind: str | None = None,
    owner: str | None = None,
    pledge: str | None = None,
    review: str | None = None,
    after: int | None = None,
    limit: int = 50,
) -> Page:
    """Discrepancies in reach from the oldest on, at most `limit` after the one numbered `after`.

    Those of the batch `review`; without one those that are in none, or that somebody has taken.
    """
    limit = max(1, min(limit, LARGEST_PAGE))
    within = Discrepancy.review == review if review else or_(ALARMS, true() if owner else false())
    query = (
        _cases()
        .where(within, reach.of(Discrepancy, reader))
        .order_by(Discrepancy.id)
        .limit(limit + 1)
    )
    for held, asked in (
        (Discrepancy.state, state),
        (Discrepancy.kind, kind),
        (Discrepancy.owner, owner),
        (Item.pledge, pledge),
    ):
        if asked:
            query = query.where(held == asked)
    if after is not None:
        query = query.where(Discrepancy.id > after)
    found = [_case(row, reader) for row in db.session.execute(query)]
    return Page(found[:limit], found[limit - 1].id if len(found) > limit else None)


def reviews(reader: Actor, *, state: str | None = "open", kind: str | None = None) -> list[Review]:
    """The batches of old cases that hold any such in reach, by name."""
    query = (
        select(
            Discrepancy.review,
            Discrepancy.kind,
            func.count().label("number"),
            func.min(Discrepancy.due_on).label("due_on"),
        )
        .where(Discrepancy.review.is_not(None), reach.of(Discrepancy, reader))
        .group_by(Discrepancy.review, Discrepancy.kind)
        .order_by(Discrepancy.review, func.count().desc(), Discrepancy.kind)
    )
    for held, said in ((Discrepancy.state, state), (Discrepancy.kind, kind)):
        if said:
            query = query.where(held == said)
    found: dict[str, Review] = {}
    for row in db.session.execute(query):
        one = found.setdefault(row.review, Review(row.review, {}, row.due_on))
        one.kinds[row.kind] = row.number
    return list(found.values())


def discrepancy(number: int, reader: Actor) -> Case | None:
    """One discrepancy in reach."""
    within = _cases().where(Discrepancy.id == number, reach.of(Discrepancy, reader))
    row = db.session.execute(within).first()
    return _case(row, reader) if row else None


def open_discrepancies(item: int, reader: Actor) -> list[Case]:
    """What waits about one item in reach, oldest first."""
    query = _cases().where(Discrepancy.item == item, Discrepancy.state == "open")
    return [_case(row, reader) for row in db.session.execute(query.order_by(Discrepancy.id))]


def waiting(today: date, reader: Actor) -> Load:
    """How much in reach waits on `today` (Kyiv's day), and how much of it for the reader."""
    is_open = Discrepancy.state == "open"
    row = db.session.execute(
        select(
            func.count().filter(ALARMS),
            func.count().filter(ALARMS, Discrepancy.due_on < today),
            func.count().filter(Discrepancy.owner == reader.ref),
            func.count().filter(~ALARMS),
        ).where(is_open, reach.of(Discrepancy, reader))
    ).one()
    return Load(*row)


def due_by(day: date, reader: Actor, limit: int) -> list[Case]:
    """Open discrepancies in reach whose day is `day` or before, the first day first; at most
    `limit`."""
    query = (
        _cases()
        .where(Discrepancy.state == "open", ALARMS, Discrepancy.due_on <= day)
        .where(reach.of(Discrepancy, reader))
        .order_by(Discrepancy.due_on, Discrepancy.id)
        .limit(limit)
    )
    return [_case(row, reader) for row in db.session.execute(query)]


def _cases() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Discrepancy.id,
            Discrepancy.kind,
            Discrepancy.state,
            Discrepancy.subject,
            Discrepancy.event,
            Discrepancy.detail,
            Discrepancy.opened_at,
            Discrepancy.due_on,
            Discrepancy.owner,
            Discrepancy.raised_by,
            Discrepancy.review,
            Discrepancy.decision,
            Discrepancy.settled_by,
            Discrepancy.settled_at,
            Discrepancy.wrong,
            Discrepancy.item,
            Item.code,
            Item.pledge,
            Item.status,
            Product.kind.label("product_kind"),
            Event.step,
            Event.by.label("made_by"),
            Event.effective_at,
            Event.body,
        )
        .outerjoin(Item, Item.id == Discrepancy.item)
        .outerjoin(Product, Product.ref == Item.product)
        .outerjoin(Event, Event.id == Discrepancy.event)
    )


def _case(row: Any, reader: Actor) -> Case:
    detail = reach.told(json.loads(row.detail or "{}"), reader)
    return Case(
        id=row.id,
        kind=row.kind,
        state=row.state,
        subject=row.subject,
        item=row.item,
        terminal=row.product_kind == "satellite_terminal",
        code=row.code or detail.get("code") or row.subject.partition(":")[2],
        pledge=row.pledge,
        status=row.status,
        event=row.event,
        step=row.step,
        made_by=row.made_by,
        effective_at=row.effective_at,
        body=reach.shown(json.loads(row.body), reader) if row.body else {},
        detail=detail,
        opened_at=row.opened_at,
        due_on=row.due_on,
        owner=row.owner,
        raised_by=row.raised_by,
        review=row.review,
        decision=row.decision,
        settled_by=row.settled_by,
        settled_at=row.settled_at,
        wrong=row.wrong,
    )
