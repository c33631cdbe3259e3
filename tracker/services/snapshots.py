"""Monthly snapshots of places: the only bridge from sites to what donors see."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime, timedelta

from flask import current_app
from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from tracker.clock import day_in_kyiv
from tracker.db import db, transaction
from tracker.domain.disclosure import Places, cells_of_ukraine, publish, with_sectors
from tracker.domain.lifecycle import Status
from tracker.domain.places import SECTORS
from tracker.models import Item, Location, PlaceSnapshot, Pledge
from tracker.queries.donors import newest_discretions

DUE_DAYS = 7
"""How long after its end a month's snapshot may still be taken: a later one would show another
month than it says. A month that was missed stays without."""


def month_before(day: date) -> date:
    """The first day of the month before `day`'s."""
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def take_due_snapshots(*, now: datetime) -> int:
    """Take the last month's snapshots if they are due and missing; how many were taken.

    Cheap when there is nothing to do, so that `tracker worker` may ask every minute.
    """
    today = day_in_kyiv(now)
    month = month_before(today)
    if today.day > DUE_DAYS or not _is_missing(month):
        return 0
    return take_snapshots(month, now=now)


def _is_missing(month: date) -> bool:
    there = exists().where(PlaceSnapshot.pledge == Pledge.ref, PlaceSnapshot.month == month)
    missing = db.session.scalar(select(Pledge.ref).where(~there).limit(1)) is not None
    db.session.rollback()
    return missing


def take_snapshots(month: date, *, now: datetime) -> int:
    """Keep where every pledge's deployed units stand now, as donors will see it for `month`.

    A snapshot is taken once and never changed; pledges that have one are left alone. Raises
    `domain.places.UnknownPlace` for a front line (FRONT_LINE) that names no oblast.
    """
    settings = current_app.config
    cells = cells_of_ukraine(settings["FRONT_LINE"].split())
    taken = 0
    with transaction() as session:
        sites, units = _sites(session), _units(session)
        coarser = {ref: own.small_cell for ref, own in newest_discretions().items()}
        done = set(
            session.scalars(select(PlaceSnapshot.pledge).where(PlaceSnapshot.month == month))
        )
        for pledge in session.scalars(select(Pledge.ref).order_by(Pledge.ref)).all():
            if pledge in done:
                continue
            small_cell = max(settings["SMALL_CELL"], coarser.get(pledge, 0))
            oblasts, sectors = sites.get(pledge, ({}, {}))
            places = publish(
                month,
                oblasts,
                _previous(session, pledge, month),
                units=units.get(pledge, 0),
                cells=cells,
                small_cell=small_cell,
            )
            places = with_sectors(places, dict.fromkeys(SECTORS, 0) | sectors, small_cell)
            body = json.dumps(places.as_json(), sort_keys=True)
            session.add(PlaceSnapshot(pledge=pledge, month=month, body=body, made_at=now))
            taken += 1
    return taken


def _sites(session: Session) -> dict[str, tuple[dict[str, int], dict[str, int]]]:
    """Per pledge: at how many sites its units are in use, by oblast and, the same, by sector."""
    rows = session.execute(
        select(
            Item.pledge,
            Location.oblast,
            Location.sector,
            func.count(Item.location.distinct()).label("sites"),
        )
        .join(Location, Location.ref == Item.location)
        .where(
            Item.status == Status.DEPLOYED.value,
            Location.kind == "site",
            Location.oblast.is_not(None),
            Location.sector.is_not(None),
        )
        .group_by(Item.pledge, Location.oblast, Location.sector)
    )
    found: dict[str, tuple[Counter[str], Counter[str]]] = {}
    for row in rows:
        oblasts, sectors = found.setdefault(row.pledge, (Counter(), Counter()))
        oblasts[row.oblast] += row.sites
        sectors[row.sector] += row.sites
    return {pledge: (dict(oblasts), dict(sectors)) for pledge, (oblasts, sectors) in found.items()}


def _units(session: Session) -> dict[str, int]:
    """Per pledge: how many units are in use, which its donor is told day by day."""
    rows = session.execute(
        select(Item.pledge, func.count().label("units"))
        .where(Item.status == Status.DEPLOYED.value)
        .group_by(Item.pledge)
    )
    return {row.pledge: row.units for row in rows}


def _previous(session: Session, pledge: str, month: date) -> Places | None:
    body = session.scalar(
        select(PlaceSnapshot.body)
        .where(PlaceSnapshot.pledge == pledge, PlaceSnapshot.month < month)
        .order_by(PlaceSnapshot.month.desc())
        .limit(1)
    )
    return Places.from_json(json.loads(body)) if body else None
