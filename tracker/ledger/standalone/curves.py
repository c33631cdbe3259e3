"""The signatures that `verifier.py` checks, from the standard library alone: carry both files.

Ed25519 for checkpoints, ECDSA over P-256 for what phones sign. Written for clearness, not against
somebody who measures how long it takes: it only ever sees public things.
"""

from __future__ import annotations

import base64
import hashlib


class DoesNotFit(Exception):
    """The bundle is readable, and is not what was signed."""


def sha256(content: bytes) -> bytes:
    """SHA-256."""
    return hashlib.sha256(content).digest()


def decoded(text: str) -> bytes:
    """Strict base64; empty where it is none."""
    try:
        content = base64.b64decode(text.encode(), validate=True)
    except ValueError:
        return b""
    return content if base64.b64encode(content).decode() == text else b""


# Ed25519, RFC 8032. A point is (X, Y, Z, T): x = X/Z, y = Y/Z, xy = T/Z

Point = tuple[int, int, int, int]
PRIME = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
CURVE = -121665 * pow(121666, -1, PRIME) % PRIME
BASE = (4 * pow(5, -1, PRIME) % PRIME).to_bytes(32, "little")
NEUTRAL: Point = (0, 1, 1, 0)


def add(one: Point, other: Point) -> Point:
    """The sum of two points (which may be the same)."""
    a = (one[1] - one[0]) * (other[1] - other[0]) % PRIME
    b = (one[1] + one[0]) * (other[1] + other[0]) % PRIME
    c = 2 * one[3] * other[3] * CURVE % PRIME
    d = 2 * one[2] * other[2] % PRIME
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME


def decode_point(encoded: bytes) -> Point | None:
    """The point of 32 bytes: y, and in the highest bit the parity of x. None if there is none."""
    number = int.from_bytes(encoded, "little")
    y, odd = number & (1 << 255) - 1, number >> 255
    if len(encoded) != 32 or y >= PRIME:
        return None
    square = (y * y - 1) * pow(CURVE * y * y + 1, -1, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    if x * x % PRIME != square:
        x = x * pow(2, (PRIME - 1) // 4, PRIME) % PRIME
    if x * x % PRIME != square or (x == 0 and odd):
        return None
    if x & 1 != odd:
        x = PRIME - x
    return x, y, 1, x * y % PRIME


def encode_point(point: Point) -> bytes:
    """The 32 bytes of a point."""
    inverse = pow(point[2], -1, PRIME)
    x, y = point[0] * inverse % PRIME, point[1] * inverse % PRIME
    return (y | (x & 1) << 255).to_bytes(32, "little")


def is_signed(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the Ed25519 `signature` of `message` is of the key `public`."""
    key, base = decode_point(public), decode_point(BASE)
    if key is None or base is None or len(signature) != 64:
        return False
    s = int.from_bytes(signature[32:], "little")
    if s >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    k = int.from_bytes(digest, "little") % ORDER
    minus_key = (PRIME - key[0], key[1], key[2], PRIME - key[3])
    both, total = add(base, minus_key), NEUTRAL
    for bit in range(252, -1, -1):  # s times base and k times minus_key, in one walk
        total = add(total, total)
        wanted = (s >> bit & 1, k >> bit & 1)
        if wanted != (0, 0):
            total = add(total, {(1, 0): base, (0, 1): minus_key, (1, 1): both}[wanted])
    return encode_point(total) == signature[:32]


# ECDSA over P-256 (FIPS 186-5), with which phones sign. A point is (X, Y, Z): x = X/Z2, y = Y/Z3

P256 = 2**256 - 2**224 + 2**192 + 2**96 - 1
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
P256_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
P256_BASE = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    1,
)
SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
Jacobian = tuple[int, int, int]


def double(point: Jacobian) -> Jacobian:
    """Twice a point."""
    x, y, z = point
    if not y or not z:
        return (1, 1, 0)
    square = y * y % P256
    s = 4 * x * square % P256
    m = 3 * (x - z * z) * (x + z * z) % P256
    new = (m * m - 2 * s) % P256
    return new, (m * (s - new) - 8 * square * square) % P256, 2 * y * z % P256


def plus(one: Jacobian, other: Jacobian) -> Jacobian:
    """The sum of two points."""
    if not one[2] or not other[2]:
        return other if not one[2] else one
    z1, z2 = one[2] * one[2] % P256, other[2] * other[2] % P256
    u1, u2 = one[0] * z2 % P256, other[0] * z1 % P256
    s1, s2 = one[1] * z2 * other[2] % P256, other[1] * z1 * one[2] % P256
    if u1 == u2:
        return double(one) if s1 == s2 else (1, 1, 0)
    h, r = (u2 - u1) % P256, (s2 - s1) % P256
    square, cube = h * h % P256, h * h * h % P256
    x = (r * r - cube - 2 * u1 * square) % P256
    return x, (r * (u1 * square - x) - s1 * cube) % P256, h * one[2] * other[2] % P256


def device_key(encoded: str) -> Jacobian:
    """The point of a phone's public key (SubjectPublicKeyInfo, base64)."""
    content = decoded(encoded)
    x, y = (int.from_bytes(part, "big") for part in (content[27:59], content[59:]))
    good = content[:27] == SPKI + b"\x04" and len(content) == 91 and max(x, y) < P256
    if not good or (y * y - x * x * x + 3 * x - P256_B) % P256:
        raise DoesNotFit("the key of a device is no P-256 key")
    return x, y, 1


def device_signed(key: Jacobian, signature: str, message: bytes) -> bool:
    """Whether `signature` (base64 of r and s) of `message` is of the phone with this key."""
    raw = decoded(signature)
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    if len(raw) != 64 or not 0 < r < P256_ORDER or not 0 < s < P256_ORDER:
        return False
    inverse = pow(s, -1, P256_ORDER)
    first = int.from_bytes(sha256(message), "big") * inverse % P256_ORDER
    second = r * inverse % P256_ORDER
    both, total = plus(P256_BASE, key), (1, 1, 0)
    for bit in range(255, -1, -1):
        total = double(total)
        wanted = (first >> bit & 1, second >> bit & 1)
        if wanted != (0, 0):
            total = plus(total, {(1, 0): P256_BASE, (0, 1): key, (1, 1): both}[wanted])
    return bool(total[2]) and total[0] * pow(total[2], -2, P256) % P256 % P256_ORDER == r
