"""Whether a reader may look at a photo: it is theirs, or something in reach names it."""

from __future__ import annotations

from sqlalchemy import or_, select

from tracker.db import db
from tracker.domain.permissions import Actor
from tracker.models import (
    Discrepancy,
    Event,
    Evidence,
    HandoverAct,
    LossEvidence,
    LossReport,
    Upload,
)
from tracker.queries import reach


def photo_in_reach(sha: str, reader: Actor) -> bool:
    """Whether `sha`, the hash of a photo as it is kept or as a phone sent it, is in reach.

    That is so of what the reader brought, and of what an act, a report or a case in reach names.
    One statement, whether there is such a photo or not.
    """
    if not reach.is_bounded(reader):
        return True
    named = Event.body.contains(f'"{sha}"', autoescape=True)
    parts = (
        select(Evidence.sha256).where(Evidence.sha256 == sha, Evidence.kept_by == reader.ref),
        select(Upload.sha256).where(Upload.sha256 == sha, Upload.sent_by == reader.ref),
        select(HandoverAct.number).where(
            HandoverAct.photos.contains(sha, autoescape=True), reach.of(HandoverAct, reader)
        ),
        select(LossReport.number)
        .join(LossEvidence, LossEvidence.report == LossReport.number)
        .where(LossEvidence.sha256 == sha, reach.of(LossReport, reader)),
        select(Discrepancy.subject)
        .join(Event, Event.id == Discrepancy.event)
        .where(reach.of(Discrepancy, reader), named),
    )
    return bool(db.session.scalar(select(or_(*(part.exists() for part in parts)))))
