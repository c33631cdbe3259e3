"""Forms of discrepancies."""

from __future__ import annotations

from tracker.schemas.typed import Form, Maybe, Ticked, Words


class Settled(Form):
    """What was decided, in words; the event that the decision calls wrong; whether a number that
    was read is the unit's now, and whether a scan out of reach counts on the word of who decides.
    """

    decision = Words(1000)
    wrong = Maybe(64)
    adopt = Ticked()
    admit = Ticked()
