"""Ukrainian and English, and Kyiv time, for everything a person reads.

The reader's language is the one in the address (`?lang=uk`, for pages that keep no session), else
the one chosen on the page (session), else what the browser prefers among the two, else the
setting `TRACKER_DEFAULT_LOCALE`. Message ids are English.
"""

from __future__ import annotations

from flask import Flask, current_app, has_request_context, request, session
from flask_babel import Babel

LOCALES = ("uk", "en")
babel = Babel()


def reader_locale() -> str:
    """`uk` or `en`: the language of the person reading this answer."""
    default: str = current_app.config["DEFAULT_LOCALE"]
    if not has_request_context():
        return default
    for chosen in (request.args.get("lang"), session.get("locale")):
        if chosen in LOCALES:
            return str(chosen)
    return request.accept_languages.best_match(LOCALES) or default


def init_app(app: Flask) -> None:
    """Set Babel up on `app`."""
    app.config.setdefault("BABEL_DEFAULT_LOCALE", app.config["DEFAULT_LOCALE"])
    app.config.setdefault("BABEL_DEFAULT_TIMEZONE", "Europe/Kyiv")
    babel.init_app(app, locale_selector=reader_locale)
