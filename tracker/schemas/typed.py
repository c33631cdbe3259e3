"""Fields of forms: what a person typed or ticked, where everything is text and much is empty.

A form always says something of each field; nothing said is an empty text, None, or no members,
as the field says. What is too long is refused with its length, never cut.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from marshmallow import EXCLUDE, Schema, fields

from tracker.domain.texts import few_enough, fitting
from tracker.errors import InvalidValue

LARGEST = 2**31 - 1  # of a number, on both databases


class Form(Schema):
    """What is read of a form; tokens, buttons and whatever else it sends are left out."""

    class Meta:
        """Unknown names are no fault: a browser sends what the page holds."""

        unknown = EXCLUDE


class Typed(fields.Field[Any]):
    """A field with one reader, like those of `schemas.fields`; `several` values or one."""

    several = False

    def read(self, value: Any, name: str) -> Any:
        """`value` as the service wants it. Raises InvalidValue and TooLong."""
        raise NotImplementedError

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        return self.read(value, attr)


class Words(Typed):
    """A text of at most `most` characters, without blanks around it; empty for none."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def read(self, value: str, name: str) -> Any:
        """The text."""
        return fitting(value, self.most, name)


class Maybe(Words):
    """The same, and None for none."""

    def read(self, value: str, name: str) -> str | None:
        """The text, or None."""
        return super().read(value, name) or None


class Parts(Words):
    """Words with blanks between them, as scanners and pages list codes."""

    def read(self, value: str, name: str) -> list[str]:
        """The words, of which each may have so many characters."""
        return [fitting(word, self.most, name) for word in value.split()]


class Lines(Words):
    """One text a line."""

    def read(self, value: str, name: str) -> tuple[str, ...]:
        """The lines that are not empty, of which each may have so many characters."""
        lines = (fitting(line, self.most, name) for line in value.splitlines())
        return tuple(line for line in lines if line)


class Several(Typed):
    """All values under one name, such as ticked boxes; at most `limit` of them."""

    several = True

    def __init__(self, most: int, *, limit: int) -> None:
        super().__init__()
        self.most, self.limit = most, limit

    def read(self, value: list[str], name: str) -> list[str]:
        """The values."""
        few_enough(len(value), self.limit, name)
        return [fitting(one, self.most, name) for one in value]


class Word(Typed):
    """A word that a page sends and nobody types: as it is, for who knows what it may be."""

    def read(self, value: str, name: str) -> str:
        """The word; one that is far too long is none that a page sends."""
        return value if len(value) <= 64 else ""


class Token(Word):
    """What follows the last `#` of a link. One that is too long to be ours is like any other that
    is not: nobody learns more by it.
    """

    def read(self, value: str, name: str) -> str:
        """The token."""
        return super().read(value.strip().rpartition("#")[2], name)


class Whole(Typed):
    """A whole number from 0 on; None for anything else."""

    def read(self, value: str, name: str) -> int | None:
        """The number."""
        digits = value.strip()
        if not (digits.isascii() and digits.isdecimal()) or len(digits) > 10:
            return None
        return int(digits) if int(digits) <= LARGEST else None


class Required(Whole):
    """A whole number that must be given."""

    def read(self, value: str, name: str) -> int:
        """The number."""
        number = super().read(value, name)
        if number is None:
            raise InvalidValue("Type a whole number.", field=name)
        return number


class Day(Typed):
    """A day as a browser's calendar sends it; None for none."""

    def read(self, value: str, name: str) -> date | None:
        """The day."""
        try:
            return date.fromisoformat(value.strip()) if value.strip() else None
        except ValueError:
            raise InvalidValue("This is not a date.", field=name) from None


class Yes(Typed):
    """Whether the page's word for yes was sent."""

    def __init__(self, word: str = "yes") -> None:
        super().__init__()
        self.word = word

    def read(self, value: str, name: str) -> bool:
        """True for that word alone."""
        return bool(value == self.word)


class Ticked(Typed):
    """Whether anything was sent under this name."""

    def read(self, value: str, name: str) -> bool:
        """True for any word."""
        return bool(value)
