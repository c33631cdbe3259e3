"""The names of things on screen: one filter per kind of word.

`{{ item.status|status_name }}` is Ukrainian or English as the reader wants; the English words are
those of DESIGN, the Ukrainian those of the project's glossary. A word that has no name here is
shown as it is, so that an unknown one is seen and not lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask
from flask_babel import LazyString, get_locale, ngettext
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext as _p

from tracker.domain.lifecycle import DECLARING_ERROR, STEPS
from tracker.exports import words
from tracker.web.words.cases import DOUBT, EXPLANATION
from tracker.web.words.formats import add_filter, count


def _for_readers(table: Mapping[str, words.Pair]) -> dict[str, Any]:
    """What files say too, in the language of who reads the page."""
    return {name: LazyString(_as_read, pair) for name, pair in table.items()}


def _as_read(pair: words.Pair) -> str:
    locale = get_locale()
    return words.word(pair, locale.language if locale else "uk")


STAGE, RUNG = _for_readers(words.STAGE), _for_readers(words.RUNG)
OPEN_MATTER, SECTOR = _for_readers(words.OPEN_MATTER), _for_readers(words.SECTOR)

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
STATUS_SHORT = {**STATUS, "deployed": _p("status", "in use")}
"""As badges and bars say it; papers and the status of one unit say it in full."""

# What a button says.
STEP = {
    **{step.id: _l(step.name) for step in STEPS.values()},
    DECLARING_ERROR: _l("Declare an error"),
}

# What a story says: the same steps, done.
DONE = {
    **{step.id: _l(step.done) for step in STEPS.values()},
    DECLARING_ERROR: _l("An earlier record declared wrong"),
}

CONDITION = {
    "good": _l("good"),
    "damaged": _p("condition", "damaged"),
    "unserviceable": _l("unserviceable"),
}


def no_longer_online(units: int) -> str:
    """What a reader is told once who saw `units` on line that only a person had said to work."""
    return str(
        ngettext(
            "“Online” now counts only what was measured. %(units)s unit counted as online before,"
            " because a person said that it works; a terminal among them is now “working, as a"
            " person said”.",
            "“Online” now counts only what was measured. %(units)s units counted as online before,"
            " because a person said that they work; terminals among them are now “working, as a"
            " person said”.",
            units,
            units=count(units),
        )
    )


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
    "left_box": _l("left its box unsaid"),
    "elsewhere": _l("scanned elsewhere"),
    "second_person": _l("waits for a second person"),
    "partly_seen": _l("not all of it was seen"),
    "not_booked": _l("signed, not booked"),
    "act_missing": _l("act has not come"),
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
    "elsewhere": _l("another place than where the ledger had it"),
    "confirmed": _l("did not fit and was kept on the person’s word"),
    "damaged": _l("the unit arrived damaged"),
    "over": _l("came with another consignment than its own"),
    "unopened": _l("what nobody saw was said to lie inside, unopened"),
    "unreadable_label": _l("the label could not be read"),
    "before_count": _l("made before this count began: kept, but not part of it"),
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
    "hold": _l("Held by customs"),
    "release": _l("Released by customs"),
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
    "with_box": _l("with its box, unopened"),
    "damaged": _p("condition", "damaged"),
    "short": _l("shortage"),
    "elsewhere": _p("verdict", "elsewhere"),
    "not_sent": _l("not sent"),
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
    "status_short": STATUS_SHORT,
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
    "doubt_name": DOUBT,
}


def _named(table: Mapping[str, Any]) -> Callable[[object], str]:
    def name(word: object) -> str:
        key = str(word) if word is not None else ""
        return str(table.get(key, key))

    return name


def init_app(app: Flask) -> None:
    """Make the names known to all templates."""
    for name, table in NAMES.items():
        add_filter(app, name, _named(table))
    add_filter(app, "no_longer_online", no_longer_online)
