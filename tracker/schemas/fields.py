"""Strict fields for what devices and programs send.

Each field has one reader, `read(value)`, that returns the value or raises ValueError with a
sentence. Marshmallow calls it for a whole document and the description in OpenAPI is made from the
same field; a batch of scans calls it directly, because marshmallow's own machinery would cost
more than keeping the scan.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from unicodedata import normalize

from marshmallow import ValidationError, fields

from tracker.domain.clocks import to_the_millisecond
from tracker.domain.identifiers import fold_look_alikes

LARGEST_INTEGER = 2**53 - 1  # what JavaScript can count to
FIRST_YEAR, LAST_YEAR = 2000, 2100

REF = r"[A-Za-z0-9][A-Za-z0-9._/\-]{0,31}"
SHA256 = r"[0-9a-f]{64}"
SALT = r"[0-9a-f]{32}"
BASE64 = r"[A-Za-z0-9+/_\-]{1,198}={0,2}"

# Control characters, the halves of surrogate pairs, and what turns the direction of writing.
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff]"
)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").fullmatch
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII).fullmatch
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII
).fullmatch


class Strict(fields.Field[Any]):
    """A field whose reader is its only rule."""

    def read(self, value: Any) -> Any:
        """`value` as the service wants it; ValueError says what is wrong with it."""
        raise NotImplementedError

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        try:
            return self.read(value)
        except ValueError as problem:
            raise ValidationError(str(problem)) from None


class Text(Strict, fields.String):
    """Text of 1 to `most` characters without control characters; several lines if `lines`."""

    def __init__(self, most: int, *, pattern: str = "", lines: bool = False, **kwargs: Any) -> None:
        described: dict[str, Any] = {"minLength": 1, "maxLength": most}
        if pattern:
            described["pattern"] = f"^{pattern}$"
        super().__init__(metadata={**described, **kwargs.pop("metadata", {})}, **kwargs)
        self.most = most
        self.lines = lines
        self.fits = re.compile(pattern, re.ASCII).fullmatch if pattern else None

    def read(self, value: Any) -> str:
        """The text without blanks around it, each letter in its one spelling (NFC): the ledger
        keeps no other, and some keyboards send a letter and its mark apart.
        """
        if type(value) is not str:
            raise ValueError("Must be text.")
        text = value.strip()
        if not text.isascii() and len(text) <= 2 * self.most:  # far too long is refused unread
            text = normalize("NFC", text)
        if not text:
            raise ValueError("Must not be empty.")
        if len(text) > self.most:
            raise ValueError(f"At most {self.most} characters.")
        if self.fits is not None:
            if not self.fits(text):
                raise ValueError("Does not have the right form.")
        elif not text.isprintable():
            plain = text.replace("\r", "").replace("\n", "").replace("\t", "")
            if _UNPRINTABLE.search(plain if self.lines else text):
                raise ValueError("Must not hold control characters.")
        return text


class Ref(Text):
    """A reference such as `LVIV-1`; small letters are raised, Cyrillic look-alikes made Latin."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(32, pattern=REF, **kwargs)

    def read(self, value: Any) -> str:
        """The reference in capital letters."""
        if type(value) is str and not value.isascii():
            value = fold_look_alikes(value)
        return super().read(value).upper()


class Choice(Strict, fields.String):
    """One of a few words."""

    def __init__(self, words: Collection[str], **kwargs: Any) -> None:
        nothing = [None] if kwargs.get("allow_none") else []
        super().__init__(metadata={"enum": [*words, *nothing]}, **kwargs)
        self.words = frozenset(words)

    def read(self, value: Any) -> str:
        """The word."""
        if type(value) is not str or value not in self.words:
            raise ValueError("Must be one of the words that the description lists.")
        return value


