"""The form by which people sign in, as far as the counters of guesses read it."""

from __future__ import annotations

from tracker.schemas.typed import Form, Word


class Tried(Form):
    """The account that somebody tries to open."""

    email = Word()
