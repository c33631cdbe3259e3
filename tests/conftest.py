"""The application on an empty, migrated database of its own: on SQLite and on PostgreSQL.

The migrations run once a session and database; each test gets a copy, or one used and emptied.
"""

from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import time_machine
from flask import Flask
from flask_migrate import upgrade
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from tests.databases import Databases, create, drop, url_of
from tests.house import commits, statements
from tests.house.parts import CHROMIUM, ROOT, need
from tracker import clock, create_app
from tracker.db import db
from tracker.ledger.rebuilding import apply_rules

# No example is timed: these machines are shared. CI walks the same examples every time, so that
# what it says of a commit is true of it tomorrow; everywhere else new ones are looked for.
hypothesis.settings.register_profile(
    "kittrail",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("kittrail")


# `./run clocks` says which moment it is while the tests run, and what hangs on it.
if moment := os.environ.get("TRACKER_TEST_MOMENT"):
    time_machine.travel(datetime.fromisoformat(moment), tick=True).start()


class Compiled(BytecodeCache):
    """Templates as this run has compiled them: every application would compile them anew."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


TEMPLATES = Compiled()


class Built:
    """How addresses are written, as this run has compiled it: nearly all an application's start."""

    def __init__(self) -> None:
        self._compile = Rule._compile_builder
        self._kept: dict[object, Any] = {}

    def __call__(self, rule: Rule, append_unknown: bool = True) -> Any:
        key = (rule.rule, tuple(rule._trace), repr(rule.defaults), append_unknown)
        if key not in self._kept:
            self._kept[key] = self._compile(rule, append_unknown)
        return self._kept[key]


_built = Built()
Rule._compile_builder = lambda *of: _built(*of)  # type: ignore[method-assign]
KEYS = {
    "secret": "a secret of the tests",
    "password_salt": "a salt of the tests",
    "sites": "5e" * 32,
    "checkpoint": "c0" * 32,
    "receipts": "7e" * 32,
    "notices": "a0" * 32,
    "metrics": "3e" * 32,
}


@functools.cache
def _needs_browser(file: str) -> bool:
    return "mark.browser" in (ROOT / file).read_text(encoding="utf-8")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs a browser first: where several processes run the tests, it is the longest work."""
    items.sort(key=lambda item: not _needs_browser(item.nodeid.partition("::")[0]))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    """What one process does where several run the tests: all in browsers, or else a file.

    A browser has the time of a core and a half; two at once would be late for what they test.
    """

    class Scheduling(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return "browser" if _needs_browser(file) else file

    return Scheduling(config, log)


def migrated_app(home: Path, database_url: str = "", **settings: object) -> Flask:
    """The application with keys of the tests, on the database named."""
    given = {"HOME": home, "DATABASE_URL": database_url, "KEYS": KEYS, "TESTING": True}
    given |= {"DONOR_VIEW_SECONDS": 0}  # what a test changes shows at once
    app = create_app({**given, "RATE_LIMITS": False, **settings})
    app.jinja_env.bytecode_cache = TEMPLATES
    return app


def _migrate(home: Path, database_url: str = "") -> None:
    app = migrated_app(home, database_url)
    with app.app_context():
        upgrade()
        apply_rules(now=clock.now())
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(autouse=True)
def one_transaction_for_each_verb() -> Iterator[None]:
    """Fails a test in which a service commits twice in one call."""
    commits.forget()
    yield
    assert sorted(set(commits.twice)) == [], "commits twice: one verb, one transaction"


@pytest.fixture(autouse=True)
def no_official_row_without_its_event() -> Iterator[None]:
    """Fails a test in which official rows were written and the ledger was told nothing."""
    statements.forget()
    yield
    assert sorted(set(statements.unstated)) == [], "official rows without their event"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file."""
    home = tmp_path_factory.mktemp("template")
    _migrate(home)
    return home / "tracker.sqlite"


@pytest.fixture(scope="session")
def postgres_template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a migrated, empty database on the server; dropped at the end."""
    name = create()
    _migrate(tmp_path_factory.mktemp("template"), url_of(name))
    yield name
    drop(name)


@pytest.fixture(scope="session")
def postgres_databases(postgres_template: str) -> Iterator[Databases]:
    """Copies of the template, each for one test after another."""
    databases = Databases(postgres_template)
    yield databases
    databases.end()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty, migrated database of the test's own."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "tracker.sqlite")
        yield f"sqlite:///{tmp_path / 'tracker.sqlite'}"
        return
    with request.getfixturevalue("postgres_databases").taken() as url:
        yield url


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application, inside its context."""
    app = migrated_app(tmp_path, database_url)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="session")
def running_chromium() -> Iterator[Any]:
    """Debian's Chromium, driven by Playwright."""
    from playwright.sync_api import sync_playwright

    path = need(CHROMIUM)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def chromium(running_chromium: Any) -> Iterator[Any]:
    """The browser for one test, whose windows are closed after it."""
    yield running_chromium
    for context in running_chromium.contexts:
        context.close()


@pytest.fixture(scope="session")
def pieces(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the small pages are served that exist only in tests."""
    from tests.web.small_pages import serving_pieces

    home = tmp_path_factory.mktemp("pieces")
    shutil.copy(sqlite_template, home / "tracker.sqlite")
    with serving_pieces(migrated_app(home)) as address:
        yield address
