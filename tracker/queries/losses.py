"""Loss reports as rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select

from tracker.db import db
from tracker.domain.permissions import Actor
from tracker.models import Item, LossEvidence, LossLine, LossReport, Product
from tracker.queries import reach


@dataclass(frozen=True, slots=True)
class Whole:
    """One report, its units and the hashes of its photos."""

    row: LossReport
    units: Sequence[Row[*tuple[Any, ...]]]
    evidence: Sequence[str]


def list_reports(
    reader: Actor, kind: str | None = None, limit: int = 100
) -> Sequence[Row[*tuple[Any, ...]]]:
    """(report, how many units) of those in reach, newest first."""
    many = select(func.count()).where(LossLine.report == LossReport.number).scalar_subquery()
    query = select(LossReport, many).where(reach.of(LossReport, reader))
    query = query.order_by(LossReport.reported_at.desc()).limit(limit)
    if kind:
        query = query.where(LossReport.kind == kind)
    return db.session.execute(query).all()


def report(number: str, reader: Actor) -> Whole | None:
    """One report in reach, whole."""
    row = reach.one(db.session(), LossReport, number, reader)
    if row is None:
        return None
    units = db.session.execute(
        select(
            Item.id,
            Item.code,
            Item.status,
            Product.name_uk.label("product_uk"),
            Product.name_en.label("product_en"),
        )
        .join(LossLine, LossLine.item == Item.id)
        .join(Product, Product.ref == Item.product)
        .where(LossLine.report == number)
        .order_by(Item.id)
    ).all()
    proofs = db.session.scalars(select(LossEvidence.sha256).where(LossEvidence.report == number))
    return Whole(row, units, proofs.all())
