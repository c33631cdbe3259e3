"""Photos that come from phones in pieces, and go on where they stopped.

The phone names a photo by the SHA-256 of what it holds. Pieces are written one after another into
a file beside the evidence; when it is whole and its hash is right, it is decoded and written anew
as any evidence is, and `Upload.kept_as` says under which hash it is kept from then on.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from flask import current_app
from sqlalchemy import delete, select

from tracker.db import db, transaction
from tracker.domain.permissions import Actor
from tracker.errors import InvalidValue
from tracker.files.pictures import LARGEST_FILE
from tracker.models import Upload
from tracker.services.evidence import name_within, store
from tracker.services.paper_acts import look_for_paper

LARGEST_PIECE = 1_000_000
KEPT_UNFINISHED = timedelta(days=1)
"""How long what came of a photo waits for the rest; then it begins anew."""
_HASH = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an upload is: bytes that are here, and whether the whole is kept."""

    received: int
    kept: bool


def progress_of(sha: str, by: Actor) -> Progress:
    """How far the photo with this hash has come from `by`; 0 for one that they never began.

    What somebody else has sent is to them as what never was: it comes once more, and is kept once.
    """
    own = select(Upload).where(Upload.sha256 == _checked(sha), Upload.sent_by == by.ref)
    row = db.session.scalars(own).first()
    if row is not None and row.kept_as is not None:
        return Progress(row.size, True)
    file = _file(sha, by)
    return Progress(file.stat().st_size if file.exists() else 0, False)


def take_piece(
    sha: str, piece: bytes, *, offset: int, size: int, by: Actor, now: datetime
) -> Progress:
    """Add `piece` at `offset` of a photo of `size` bytes; how far it is now.

    A piece that does not begin where the last one ended changes nothing: the answer says where to
    go on. Raises InvalidValue for sizes that cannot be, and for a whole that has another hash, or
    is no picture: it begins anew then.
    """
    sha = _checked(sha)
    if not 0 < size <= LARGEST_FILE or len(piece) > LARGEST_PIECE or offset < 0:
        raise InvalidValue("A photo has at most 12 MB, a piece at most 1 MB.", field="size")
    before = progress_of(sha, by)
    if before.kept:
        return before
    end = offset + len(piece)
    if offset != before.received or end > size:
        return before
    begun = Upload(sha256=sha, size=size, sent_by=by.ref, begun_at=now)
    if end < size:
        _begin(begun)
    file = _file(sha, by)
    # As it came, and so for nobody else on this machine to read.
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(handle, "ab") as stream:
        if stream.tell() != offset:  # another request was faster
            return progress_of(sha, by)
        stream.write(piece)
        stream.flush()
        os.fsync(stream.fileno())
    return Progress(end, False) if end < size else _complete(begun, file, by, now)


def keep_whole(sha: str, content: bytes, *, by: Actor, now: datetime) -> None:
    """Take a photo that came in a file. Raises what `take_piece` raises."""
    received, kept = 0, False
    while not kept:
        piece = content[received : received + LARGEST_PIECE]
        told = take_piece(sha, piece, offset=received, size=len(content), by=by, now=now)
        received, kept = told.received, told.kept


def kept_as(sha: str) -> str:
    """Under which hash a phone's photo is kept; the same hash for what came as it is."""
    row = db.session.get(Upload, sha)
    return row.kept_as if row is not None and row.kept_as else sha


def purge_unfinished(*, now: datetime) -> int:
    """Forget photos that were begun long ago and never finished; how many there were.

    A phone that comes back with one is told that nothing is here, and sends it anew.
    """
    before = now - KEPT_UNFINISHED
    old = (Upload.kept_as.is_(None), Upload.begun_at < before)
    with transaction() as session:
        purged = session.execute(select(Upload.sha256, Upload.sent_by).where(*old)).all()
        session.execute(delete(Upload).where(*old))
    for sha, sent_by in purged:
        (_coming() / _name(sha, sent_by)).unlink(missing_ok=True)
    for file in _coming().iterdir():  # what came in one piece and was never whole has no row
        if file.stat().st_mtime < before.timestamp():
            file.unlink(missing_ok=True)
    return len(purged)


def _begin(begun: Upload) -> None:
    with transaction() as session:
        if session.get(Upload, begun.sha256) is None:
            session.add(begun)


def _complete(begun: Upload, file: Path, by: Actor, now: datetime) -> Progress:
    """Keep what is whole now as evidence; `begun` is its row where it came in one piece."""
    sha, content = begun.sha256, file.read_bytes()
    if sha256(content).hexdigest() != sha:
        file.unlink(missing_ok=True)
        raise InvalidValue("The photo is not what its hash says: send it again.", field="sha256")
    try:
        stored = store(content, "photo")
    except InvalidValue:
        file.unlink(missing_ok=True)
        raise
    with transaction() as session:
        row = session.get(Upload, sha, with_for_update=True)
        if row is None:
            session.add(row := begun)
        row.kept_as = name_within(session, stored, by=by, now=now)
    file.unlink(missing_ok=True)
    look_for_paper(sha, by=by, now=now)
    return Progress(len(content), True)


def _checked(sha: str) -> str:
    if not _HASH.fullmatch(sha):
        raise InvalidValue("A photo is named by its SHA-256, in lower case.", field="sha256")
    return sha


def _file(sha: str, by: Actor) -> Path:
    """Where what has come of a photo from one sender waits for the rest."""
    return _coming() / _name(sha, by.ref)


def _name(sha: str, sender: str) -> str:
    return f"{sha}-{sender.replace(':', '-')}"


def _coming() -> Path:
    folder = Path(current_app.config["EVIDENCE"] or current_app.config["HOME"] / "evidence")
    folder = folder / "coming"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
