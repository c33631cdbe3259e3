"""Forms of losses."""

from __future__ import annotations

from tracker.schemas.typed import Day, Form, Maybe, Parts, Whole, Word, Words


class ReportedLoss(Form):
    """What was lost, stolen or destroyed, and how."""

    kind = Word()
    codes = Parts(200)
    circumstances = Words(4000)
    happened_on = Day()
    authority = Maybe(120)
    consignment = Maybe(32)


class FoundUnit(Form):
    """Which unit of a report turned up, and where."""

    item = Whole()
    location = Words(32)
