"""Sign receipts: what a device keeps as proof that the ledger took its scan.

The signed message is UTF-8 text of five lines, each ended by a line feed:

    kittrail-receipt-v1
    <the scan's id>
    <the event's hash, hexadecimal>
    <item_seq: the event's place in its chain>
    <recorded_at, such as 2026-05-01T09:30:00.000Z>

signed with Ed25519 (RFC 8032) by the key `receipts`, which is not that of the checkpoints: the web
process holds this one, and only the sequencer the other. Ed25519 is deterministic, so a scan that
is sent again gets the same receipt to the last character.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tracker.domain.bodies import stamp
from tracker.domain.scans import Receipt

VERSION = "kittrail-receipt-v1"


def sign(receipts: Iterable[tuple[str, Receipt]], seed: str) -> list[str]:
    """The signatures (base64) of receipts, each given with its scan's id.

    `seed` is the private key: 32 bytes, hexadecimal.
    """
    key = _key(seed)
    return [b64encode(key.sign(message(scan, receipt))).decode() for scan, receipt in receipts]


def message(scan: str, receipt: Receipt) -> bytes:
    """The exact bytes that are signed for the scan with the id `scan`."""
    return (
        f"{VERSION}\n{scan}\n{receipt.hash}\n{receipt.item_seq}\n{stamp(receipt.recorded_at)}\n"
    ).encode()


def public_key(seed: str) -> str:
    """The key that checks the signatures: 32 bytes, base64."""
    return b64encode(_key(seed).public_key().public_bytes_raw()).decode()


@lru_cache(maxsize=4)
def _key(seed: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))
