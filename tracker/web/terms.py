"""The names of things on screen: one filter per kind of word.

`{{ item.status|status_name }}` is Ukrainian or English as the reader wants; the English words are
those of DESIGN, the Ukrainian those of the project's glossary. A word that has no name here is
shown as it is, so that an unknown one is seen and not lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext as _p

from tracker.web.formats import add_filter

STATUS = {
    "announced": _l("announced"),
    "in_stock": _l("in stock"),
    "packed": _l("packed"),
    "in_transit": _l("in transit"),
    "handed_over": _l("handed over"),
    "deployed": _l("deployed"),
    "returning": _l("returning"),
    "in_repair": _l("in repair"),
    "lost": _l("lost"),
    "stolen": _l("stolen"),
    "destroyed": _l("destroyed"),
    "written_off": _l("written off"),
}

# What a button says.
STEP = {
    "announcing": _l("Announce"),
    "commissioning": _l("Bind a label"),
    "receiving": _l("Receive"),
    "packing": _l("Pack"),
    "unpacking": _l("Unpack"),
    "shipping": _l("Ship"),
    "void_shipping": _l("Cancel the shipping"),
    "entering_exiting": _l("Cross the border"),
    "accepting": _l("Hand over to the recipient"),
    "deploying": _l("Deploy"),
    "inspecting": _l("Inspect"),
    "collecting": _l("Collect from the site"),
    "counting": _l("Count"),
    "returning": _l("Return"),
    "repairing": _l("Send to repair"),
    "repaired": _l("Bring back from repair"),
    "reporting_lost": _l("Report a loss"),
    "reporting_stolen": _l("Report a theft"),
    "destroying": _l("Record the destruction"),
    "finding": _l("Report it found"),
    "decommissioning": _l("Write off"),
    "declaring_error": _l("Declare an error"),
}

# What a story says: the same steps, done.
DONE = {
    "announcing": _l("Announced by the donor"),
    "commissioning": _l("Label bound"),
    "receiving": _l("Received"),
    "packing": _l("Packed"),
    "unpacking": _l("Unpacked"),
    "shipping": _l("Shipped"),
    "void_shipping": _l("Shipping cancelled"),
    "entering_exiting": _l("Border crossed"),
    "accepting": _l("Handed over to the recipient"),
    "deploying": _l("Deployed at a site"),
    "inspecting": _l("Inspected"),
    "collecting": _l("Collected from the site"),
    "counting": _l("Seen in a stock count"),
    "returning": _l("Sent back"),
    "repairing": _l("Sent to repair"),
    "repaired": _l("Came back from repair"),
    "reporting_lost": _l("Reported lost"),
    "reporting_stolen": _l("Reported stolen"),
    "destroying": _l("Destruction recorded"),
    "finding": _l("Found"),
    "decommissioning": _l("Written off by two people"),
    "declaring_error": _l("An earlier record declared wrong"),
}

CONDITION = {
    "good": _l("good"),
    "damaged": _p("condition", "damaged"),
    "unserviceable": _l("unserviceable"),
}

RUNG = {
    "shipped": _p("rung", "shipped"),
    "received": _p("rung", "received"),
    "signed_for": _p("rung", "signed for"),
    "deployed": _p("rung", "deployed"),
    "online": _p("rung", "seen online"),
    "inspected": _p("rung", "inspected"),
}

KIND = {
    # parties
    "member_state": _l("member state"),
    "observer": _l("observer"),
    "private_sector": _l("private sector"),
    "non_profit": _l("non-profit organisation"),
    "carrier": _l("carrier"),
    "recipient": _l("recipient"),
    "end_user": _l("end user"),
    # products
    "satellite_terminal": _l("satellite terminal"),
    "network": _l("network equipment"),
    "server": _l("server"),
    "computer": _l("computer"),
    "power": _l("power supply"),
    "other": _l("other"),
    # locations
    "warehouse": _l("warehouse"),
    "hub": _l("hub"),
    "border": _l("border point"),
    "site": _l("site"),
    # handling units
    "box": _l("box"),
    "pallet": _l("pallet"),
    # discrepancies
    "gap": _l("skipped step"),
    "misfit": _l("scan that does not fit"),
    "short": _l("shortage"),
    "over": _l("surplus"),
    "damaged": _l("damage"),
    "wrong_serial": _l("another serial number"),
    "unknown_code": _l("unknown code"),
    "clock": _l("device clock"),
    "label_only": _l("label only"),
    "loss": _l("loss"),
    "theft": _l("theft"),
    "suspected_diversion": _l("suspected diversion"),
    "conflict": _l("one id, two contents"),
}

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
    "loss": _l("The unit was not where it should be."),
    "theft": _l("The unit was reported stolen."),
    "suspected_diversion": _l(
        "The unit was found in other than civilian use, or with somebody else."
    ),
    "conflict": _l(
        "One scan was sent twice with different content. The first is in the story, the second "
        "is kept here."
    ),
}

FINDING = {
    "present": _l("the unit is there"),
    "working": _l("it works"),
    "civilian_use": _l("in civilian use by the named recipient"),
}

FACT = {
    "name_en": _l("name in English"),
    "name_uk": _l("name in Ukrainian"),
    "katottg": _l("settlement code (KATOTTG)"),
    "address": _l("address"),
    "contact": _l("contact"),
    "note": _l("access notes"),
}

SECTOR = {
    "health": _l("health care"),
    "education": _l("education"),
    "energy": _l("energy"),
    "water": _l("water supply"),
    "government": _l("public authorities"),
    "emergency": _l("emergency services"),
    "telecom": _l("telecommunications"),
}

ROLE = {
    "admin": _l("administrator"),
    "coordinator": _l("coordinator"),
    "warehouse": _l("warehouse worker"),
    "field": _l("field team"),
    "donor": _l("donor"),
    "auditor": _l("auditor"),
}

SCHEME = {
    "serial": _l("serial number"),
    "kit": _l("KIT number"),
    "dish": _l("dish serial number"),
    "utid": _l("terminal id (UTID)"),
    "router": _l("router id"),
    "imei": _l("IMEI"),
    "asset_tag": _l("asset tag"),
}

FLAG = {
    "label_only": _l("no second identifier was given"),
    "wrong_serial": _l("the second identifier belongs to another unit"),
    "clock": _l("the device clock cannot be right"),
    "incomplete": _l("something this step needs is missing"),
    "not_present": _l("the unit was not there"),
    "not_civilian": _l("not in civilian use, or not by the named recipient"),
    "confirmed": _l("did not fit and was kept on the person’s word"),
    "damaged": _l("the unit arrived damaged"),
    "over": _l("came with another consignment than its own"),
    "unreadable_label": _l("the label could not be read"),
    "repeat": _l("says again what was known"),
    "conflict": _l("the same id was sent with other content"),
    "revoked_label": _l("the scanned label had been replaced"),
}

NEED = {
    "pledge_line": _l("a pledge line"),
    "label": _l("a label"),
    "location": _l("a location"),
    "handling_unit": _l("a box or pallet"),
    "consignment": _l("a consignment"),
    "receiver": _l("who takes it over"),
    "act": _l("the number of the handover act"),
    "site": _l("a site"),
    "second_identifier": _l("a second identifier (the maker’s barcode)"),
    "findings": _l("what the inspection found"),
    "report": _l("the number of the report"),
    "second_person": _l("a second person"),
}

STATE = {
    "open": _l("open"),
    "healed": _l("closed by a late scan"),
    "settled": _l("settled"),
}

# What a donor's progress is told in (domain.disclosure.STAGES).
STAGE = {
    "announced": _l("announced"),
    "in_stock": _p("stage", "in stock"),
    "packed": _l("packed"),
    "on_the_way": _l("on the way"),
    "handed_over": _l("handed over"),
    "in_use": _l("in use"),
    "inspected": _l("in use and inspected"),
    "lost": _l("lost, stolen or destroyed"),
    "written_off": _l("written off"),
}

# Open discrepancies as a donor is told of them: what it means for the units.
OPEN_MATTER = {
    "gap": _l("a step that nobody scanned"),
    "misfit": _l("a scan that does not fit the unit’s story"),
    "short": _l("missing when its consignment or store was counted"),
    "over": _l("arrived with another consignment than its own"),
    "damaged": _l("arrived damaged"),
    "wrong_serial": _l("its two codes name two units"),
    "unknown_code": _l("an unknown code was scanned"),
    "clock": _l("scanned by a device whose clock was wrong"),
    "label_only": _l("handed over on its label alone, without the maker’s number"),
    "loss": _l("reported lost; being looked into"),
    "theft": _l("reported stolen; being looked into"),
    "suspected_diversion": _l("perhaps not in its recipient’s civilian use; being looked into"),
    "conflict": _l("two accounts of one scan"),
}

JOURNEY = {
    "draft": _l("in preparation"),
    "packed": _l("packed"),
    "dispatched": _l("on its way"),
    "arrived": _l("arrived"),
    "received": _p("consignment", "received"),
    "closed": _l("closed"),
}

# What a button says about a consignment; its story says the same but for `HAPPENED`.
PASSAGE = {
    "packed": _l("Packed, ready to go"),
    "reopened": _l("Open it again"),
    "dispatched": _l("Dispatch"),
    "border": _l("At the border"),
    "customs_in": _l("Handed in to customs"),
    "hold": _l("Held"),
    "release": _l("Released"),
    "arrived": _l("Arrived"),
    "received": _l("Receiving concluded"),
    "closed": _l("Closed"),
}

HAPPENED = {
    **PASSAGE,
    "packed": _l("Packed"),
    "reopened": _l("Opened again"),
    "dispatched": _l("Dispatched"),
}

VERDICT = {
    "good": _l("good"),
    "damaged": _p("condition", "damaged"),
    "short": _l("shortage"),
    "over": _l("surplus"),
    "wrong_serial": _l("another serial number"),
    "unreadable_label": _l("label unreadable"),
}

DOCUMENT = {
    "packing_list": _l("Packing list"),
    "waybill": _l("Waybill"),
    "received_note": _l("Goods-received note"),
    "handover_act": _l("Handover act"),
    "count_sheet": _l("Result of the stock count"),
    "loss_report": _l("Loss report"),
    "write_off_act": _l("Write-off act"),
}

LEGAL_BASIS = {
    "humanitarian": _l("humanitarian aid"),
    "technical_assistance": _l("international technical assistance"),
}

REASON = {
    "did_not_occur": _l("it did not happen"),
    "incorrect_data": _l("it was recorded wrongly"),
    "unreadable_label": _l("the label could not be read"),
    "packaging_damaged": _l("the packaging is damaged"),
    "transport_damage": _l("damaged on the way"),
    "wet": _l("wet"),
    "incomplete": _l("parts are missing"),
    "not_working": _l("does not work"),
    "seal_broken": _l("the seal was broken"),
    "missing_from_box": _l("was not in its box"),
    "sent_by_mistake": _l("sent by mistake"),
}

NAMES: dict[str, Mapping[str, Any]] = {
    "status_name": STATUS,
    "stage_name": STAGE,
    "open_matter": OPEN_MATTER,
    "step_name": STEP,
    "step_done": DONE,
    "condition_name": CONDITION,
    "rung_name": RUNG,
    "kind_name": KIND,
    "kind_explained": EXPLANATION,
    "fact_name": FACT,
    "finding_name": FINDING,
    "sector_name": SECTOR,
    "role_name": ROLE,
    "scheme_name": SCHEME,
    "flag_name": FLAG,
    "need_name": NEED,
    "state_name": STATE,
    "journey_name": JOURNEY,
    "passage_name": PASSAGE,
    "happened_name": HAPPENED,
    "verdict_name": VERDICT,
    "document_name": DOCUMENT,
    "legal_basis_name": LEGAL_BASIS,
    "reason_name": REASON,
}


def _named(words: Mapping[str, Any]) -> Callable[[object], str]:
    def name(word: object) -> str:
        key = str(word) if word is not None else ""
        return str(words.get(key, key))

    return name


def init_app(app: Flask) -> None:
    """Make the names known to all templates."""
    for name, words in NAMES.items():
        add_filter(app, name, _named(words))
