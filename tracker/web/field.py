"""The field app: a shell that holds nothing of anybody's, and what its service worker keeps.

Everything the app shows stands on the phone or comes from the API. The worker keeps the files of
`FILES` under the hashes that this module tells it, so that a phone has one version or another and
never parts of two. `static/field/` holds the app.
"""

from __future__ import annotations

import json
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    make_response,
    redirect,
    render_template,
    url_for,
)
from flask_babel import force_locale

from tracker.errors import NotFound
from tracker.i18n import LOCALES
from tracker.web.frame.frame import CONTENT_SECURITY_POLICY
from tracker.web.frame.gate import open_to_anyone
from tracker.web.words import field_words

blueprint = Blueprint("field", __name__)

POLICY = CONTENT_SECURITY_POLICY.replace(
    "script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'"
).replace("img-src 'self' data:", "img-src 'self' data: blob:")
OPEN_BECAUSE = "the app has nothing of its own; what it shows stands on the phone"

FILES = (
    *("app", "acts", "answers", "codes", "dom", "enrol", "files", "forms", "handover", "home"),
    *("keys", "known", "listing", "outbox", "photos", "pile", "proof", "questions", "reading"),
    *("scan", "sending", "session", "settings", "statements", "store", "unit", "units", "unsent"),
    "words",
)
"""The app's own modules, in static/field."""

SHARED = (
    *("scan/camera.js", "scan/signals.js", "scan/signature.js", "scan/wedge.js"),
    *("vendor/idb.js", "icon.svg", "field/field.css"),
)
DECODER = (
    "vendor/barcode-detector.js",
    "vendor/zxing-exported.js",
    "vendor/zxing_reader.wasm",
)
"""Kept too where the browser cannot read codes by itself."""


@blueprint.get("/field")
@open_to_anyone(OPEN_BECAUSE)
def lead_to_app() -> Any:
    """The worker's scope ends with a slash."""
    return redirect(url_for("field.show_app"), 308)


@blueprint.get("/field/")
@open_to_anyone(OPEN_BECAUSE)
def show_app() -> Response:
    """The shell: the same bytes for everybody."""
    page = make_response(_shell())
    page.headers["Content-Security-Policy"] = POLICY
    page.headers["Cache-Control"] = "no-cache"
    page.headers["Referrer-Policy"] = "no-referrer"
    page.add_etag()
    return page


@blueprint.get("/field/worker.js")
@open_to_anyone(OPEN_BECAUSE)
def show_worker() -> Response:
    """The service worker, which begins with what it is to keep."""
    return _worker('import { send } from "/static/field/sending.js";\n')


@blueprint.get("/field/worker-plain.js")
@open_to_anyone(OPEN_BECAUSE)
def show_plain_worker() -> Response:
    """The same for browsers whose workers import nothing: they send when the app is open."""
    return _worker("const send = null;\n")


@blueprint.get("/field/words/<locale>.json")
@open_to_anyone(OPEN_BECAUSE)
def show_words(locale: str) -> Response:
    """The app's words, from the same catalogues as all pages."""
    if locale not in LOCALES:
        raise NotFound
    answer = Response(_words(locale), mimetype="application/json")
    answer.headers["Cache-Control"] = "no-cache"
    answer.add_etag()
    return answer


@blueprint.get("/field/app.webmanifest")
@open_to_anyone(OPEN_BECAUSE)
def show_manifest() -> Response:
    """What a phone needs to put the app among its others."""
    answer = Response(_manifest(), mimetype="application/manifest+json")
    answer.headers["Cache-Control"] = "no-cache"
    answer.add_etag()
    return answer


def _worker(beginning: str) -> Response:
    told = json.dumps(kept_files(), separators=(",", ":"), sort_keys=True)
    more = json.dumps([_address(name) for name in DECODER])
    body = (_static() / "field" / "worker.js").read_text(encoding="utf-8")
    text = f"{beginning}const FILES = {told};\nconst DECODER = {more};\n{body}"
    answer = Response(text, mimetype="text/javascript")
    answer.headers["Service-Worker-Allowed"] = "/field/"
    answer.headers["Cache-Control"] = "no-cache"
    answer.add_etag()
    return answer


def kept_files() -> dict[str, str]:
    """Address -> SHA-256 (hexadecimal) of everything the worker keeps."""
    names = [f"field/{name}.js" for name in FILES]
    told = {_address(name): _hash_of(name) for name in (*names, *SHARED, *DECODER)}
    made = {
        url_for("field.show_app"): _shell(),
        url_for("field.show_manifest"): _manifest(),
        **{url_for("field.show_words", locale=one): _words(one) for one in LOCALES},
    }
    return told | {address: sha256(text.encode()).hexdigest() for address, text in made.items()}


def _shell() -> str:
    with force_locale("uk"):
        return render_template("field/app.html", modules=FILES, address=_address)


def _words(locale: str) -> str:
    with force_locale(locale):
        return json.dumps(field_words.words(), ensure_ascii=False, separators=(",", ":"))


def _manifest() -> str:
    told = {
        "name": "KitTrail",
        "short_name": "KitTrail",
        "lang": "uk",
        "id": "/field/",
        "start_url": "/field/",
        "scope": "/field/",
        "display": "standalone",
        "background_color": "#12456b",
        "theme_color": "#12456b",
        "icons": [
            {"src": _address("icon-192.png"), "sizes": "192x192", "type": "image/png"},
            {"src": _address("icon-512.png"), "sizes": "512x512", "type": "image/png",
             "purpose": "any"},
            {"src": _address("icon-512.png"), "sizes": "512x512", "type": "image/png",
             "purpose": "maskable"},
        ],
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _static() -> Path:
    return Path(current_app.static_folder or "")


def _address(name: str) -> str:
    return f"/static/{name}"


def _hash_of(name: str) -> str:
    file = _static() / name
    return _hashed(str(file), file.stat().st_mtime_ns)


@lru_cache(maxsize=256)
def _hashed(file: str, _changed: int) -> str:
    return sha256(Path(file).read_bytes()).hexdigest()


def init_app(app: Flask) -> None:
    """Register the app's shell; it sets no cookie and reads none."""
    app.register_blueprint(blueprint)
