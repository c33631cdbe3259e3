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
