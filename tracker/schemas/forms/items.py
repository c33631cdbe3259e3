"""The form of a unit’s page."""

from __future__ import annotations

from tracker.schemas.typed import Form, Maybe, Word


class DeclaredError(Form):
    """Which event was wrong, and why."""

    event = Word()
    reason = Word()
    note = Maybe(1000)
