"""Letting a donor see a photo or a statement. A photo takes two people: it can tell where it is."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tracker.db import transaction
from tracker.domain.permissions import Action, Actor
from tracker.domain.texts import fitting
from tracker.errors import Conflict, InvalidValue, NotAllowed, NotFound, OwnEvent
from tracker.models import Evidence, Pledge, Release
from tracker.queries import releases
from tracker.services import evidence

LONGEST_TEXT = 1000
SIDE = 1200
"""Pixels of the longer side of the copy that donors get."""


def propose_photo(
    pledge: str, photo: str, *, text_en: str, text_uk: str, by: Actor, now: datetime
) -> int:
    """Propose to show a photo of the pledge's units (SHA-256); the release's number.

    Raises NotAllowed, NotFound (the photo proves nothing of this pledge), Conflict (proposed or
    shown already) and InvalidValue (no words in one of the languages).
    """
    said = _said(text_en, text_uk, by)
    if photo not in releases.photos_of(pledge):
        raise NotFound
    with transaction() as session:
        held = session.get(Pledge, pledge, with_for_update={"key_share": True})  # one at a time
        if held is None:
            raise NotFound
        known = select(func.count()).where(
            Release.pledge == pledge,
            Release.source == photo,
            Release.withdrawn_at.is_(None),
            Release.approved.is_not(False),
        )
        if session.scalar(known):
            raise Conflict("Somebody has proposed this photo already.")
        return _keep(session, pledge, "photo", said, by, now, source=photo)


def publish_statement(pledge: str, *, text_en: str, text_uk: str, by: Actor, now: datetime) -> int:
    """Show a sentence beside the figures, at once. Raises NotAllowed, NotFound, InvalidValue."""
    said = _said(text_en, text_uk, by)
    with transaction() as session:
        number = _keep(session, pledge, "statement", said, by, now)
        row = session.get_one(Release, number)
        row.decided_by, row.decided_at, row.approved = by.ref, now, True
    return number


def approve_photo(release: int, *, by: Actor, now: datetime) -> None:
    """Show the photo, as the second person: a smaller copy is made for donors.

    Raises NotAllowed, NotFound, Conflict (decided already) and OwnEvent (one's own proposal).
    """
    _may(by)
    with transaction() as session:
        row = _waiting(session, release)
        if row.proposed_by == by.ref or row.source is None:
            raise OwnEvent
        content = evidence.shrunk(row.source, SIDE)
        row.sha256 = evidence.keep_within(session, content, "photo", by=by, now=now)
        row.decided_by, row.decided_at, row.approved = by.ref, now, True


def refuse_photo(release: int, *, by: Actor, now: datetime) -> None:
    """Do not show it: a second person's word, or the first person's second thought.

    Raises NotAllowed, NotFound and Conflict (decided already).
    """
    _may(by)
    with transaction() as session:
        row = _waiting(session, release)
        row.decided_by, row.decided_at, row.approved = by.ref, now, False


def withdraw(release: int, *, by: Actor, now: datetime) -> None:
    """Show it no longer, from now on. Raises NotAllowed, NotFound."""
    _may(by)
    with transaction() as session:
        ended = session.execute(
            update(Release)
            .where(
                Release.id == release, Release.approved.is_(True), Release.withdrawn_at.is_(None)
            )
            .values(withdrawn_by=by.ref, withdrawn_at=now)
        )
        if ended.rowcount != 1:  # type: ignore[attr-defined]
            raise NotFound


def _may(by: Actor) -> None:
    if not by.may(Action.RELEASE):
        raise NotAllowed


def _said(text_en: str, text_uk: str, by: Actor) -> tuple[str, str]:
    _may(by)
    said = {"text_en": text_en, "text_uk": text_uk}
    texts = {name: fitting(text, LONGEST_TEXT, name) for name, text in said.items()}
    for name, text in texts.items():
        if len(text) < 3:
            raise InvalidValue("Say it in a sentence, in both languages.", field=name)
    return texts["text_en"], texts["text_uk"]


def _keep(
    session: Session,
    pledge: str,
    kind: str,
    said: tuple[str, str],
    by: Actor,
    now: datetime,
    source: str | None = None,
) -> int:
    if session.get(Pledge, pledge) is None:
        raise NotFound
    if source is not None and session.get(Evidence, source) is None:
        raise NotFound
    row = Release(
        pledge=pledge,
        kind=kind,
        name=secrets.token_urlsafe(16),
        source=source,
        text_en=said[0],
        text_uk=said[1],
        proposed_by=by.ref,
        proposed_at=now,
    )
    session.add(row)
    session.flush()
    return row.id


def _waiting(session: Session, release: int) -> Release:
    row = session.execute(
        select(Release).where(Release.id == release, Release.kind == "photo").with_for_update()
    ).scalar_one_or_none()
    if row is None:
        raise NotFound
    if row.decided_at is not None:
        raise Conflict
    return row
