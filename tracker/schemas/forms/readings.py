"""Forms of numbers that were read later."""

from __future__ import annotations

from tracker.schemas.typed import Form, Word, Words, Yes


class BroughtAccount(Form):
    """A status or a list of terminals; kept, or only looked at."""

    text = Words(2_000_000)
    keep = Yes()


class AddedReading(Form):
    """A number that somebody read on a unit."""

    scheme = Word()
    text = Words(200)
