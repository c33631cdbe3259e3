"""Forms of consignments."""

from __future__ import annotations

from tracker.schemas.typed import Day, Form, Maybe, Whole, Word, Words, Yes


class ChangedConsignment(Form):
    """What is known of a journey."""

    pledge, consignor, consignee, carrier = Maybe(64), Maybe(64), Maybe(64), Maybe(64)
    origin, destination, waybill, aid_code = Maybe(64), Maybe(64), Maybe(64), Maybe(64)
    eta_on, aid_declared_on, aid_coded_on, aid_reported_on = Day(), Day(), Day(), Day()


class MadeConsignment(ChangedConsignment):
    """The same of a new one, which may have a reference of its own."""

    ref = Maybe(32)


class ToldPassage(Form):
    """What happened on the way."""

    kind = Word()
    location = Maybe(64)
    note = Maybe(500)
    happened_on = Day()


class WrongPassage(Form):
    """Why a hold or a release did not happen."""

    note = Maybe(500)


class AddedLeg(Form):
    """A part of the way."""

    origin, destination, carrier, vehicle = Maybe(40), Maybe(40), Maybe(40), Maybe(40)
    departs_on, arrives_on = Day(), Day()


class PutSeal(Form):
    """A seal's number."""

    number = Words(40)


class FoundSeal(Form):
    """Whether a seal was whole."""

    whole = Yes()


class Concluded(Form):
    """How the receiving stood when the person looked; None where the page did not say."""

    shown = Maybe(200)


class SaidVerdict(Form):
    """A person's own word about a unit."""

    item = Whole()
    verdict = Word()
    reason = Maybe(64)
    note = Maybe(500)
