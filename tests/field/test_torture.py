"""Eight runs of misfortune in every test run; `./run torture` makes two hundred and more."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.field.torture import torture
from tests.web.conftest import make_world

pytestmark = pytest.mark.browser


def test_nothing_that_was_shown_as_kept_is_lost(
    sqlite_template: Path, tmp_path: Path, chromium: Browser
) -> None:
    shutil.copy(sqlite_template, tmp_path / "tracker.sqlite")
    world = make_world(tmp_path)
    told = torture(world, chromium.browser_type, tmp_path, runs=8, seed=2026, every=4)
    assert (told.lost, told.doubled, told.unsent, told.broken) == ([], [], [], [])
    assert told.shown > 30
    assert told.misfortunes["replaced by a newer app"] > 0
    assert sum(told.faults[fault] for fault in ("cut", "lost", "half", "error", "portal")) > 0
