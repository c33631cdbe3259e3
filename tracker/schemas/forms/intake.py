"""The form of the intake."""

from __future__ import annotations

from tracker.schemas.typed import Form, Lines, Maybe, Words, Yes


class Place(Form):
    """For which pledge units are taken in, and where; `id` is that of the scan."""

    id, pledge, location = Words(64), Words(32), Words(32)


class UnitToTakeIn(Place):
    """One unit: our label, its maker's codes line by line, what a person chose or confirmed."""

    label = Words(200)
    numbers = Lines(200)
    product = Maybe(32)
    confirm = Yes()
