"""Forms of what finders say."""

from __future__ import annotations

from tracker.schemas.typed import Form, Words


class Found(Form):
    """A finder's message, and how to reach them."""

    message = Words(500)
    contact = Words(200)


class SettledReport(Form):
    """What was decided."""

    decision = Words(1000)
