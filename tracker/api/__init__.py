"""JSON for devices and programs: one blueprint per noun, described by `/api/openapi.json`."""

from __future__ import annotations

from flask import Flask

from tracker.api import checkpoints, items, misses, openapi, pledges, scans
from tracker.api.bodies import MOST_BYTES
from tracker.api.describing import DescribedApi


def init_app(app: Flask) -> None:
    """Register the API on `app`."""
    app.config.setdefault("MAX_CONTENT_LENGTH", None)
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_CONTENT_LENGTH"] or MOST_BYTES
    app.config.update(API_TITLE="KitTrail", API_VERSION="v1", OPENAPI_VERSION="3.1.0")
    api = DescribedApi(app, spec_kwargs=openapi.SPEC)
    for noun in (scans, items, pledges, checkpoints):
        api.register_blueprint(noun.blueprint)
    openapi.init_app(app, api)
    misses.init_app(app)
