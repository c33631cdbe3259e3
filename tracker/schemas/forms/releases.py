"""Forms of what donors are shown."""

from __future__ import annotations

from tracker.schemas.typed import Form, Required, Words


class ReleasedTexts(Form):
    """What stands beside a photo, or by itself."""

    text_en, text_uk = Words(1000), Words(1000)


class Disclosed(Form):
    """How late and how coarse a pledge is shown."""

    delay_days, small_cell = Required(), Required()


class Withdrawn(Form):
    """To whose page the reader goes back."""

    pledge = Words(32)
