"""The form that begins a count."""

from __future__ import annotations

from tracker.schemas.typed import Form, Words


class OpenedCount(Form):
    """The place that is counted."""

    location = Words(32)
