"""KitTrail: every donated unit from pledge to proof. `create_app` is the application."""

from __future__ import annotations

from typing import Any

from flask import Flask


def create_app(overrides: dict[str, Any] | None = None) -> Flask:
    """The application: config, then the database, then the blueprints; nothing else.

    `overrides` are settings (`tracker.config.DEFAULTS`, Flask's own) that win over environment.
    """
    from flask_migrate import Migrate

    from tracker import api, config, i18n, models, web  # noqa: F401 - models: tables are known
    from tracker.db import db

    app = Flask("tracker")
    app.config.from_mapping(config.load(overrides))
    app.config["HOME"].mkdir(parents=True, exist_ok=True, mode=0o700)
    db.init_app(app)
    Migrate(app, db, directory=str(config.MIGRATIONS), render_as_batch=True)
    i18n.init_app(app)
    web.init_app(app)
    api.init_app(app)
    return app
