"""The scanning bench: one page that stays open, and what it asks for each scan.

`static/scanning.js` catches what a scanner types, keeps it in the page until the server has it,
and shows the answer. What a scan means is decided by `services.bench`.
"""

from __future__ import annotations

import re
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, current_app, jsonify, render_template, request
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from tracker import clock
from tracker.domain.bench import DOING, Bench
from tracker.domain.permissions import Action, Actor, Scope
from tracker.domain.receiving import DAMAGES, REASONS
from tracker.errors import InvalidValue
from tracker.queries import bench as queries
from tracker.queries import labels
from tracker.services import bench, cards
from tracker.services.bench import Answer, Read
from tracker.services.codes import show
from tracker.services.evidence import LARGEST_FILE, keep_evidence
from tracker.web import terms
from tracker.web.formats import product_name
from tracker.web.frame import allow_decoder
from tracker.web.gate import actor, needs

blueprint = Blueprint("scanning", __name__)

DOING_NAME = {
    "receiving": _l("Receive"),
    "packing": _l("Pack"),
    "unpacking": _l("Unpack"),
    "shipping": _l("Ship"),
    "counting": _l("Count"),
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
    "doing": _l("This is what you are doing now."),
    "done": _l("Done. Scan a card for what comes next."),
    "box_closed": _l("This one is closed. Open it to add or take out."),
    "box_open": _l("This one is still open. Close it first: what is closed moves as one."),
    "label_in_use": _l("This label is not blank."),
    "no_location": _l("Say where you are: choose the place or scan its label."),
    "no_count": _l("Nobody counts this place yet: begin the count."),
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
    "cannot_be_handed_over": _l("It cannot be handed over from where it stands."),
    "act_full": _l("The act is full: begin another."),
}

REPAIRED = {
    "keyboard": _l("Typed with the Ukrainian keyboard, read as Latin."),
    "look_alike": _l("Cyrillic letters that look Latin were read as Latin."),
}


@blueprint.get("/scan")
@needs(Action.SCAN_STOCK)
def show_bench() -> Response:
    """The bench, set to what the address says."""
    return _bench_page()


@blueprint.get("/scan/handover")
@needs(Action.SCAN_FIELD)
def show_handover() -> Response:
    """The same bench for listing the units of a handover act."""
    return _bench_page()


def _bench_page() -> Response:
    now = _said_by_address(actor())
    page = render_template(
        "scanning/show.html",
        bench=now,
        state=_state(now),
        doing=DOING_NAME,
        places=_places(actor()),
        consignments=queries.open_consignments(),
        reasons=REASONS,
        damages=DAMAGES,
    )
    return allow_decoder(page)


@blueprint.post("/scan/reads")
@needs(Action.READ_ITEMS)
def read() -> Response:
    """One scan, and what became of it."""
    body = _body()
    now = clock.now()
    read = _read(body, now)
    said = _bench_of(body.get("bench"))
    undo = body.get("undo")
    if isinstance(undo, str):
        answer = bench.undo(_uuid(undo), read.text, read, said, by=actor(), now=now)
    else:
        answer = bench.take(read, said, by=actor(), now=now)
    return jsonify(_told(answer))


@blueprint.post("/scan/photos")
@needs(Action.SCAN_STOCK)
def keep_photo() -> Response:
    """Keep a photo of the next unit: its hash, which the page sends with the scan."""
    photo = request.files.get("photo")
    if photo is None:
        raise InvalidValue("Choose a photo.")
    sha = keep_evidence(photo.read(LARGEST_FILE + 1), "photo", by=actor(), now=clock.now())
    return jsonify({"photo": sha})


