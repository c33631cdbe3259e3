"""The form of a label’s page: one step of a unit or a box."""

from __future__ import annotations

from tracker.schemas.typed import Form, Maybe, Several, Ticked, Word, Words, Yes


class TakenStep(Form):
    """A step of what stands in front of a person; `listed` where it was taken from a list."""

    id = Word()
    location, consignment, receiver = Maybe(32), Maybe(32), Maybe(32)
    act, report, condition = Maybe(64), Maybe(64), Maybe(64)
    note = Maybe(2000)
    second_identifier, handling_unit = Words(200), Words(200)
    present, working, civilian_use = Word(), Word(), Word()
    listed = Ticked()
    confirm = Yes()
    answer = Several(120, limit=50)
