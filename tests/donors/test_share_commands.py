"""`tracker share`: links made, listed and withdrawn by command."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from tests.conftest import migrated_app
from tests.services.builders import lay_world
from tracker.cli import main
from tracker.db import db

Tracker = Callable[..., Result]


@pytest.fixture
def tracker(sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tracker:
    """`tracker("share", "new", ...)` on an installation with one pledge."""
    shutil.copy(sqlite_template, tmp_path / "tracker.sqlite")
    monkeypatch.setenv("TRACKER_HOME", str(tmp_path))
    monkeypatch.setenv("TRACKER_HOST", "kits.example.org")
    with _app(tmp_path).app_context():
        lay_world()
        db.session.remove()
        db.engine.dispose()
    return lambda *said: CliRunner().invoke(main, said)


def _app(home: Path) -> Flask:
    return migrated_app(home)


def test_a_link_that_was_made_opens_the_pledge_until_it_is_withdrawn(
    tracker: Tracker, tmp_path: Path
) -> None:
    made = tracker("share", "new", "EX-1", "--days", "5")
    assert made.exit_code == 0, made.output
    found = re.search(r"http://kits\.example\.org/d/#([\w-]{22})", made.output)
    assert found
    assert _opens(tmp_path, found[1])
    listed = tracker("share", "list", "EX-1").output
    assert re.match(r"1\topen\tends \d{4}-\d\d-\d\d\tused once\n$", listed)
    assert tracker("share", "revoke", "1").exit_code == 0
    assert not _opens(tmp_path, found[1])
    assert "withdrawn" in tracker("share", "list", "EX-1").output


def test_a_program_is_answered_in_json(tracker: Tracker) -> None:
    made = json.loads(tracker("share", "new", "EX-1", "--json").output)
    assert made["link"].startswith("http://kits.example.org/d/#")
    [listed] = json.loads(tracker("share", "list", "EX-1", "--json").output)
    assert listed["state"] == "open"
    assert made["link"].partition("#")[2] not in json.dumps(listed)


@pytest.mark.parametrize(
    "said",
    [
        ("new", "NO-1"),
        ("list", "NO-1"),
        ("revoke", "7"),
        ("revoke", str(2**70)),
        ("new", "EX-1", "--days", "367"),
    ],
)
def test_what_cannot_be_is_refused_with_status_2(tracker: Tracker, said: tuple[str, ...]) -> None:
    result = tracker("share", *said)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def _opens(home: Path, token: str) -> bool:
    app = _app(home)
    status = app.test_client().post("/d/", data={"token": token}).status_code
    with app.app_context():
        db.engine.dispose()
    return status == 303
