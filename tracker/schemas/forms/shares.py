"""The form that makes a link for donors."""

from __future__ import annotations

from tracker.schemas.typed import Form, Whole, Word


class MadeShare(Form):
    """How long it lives and what it shows; all where the page does not say."""

    days = Whole()
    shows = Word()
