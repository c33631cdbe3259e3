"""Forms of initiatives."""

from __future__ import annotations

from tracker.schemas.typed import Form, Maybe, Words


class StartedInitiative(Form):
    """A new initiative."""

    ref = Words(32)
    name_en, name_uk = Words(200), Words(200)


class JoinedInitiative(Form):
    """The initiative that a pledge belongs to from now on; None for none."""

    initiative = Maybe(32)
