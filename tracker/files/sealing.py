"""Sealing what the database may not tell by itself: AES-256-GCM, bound to the place where it lies.

The key stands outside the database, as 64 hexadecimal digits. A ciphertext that is moved to
another table, row or field does not open.
"""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12


class Unopened(Exception):
    """No key, another key, or a ciphertext that was changed or moved."""


def key_from(text: str | None) -> bytes:
    """The key's 32 bytes. Raises Unopened where it is missing or is none."""
    try:
        kept = bytes.fromhex(text or "")
    except ValueError:
        kept = b""
    if len(kept) != 32:
        raise Unopened
    return kept


def seal(key: bytes, plain: bytes, place: str) -> bytes:
    """`plain`, sealed for `place` (`table|row|field`)."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, place.encode())


def unseal(key: bytes, sealed: bytes, place: str) -> bytes:
    """What was sealed for `place`. Raises Unopened."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], place.encode())
    except (InvalidTag, ValueError):
        raise Unopened from None
