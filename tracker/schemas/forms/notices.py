"""Forms of mails and calls for donors."""

from __future__ import annotations

from tracker.schemas.typed import Form, Token, Word, Words


class ChosenMail(Form):
    """How often, or never."""

    cadence = Word()


class RegisteredWebhook(Form):
    """The address that is called."""

    address = Words(2000)


class AskedAddress(Form):
    """Where digests shall go, and how often."""

    address = Words(254)
    cadence = Word()


class Linked(Form):
    """The token of a link; `verb` says what to do with it."""

    token = Token()
    verb = Word()
