"""Discrepancies as rows: what a person must settle, oldest first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select

from tracker.db import db
from tracker.models import Discrepancy, Event, Item, Product

LARGEST_PAGE = 200


@dataclass(frozen=True, slots=True)
class Case:
    """One discrepancy and what it is about.

    `item` is its number and `terminal` whether it is a satellite terminal, if it is about one;
    `code` is the label of the item or box, or the code or maker's number that named nothing;
    `pledge` and `status` are the item's; `step`, `made_by` and `effective_at` those of the event
    that opened it.
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
    body: dict[str, Any]
    detail: dict[str, Any]
    opened_at: datetime
    due_on: date
    owner: str | None
    raised_by: str | None
    decision: str | None
    settled_by: str | None
    settled_at: datetime | None
    wrong: str | None

    def is_overdue(self, today: date) -> bool:
        """Whether it is open and its day has passed."""
        return self.state == "open" and self.due_on < today

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
    """How much waits: open discrepancies, those past their day, and those of one owner."""

    open: int
    overdue: int
    mine: int


def list_discrepancies(
    *,
    state: str | None = "open",
    kind: str | None = None,
    owner: str | None = None,
    pledge: str | None = None,
    after: int | None = None,
    limit: int = 50,
) -> Page:
    """Discrepancies from the oldest on, at most `limit` after the one numbered `after`."""
    limit = max(1, min(limit, LARGEST_PAGE))
    query = _cases().order_by(Discrepancy.id).limit(limit + 1)
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
    found = [_case(row) for row in db.session.execute(query)]
    return Page(found[:limit], found[limit - 1].id if len(found) > limit else None)


def discrepancy(number: int) -> Case | None:
    """One discrepancy."""
    row = db.session.execute(_cases().where(Discrepancy.id == number)).first()
    return _case(row) if row else None


def open_discrepancies(item: int) -> list[Case]:
    """What waits about one item, oldest first."""
    query = _cases().where(Discrepancy.item == item, Discrepancy.state == "open")
    return [_case(row) for row in db.session.execute(query.order_by(Discrepancy.id))]


def waiting(today: date, owner: str) -> Load:
    """How much waits on `today` (Kyiv's day), and how much of it for `owner`."""
    is_open = Discrepancy.state == "open"
    row = db.session.execute(
        select(
            func.count(),
            func.count().filter(Discrepancy.due_on < today),
            func.count().filter(Discrepancy.owner == owner),
        ).where(is_open)
    ).one()
    return Load(*row)


def _cases() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Discrepancy.id, Discrepancy.kind, Discrepancy.state, Discrepancy.subject,
            Discrepancy.event, Discrepancy.detail, Discrepancy.opened_at, Discrepancy.due_on,
            Discrepancy.owner, Discrepancy.raised_by, Discrepancy.decision, Discrepancy.settled_by,
            Discrepancy.settled_at, Discrepancy.wrong, Discrepancy.item, Item.code, Item.pledge,
            Item.status, Product.kind.label("product_kind"), Event.step,
            Event.by.label("made_by"), Event.effective_at, Event.body,
        )
        .outerjoin(Item, Item.id == Discrepancy.item)
        .outerjoin(Product, Product.ref == Item.product)
        .outerjoin(Event, Event.id == Discrepancy.event)
    )  # fmt: skip


def _case(row: Any) -> Case:
    detail = json.loads(row.detail or "{}")
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
        body=json.loads(row.body) if row.body else {},
        detail=detail,
        opened_at=row.opened_at,
        due_on=row.due_on,
        owner=row.owner,
        raised_by=row.raised_by,
        decision=row.decision,
        settled_by=row.settled_by,
        settled_at=row.settled_at,
        wrong=row.wrong,
    )
