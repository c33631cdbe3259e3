"""Donors' pages are tested in the same small world as the pages of the staff."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.web.conftest import look, settled, still_world, world
from tracker.queries import donor_exports

__all__ = ["look", "settled", "still_world", "world"]

HEAD = donor_exports.SignedHead(12345, "ab" * 32, datetime(2026, 5, 31, 9, tzinfo=UTC))
REPLACED = {
    "the ledger's head in exports": "a root is the hash of everything, sealed by salts (ADR 3)",
}
"""What two worlds that are to be compared are given alike, and why."""


@pytest.fixture(autouse=True)
def alike(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give worlds that are compared byte by byte what is REPLACED; leave all other tests alone."""
    if request.module.__name__.endswith("test_non_interference"):
        monkeypatch.setattr(donor_exports, "head_before", lambda _moment: HEAD)
