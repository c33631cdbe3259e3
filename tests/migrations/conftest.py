"""Old ledgers for the tests of migrations and of what comes after them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.migrations.old_ledgers import OldLedgers


@pytest.fixture(scope="session")
def old_ledgers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OldLedgers]:
    """Each is laid once."""
    ledgers = OldLedgers(tmp_path_factory.mktemp("old"))
    yield ledgers
    ledgers.end()


@pytest.fixture(autouse=True)
def no_official_row_without_its_event() -> None:
    """Here rows are laid as older versions kept them; `tracker init` states them later."""
