"""Forms of phones and scanners."""

from __future__ import annotations

from tracker.schemas.typed import Form, Several, Whole, Word, Words


class Invited(Form):
    """What a device may do, where, and for how long."""

    role = Word()
    days = Whole()
    location = Several(32, limit=1000)


class ShownInvitation(Form):
    """The code of the invitation that a screen shows."""

    code = Word()


class JudgedLate(Form):
    """Which scans and acts that came too late are kept, or not, and why."""

    scan, act = Several(64, limit=100_000), Several(64, limit=100_000)
    verdict = Word()
    decision = Words(1000)
