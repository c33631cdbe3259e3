"""What a form says beside the words of a decision."""

from __future__ import annotations

from tracker.schemas.typed import Form, Maybe, Ticked


class Settled(Form):
    """The event that the decision calls wrong; whether a number that was read is the unit's now,
    and whether a scan out of reach counts on the word of who decides."""

    wrong = Maybe(64)
    adopt = Ticked()
    admit = Ticked()
