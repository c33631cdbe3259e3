"""What our own words in EPCIS documents mean: where the addresses of the words lead."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask_babel import lazy_gettext as _l

from tracker.domain.lifecycle import STEPS
from tracker.web.frame.gate import open_to_anyone

blueprint = Blueprint("vocabulary", __name__)

WORDS = {
    **{
        step.biz_step.removeprefix("ours:"): _l(step.meaning)
        for step in STEPS.values()
        if step.meaning
    },
    "declaring_error": _l("Business step: an earlier event, which this document lacks, was wrong."),
    "unserviceable": _l("Disposition: the unit cannot be repaired."),
    "sealed_site": _l("Location: a civilian site. Which one is not told; it is the same for all."),
    "handover_act": _l("Business transaction: the act by which a unit was handed over."),
    "loss_report": _l("Business transaction: the report of a loss."),
    "checkpoint": _l(
        "How many events the signed ledger held from which the document was made, and their root."
    ),
    "hash": _l("SHA-256 of the event in the ledger, over its text and the event before it."),
    "verdict": _l(
        "What the event is in the unit’s story: fits, repeat (says nothing new), gap (steps before "
        "it were not seen), misfit (does not fit), void (declared wrong) or declaration."
    ),
    "via": _l("The scan of a box or pallet that this event was recorded with."),
    "flags": _l("What was odd about the scan, for example that only the label was scanned."),
    "present": _l("An inspection’s answer: the unit is there."),
    "working": _l("An inspection’s answer: the unit works, as a person said who stood before it."),
    "civilian_use": _l(
        "An inspection’s answer: the recipient that the act names uses the unit for civilian ends."
    ),
    "declaredBy": _l("The event of the ledger by which this one was declared an error."),
}


@blueprint.get("/vocabulary")
@open_to_anyone("who reads a document of ours elsewhere has no account")
def show_words() -> str:
    """Every word with its meaning, each under its own fragment."""
    return render_template("vocabulary/show.html", words=WORDS)
