"""Pages: one blueprint per noun; signing in; the frame around them."""

from __future__ import annotations

import importlib
import importlib.util

from flask import Flask, current_app
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError
from werkzeug.middleware.proxy_fix import ProxyFix

from tracker.db import db
from tracker.errors import FormExpired
from tracker.models import Account, Passkey, RoleRow
from tracker.web import signing_in
from tracker.web.frame import compression, frame, gate, limits

csrf = CSRFProtect()

# Each registers itself by `init_app(app)`, or has a `blueprint`.
NOUNS = (
    "frame.problems",
    "home",
    "pledges",
    "items",
    "discrepancies",
    "proposals",
    "consignments",
    "documents",
    "scanning",
    "intake",
    "acts",
    "boxes",
    "counts",
    "losses",
    "readings",
    "boards",
    "found_reports",
    "locations",
    "people",
    "passkeys",
    "devices",
    "field",
    "ledger",
    "labels",
    "batches",
    "printing",
    "donors",
    "donor_exports",
    "published_cards",
    "feeds",
    "notices",
    "outbox",
    "shares",
    "releases",
    "initiatives",
    "words.vocabulary",
    "health",
)


def init_app(app: Flask) -> None:
    """Register signing in, the guard and the pages on `app`."""
    if proxies := app.config["TRUSTED_PROXIES"]:
        fixed = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=0)
        app.wsgi_app = fixed  # type: ignore[method-assign]
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)
    app.config.setdefault("WTF_CSRF_CHECK_DEFAULT", False)
    csrf.init_app(app)
    csrf.exempt(frame.choose_language)
    limits.init_app(app)
    frame.init_app(app)
    compression.init_app(app)
    signing_in.init_app(app, signing_in.Accounts(db, Account, RoleRow, Passkey))
    gate.stand_guard(app)
    app.before_request(_check_form)
    for noun in NOUNS:
        _register(app, noun)


def _check_form() -> None:
    """Refuse what another site may have sent; a device's token cannot be sent by another site."""
    if gate.is_bearer() or not current_app.config["WTF_CSRF_ENABLED"]:
        return
    try:
        csrf.protect(apply_exemptions=True)
    except CSRFError as problem:
        raise FormExpired from problem


def _register(app: Flask, noun: str) -> None:
    name = f"tracker.web.{noun}"
    if importlib.util.find_spec(name) is None:
        return
    module = importlib.import_module(name)
    if hasattr(module, "init_app"):
        module.init_app(app)
    else:
        app.register_blueprint(module.blueprint)
