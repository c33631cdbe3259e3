"""The form that proposes a write-off."""

from __future__ import annotations

from tracker.schemas.typed import Form, Words


class ProposedWriteOff(Form):
    """Why a unit is written off."""

    reason = Words(500)