@blueprint.get("/scan/cards.pdf")
@needs(Action.SCAN_STOCK)
def print_cards() -> Response:
    """The action cards, to print and hang beside the bench."""
    answer = current_app.response_class(cards.action_cards(), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = "inline; filename=action-cards.pdf"
    return answer


def _told(answer: Answer) -> dict[str, Any]:
    """An answer in the reader's words."""
    outcome = answer.outcome
    lines = [str(WORD[answer.word])] if answer.word in WORD else []
    if answer.sort == "unreadable" and answer.word:
        lines = [gettext(answer.word)]
    if answer.repaired:
        lines.append(str(REPAIRED[answer.repaired]))
    shown = show(answer.code) if answer.code and len(answer.code) == 11 else answer.code
    told: dict[str, Any] = {
        "sort": answer.sort,
        "title": str(TITLE[answer.sort]),
        "code": shown,
        "word": answer.word,
        "card": answer.word if answer.word in ("undo", "done") else None,
        "undo": answer.undo,
        "undo_code": answer.code,
        "bench": asdict(answer.bench),
        **_state(answer.bench),
        **answer.extra,
    }
    if answer.word in ("container", "closed") or (outcome is not None and outcome.item is None):
        told["name"] = queries.box_name(answer.code or "")
    if outcome is not None:
        lines += _lines(outcome)
        item = outcome.item
        if item:
            told["name"] = product_name_of(item["code"])
            told["code"] = show(item["code"])
        told["keep"] = answer.sort == "refused" and bool(outcome.allowed or outcome.gap)
        told["units"] = outcome.units
    elif answer.code and len(answer.code) == 11 and "name" not in told:
        told["name"] = product_name_of(answer.code)
    told["lines"] = lines
    return told


def _lines(outcome: Any) -> list[str]:
    lines = []
    if outcome.units > 1:
        lines.append(
            ngettext("%(units)s unit", "%(units)s units", outcome.units, units=outcome.units)
        )
    if outcome.item and outcome.item.get("status"):
        lines.append(str(terms.STATUS[outcome.item["status"]]))
    if outcome.gap:
        steps = ", ".join(str(terms.STEP[step]) for step in outcome.gap)
        lines.append(gettext("Steps nobody scanned: %(steps)s.", steps=steps))
    lines += [str(terms.FLAG[flag]) for flag in outcome.flags if flag != "repeat"]
    if outcome.allowed:
        steps = ", ".join(str(terms.STEP[step]) for step in outcome.allowed)
        lines.append(gettext("What would fit: %(steps)s.", steps=steps))
    if outcome.missing:
        lines.append(
            gettext(
                "Still needed: %(needs)s.",
                needs=", ".join(str(terms.NEED[need]) for need in outcome.missing),
            )
        )
    return lines


def product_name_of(code: str) -> str | None:
    """What a unit is, in the reader's language."""
    names = queries.product_of(code)
    return product_name(names) if names else None


def _state(now: Bench) -> dict[str, Any]:
    counted = queries.tally(now)
    return {
        "names": queries.names(now),
        "tally": None if counted is None else {"done": counted[0], "expected": counted[1]},
        "doing_name": str(DOING_NAME[now.doing]) if now.doing else "",
    }


def _said_by_address(reader: Actor) -> Bench:
    said = {
        name: (request.args.get(name, "").strip()[:64] or None)
        for name in ("doing", "location", "consignment", "box", "count")
    }
    said["doing"] = said["doing"] if said["doing"] in DOING else None
    if said["location"] is None:
        own = _places(reader)
        said["location"] = own[0] if len(own) == 1 else None
    act = request.args.get("act", type=int)
    return Bench(**said, act=act, pair=said["doing"] == "handover")


def _places(reader: Actor) -> list[str]:
    everywhere = reader.scope(Action.SCAN_STOCK) is Scope.ALL
    return labels.choices(None, None if everywhere else reader.locations).locations


_TEXTS = {field.name for field in fields(Bench) if field.name not in ("act", "pair")}


def _bench_of(said: Any) -> Bench:
    """The bench's setting as the page sends it back; anything else is left out."""
    if not isinstance(said, dict):
        return Bench()
    texts = {name: value for name, value in said.items() if name in _TEXTS and _is_short(value)}
    if texts.get("doing") not in DOING:
        texts.pop("doing", None)
    if texts.get("condition") not in ("damaged", "unserviceable"):
        texts.pop("condition", None)
    if texts.get("reason") not in REASONS:
        texts.pop("reason", None)
    if not re.fullmatch("[0-9a-f]{64}", texts.get("photo", "")):
        texts.pop("photo", None)
    act = said.get("act")
    return Bench(
        **texts,
        act=act if type(act) is int and 0 < act < 2**31 else None,
        pair=said.get("pair") is True,
    )


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise InvalidValue("The page was not complete. Load it again.")
    return body


def _read(body: dict[str, Any], now: datetime) -> Read:
    text = body.get("text")
    if not isinstance(text, str) or not 0 < len(text) <= 300:
        raise InvalidValue("The page was not complete. Load it again.")
    made_at, sent_at = _moment(body.get("made_at"), now), _moment(body.get("sent_at"), now)
    first = body.get("first")
    return Read(
        _uuid(body.get("id")),
        text,
        min(made_at, sent_at),
        sent_at,
        body.get("confirm") is True,
        first if _is_short(first) else None,
    )


def _is_short(said: Any) -> bool:
    return isinstance(said, str) and 0 < len(said) <= 64


def _moment(said: Any, now: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(said)
    except (TypeError, ValueError):
        return now
    return moment if moment.tzinfo else now


def _uuid(said: Any) -> str:
    try:
        return str(UUID(said))
    except (AttributeError, TypeError, ValueError):
        raise InvalidValue("The page was not complete. Load it again.") from None
