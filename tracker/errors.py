"""Every refusal KitTrail can give, in one file.

A refusal is a class: what happened (title), how it is told to a program (slug, HTTP status) and
what the person can do next. Services raise them; `tracker.web.frame.problems` shows them as JSON or
as a page, `/problems/<slug>` explains each. English titles are message ids of the catalogues.
"""

from __future__ import annotations

from typing import Any, ClassVar


class Refusal(Exception):
    """Something KitTrail will not or cannot do, told in a way that helps.

    `detail` is one sentence about this case; `extra` are members added to the problem document
    (RFC 9457), for example `allowed` steps. Neither may hold a sealed fact.
    """

    slug: ClassVar[str] = "refused"
    title: ClassVar[str] = "This cannot be done"
    status: ClassVar[int] = 400
    next_step: ClassVar[str] = "Read the reason, change what it names and try again."

    def __init__(self, detail: str = "", **extra: Any) -> None:
        self.detail, self.extra = detail, extra
        super().__init__(self.in_words() or self.title)

    def in_words(self, translate: Any = str) -> str:
        """The detail, translated."""
        return str(translate(self.detail)) if self.detail else ""


class NotReadable(Refusal):
    """The request itself cannot be understood."""

    slug = "not-readable"
    title = "The request cannot be read"
    next_step = "Check the format against the API description and send it again."


class InvalidValue(Refusal):
    """A value is of the wrong type, too long, or not one of those possible."""

    slug = "invalid-value"
    title = "A value is not valid"
    status = 422
    next_step = "Correct the fields that are named and send them again."


class TooLong(InvalidValue):
    """More than can be kept. It is refused, never cut."""

    slug = "too-long"
    title = "This is more than can be kept"
    next_step = "Shorten it, or take fewer, and send it again. Nothing of it has been kept."

    def in_words(self, translate: Any = str) -> str:
        """The detail, translated, with the lengths that `extra` holds."""
        return str(translate(self.detail) % self.extra)


class TooLarge(Refusal):
    """More than one request may carry."""

    slug = "too-large"
    title = "The request is too large"
    status = 413
    next_step = "Send it in smaller parts: at most 1,000 scans at a time."


class NotFound(Refusal):
    """No such thing, or none that this reader may know of."""

    slug = "not-found"
    title = "There is nothing at this address"
    status = 404
    next_step = "Check the code or the reference, or search for it."


class WrongMethod(Refusal):
    """The address exists, but not for this HTTP method; the `Allow` header names those it has."""

    slug = "wrong-method"
    title = "This address does not answer this kind of request"
    status = 405
    next_step = "Use one of the methods that the Allow header names."


class WrongMediaType(Refusal):
    """The body is not of a kind that this address reads."""

    slug = "wrong-media-type"
    title = "The body is of a kind that is not read here"
    status = 415
    next_step = "Send JSON, with the header Content-Type: application/json."


class SignInNeeded(Refusal):
    """Nobody is signed in."""

    slug = "sign-in-needed"
    title = "Please sign in first"
    status = 401
    next_step = "Sign in, or send the token of an enrolled device."


class NotAllowed(Refusal):
    """Signed in, but the role does not allow this action on this object."""

    slug = "not-allowed"
    title = "Your role does not allow this"
    status = 403
    next_step = "Ask a coordinator to do it, or to change your role."


class FormExpired(Refusal):
    """A form without a valid token: kept open too long, or sent by another site."""

    slug = "form-expired"
    title = "This form is no longer valid"
    next_step = "Go back, load the page again and send the form once more."


class DoesNotFit(Refusal):
    """A live scan that the item's story does not allow."""

    slug = "does-not-fit"
    title = "This step does not follow from where the unit stands"
    status = 409
    next_step = "Choose one of the allowed steps, or confirm to keep the scan all the same."


class StillInABox(Refusal):
    """A live scan of one unit that should lie in a box, as if it were loose."""

    slug = "still-in-a-box"
    title = "The ledger has it in a box"
    status = 409
    next_step = "Say that it was taken out (unpacking), or scan the box instead."


class StandsElsewhere(Refusal):
    """A live scan at another place than where the ledger has the unit."""

    slug = "stands-elsewhere"
    title = "The ledger has it elsewhere"
    status = 409
    next_step = "If it is here, confirm; a coordinator looks into how it came."


class PaperSaysOtherwise(Refusal):
    """A live scan under a consignment that has left, or an act of another unit or receiver."""

    slug = "paper-says-otherwise"
    title = "The paper says otherwise"
    status = 409
    next_step = (
        "Choose the right one. If it is so all the same, confirm; a coordinator looks into it."
    )


class PartlySeen(Refusal):
    """A live scan of a box of which some units were seen one by one, and others not."""

    slug = "partly-seen"
    title = "Not all of it was seen"
    status = 409
    next_step = "Look for what is missing. If the rest is inside, unopened, confirm."


class BoxNotAnswered(Refusal):
    """A count is to be closed while a box is in doubt: scanned closed, and seen open."""

    slug = "box-not-answered"
    title = "Is the rest of the box in it?"
    status = 409
    next_step = "Scan what is in the box, or say on the count’s page whether the rest is inside."


class NeedMissing(Refusal):
    """A live scan lacks something its step needs."""

    slug = "need-missing"
    title = "This step needs something more"
    status = 422
    next_step = "Add what is named and scan again."


class Conflict(Refusal):
    """Somebody else changed the same thing first, or it already exists with other content."""

    slug = "conflict"
    title = "This has been changed by somebody else"
    status = 409
    next_step = "Load it again and repeat your change if it is still needed."


