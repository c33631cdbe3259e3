"""The application on an empty, migrated database of its own: on SQLite and on PostgreSQL.

The migrations run once a session and database; each test gets a copy.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import create_engine, make_url, text

from tests.house.parts import CHROMIUM, POSTGRES, need
from tracker import create_app
from tracker.db import db

# No example is timed: these machines are shared. CI walks the same examples every time, so that
# what it says of a commit is true of it tomorrow; everywhere else new ones are looked for.
hypothesis.settings.register_profile(
    "kittrail",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("kittrail")

KEYS = {
    "secret": "a secret of the tests",
    "password_salt": "a salt of the tests",
    "sites": "5e" * 32,
    "checkpoint": "c0" * 32,
    "receipts": "7e" * 32,
}


def migrated_app(home: Path, database_url: str = "", **settings: object) -> Flask:
    """The application with keys of the tests, on the database named."""
    given = {"HOME": home, "DATABASE_URL": database_url, "KEYS": KEYS, "TESTING": True}
    return create_app({**given, "RATE_LIMITS": False, **settings})


def _migrate(home: Path, database_url: str = "") -> None:
    app = migrated_app(home, database_url)
    with app.app_context():
        upgrade()
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file."""
    home = tmp_path_factory.mktemp("template")
    _migrate(home)
    return home / "tracker.sqlite"


@pytest.fixture(scope="session")
def postgres_template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a migrated, empty database on the server; dropped at the end."""
    name = f"kittrail_{secrets.token_hex(6)}"
    _on_server(f"CREATE DATABASE {name}")
    _migrate(tmp_path_factory.mktemp("template"), _on(name))
    yield name
    _on_server(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty, migrated database of the test's own."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "tracker.sqlite")
        yield f"sqlite:///{tmp_path / 'tracker.sqlite'}"
        return
    name = f"kittrail_{secrets.token_hex(6)}"
    _on_server(f"CREATE DATABASE {name} TEMPLATE {request.getfixturevalue('postgres_template')}")
    yield _on(name)
    _on_server(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application, inside its context."""
    app = migrated_app(tmp_path, database_url)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Debian's Chromium, driven by Playwright."""
    from playwright.sync_api import sync_playwright

    path = need(CHROMIUM)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def pieces(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the small pages are served that exist only in tests."""
    from tests.web.small_pages import serving_pieces

    home = tmp_path_factory.mktemp("pieces")
    shutil.copy(sqlite_template, home / "tracker.sqlite")
    with serving_pieces(migrated_app(home)) as address:
        yield address


def _on_server(sentence: str) -> None:
    engine = create_engine(need(POSTGRES), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(sentence))
    engine.dispose()


def _on(database: str) -> str:
    return make_url(need(POSTGRES)).set(database=database).render_as_string(hide_password=False)
