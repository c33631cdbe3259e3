"""Issued documents as rows."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from tracker.db import db
from tracker.models import Document


def documents_about(about: str) -> Sequence[Document]:
    """Every version of every document about something, newest first."""
    return db.session.scalars(
        select(Document).where(Document.about == about).order_by(Document.id.desc())
    ).all()


def versions(number: str) -> Sequence[Document]:
    """The versions of one document, newest first; none for a number that was never given."""
    return db.session.scalars(
        select(Document).where(Document.number == number).order_by(Document.version.desc())
    ).all()


def version(number: str, which: int) -> Document | None:
    """One version of a document."""
    return db.session.scalar(
        select(Document).where(Document.number == number, Document.version == which)
    )
