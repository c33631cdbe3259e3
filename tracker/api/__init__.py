"""JSON for devices and programs: one blueprint per noun, described by `/api/openapi.json`."""

from __future__ import annotations

from flask import Flask

from tracker.api import checkpoints, field, guessing, items, late, openapi, pledges, scans
from tracker.api.bodies import MOST_BYTES
from tracker.web import csrf


def init_app(app: Flask) -> None:
    """Register the API on `app`."""
    app.config.setdefault("MAX_CONTENT_LENGTH", None)
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_CONTENT_LENGTH"] or MOST_BYTES
    nouns = [noun.blueprint for noun in (scans, items, pledges, checkpoints, field, late)]
    for blueprint in nouns:
        app.register_blueprint(blueprint)
    csrf.exempt(field.enrol)  # a phone has no session that another site could misuse
    openapi.init_app(app, nouns)
    guessing.init_app(app)
