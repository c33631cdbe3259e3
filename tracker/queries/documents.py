"""Issued documents as rows."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from tracker.db import db
from tracker.domain.permissions import Actor
from tracker.models import Document
from tracker.queries import reach


def documents_about(about: str, reader: Actor) -> Sequence[Document]:
    """Every version of every document in reach about something, newest first."""
    return db.session.scalars(
        select(Document)
        .where(Document.about == about, reach.of(Document, reader))
        .order_by(Document.id.desc())
    ).all()


def versions(number: str, reader: Actor) -> Sequence[Document]:
    """The versions of one document in reach, newest first; none for a number never given."""
    return db.session.scalars(
        select(Document)
        .where(Document.number == number, reach.of(Document, reader))
        .order_by(Document.version.desc())
    ).all()


def version(number: str, which: int, reader: Actor) -> Document | None:
    """One version of a document in reach."""
    return db.session.scalar(
        select(Document).where(
            Document.number == number, Document.version == which, reach.of(Document, reader)
        )
    )