class CountMoved(Refusal):
    """Concluding a receiving that stands otherwise by now than the page said."""

    slug = "count-moved"  # `extra["was"]` and `["now"]`: seen singly, with their box, short, other
    title = "The count has changed since the page was loaded"
    status = 409
    next_step = "Look at the numbers as they are now, then conclude."


class ListChanged(Refusal):
    """What stands on an act in draft is not what stands there, or what its readers were shown."""

    slug = "list-changed"  # `extra["changes"]` says what changed, one member a unit
    title = "The list is not right any more: nothing was signed"
    status = 409
    next_step = "Look at what changed, correct the list, read it again together and then sign."


class LabelInUse(Refusal):
    """A label that should be blank is on a unit already, or was never made here."""

    slug = "label-in-use"
    title = "This label is not blank"
    status = 409
    next_step = "Take another blank label. To give a unit a new one, replace it on the unit’s page."


class IdentifierInUse(Refusal):
    """A maker's number that another unit carries already."""

    slug = "identifier-in-use"
    title = "Another unit carries this number"
    status = 409
    next_step = "Compare the number with the unit. If it is right, look at the other unit first."


class ChooseProduct(Refusal):
    """Several products of the pledge carry such numbers."""

    slug = "choose-product"
    title = "More than one product would fit"
    status = 409
    next_step = "Say which product it is."


class NeedIdentifier(Refusal):
    """A number that every unit of this product carries was not scanned."""

    slug = "need-identifier"
    title = "A number is still missing"
    status = 409
    next_step = "Scan the numbers that are named, then finish the unit."


class LineFull(Refusal):
    """All units that the pledge promised are here already."""

    slug = "line-full"
    title = "The pledge has all its units"
    status = 409
    next_step = "Confirm to take it in as a surplus, which a person then settles."


class UnitUnknown(Refusal):
    """A maker's barcode that no unit is known to carry."""

    slug = "unit-unknown"
    title = "No unit has this number"
    status = 422
    next_step = "Look at the barcode again. A unit is imported before a label is bound to it."


class HostNotPublic(Refusal):
    """Labels whose symbols would lead nowhere for a phone in the field, until that is confirmed."""

    slug = "host-not-public"  # `extra["host"]` is the host that they would name
    title = "A phone in the field could not follow these labels"
    status = 409
    next_step = "Have this server’s public name set by whoever runs it, or confirm."


class PrinterFailed(Refusal):
    """A network printer did not answer, or stopped half-way."""

    slug = "printer-failed"  # `extra["sent"]` labels were handed over whole
    title = "The printer failed"
    status = 502
    next_step = "Look at what the printer has printed before you go on from there."


class OwnEvent(Refusal):
    """Settling a discrepancy that one's own scan opened, or approving one's own proposal."""

    slug = "own-event"
    title = "A second person has to do this"
    status = 403
    next_step = "Ask a colleague with the same right to look at it and decide."


class TooManyRequests(Refusal):
    """A rate limit was reached."""

    slug = "too-many-requests"
    title = "Too many tries"
    status = 429
    next_step = "Wait a minute and try again."


class NotSetUp(Refusal):
    """Something that whoever runs this installation has not set up."""

    slug = "not-set-up"
    title = "This installation is not set up for this"
    status = 409
    next_step = "Ask whoever runs it to set up what is named; other notices work without it."


class InvitationOver(Refusal):
    """The code of an invitation that was used, is too old or never was: nobody is told which."""

    slug = "invitation-over"
    title = "This invitation is not good any more"
    status = 410
    next_step = "Ask the coordinator for a new QR code: each is good once, for ten minutes."


class DeviceEnded(Refusal):
    """A device whose access was revoked or has run out."""

    slug = "device-ended"
    title = "The access of this phone has ended"
    status = 401
    next_step = "Hand over what is still unsent, and ask a coordinator to enrol the phone again."


class SignatureWrong(Refusal):
    """A scan, or an act, that the device's own key has not signed."""

    slug = "signature-wrong"
    title = "The signature of the phone is missing or wrong"
    status = 403
    next_step = "Show it to a coordinator: export what is unsent, and enrol the phone again."


class Sealed(Refusal):
    """A site's details cannot be opened: no key, or no right to."""

    slug = "sealed"
    title = "The details of this site are sealed"
    status = 403
    next_step = "A coordinator of this oblast can open them with a reason."


class DatabaseUnavailable(Refusal):
    """The database does not answer."""

    slug = "database-unavailable"
    title = "The database does not answer"
    status = 503
    next_step = "Keep your scans; they are not lost. Try again in a minute."


class Broken(Refusal):
    """An error of ours."""

    slug = "broken"
    title = "Something broke on our side"
    status = 500
    next_step = "Try again. If it stays, tell the coordinator the time and what you did."


class ImportRefused(Refusal):
    """A file was not imported: nothing of it was kept."""

    slug = "import-refused"  # `extra["faults"]` lists every bad cell
    title = "The file was not imported"
    status = 422
    next_step = "Correct the listed lines and import the whole file again; nothing was kept."


class EvidenceBroken(Refusal):
    """A photo, signature or paper is gone from the store, or is not what was kept."""

    slug = "evidence-broken"
    title = "A kept file is gone or was changed"
    status = 500
    next_step = "Bring the file back from a backup, and tell the auditor which one it was."


class LedgerBroken(Refusal):
    """The ledger does not verify."""

    slug = "ledger-broken"
    title = "The ledger does not fit its own proof"
    status = 500
    next_step = "Keep the database as it is and call the auditor; do not repair it."


def every_refusal(of: type[Refusal] = Refusal) -> dict[str, type[Refusal]]:
    """All refusals by slug, for the help pages and the tests."""
    under = [every_refusal(kind) for kind in of.__subclasses__()]
    return {of.slug: of} | {slug: kind for each in under for slug, kind in each.items()}
