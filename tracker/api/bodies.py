"""Read what is sent and write what is answered: strict JSON in, JSON with an ETag out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from flask import Response, request, stream_with_context
from marshmallow import Schema

from tracker.errors import InvalidValue, NotReadable, WrongMediaType
from tracker.schemas.scans import GivenTwice

LONGEST_NUMBER = 20  # digits; no number that the interface knows has more
MOST_BYTES = 8 * 1024 * 1024  # 1,000 scans with full notes in Cyrillic, and room to spare

_NO_NUMBER = object()
"""Stands for NaN, Infinity and numbers too long to be counted with: no field reads it."""


def read_body(*, tolerant: bool = False) -> Any:
    """The JSON body of this request.

    Raises NotReadable for what is no JSON in UTF-8, for a name given twice in one object, and for
    numbers that cannot be counted with; WrongMediaType for what does not say that it is JSON; and
    TooLarge (by the limit on the body). A `tolerant` reader marks such objects (GivenTwice) and
    such numbers instead, in a way that no field reads, so that only the scan they stand in is
    invalid.
    """
    if not request.is_json or request.content_encoding:
        raise WrongMediaType
    request.max_content_length = MOST_BYTES
    try:
        text = request.get_data(cache=False).decode("utf-8")
        return (_TOLERANT if tolerant else _STRICT).decode(text)
    except (ValueError, RecursionError):
        raise NotReadable("The body is not JSON in UTF-8.") from None


def read_query(schema: type[Schema]) -> dict[str, Any]:
    """The parameters of the address by `schema`; ValidationError for unknown and wrong ones."""
    given = request.args.to_dict(flat=False)
    twice = {name[:100]: ["Given more than once."] for name, held in given.items() if len(held) > 1}
    if twice:
        raise InvalidValue(errors=twice)
    loaded: dict[str, Any] = schema().load({name: held[0] for name, held in given.items()})
    return loaded


def answer(content: Any, status: int = 200) -> Response:
    """`content` as JSON, for this reader only; 304 when the reader has it already."""
    response = Response(dumped(content), status, mimetype="application/json")
    if request.method in ("GET", "HEAD"):
        response.headers["Cache-Control"] = "private, no-cache"
        response.vary.update(("Authorization", "Cookie"))
        response.add_etag()
        response.make_conditional(request)
    return response


def stream(pieces: Iterator[str], media: str, name: str) -> Response:
    """A document sent as it is made, to be kept as the file `name`; no cache keeps it."""
    response = Response(stream_with_context(pieces), mimetype=media)
    response.headers["Cache-Control"] = "no-store"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def dumped(content: Any) -> str:
    """`content` as compact JSON."""
    return _ENCODER.encode(content)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    return read if len(read) == len(pairs) else GivenTwice(read)


def _integer(digits: str) -> Any:
    return int(digits) if len(digits) <= LONGEST_NUMBER else _NO_NUMBER


def _strict_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise ValueError("a name comes twice")
    return read


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


_TOLERANT = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_constant=lambda _: _NO_NUMBER
)
_STRICT = json.JSONDecoder(object_pairs_hook=_strict_object, parse_constant=_refuse)
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)
