"""What an IATI activity says of a pledge beside its donor's counts: the promise, and its worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select

from tracker.db import db
from tracker.models import Initiative, Party, Pledge, PledgeLine, Product


def promise(pledge: str) -> Row[*tuple[Any, ...]] | None:
    """(ref, donor, donor_kind, pledged_on, legal_basis) of a pledge; None when there is none."""
    return db.session.execute(
        select(
            Pledge.ref,
            Party.name.label("donor"),
            Party.kind.label("donor_kind"),
            Pledge.pledged_on,
            Pledge.legal_basis,
        )
        .join(Party, Party.ref == Pledge.donor)
        .where(Pledge.ref == pledge)
    ).first()


def lines(pledge: str) -> Sequence[Row[*tuple[Any, ...]]]:
    """(name_en, name_uk, kind, quantity, unit_value, currency) of a pledge's lines, in order."""
    return db.session.execute(
        select(
            Product.name_en,
            Product.name_uk,
            Product.kind,
            PledgeLine.quantity,
            PledgeLine.unit_value,
            PledgeLine.currency,
        )
        .join(Product, Product.ref == PledgeLine.product)
        .where(PledgeLine.pledge == pledge)
        .order_by(PledgeLine.id)
    ).all()


def pledges_of(initiative: str) -> list[str] | None:
    """References of an initiative's pledges; None when there is no such initiative."""
    if db.session.get(Initiative, initiative) is None:
        return None
    query = select(Pledge.ref).where(Pledge.initiative == initiative).order_by(Pledge.ref)
    return list(db.session.scalars(query))
