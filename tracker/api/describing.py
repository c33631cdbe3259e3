"""What `/api/openapi.json` says of a route, said beside the route and nowhere else.

Nothing here runs when a request comes: describing leaves the function as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask_smorest import Api
from marshmallow import Schema

from tracker.schemas.scans import ProblemSchema

Route = TypeVar("Route", bound=Callable[..., Any])

REFUSALS = {
    400: "The request cannot be read.",
    401: "Nobody is signed in, or the device's access has ended.",
    403: "The role does not allow it.",
    404: "There is no such thing, or none that this reader may know of.",
    409: "It exists already with other content.",
    410: "It was good once, or for a time, and is not any more.",
    413: "More than one request may carry.",
    415: "The body is not JSON.",
    422: "A value is wrong; `errors` names it.",
    429: "Too many misses: wait as long as Retry-After says.",
    503: "The database does not answer; nothing was kept.",
}


class DescribedApi(Api):  # type: ignore[misc]
    """flask-smorest without its answers to errors: `web.frame.problems` tells every refusal."""

    ERROR_SCHEMA = ProblemSchema

    def _register_error_handlers(self) -> None:
        pass


def described(
    summary: str,
    *,
    returns: type[Schema] | None = None,
    status: int = 200,
    body: type[Schema] | None = None,
    query: type[Schema] | None = None,
    refuses: tuple[int, ...] = (),
    open_route: bool = False,
    media: str = "application/json",
) -> Callable[[Route], Route]:
    """Describe a route: what it takes, what it returns, what it refuses with.

    Every route may also answer 429 and 503, and every one that is not open 401 and 403.
    """
    common = (429, 503) if open_route else (401, 403, 429, 503)
    answers: dict[str, Any] = {str(code): _problem(code) for code in sorted((*refuses, *common))}
    answers[str(status)] = {"description": "As asked.", "content": _content(returns, media)}
    if status == 200 and body is None:
        answers["304"] = {"description": "Not changed since the ETag that was sent."}
    said: dict[str, Any] = {"summary": summary, "responses": answers}
    if open_route:
        said["security"] = []
    if body is not None:
        said["requestBody"] = {"required": True, "content": _content(body)}
    if query is not None:
        said["parameters"] = [{"in": "query", "schema": query}]

    def mark(route: Route) -> Route:
        route._apidoc = {"manual_doc": said}  # type: ignore[attr-defined]
        return route

    return mark


def _content(schema: type[Schema] | None, media: str = "application/json") -> dict[str, Any]:
    return {media: {"schema": schema or {"type": "object"}}}


def _problem(code: int) -> dict[str, Any]:
    return {
        "description": REFUSALS[code],
        "content": {"application/problem+json": {"schema": ProblemSchema}},
    }
