"""What each kind of discrepancy means, and why a signed line of an act is not booked."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

EXPLANATION = {
    "gap": _l(
        "The unit moved on although steps on the way were never scanned. It closes by itself when "
        "the late scans arrive; otherwise find out whether they happened."
    ),
    "misfit": _l(
        "This scan cannot follow from where the unit stood. It is kept, and the unit was not "
        "moved. Find out which of the records is wrong and declare that one."
    ),
    "short": _l("Fewer units were counted than the packing list says."),
    "partly_seen": _l(
        "Some units of this box were seen singly and others were not, though the box was scanned. "
        "Look inside and scan them, or settle it in words if somebody has looked."
    ),
    "over": _l("More units were counted than the packing list says."),
    "damaged": _l("A unit arrived damaged."),
    "wrong_serial": _l(
        "The second identifier that was scanned belongs to another unit: two labels may have "
        "been swapped."
    ),
    "unknown_code": _l(
        "Somebody scanned a code that names nothing here. It joins the story of a unit when the "
        "label is bound."
    ),
    "clock": _l("The device’s clock cannot be right, so the order of its scans is not sure."),
    "label_only": _l(
        "Only the label was scanned where the maker’s barcode was needed too. A photographed "
        "label is not possession: ask for the barcode."
    ),
    "left_box": _l(
        "It was scanned by itself although it lay in a box, and nobody scanned that it was taken "
        "out. It closes by itself when that scan arrives."
    ),
    "elsewhere": _l(
        "The step was made at another place than where the ledger had the unit: a movement was "
        "not scanned, or the scan names a wrong place."
    ),
    "second_person": _l(
        "One person alone wrote the unit off. It counts when a second person does so too; until "
        "then the unit stays as it is. Whoever settles it here says no: the unit stays. To say "
        "yes, write the unit off too."
    ),
    "loss": _l("The unit was not where it should be."),
    "theft": _l("The unit was reported stolen."),
    "suspected_diversion": _l(
        "The unit was found in other than civilian use, or with somebody else."
    ),
    "not_booked": _l(
        "Both sides signed this act, and the ledger cannot book all of it. It is kept with its "
        "signatures. It closes by itself when what is missing comes; otherwise find out what was "
        "handed over, and make a new act of it."
    ),
    "act_missing": _l(
        "Scans say that units were handed over under this act, and the act itself has not come. "
        "It closes by itself when it does; otherwise ask the phone’s holder for it."
    ),
    "conflict": _l(
        "One scan was sent twice with different content. The first is in the story, the second "
        "is kept here."
    ),
}

# Why a signed line of an act is not booked.
DOUBT = {
    "unknown": _l("the code names no unit"),
    "product": _l("a product’s barcode, not a unit’s"),
    "box": _l("a box: its units are not named"),
    "other_act": _l("handed over before, under another act or none"),
    "twice": _l("the same unit as on another line"),
    "unscanned": _l("the ledger has no scan of it under this act"),
    "misfit": _l("its scan does not fit the unit’s story"),
    "wrong": _l("its scan was declared wrong"),
}
