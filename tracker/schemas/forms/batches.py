"""Forms of blank labels."""

from __future__ import annotations

from tracker.schemas.typed import Form, Whole, Words


class MadeBatch(Form):
    """How many labels a batch has."""

    many = Whole()


class BoundLabel(Form):
    """Two scans: our label, and the barcode of its unit's maker."""

    label, barcode = Words(200), Words(200)
