"""The frame around every page: who sees which entry, the language switch, the headers."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    make_response,
    redirect,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_security import current_user  # type: ignore[attr-defined, unused-ignore]
from markupsafe import Markup

from tracker.domain.permissions import Action, Actor
from tracker.errors import Refusal
from tracker.i18n import LOCALES
from tracker.schemas.forms.languages import ChosenLanguage
from tracker.web.frame import menu
from tracker.web.frame.forms import said
from tracker.web.frame.gate import current_actor, open_to_anyone
from tracker.web.words import formats, stages, terms

blueprint = Blueprint("frame", __name__)

LANGUAGE_NAMES = {"uk": "Українська", "en": "English"}

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)

DECODER_POLICY = CONTENT_SECURITY_POLICY.replace(
    "script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'"
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    # Nothing is told to other sites; our own forms need it, to be told apart from theirs.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def icon(name: str) -> Markup:
    """One of the icons of sprite.svg, beside a word that says the same."""
    address = f"{_static_url('sprite.svg')}#{name}"
    return Markup(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}"/></svg>'
    ).format(address)


def reading_actor() -> Actor | None:
    """Who reads this page, or None; also for a page that only says what went wrong.

    An error page is made when something has failed already: a session that cannot be read, or a
    database that does not answer, must not make it fail again.
    """
    try:
        return current_actor()
    except Refusal:
        return None


def reader_name() -> str:
    """What the signed-in person is called on their own pages."""
    return str(current_user.name or current_user.email) if current_user.is_authenticated else ""


@blueprint.post("/language")
@open_to_anyone("a language is no secret")
def choose_language() -> Any:
    """Keep the chosen language in the session and go back to where the reader was.

    The way back comes from the request's referrer and not from the page, and the form needs no
    CSRF token: so the page of a code that nobody signed in for is the same for every code.
    """
    chosen = said(ChosenLanguage)["locale"]
    if chosen in LOCALES:
        session["locale"] = chosen
    return redirect(local_path(request.referrer or ""), 303)


def local_path(address: str) -> str:
    """`address` as a path on this server with its query, or `/` if it leads anywhere else."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"
    is_here = parts.netloc in ("", request.host) and parts.scheme in ("", request.scheme)
    path = parts.path
    is_plain = path.startswith("/") and not path.startswith("//") and "\\" not in address
    if not is_here or not is_plain or not address.isprintable():
        return "/"
    return f"{path}?{parts.query}" if parts.query else path


def allow_decoder(page: ResponseReturnValue) -> Response:
    """The answer with `page` on which the barcode decoder of scan/camera.js may run.

    Browsers take WebAssembly for a kind of script; every other page stays without it.
    """
    response = make_response(page)
    response.headers["Content-Security-Policy"] = DECODER_POLICY
    return response


def _set_headers(response: Response) -> Response:
    present = {name.lower() for name, _ in response.headers}
    for name, value in HEADERS.items():
        if name.lower() not in present:
            response.headers.add(name, value)
    if current_app.config["SECURE_COOKIES"]:
        response.headers.setdefault(
            "Strict-Transport-Security", "max-age=63072000; includeSubDomains"
        )
    if response.mimetype == "text/html":
        response.headers.setdefault("Cache-Control", "private, no-cache")
    return response


def _known_to_templates() -> dict[str, Any]:
    locale = get_locale()
    return {
        "Action": Action,
        "current_actor": reading_actor,
        "has_page": _has_page,
        "icon": icon,
        "language": locale.language if locale else "uk",
        "language_names": LANGUAGE_NAMES,
        "menu": menu,
        "reader_name": reader_name,
        "stage_parts": stages.parts,
        "static_url": _static_url,
    }


def _has_page(endpoint: str) -> bool:
    return endpoint in current_app.view_functions


def _static_url(name: str) -> str:
    return url_for("static", filename=name)


def _stamp(endpoint: str, values: dict[str, Any]) -> None:
    """Give a static file's address the time it was changed, so that browsers may keep the file."""
    if endpoint != "static" or "filename" not in values:
        return
    file = Path(current_app.static_folder or "") / values["filename"]
    if file.is_file():
        values["v"] = format(int(file.stat().st_mtime), "x")


def _keep_stamped(response: Response) -> Response:
    if request.endpoint == "static" and "v" in request.args and response.status_code == 200:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def init_app(app: Flask) -> None:
    """Put the frame around the pages of `app`."""
    terms.init_app(app)
    formats.init_app(app)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.context_processor(_known_to_templates)
    app.url_defaults(_stamp)
    app.after_request(_set_headers)
    app.after_request(_keep_stamped)
    app.register_blueprint(blueprint)