class Id(Strict, fields.String):
    """A UUID in its usual form."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"format": "uuid"}, **kwargs)

    def read(self, value: Any) -> str:
        """The UUID in small letters."""
        if type(value) is not str or not _UUID(text := value.lower()):
            raise ValueError("Must be a UUID.")
        return text


class Moment(Strict, fields.String):
    """A time with its zone, ISO 8601, to the millisecond: what the ledger keeps of it."""

    first_year, last_year = FIRST_YEAR, LAST_YEAR

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"format": "date-time"}, **kwargs)

    def read(self, value: Any) -> datetime:
        """The moment in UTC."""
        if type(value) is not str or not _MOMENT(value):
            raise ValueError("Must be a time with its zone, such as 2026-05-01T09:30:00Z.")
        try:
            moment = datetime.fromisoformat(value.replace("z", "Z")).astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValueError("There is no such day or time.") from None
        if not self.first_year <= moment.year <= self.last_year:
            raise ValueError(f"Must lie between the years {self.first_year} and {self.last_year}.")
        return to_the_millisecond(moment)


class DeviceMoment(Moment):
    """What a device's clock shows, and that may be any time: a battery was pulled, and it is 1970.

    A clock that is wrong makes no scan unacceptable; the ledger judges it (`domain.clocks`).
    """

    first_year, last_year = 1, 9999


class Day(Strict, fields.String):
    """A calendar day, ISO 8601."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"format": "date"}, **kwargs)

    def read(self, value: Any) -> date:
        """The day."""
        if type(value) is not str or not _DAY(value):
            raise ValueError("Must be a day, such as 2026-05-01.")
        try:
            day = date.fromisoformat(value)
        except ValueError:
            raise ValueError("There is no such day.") from None
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ValueError(f"Must lie between the years {FIRST_YEAR} and {LAST_YEAR}.")
        return day


class Amount(Text):
    """An amount of money with at most two places, as text: JSON's numbers are not exact."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(15, pattern=r"\d{1,12}(\.\d{1,2})?", **kwargs)

    def read(self, value: Any) -> Decimal:  # type: ignore[override]
        """The amount."""
        return Decimal(super().read(value)).quantize(Decimal("0.01"))


class Count(Strict, fields.Integer):
    """A whole number from 0 on."""

    def __init__(self, most: int = LARGEST_INTEGER, **kwargs: Any) -> None:
        super().__init__(metadata={"minimum": 0, "maximum": most}, **kwargs)
        self.most = most

    def read(self, value: Any) -> int:
        """The number."""
        if type(value) is not int or not 0 <= value <= self.most:
            raise ValueError(f"Must be a whole number from 0 to {self.most}.")
        return value


class Truth(Strict, fields.Boolean):
    """`true` or `false`, and nothing that means it elsewhere."""

    def read(self, value: Any) -> bool:
        """The truth value."""
        if type(value) is not bool:
            raise ValueError("Must be true or false.")
        return value


class Texts(Strict, fields.List[str]):
    """A list of at most `most` texts."""

    def __init__(self, inner: Text, most: int, **kwargs: Any) -> None:
        super().__init__(inner, metadata={"maxItems": most}, **kwargs)
        self.one = inner
        self.most = most

    def read(self, value: Any) -> tuple[str, ...]:
        """The texts as a tuple."""
        if type(value) is not list or len(value) > self.most:
            raise ValueError(f"Must be a list of at most {self.most}.")
        return tuple(self.one.read(text) for text in value)


class Answers(Strict, fields.Dict):
    """Questions answered with `true` or `false`; none of them must be answered."""

    def __init__(self, questions: Collection[str], **kwargs: Any) -> None:
        described = {
            "properties": {question: {"type": "boolean"} for question in questions},
            "additionalProperties": False,
        }
        super().__init__(metadata=described, **kwargs)
        self.questions = frozenset(questions)

    def read(self, value: Any) -> dict[str, bool]:
        """The answers."""
        if type(value) is not dict or not value.keys() <= self.questions:
            raise ValueError("May hold only the questions that the description lists.")
        if any(type(answer) is not bool for answer in value.values()):
            raise ValueError("Every answer must be true or false.")
        return value


class Paging(Strict, fields.Integer):
    """A whole number in an address, where everything is text."""

    def __init__(self, most: int, *, least: int = 0, **kwargs: Any) -> None:
        super().__init__(metadata={"minimum": least, "maximum": most}, **kwargs)
        self.least = least
        self.most = most

    def read(self, value: Any) -> int:
        """The number."""
        digits = value if type(value) is str and len(value) <= 15 else ""
        if not digits.isascii() or not digits.isdecimal():
            raise ValueError("Must be a whole number.")
        if not self.least <= int(digits) <= self.most:
            raise ValueError(f"Must be from {self.least} to {self.most}.")
        return int(digits)
