"""What the scanning bench says: what is done there, what became of a scan, and why."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from tracker.domain.bench import STEP_CARDS
from tracker.web.words import terms

DOING_NAME = {
    **{step: terms.STEP[step] for step in STEP_CARDS.values()},
    "handover": _l("Hand over"),
}

TITLE = {
    "recorded": _l("Recorded"),
    "again": _l("Already scanned"),
    "gap": _l("Kept, but something does not fit"),
    "refused": _l("Not recorded"),
    "unknown": _l("Unknown code, kept"),
    "setting": _l("Set"),
    "pair": _l("Now the maker’s barcode"),
    "undone": _l("Undone"),
    "unreadable": _l("This cannot be read"),
}

WORD = {
    "location": _l("You are at this place now."),
    "nothing_doing": _l("Say first what you are doing: choose it or scan an action card."),
    "closed": _l("Closed: it moves as one now."),
    "container": _l("Packing into this one now."),
    "new_box": _l("A new box: packing into it now."),
    "damaged": _l("The next unit is damaged."),
    "yes": _l("There is no question to answer."),
    "no": _l("There is no question to answer."),
    "doing": _l("This is what you are doing now."),
    "done": _l("Done. Scan a card for what comes next."),
    "box_closed": _l("This one is closed. Open it to add or take out."),
    "box_open": _l("This one is still open. Close it first: what is closed moves as one."),
    "label_in_use": _l("This label is not blank."),
    "no_location": _l("Say where you are: choose the place or scan its label."),
    "no_count": _l("Nobody counts this place yet: begin the count."),
    "expected_elsewhere": _l("This count did not expect it: a person looks into how it came."),
    "no_box": _l("Scan the box or pallet you are packing into first."),
    "no_consignment": _l("Choose the consignment first."),
    "no_act": _l("Open the handover act first."),
    "not_allowed": _l("Your role does not allow this."),
    "too_late_to_undo": _l("Only your own scan of the last minute can be undone here."),
    "act_signed": _l("This act is signed already."),
    "unit_unknown": _l("No unit has this number."),
    "on_the_act": _l("It is on the act."),
    "barcode_first": _l("Scan the maker’s barcode of this unit first, or untick the check."),
    "wrong_serial": _l("The two codes are of two different units."),
    "product_barcode": _l(
        "This barcode names a product, not one unit: all of its kind carry it. Scan the unit’s "
        "own label or number."
    ),
    "label_blank": _l("This label is blank: no unit wears it yet."),
    "number_added": _l("Its maker’s number is on the act now."),
    "never_scanned": _l("It has not come as far as this by its story."),
    "box_opened": _l("Opened: each of its units is on the act."),
    "box_on_the_act": _l("Its units are on the act already."),
    "box_empty": _l("By the ledger nothing in it can be handed over. Scan the units inside."),
    "cannot_be_handed_over": _l("It cannot be handed over from where it stands."),
    "act_full": _l("The act is full: begin another."),
}

BOX_WORDS = {"container", "closed", "box_opened", "box_on_the_act", "box_empty"}
"""Words of answers that are about a box or pallet, which has a name."""

REPAIRED = {
    "keyboard": _l("Typed with the Ukrainian keyboard, read as Latin."),
    "look_alike": _l("Cyrillic letters that look Latin were read as Latin."),
}
