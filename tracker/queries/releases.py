"""Photos that could be shown to a donor, and what was released or waits for a second person."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, cast, func, literal, select

from tracker.db import db
from tracker.models import Event, Evidence, Item, Release, Upload

MOST_PHOTOS = 60


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo of a pledge's unit: as evidence holds it, and the scan that it came with."""

    sha256: str
    code: str
    step: str
    effective_at: datetime


def photos_of(pledge: str, limit: int | None = None) -> dict[str, Photo]:
    """The photos that scans of the pledge's units brought, newest scan first, by SHA-256."""
    rows = db.session.execute(
        select(Event.body, Event.step, Event.effective_at, Item.code)
        .join(Item, Event.subject == literal("item:") + cast(Item.id, String))
        .where(Item.pledge == pledge, Event.body.contains('"evidence":["'))
        .order_by(Event.position.desc())
        .limit(limit)
    ).all()
    said = [(sha, row) for row in rows for sha in json.loads(row.body)["evidence"]]
    kept = _kept_as({sha for sha, _ in said})
    found: dict[str, Photo] = {}
    for sha, row in said:
        if sha in kept:
            one = Photo(kept[sha], row.code, row.step, row.effective_at)
            found.setdefault(one.sha256, one)
    return found


def _kept_as(said: set[str]) -> dict[str, str]:
    """The hash that a scan names -> the photo that evidence holds (written anew from a phone's)."""
    names = {sha: sha for sha in said}
    uploads = select(Upload.sha256, Upload.kept_as).where(
        Upload.sha256.in_(said), Upload.kept_as.is_not(None)
    )
    names |= {row.sha256: row.kept_as for row in db.session.execute(uploads)}
    photos = set(
        db.session.scalars(
            select(Evidence.sha256).where(
                Evidence.sha256.in_(names.values()), Evidence.kind == "photo"
            )
        )
    )
    return {sha: kept for sha, kept in names.items() if kept in photos}


def waiting() -> Sequence[Release]:
    """Photos that wait for a second person, oldest first."""
    return db.session.scalars(
        select(Release)
        .where(Release.kind == "photo", Release.decided_at.is_(None))
        .order_by(Release.id)
    ).all()


def how_many_wait() -> int:
    """How many photos wait for a second person."""
    return (
        db.session.scalar(
            select(func.count()).where(Release.kind == "photo", Release.decided_at.is_(None))
        )
        or 0
    )


def releases_of(pledge: str) -> Sequence[Release]:
    """Everything proposed, shown, refused or withdrawn for a pledge, newest first."""
    return db.session.scalars(
        select(Release).where(Release.pledge == pledge).order_by(Release.id.desc())
    ).all()
