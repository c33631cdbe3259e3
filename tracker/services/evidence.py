"""The store of evidence: photos, signatures and papers, each under its SHA-256.

Files stand in a directory beside the database (`TRACKER_EVIDENCE`). A photo is decoded to pixels
and written anew, so that nothing a camera added stays in it; a signature is kept as its strokes.
The file is on the disk before the database speaks of it, and is held against its hash whenever it
is read.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import current_app
from PIL import Image, ImageOps
from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker.db import db, transaction
from tracker.domain.permissions import Actor
from tracker.errors import EvidenceBroken, InvalidValue, NotFound
from tracker.models import Evidence

LARGEST_FILE = 12_000_000
LARGEST_PICTURE = 50_000_000  # pixels, before decoding
LONGEST_SIDE = 2000
MOST_STROKES, MOST_POINTS = 200, 5000
PDF, JPEG, STROKES = "application/pdf", "image/jpeg", "application/json"

Strokes = tuple[tuple[tuple[float, float], ...], ...]


def keep_evidence(content: bytes, kind: str, *, by: Actor, now: datetime) -> str:
    """Keep a `photo`, `signature`, `document` or `file` (a PDF); its SHA-256.

    The same content twice is one file. Raises InvalidValue for what is too large or cannot be
    read as what it is said to be.
    """
    kept, media_type = _cleaned(content, kind)
    sha = _write(kept)
    with transaction() as session:
        row_for(session, sha, kind, media_type, len(kept), by, now)
    return sha


def keep_within(session: Session, content: bytes, kind: str, *, by: Actor, now: datetime) -> str:
    """The same inside the caller's transaction: the file stays even if that is undone."""
    kept, media_type = _cleaned(content, kind)
    sha = _write(kept)
    row_for(session, sha, kind, media_type, len(kept), by, now)
    return sha


def row_for(
    session: Session, sha: str, kind: str, media_type: str, size: int, by: Actor, now: datetime
) -> None:
    """The row that says what a file is, if there is none yet."""
    if session.get(Evidence, sha) is None:
        session.add(
            Evidence(
                sha256=sha, kind=kind, media_type=media_type, size=size, kept_by=by.ref, kept_at=now
            )
        )
        session.flush()


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


def _cleaned(content: bytes, kind: str) -> tuple[bytes, str]:
    if len(content) > LARGEST_FILE:
        raise InvalidValue("A file has at most 12 MB.")
    if kind == "photo":
        return _photo(content), JPEG
    if kind == "signature":
        return _signature(content), STROKES
    if not content.startswith(b"%PDF-"):
        raise InvalidValue("This file is no PDF.")
    return content, PDF


def shrunk(sha: str, side: int) -> bytes:
    """A kept photo once more, its longer side at most `side` pixels; a JPEG.

    Raises what `evidence_content` raises.
    """
    content, _ = evidence_content(sha)
    with Image.open(io.BytesIO(content)) as opened:
        small = opened.convert("RGB")
    small.thumbnail((side, side))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=82)
    return out.getvalue()


def _photo(content: bytes) -> bytes:
    """The pixels of a picture, upright and not too large, and nothing else of it."""
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as opened:
            if opened.width * opened.height > LARGEST_PICTURE:
                raise InvalidValue("A photo has at most 50 megapixels.")
            upright = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError) as problem:
        raise InvalidValue("This picture cannot be read; send a JPEG, PNG or WebP.") from problem
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    bare = Image.new("RGB", upright.size)
    bare.paste(upright)
    out = io.BytesIO()
    bare.save(out, "JPEG", quality=85)
    return out.getvalue()


def _signature(content: bytes) -> bytes:
    """Strokes as canonical JSON: lists of points, each from 0 to 1, to three digits."""
    try:
        drawn = json.loads(content)
    except ValueError:
        raise InvalidValue("The signature cannot be read.") from None
    if not isinstance(drawn, list) or not 0 < len(drawn) <= MOST_STROKES:
        raise InvalidValue("Sign in the box first.", field="signature")
    strokes = [[_point(point) for point in _points(stroke)] for stroke in drawn]
    if not 2 <= sum(map(len, strokes)) <= MOST_POINTS:
        raise InvalidValue("Sign in the box first.", field="signature")
    return json.dumps(strokes, separators=(",", ":")).encode()


def _points(stroke: Any) -> Sequence[Any]:
    if not isinstance(stroke, list):
        raise InvalidValue("The signature cannot be read.")
    return stroke


def _point(point: Any) -> list[float]:
    fits = isinstance(point, list) and len(point) == 2
    if not fits or any(type(one) not in (int, float) or not 0 <= one <= 1 for one in point):
        raise InvalidValue("The signature cannot be read.")
    return [round(float(one), 3) for one in point]
