"""Official records: how a row of a table is said in the ledger, so that its change shows.

Each row has a story of its own (`pledge:PL-1`, `document:7`). A statement (step `stating`) says the
columns that are new or have changed, `removing` that the row is gone; what a row must hold is the
fold of its statements. A column that names a person, a place or a secret enters as a digest that
is salted for each statement: the salt stays in the database (`opening`), and can be erased there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import TypeAlias
from unicodedata import normalize

from tracker.domain.bodies import Body, stamp
from tracker.domain.statements import hidden

STATING, REMOVING = "stating", "removing"
LONGEST_SUBJECT = 80

Written: TypeAlias = "bool | int | str | None"
"""A column's value as a body can hold it."""


def written(value: object) -> Written:
    """A column's value as statements say it: moments as `stamp` writes them, days as ISO 8601,
    money with two decimals, bytes in hexadecimal. Raises TypeError for what no column holds."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        return normalize("NFC", value)
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"{type(value).__name__} is in no official column")


def subject_of(kind: str, key: Iterable[object]) -> str:
    """The story of a row: its kind and its key, or the key's digest where that is too long."""
    said = ".".join(str(part) for part in key)
    if len(kind) + 1 + len(said) > LONGEST_SUBJECT:
        said = sha256(said.encode()).hexdigest()
    return f"{kind}:{said}"


def digest_of(salt: str, column: str, value: Written) -> str | None:
    """What a statement says in place of a column's value: SHA-256(SALT:COLUMN=VALUE) in
    hexadecimal; None for None. The column's name keeps equal values of two columns apart."""
    return None if value is None else hidden(salt, f"{column}={value}")


@dataclass(frozen=True, slots=True)
class Digest:
    """What was said in place of a value, and the salt that opens it; None where that is erased."""

    digest: str | None
    salt: str | None


@dataclass(slots=True)
class Stated:
    """What the statements of one story add up to."""

    plain: dict[str, Written] = field(default_factory=dict)
    digests: dict[str, Digest] = field(default_factory=dict)
    removed: bool = False
    said: bool = False  # whether there was any statement

    def add(self, body: Body, salt: str | None) -> None:
        """Take in the next statement of the story; of a row that is gone its last words stay."""
        self.said = True
        if body["step"] == REMOVING:
            self.removed = True
            return
        if self.removed:
            self.plain, self.digests, self.removed = {}, {}, False
        self.plain.update(body.get("record", {}))
        for column, digest in body.get("hidden", {}).items():
            self.digests[column] = Digest(digest, salt)

    def misfit(self, row: Mapping[str, Written]) -> str | None:
        """Why a row is not what was stated: the column, in words; None where it is."""
        for column, value in row.items():
            digest = self.digests.get(column)
            if digest is None:
                if self.plain.get(column) != value:
                    return f"its column {column!r} was changed past the ledger"
            elif digest.digest is not None and digest.salt is None:
                return f"what opens its column {column!r} is gone"
            elif digest_of(digest.salt or "", column, value) != digest.digest:
                return f"its column {column!r} was changed past the ledger"
        return None
