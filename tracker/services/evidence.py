"""The store of evidence: photos, signatures and papers, each under its SHA-256.

Files stand in a directory beside the database (`TRACKER_EVIDENCE`). A photo is decoded to pixels
and written anew, so that nothing a camera added stays in it; a signature is kept as its strokes.
The file is on the disk before the database speaks of it, and is held against its hash whenever it
is read.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker.db import db, transaction
from tracker.domain.permissions import Actor
from tracker.errors import EvidenceBroken, NotFound
from tracker.files.pictures import cleaned, smaller
from tracker.models import Evidence

Strokes = tuple[tuple[tuple[float, float], ...], ...]


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that is on the disk, and what it is."""

    sha256: str
    kind: str
    media_type: str
    size: int


def keep_evidence(content: bytes, kind: str, *, by: Actor, now: datetime) -> str:
    """Keep a `photo`, `signature`, `document` or `file` (a PDF); its SHA-256.

    The same content twice is one file. Raises InvalidValue for what is too large or cannot be
    read as what it is said to be.
    """
    stored = store(content, kind)
    with transaction() as session:
        return name_within(session, stored, by=by, now=now)


def keep_within(session: Session, content: bytes, kind: str, *, by: Actor, now: datetime) -> str:
    """The same inside the caller's transaction: the file stays even if that is undone."""
    return name_within(session, store(content, kind), by=by, now=now)


def store(content: bytes, kind: str) -> Stored:
    """Write the file of a piece of evidence, before a transaction names it.

    Raises InvalidValue as `keep_evidence` does.
    """
    kept, media_type = cleaned(content, kind)
    return Stored(_write(kept), kind, media_type, len(kept))


def name_within(session: Session, stored: Stored, *, by: Actor, now: datetime) -> str:
    """The row that says what a file is, if there is none yet; its SHA-256."""
    if session.get(Evidence, stored.sha256) is None:
        session.add(Evidence(**asdict(stored), kept_by=by.ref, kept_at=now))
        session.flush()
    return stored.sha256


def evidence_content(sha: str) -> tuple[bytes, str]:
    """(content, media type) of what is kept under a hash.

    Raises NotFound for a hash that nothing has, EvidenceBroken for a file that is gone or changed.
    """
    row = db.session.get(Evidence, sha)
    if row is None:
        raise NotFound
    return _read(sha), row.media_type


def strokes_of(sha: str | None) -> Strokes:
    """The strokes of a drawn signature; none for None."""
    if sha is None:
        return ()
    drawn = json.loads(evidence_content(sha)[0])
    return tuple(tuple((x, y) for x, y in stroke) for stroke in drawn)


def broken() -> Iterator[tuple[str, str]]:
    """(hash, `gone` or `changed`) of every file that is not what it was."""
    for sha in db.session.scalars(select(Evidence.sha256).order_by(Evidence.sha256)):
        try:
            _read(sha)
        except EvidenceBroken:
            yield sha, "changed" if _path(sha).exists() else "gone"


def _read(sha: str) -> bytes:
    try:
        content = _path(sha).read_bytes()
    except OSError:
        raise EvidenceBroken from None
    if hashlib.sha256(content).hexdigest() != sha:
        raise EvidenceBroken
    return content


def _path(sha: str) -> Path:
    folder = current_app.config["EVIDENCE"] or current_app.config["HOME"] / "evidence"
    return Path(folder) / sha[:2] / sha


def _write(content: bytes) -> str:
    """Put the file in its place, whole and on the disk, or not at all."""
    sha = hashlib.sha256(content).hexdigest()
    path = _path(sha)
    if path.exists():
        return sha
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return sha


def shrunk(sha: str, side: int) -> bytes:
    """A kept photo once more, its longer side at most `side` pixels; a JPEG.

    Raises what `evidence_content` raises.
    """
    content, _ = evidence_content(sha)
    return smaller(content, side)
