"""Donors' pages are tested in the same small world as the pages of the staff."""

from tests.web.conftest import look, settled, still_world, world

__all__ = ["look", "settled", "still_world", "world"]
