"""What papers are told: parties, lines, legs, signatures, and the title that every paper has.

Moments are aware and shown as Kyiv's; lengths on paper are millimetres.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

Strokes = tuple[tuple[tuple[float, float], ...], ...]
"""A drawn signature: each stroke its points, from 0 to 1 across and down."""


@dataclass(frozen=True, slots=True)
class Head:
    """The ledger when the paper was issued: the size and Merkle root (hex) of a checkpoint."""

    size: int
    root: str
    signed_at: datetime | date


@dataclass(frozen=True, slots=True)
class Title:
    """What makes a paper this paper; `address` is that of its page, for its symbol."""

    number: str
    version: int
    issued_at: datetime
    address: str
    ledger: Head | None = None
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    """A party as a paper names it; `code` is its number in a register (ЄДРПОУ)."""

    name: str
    code: str = ""
    address: str = ""
    person: str = ""
    position: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One unit: our code as it is shown, what it is, its makers' numbers by scheme."""

    code: str
    product_uk: str
    product_en: str
    identifiers: tuple[tuple[str, str], ...] = ()
    box: str = ""
    value: Decimal | None = None
    currency: str = ""
    remark_uk: str = ""
    remark_en: str = ""


@dataclass(frozen=True, slots=True)
class Leg:
    """One part of a way."""

    origin: str
    destination: str
    carrier: str = ""
    vehicle: str = ""
    departs_on: date | None = None
    arrives_on: date | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    """A place to sign; with `strokes` it is signed already."""

    role_uk: str
    role_en: str
    name: str = ""
    position: str = ""
    signed_at: datetime | None = None
    strokes: Strokes = ()
