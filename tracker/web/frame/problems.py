"""The one renderer of refusals: problem+json for a program, a page for a person.

Everything that goes wrong comes here: our own refusals, Werkzeug's HTTP errors, values that a
schema refused, a database that does not answer, and errors of ours. `/problems/<slug>` explains
each kind. An error of ours gets a number that is told to the person and written to the log; what
the log says of a database error leaves out the values, because they may be sealed facts.
"""

from __future__ import annotations

import inspect
import secrets
import sys
import traceback
from collections.abc import Mapping
from typing import Any

import structlog
from flask import Blueprint, Flask, Response, current_app, g, json, render_template, request
from flask_babel import get_locale, gettext
from flask_login import AnonymousUserMixin
from marshmallow import ValidationError
from sqlalchemy.exc import (
    DatabaseError,
    DataError,
    DBAPIError,
    InterfaceError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolExhausted
from werkzeug.exceptions import HTTPException

from tracker import errors
from tracker.errors import Refusal
from tracker.web.frame.gate import open_to_anyone

blueprint = Blueprint("problems", __name__)
log = structlog.get_logger(__name__)

KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate", "Content-Range")
MOST_ERRORS = 100
RETRY_AFTER = {429: "60", 503: "30"}  # seconds

BY_STATUS: dict[int, type[Refusal]] = {
    401: errors.SignInNeeded,
    403: errors.NotAllowed,
    404: errors.NotFound,
    405: errors.WrongMethod,
    409: errors.Conflict,
    412: errors.Conflict,
    413: errors.TooLarge,
    414: errors.TooLarge,
    415: errors.WrongMediaType,
    422: errors.InvalidValue,
    429: errors.TooManyRequests,
    431: errors.TooLarge,
    503: errors.DatabaseUnavailable,
}


def render(refusal: Refusal, headers: Mapping[str, str] | None = None) -> Response:
    """The answer that tells `refusal` to whoever asked, with `headers` added."""
    if wants_json():
        response = Response(
            json.dumps(document(refusal)), refusal.status, mimetype="application/problem+json"
        )
    else:
        response = Response(_page(refusal), refusal.status, mimetype="text/html")
    locale = get_locale()
    response.headers["Content-Language"] = locale.language if locale else "en"
    response.headers["Cache-Control"] = "no-store"
    if refusal.status in RETRY_AFTER:
        seconds = refusal.extra.get("retry_after", RETRY_AFTER[refusal.status])
        response.headers["Retry-After"] = str(seconds)
    if refusal.status == errors.SignInNeeded.status:
        response.headers["WWW-Authenticate"] = 'Bearer realm="kittrail"'
    for name, value in (headers or {}).items():
        response.headers[name] = value
    return response


def document(refusal: Refusal) -> dict[str, Any]:
    """`refusal` as an RFC 9457 problem document in the reader's language."""
    extra = dict(refusal.extra)
    if "field" in extra:  # as services name it; `errors` is what the interface promises
        extra = {"errors": {extra.pop("field"): [in_words(refusal)]}, **extra}
    if "errors" in extra:
        extra["errors"] = _trimmed(extra["errors"])
    return {
        **extra,
        "type": f"/problems/{refusal.slug}",
        "title": said(refusal.title),
        "status": refusal.status,
        "detail": in_words(refusal) or said(refusal.title),
        "next_step": said(refusal.next_step),
    }


def said(text: str) -> str:
    """`text` in the reader's language, or as it is when the catalogue lacks it."""
    return gettext(text) if text else ""


def in_words(refusal: Refusal) -> str:
    """The detail of a refusal in the reader's language; also what templates show it by."""
    return refusal.in_words(said)


def wants_json() -> bool:
    """Whether a program is asking: under /api/, or by what it accepts."""
    if request.path.startswith("/api/"):
        return True
    kinds = ["text/html", "application/json", "application/problem+json"]
    return (request.accept_mimetypes.best_match(kinds) or kinds[0]) != kinds[0]


def _page(refusal: Refusal) -> str:
    """The page of a refusal; the plainest one there is when the frame fails too."""
    if refusal.status >= errors.Broken.status:
        # The frame asks who is reading, and that may be what is broken.
        g.actor, g._login_user = None, AnonymousUserMixin()
    try:
        return render_template("problems/problem.html", refusal=refusal, said=said)
    except Exception as failure:  # noqa: BLE001 - whatever it is, the person gets an answer
        log.error(  # noqa: TRY400 - exception() would write values down
            "no page for a problem", **_trace(failure)
        )
        title, next_step = said(refusal.title), said(refusal.next_step)
        return f"<!DOCTYPE html><title>{title}</title><h1>{title}</h1><p>{next_step}</p>"


def refusal_of(error: Exception) -> Refusal:
    """Any exception as a refusal; what nobody expected becomes `Broken` and is logged."""
    match error:
        case Refusal():
            return error
        case HTTPException():
            return _of_http(error)
        case ValidationError():
            return errors.InvalidValue(errors=error.messages)
        case OperationalError() | InterfaceError() | PoolExhausted():
            log.error("database unavailable", **_trace(error))
            return errors.DatabaseUnavailable()
        case DatabaseError() if type(error) is DatabaseError:
            log.error("the file is no database, or is damaged", **_trace(error))
            return errors.DatabaseUnavailable()
        case DBAPIError(connection_invalidated=True):
            log.error("database connection lost", **_trace(error))
            return errors.DatabaseUnavailable()
        case DataError():
            log.warning("a value passed every check and the database refused it", **_trace(error))
            return errors.InvalidValue("A value cannot be stored.")
    number = secrets.token_hex(4)
    log.error("broken", id=number, **_trace(error))
    return errors.Broken(id=number)


def _of_http(error: HTTPException) -> Refusal:
    """Werkzeug's (and webargs') words as ours; details of a wrong value are kept."""
    status = error.code or errors.Broken.status
    given = getattr(error, "data", None) or {}
    extra = {"errors": given["messages"]} if given.get("messages") else {}
    default = errors.Broken if status >= errors.Broken.status else errors.NotReadable
    return BY_STATUS.get(status, default)(**extra)


def _trimmed(messages: Any) -> Any:
    """The first of many messages: a hostile body must not make an answer larger than itself."""
    if isinstance(messages, dict):
        first = list(messages.items())[:MOST_ERRORS]
        return {_repeatable(key, 100): _trimmed(value) for key, value in first}
    if isinstance(messages, list | tuple):
        return [_trimmed(message) for message in messages[:MOST_ERRORS]]
    return _repeatable(messages, 500)


def _repeatable(said: Any, most: int) -> str:
    """The start of what somebody sent, without halves of surrogate pairs: no UTF-8 holds them."""
    return str(said)[:most].encode("utf-8", "backslashreplace").decode()


def _trace(error: Exception) -> dict[str, Any]:
    """What the log keeps of an exception: where it was and, but for a database's, what it says."""
    said_by_database = isinstance(error, SQLAlchemyError)
    return {
        "error": type(error).__name__,
        "said": "" if said_by_database else str(error)[:500],
        "endpoint": request.endpoint,
        "trace": "".join(traceback.format_tb(error.__traceback__)),
    }


def answer(error: Exception) -> Any:
    """Flask's way in: an exception as a response.

    Under test an unexpected exception is raised again, so that the test shows it.
    """
    if isinstance(error, HTTPException):
        if error.code is None or error.code < errors.Refusal.status:
            return error
        kept = {name: value for name, value in error.get_headers() if name in KEPT_HEADERS}
        return render(refusal_of(error), kept)
    refusal = refusal_of(error)
    if type(refusal) is errors.Broken and refusal is not error and _raise_again():
        raise error
    return render(refusal)


def _raise_again() -> bool:
    wanted = current_app.config["PROPAGATE_EXCEPTIONS"]
    return current_app.testing if wanted is None else bool(wanted)


@blueprint.get("/problems/")
@open_to_anyone("help on errors tells nothing about anything")
def list_problems() -> str:
    """All kinds of refusals."""
    kinds = sorted(errors.every_refusal().values(), key=lambda kind: (kind.status, kind.slug))
    return render_template("problems/list.html", kinds=kinds, said=said)


@blueprint.get("/problems/<slug>")
@open_to_anyone("help on errors tells nothing about anything")
def explain(slug: str) -> str:
    """One kind of refusal: what it means and what to do next."""
    kind = errors.every_refusal().get(slug)
    if kind is None:
        raise errors.NotFound
    meaning = " ".join((inspect.getdoc(kind) or "").partition("\n\n")[0].split())
    return render_template("problems/help.html", kind=kind, meaning=meaning, said=said)


def init_app(app: Flask) -> None:
    """Answer everything that goes wrong on `app`."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
    app.register_error_handler(HTTPException, answer)
    app.register_error_handler(Exception, answer)
    app.add_template_filter(in_words)
    app.register_blueprint(blueprint)
