"""Photos that come from phones in pieces, and go on where they stopped.

The phone names a photo by the SHA-256 of what it holds. Pieces are written one after another into
a file beside the evidence; when it is whole and its hash is right, it is decoded and written anew
as any evidence is, and `Upload.kept_as` says under which hash it is kept from then on.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from flask import current_app

from tracker.db import db, transaction
from tracker.domain.permissions import Actor
from tracker.errors import InvalidValue
from tracker.models import Evidence, Upload
from tracker.services.evidence import LARGEST_FILE, keep_evidence
from tracker.services.paper_acts import look_for_paper

LARGEST_PIECE = 1_000_000
_HASH = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an upload is: bytes that are here, and whether the whole is kept."""

    received: int
    kept: bool


def progress_of(sha: str) -> Progress:
    """How far the photo with this hash has come; 0 for one that never began."""
    row = db.session.get(Upload, _checked(sha))
    if row is None:
        return Progress(0, False)
    if row.kept_as is not None:
        return Progress(row.size, True)
    file = _file(sha)
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
    before = progress_of(sha)
    if before.kept:
        return before
    with transaction() as session:
        if session.get(Upload, sha) is None:
            session.add(Upload(sha256=sha, size=size, sent_by=by.ref, begun_at=now))
    if offset != before.received or offset + len(piece) > size:
        return before
    file = _file(sha)
    with file.open("ab") as stream:
        if stream.tell() != offset:  # another request was faster
            return progress_of(sha)
        stream.write(piece)
        stream.flush()
        os.fsync(stream.fileno())
    if offset + len(piece) < size:
        return Progress(offset + len(piece), False)
    return _complete(sha, file, by, now)


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


def _complete(sha: str, file: Path, by: Actor, now: datetime) -> Progress:
    content = file.read_bytes()
    if sha256(content).hexdigest() != sha:
        file.unlink(missing_ok=True)
        raise InvalidValue("The photo is not what its hash says: send it again.", field="sha256")
    try:
        kept = keep_evidence(content, "photo", by=by, now=now)
    except InvalidValue:
        file.unlink(missing_ok=True)
        raise
    with transaction() as session:
        row = session.get(Upload, sha, with_for_update=True)
        assert row is not None
        if session.get(Evidence, kept) is not None:
            row.kept_as = kept
    file.unlink(missing_ok=True)
    look_for_paper(sha, by=by, now=now)
    return Progress(len(content), True)


def _checked(sha: str) -> str:
    if not _HASH.fullmatch(sha):
        raise InvalidValue("A photo is named by its SHA-256, in lower case.", field="sha256")
    return sha


def _file(sha: str) -> Path:
    folder = Path(current_app.config["EVIDENCE"] or current_app.config["HOME"] / "evidence")
    folder = folder / "coming"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / sha
