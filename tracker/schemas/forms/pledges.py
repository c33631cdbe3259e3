"""Forms of pledges."""

from __future__ import annotations

from tracker.schemas.typed import Form, Required, Words


class Revised(Form):
    """A new quantity for one line, and why."""

    line = Words(32)
    quantity = Required()
    reason = Words(500)
