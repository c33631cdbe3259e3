"""Documents: numbered, drawn, kept under their hash; a correction is a new version."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tracker.db import transaction
from tracker.domain.permissions import Actor
from tracker.ledger.record import patiently
from tracker.models import Checkpoint, Document
from tracker.papers.parts import Head, Title
from tracker.services.evidence import keep_within
from tracker.services.papers.numbering import next_number

__all__ = ["Compose", "Issued", "document_address", "issue", "issue_within", "newest_head"]

Compose = Callable[[Title], bytes]


@dataclass(frozen=True, slots=True)
class Issued:
    """A version of a document as it was issued."""

    number: str
    version: int
    sha256: str


def issue(
    kind: str,
    about: str,
    compose: Compose,
    *,
    by: Actor,
    now: datetime,
    number: str | None = None,
) -> Issued:
    """Issue a document about something: the next number of its kind, or `number`'s next version.

    `compose` draws it from its title. All in one transaction: a drawing that fails uses up no
    number, and of two people at once the second gets the next one.
    """

    def write() -> Issued:
        with transaction() as session:
            return issue_within(session, kind, about, compose, by=by, now=now, number=number)

    return patiently(write)


def issue_within(
    session: Session,
    kind: str,
    about: str,
    compose: Compose,
    *,
    by: Actor,
    now: datetime,
    number: str | None = None,
) -> Issued:
    """`issue` inside the caller's transaction, with what the paper stands on."""
    given = number or next_number(session, kind, now)
    before = session.scalar(select(func.max(Document.version)).where(Document.number == given))
    version = (before or 0) + 1
    title = Title(
        number=given,
        version=version,
        issued_at=now,
        address=document_address(given),
        ledger=newest_head(session),
        replaces=f"{given}, {before}" if before else "",
    )
    sha = keep_within(session, compose(title), "document", by=by, now=now)
    session.add(
        Document(
            kind=kind,
            number=given,
            version=version,
            about=about,
            sha256=sha,
            issued_by=by.ref,
            issued_at=now,
        )
    )
    return Issued(given, version, sha)


def document_address(number: str) -> str:
    """The address in a document's symbol, in capitals as a small symbol wants it."""
    host = current_app.config["HOST"]
    scheme = "HTTP" if host.startswith(("localhost", "127.")) else "HTTPS"
    return f"{scheme}://{host}/DOCUMENTS/{number}".upper()


def newest_head(session: Session) -> Head | None:
    """What the newest checkpoint says of the ledger."""
    row = session.execute(
        select(Checkpoint.size, Checkpoint.root, Checkpoint.signed_at)
        .order_by(Checkpoint.size.desc())
        .limit(1)
    ).first()
    return Head(row.size, row.root.hex(), row.signed_at) if row else None
