"""Pictures, signatures and documents as bytes: what may be kept, and nothing else of it.

A photo is decoded to pixels and written anew, so that nothing a camera added stays in it; a
signature is kept as its strokes.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any

from tracker.errors import InvalidValue
from tracker.files.decoding import decoded

LARGEST_FILE = 12_000_000
LONGEST_SIDE = 2000
MOST_STROKES, MOST_POINTS = 200, 5000
PDF, JPEG, STROKES = "application/pdf", "image/jpeg", "application/json"


def cleaned(content: bytes, kind: str) -> tuple[bytes, str]:
    """What is kept of a `photo`, `signature`, `document` or `file` (a PDF); and its media type.

    Raises InvalidValue for what is too large or cannot be read as what it is said to be.
    """
    if len(content) > LARGEST_FILE:
        raise InvalidValue("A file has at most 12 MB.")
    if kind == "photo":
        return _jpeg(content, LONGEST_SIDE, quality=85), JPEG
    if kind == "signature":
        return _signature(content), STROKES
    if not content.startswith(b"%PDF-"):
        raise InvalidValue("This file is no PDF.")
    return content, PDF


def smaller(content: bytes, side: int) -> bytes:
    """A kept photo once more, its longer side at most `side` pixels; a JPEG."""
    return _jpeg(content, side, quality=82)


def _jpeg(content: bytes, side: int, *, quality: int) -> bytes:
    """The pixels of a picture, upright and not too large, and nothing else of it."""
    out = io.BytesIO()
    decoded(content, "RGB", side).save(out, "JPEG", quality=quality)
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
