"""What a scanned label names, and batches of labels that were printed blank."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, case, func, select

from tracker.db import db
from tracker.domain.consignments import LOADING
from tracker.domain.permissions import Actor
from tracker.models import (
    Consignment,
    HandlingUnit,
    Item,
    Label,
    LabelBatch,
    Location,
    Party,
)
from tracker.queries import reach


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a label is: `state` is bound, blank or revoked; what it names, if anything.

    `replaced_by` and `revoked_at` are set on a revoked label, `batch` on one printed blank.
    """

    state: str
    item: int | None
    handling_unit: str | None
    location: str | None
    replaced_by: str | None
    revoked_at: datetime | None
    batch: int | None


@dataclass(frozen=True, slots=True)
class BoxContents:
    """A box or pallet: what was written on it, and its units by status."""

    code: str
    name: str
    kind: str
    units: dict[str, int]


def scanned_label(code: str) -> Scanned | None:
    """The label with this canonical code; None when there is none."""
    row = db.session.execute(
        select(
            Label.state,
            Label.item,
            Label.handling_unit,
            Label.location,
            Label.replaced_by,
            Label.revoked_at,
            Label.batch,
        ).where(Label.code == code)
    ).first()
    return Scanned(*row) if row else None


def box_contents(code: str, reader: Actor) -> BoxContents | None:
    """The handling unit in reach with this code."""
    box = reach.one(db.session(), HandlingUnit, code, reader)
    if box is None:
        return None
    rows = db.session.execute(
        select(Item.status, func.count())
        .where(Item.handling_unit == code, reach.of(Item, reader))
        .group_by(Item.status)
    )
    return BoxContents(box.code, box.name, box.kind, {status or "": n for status, n in rows})


@dataclass(frozen=True, slots=True)
class Choices:
    """References that a step's form offers."""

    locations: list[str]
    sites: list[str]
    consignments: list[str]
    receivers: list[str]


def choices(pledge: str | None, reader: Actor, own: frozenset[str] | None) -> Choices:
    """What in reach can be chosen for a unit of `pledge`; `own` narrows locations to an
    actor's."""
    known = select(Location.ref, Location.kind).where(reach.of(Location, reader))
    places = db.session.execute(known.order_by(Location.ref)).all()
    receivers = select(Party.ref).where(reach.of(Party, reader))
    allowed = [(ref, kind) for ref, kind in places if own is None or ref in own]
    journeys = select(Consignment.ref).where(
        Consignment.state.in_(LOADING), reach.of(Consignment, reader)
    )
    journeys = journeys.order_by(Consignment.ref).limit(500)
    if pledge is not None:
        journeys = journeys.where(Consignment.pledge == pledge)
    return Choices(
        [ref for ref, kind in allowed if kind != "site"],
        [ref for ref, kind in allowed if kind == "site"],
        list(db.session.scalars(journeys)),
        list(db.session.scalars(receivers.order_by(Party.ref))),
    )


@dataclass(frozen=True, slots=True)
class Batch:
    """Labels printed blank together, and what has become of them."""

    number: int
    many: int
    made_by: str
    made_at: datetime
    bound: int
    revoked: int
    unused: int


def batches(*, before: int | None = None, limit: int = 50) -> list[Batch]:
    """Batches of blank labels, newest first; those with a number below `before`."""
    query = _batches().order_by(LabelBatch.id.desc()).limit(limit)
    if before is not None:
        query = query.where(LabelBatch.id < before)
    return [Batch(*row) for row in db.session.execute(query)]


def batch(number: int) -> Batch | None:
    """One batch by its number."""
    row = db.session.execute(_batches().where(LabelBatch.id == number)).first()
    return Batch(*row) if row else None


def labels_of_batch(
    number: int, *, after: str = "", limit: int = 100
) -> list[Row[*tuple[Any, ...]]]:
    """(code, state, bound_at, worn) of a batch's labels by code; `worn` is its unit's code now."""
    return list(
        db.session.execute(
            select(Label.code, Label.state, Label.bound_at, Item.code.label("worn"))
            .outerjoin(Item, Item.id == Label.item)
            .where(Label.batch == number, Label.code > after)
            .order_by(Label.code)
            .limit(limit)
        )
    )


def _batches() -> Select[*tuple[Any, ...]]:
    states = [
        func.coalesce(func.sum(case((Label.state == state, 1), else_=0)), 0)
        for state in ("bound", "revoked", "blank")
    ]
    return (
        select(LabelBatch.id, LabelBatch.many, LabelBatch.made_by, LabelBatch.made_at, *states)
        .outerjoin(Label, Label.batch == LabelBatch.id)
        .group_by(LabelBatch.id, LabelBatch.many, LabelBatch.made_by, LabelBatch.made_at)
    )
