"""What forms and addresses bring: the one reader of forms; numbers and ids that are ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import request
from werkzeug.datastructures import MultiDict

from tracker.errors import InvalidValue
from tracker.schemas.typed import Form as Schema
from tracker.schemas.typed import Typed

LARGEST_NUMBER = 2**31 - 1  # of a row, on both databases


def said(schema: type[Schema]) -> dict[str, Any]:
    """What the form that was sent says, by its schema. Raises InvalidValue and TooLong."""
    return _read(schema, request.form)


def said_or_asked(schema: type[Schema]) -> dict[str, Any]:
    """The same of a page that the address may fill in as well as a form."""
    return _read(schema, request.values)


def typed() -> Mapping[str, str]:
    """The form as it was typed, to be shown again beside what is wrong with it; never kept."""
    return request.form


def begun_by(prefix: str) -> dict[str, str]:
    """What was sent under names that begin with `prefix`, by what follows it."""
    return {
        name.removeprefix(prefix): word
        for name, word in request.form.items()
        if name.startswith(prefix)
    }


def asked_number(name: str) -> int | None:
    """A row's number in the address's query; None for none, and for what is no number."""
    number = request.args.get(name, type=int)
    return None if number is None else max(0, min(number, LARGEST_NUMBER))


def event_id(given: object) -> str:
    """The id that a page made for a scan, or names an event by. Raises InvalidValue."""
    try:
        return str(UUID(str(given)))
    except ValueError:
        raise InvalidValue("The page was not complete. Load it again.") from None


def _read(schema: type[Schema], given: MultiDict[str, str]) -> dict[str, Any]:
    """A form says something of every field: an empty text where nothing was sent."""
    read = schema()
    raw: dict[str, Any] = {}
    for name, field in read.fields.items():
        key = field.data_key or name
        assert isinstance(field, Typed), key
        raw[key] = given.getlist(key) if field.several else given.get(key, "")
    return dict(read.load(raw))
