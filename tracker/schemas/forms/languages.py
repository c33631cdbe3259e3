"""The form that chooses a language."""

from __future__ import annotations

from tracker.schemas.typed import Form, Word


class ChosenLanguage(Form):
    """A language by its code."""

    locale = Word()
