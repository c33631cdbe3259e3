"""Forms of locations."""

from __future__ import annotations

from tracker.schemas.typed import Form, Words


class Opening(Form):
    """Why somebody opens a sealed site; kept with who and when."""

    reason = Words(500)


class Premises(Form):
    """Which location another counts as one place with; empty for none."""

    premises = Words(32)
