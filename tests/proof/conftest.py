"""A small ledger, filled once by the real services on each database; each test gets it anew."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.proof.small_ledger import DATABASES, Ledger, fill, keep_a_copy, opened, restore


@pytest.fixture(scope="session", params=DATABASES)
def original(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, str]]:
    """The folder and, on PostgreSQL, the URL of a ledger that no test changes for good."""
    home = tmp_path_factory.mktemp("original")
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), home / "tracker.sqlite")
        with opened(home, "") as ledger:
            fill(ledger)
        yield home, ""
        return
    with request.getfixturevalue("postgres_databases").taken() as url:
        with opened(home, url) as ledger:
            fill(ledger)
            keep_a_copy()
        yield home, url


@pytest.fixture
def ledger(original: tuple[Path, str], tmp_path: Path) -> Iterator[Ledger]:
    """22 events of 7 subjects, the first 20 in the log, signed after 6, 14 and 20."""
    home, url = original
    shutil.copytree(home, tmp_path / "home")
    with opened(tmp_path / "home", url) as ledger:
        if url:
            restore()
        yield ledger
