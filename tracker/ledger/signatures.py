"""Whether a scan was signed by the device that sent it.

A device that was enrolled by a QR signs the statement of each scan (`domain.statements`) with
ECDSA over P-256 and SHA-256; the signature is r and s, 32 bytes each, in base64, as browsers make
them. The server keeps statement and signature with the event; it cannot make one itself.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from functools import lru_cache
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from labels.codes import is_canonical
from tracker.domain.bodies import stamp
from tracker.domain.permissions import Actor
from tracker.domain.scans import Scan
from tracker.domain.statements import ACT_VERSION, statement

_ALGORITHM = ECDSA(SHA256())


def statement_of(scan: Scan) -> str:
    """The text that a device signs for `scan`."""
    return statement(scan, is_label=is_canonical(scan.code), occurred_at=stamp(scan.occurred_at))


def is_signed(scan: Scan, key: str) -> bool:
    """Whether `scan` carries the signature of the device whose public key is `key`."""
    return scan.signature is not None and fits(statement_of(scan), scan.signature, key)


def is_believed(scan: Scan, by: Actor) -> bool:
    """Whether a scan may stand in the ledger as made by `by`: a device that signs has signed it."""
    return by.key is None or is_signed(scan, by.key)


def act_is_signed(text: str, signature: str, key: str) -> bool:
    """Whether `signature` is the device's over an act's text."""
    return fits(f"{ACT_VERSION}\n{sha256(text.encode()).hexdigest()}", signature, key)


def fits(text: str, signature: str, key: str) -> bool:
    """Whether `signature` (base64 of r and s) is of `text` by `key`."""
    try:
        raw = b64decode(signature, validate=True)
    except (ValueError, binascii.Error):
        return False
    if len(raw) != 64:
        return False
    pair = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    try:
        _key(key).verify(encode_dss_signature(*pair), text.encode(), _ALGORITHM)
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=4096)
def _key(encoded: str) -> EllipticCurvePublicKey:
    key = load_der_public_key(b64decode(encoded))
    assert isinstance(key, EllipticCurvePublicKey)
    return key
