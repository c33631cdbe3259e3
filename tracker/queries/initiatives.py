"""Initiatives as rows, and which pledge belongs to which."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Row, func, select

from tracker.db import db
from tracker.models import Initiative, Party, Pledge


def list_initiatives() -> Sequence[Row[str, str, str, int]]:
    """(ref, name_en, name_uk, pledges) of every initiative, by reference."""
    return db.session.execute(
        select(
            Initiative.ref,
            Initiative.name_en,
            Initiative.name_uk,
            func.count(Pledge.ref).label("pledges"),
        )
        .outerjoin(Pledge, Pledge.initiative == Initiative.ref)
        .group_by(Initiative.ref, Initiative.name_en, Initiative.name_uk)
        .order_by(Initiative.ref)
    ).all()


def memberships() -> Sequence[Row[str, str, str | None]]:
    """(ref, donor_name, initiative) of every pledge, by reference."""
    return db.session.execute(
        select(Pledge.ref, Party.name.label("donor_name"), Pledge.initiative)
        .join(Party, Party.ref == Pledge.donor)
        .order_by(Pledge.ref)
    ).all()
