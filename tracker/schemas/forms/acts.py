"""Forms of handover acts."""

from __future__ import annotations

from tracker.schemas.typed import Form, Parts, Words


class MadeAct(Form):
    """A new act in draft."""

    giver, receiver, site = Words(32), Words(32), Words(32)
    purpose = Words(500)
    commission = Words(2000)


class SignedAct(Form):
    """What both sides signed, and the codes of the units that the page listed (`shown`)."""

    giver_person, giver_position = Words(120), Words(120)
    receiver_person, receiver_position = Words(120), Words(120)
    giver_signature, receiver_signature = Words(1_000_000), Words(1_000_000)
    shown = Parts(64)
