"""The chain: the exact text of an event, its hash, and the line that the log witnesses.

The body of an event is stored as the text that `canonical` makes, and is never written anew: what
is hashed is what is stored. The text is that of RFC 8785 (JSON Canonicalization Scheme), narrowed
to what we need - no fractions, ASCII keys, strings in NFC - so any other implementation of that
RFC makes the same bytes. Each event hashes the one before it on the same subject (one item, one
handling unit, one code), so writers of different subjects never wait for each other; what orders
and counts all of them is the Merkle log (`merkle.py`) and its signed checkpoints (`note.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, TypeAlias
from unicodedata import is_normalized

GENESIS = bytes(32)
"""The "hash of the event before" of the first event on a subject."""

LARGEST = 2**53 - 1
"""The largest whole number, either side of zero, that every JSON reader keeps exactly."""

DEEPEST = 8
"""How deep lists and objects may nest."""

Json: TypeAlias = "bool | int | str | Sequence[Json] | Mapping[str, Json] | None"
"""What a JSON text can hold, but for fractions."""

_DOMAIN = b"\x01kittrail-v1"
_encode = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
).encode


class NotCanonical(ValueError):
    """A body that has no exact text, or a text that is not the exact one of any body."""


def canonical(body: Mapping[str, object]) -> str:
    """The exact text of `body`: keys sorted, no blanks, control characters escaped.

    `body` holds text in NFC, whole numbers up to `LARGEST`, true, false, None, and lists and
    dictionaries of these, with ASCII keys. Raises NotCanonical for anything else: a fraction has
    more than one spelling, and so have letters with combining marks.
    """
    body = body if type(body) is dict else dict(body)
    _check_object(body, 1)
    text = _encode(body)
    if not text.isascii():
        _check_text(text, body)
    return text


def parse_body(text: str) -> Mapping[str, Json]:
    """The body that `text` is the exact text of, whoever wrote it: it may say anything.

    Raises NotCanonical if it is none: not JSON, not an object, a key twice, or other blanks.
    """
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise NotCanonical(f"not JSON: {problem}") from None
    if not isinstance(body, dict):
        raise NotCanonical("not an object")
    if canonical(body) != text:
        raise NotCanonical("not written in the canonical way")
    return body


def body_digest(text: str) -> bytes:
    """SHA-256 of the text's UTF-8 bytes; 32 bytes."""
    return sha256(text.encode()).digest()


def event_hash(previous: bytes, text: str) -> bytes:
    """The hash of the event whose body is `text`, after the event of the same subject hashed
    `previous` (GENESIS for the first): SHA-256(0x01 | "kittrail-v1" | previous | SHA-256(body)).
    """
    if len(previous) != len(GENESIS):
        raise ValueError(f"a hash is 32 bytes, not {len(previous)}")
    return sha256(_DOMAIN + previous + body_digest(text)).digest()


def log_line(subject: str, seq: int, hash_: bytes) -> bytes:
    """What the Merkle log holds about one event: `<hash in hex> <seq> <subject>`, UTF-8.

    With subject and place in the line, an event cannot be moved to another item's story without
    changing the log, whatever its body says. The subject comes last because it alone may hold
    blanks.
    """
    return f"{hash_.hex()} {seq} {subject}".encode()


_PLAIN = frozenset({str, bool, type(None)})
"""Types every value of which has a canonical text; letters are looked at in the whole text."""


def _check_object(body: Mapping[Any, Any], depth: int) -> None:
    if depth > DEEPEST:
        raise NotCanonical(f"nested deeper than {DEEPEST}")
    for key in body:
        if type(key) is not str or not key.isascii():
            raise NotCanonical(f"the key {key!r} is not ASCII text")
    for value in body.values():
        if type(value) not in _PLAIN:
            _check_value(value, depth)


def _check_value(value: Any, depth: int) -> None:
    if isinstance(value, int):
        if not -LARGEST <= value <= LARGEST:
            raise NotCanonical(f"the number {value} is larger than {LARGEST}")
    elif type(value) is dict:
        _check_object(value, depth + 1)
    elif type(value) is list:
        if depth == DEEPEST:
            raise NotCanonical(f"nested deeper than {DEEPEST}")
        for member in value:
            _check_value(member, depth + 1)
    elif value is not None and not isinstance(value, str):
        raise NotCanonical(f"{type(value).__name__} has no canonical text")


def _check_text(text: str, body: Mapping[str, object]) -> None:
    """Look at the whole text first: where that is in NFC, so is every string in it."""
    try:
        text.encode()
    except UnicodeEncodeError as problem:
        raise NotCanonical("half of a surrogate pair is not a letter") from problem
    if not is_normalized("NFC", text):
        _check_strings(body)


def _check_strings(value: Any) -> None:
    if isinstance(value, str):
        if not is_normalized("NFC", value):
            raise NotCanonical(f"{value[:40]!r} is not in Unicode's normal form C")
    elif isinstance(value, dict):
        for member in value.values():
            _check_strings(member)
    elif isinstance(value, list):
        for member in value:
            _check_strings(member)
