"""The scanning bench: one page that stays open, and what it asks for each scan.

`static/scan/scanning.js` catches what a scanner types, keeps it in the page until the server has
it, and shows the answer. What a scan means is decided by `services.bench`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, render_template, request
from flask_babel import gettext, ngettext

from tracker import clock
from tracker.domain.bench import DOING, MOST_ANSWERS, STEP_CARDS, Bench
from tracker.domain.bodies import stamp
from tracker.domain.clocks import Exchange
from tracker.domain.permissions import Action, Actor, Scope
from tracker.domain.receiving import DAMAGES, REASONS
from tracker.errors import InvalidValue
from tracker.files.pictures import LARGEST_FILE
from tracker.queries import bench as queries
from tracker.queries import labels, locations
from tracker.queries.counts import Books
from tracker.schemas.fields import DeviceMoment
from tracker.schemas.scans import read_exchange
from tracker.services import bench
from tracker.services.act_lists import Listed
from tracker.services.bench import Answer, Read
from tracker.services.codes import show
from tracker.services.evidence import keep_evidence
from tracker.services.papers import cards
from tracker.web.frame.forms import event_id
from tracker.web.frame.frame import allow_decoder
from tracker.web.frame.gate import actor, needs
from tracker.web.words import terms
from tracker.web.words.bench import BOX_WORDS, DOING_NAME, REPAIRED, TITLE, WORD
from tracker.web.words.formats import product_name
from tracker.web.words.questions import asked

blueprint = Blueprint("scanning", __name__)
_CLOCK = DeviceMoment()


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
    now = queries.within_reach(_said_by_address(), actor())
    page = render_template(
        "scanning/show.html",
        bench=now,
        state=_state(now),
        cards=STEP_CARDS,
        doing=DOING_NAME,
        told_at=stamp(clock.now()),
        places=_places(actor()),
        consignments=queries.open_consignments(actor()),
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
    said = queries.within_reach(_bench_of(body.get("bench")), actor())
    undo = body.get("undo")
    if isinstance(undo, str):
        answer = bench.undo(event_id(undo), read.text, read, said, by=actor(), now=now)
    else:
        answer = bench.take(read, said, by=actor(), now=now)
    return jsonify(_rendered(answer) | {"told_at": stamp(now)})


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


def _rendered(answer: Answer) -> dict[str, Any]:
    """An answer in the reader's words."""
    outcome, lines = answer.outcome, _words_of(answer)
    shown = show(answer.code) if answer.code and len(answer.code) == 11 else answer.code
    told: dict[str, Any] = {
        "sort": answer.sort,
        "title": str(TITLE[answer.sort]),
        "code": shown,
        "word": answer.word,
        "card": answer.word if answer.word in ("undo", "done", "yes", "no") else None,
        "undo": answer.undo,
        "undo_code": answer.code,
        "bench": asdict(answer.bench),
        **_state(answer.bench),
        **answer.extra,
    }
    if answer.listed is not None:
        lines += _listed_lines(answer.listed)
        told["keep"] = bool(answer.listed.gap)
    if answer.word in BOX_WORDS or (outcome is not None and outcome.item is None):
        told["name"] = queries.box_name(answer.code or "")
    if outcome is not None and outcome.question:
        question = asked(outcome.question)
        lines.append(question.sentence)
        told["question"] = {"key": question.key, "yes": question.yes, "no": question.no}
    elif outcome is not None:
        lines += _lines(outcome)
    if outcome is not None:
        item = outcome.item
        if item:
            told["name"] = product_name_of(item["code"])
            told["code"] = show(item["code"])
        told["keep"] = answer.sort == "refused" and bool(outcome.allowed) and not outcome.question
        told["units"] = outcome.units
    elif answer.code and len(answer.code) == 11 and "name" not in told:
        told["name"] = product_name_of(answer.code)
    told["lines"] = lines
    return told


def _words_of(answer: Answer) -> list[str]:
    """What the answer says by itself, whatever the ledger made of the scan."""
    lines = [str(WORD[answer.word])] if answer.word in WORD else []
    if answer.sort == "unreadable" and answer.word:
        lines = [gettext(answer.word)]
    if answer.repaired:
        lines.append(str(REPAIRED[answer.repaired]))
    if answer.books is not None:
        lines.append(_on_the_books(answer.books))
    return lines


def _listed_lines(listed: Listed) -> list[str]:
    """What a scan for an act put on it, and why not."""
    lines = [_units(listed.units)] if listed.word == "box_opened" else []
    if listed.gap:
        lines.append(_never_scanned(listed.gap))
    for code, status in listed.left:
        lines.append(
            gettext("Left out: %(unit)s, %(status)s.", unit=show(code), status=terms.STATUS[status])
        )
    return lines


def _units(many: int) -> str:
    return str(ngettext("%(units)s unit", "%(units)s units", many, units=many))


def _never_scanned(gap: Iterable[str]) -> str:
    steps = ", ".join(str(terms.STEP[step]) for step in gap)
    return str(gettext("Steps nobody scanned: %(steps)s.", steps=steps))


def _on_the_books(books: Books) -> str:
    """Where the ledger had a unit; the place is named to who may know it."""
    told = str(terms.STATUS[books.status]) if books.status else gettext("not known")
    if books.location and locations.location(books.location, actor()) is not None:
        told += f", {books.location}"
    return str(gettext("On the books: %(where)s.", where=told))


def _lines(outcome: Any) -> list[str]:
    lines = []
    if outcome.units > 1:
        lines.append(_units(outcome.units))
    elif outcome.units == 0:
        lines.append(gettext("Nothing lies in it by the ledger: scan the units one by one."))
    if outcome.item and outcome.item.get("status"):
        lines.append(str(terms.STATUS[outcome.item["status"]]))
    if outcome.gap:
        lines.append(_never_scanned(outcome.gap))
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
        "unopened": _unopened(queries.unopened(now)),
        "doing_name": str(DOING_NAME[now.doing]) if now.doing else "",
    }


def _unopened(many: int) -> str:
    """What the tally says of units that nobody has looked at."""
    if not many:
        return ""
    return str(
        ngettext(
            "of these %(units)s with its box, unopened",
            "of these %(units)s with their box, unopened",
            many,
            units=many,
        )
    )


def _said_by_address() -> Bench:
    said = {
        name: (request.args.get(name, "").strip()[:64] or None)
        for name in ("doing", "location", "consignment", "box", "count")
    }
    said["doing"] = said["doing"] if said["doing"] in DOING else None
    act = request.args.get("act", type=int)
    return Bench(**said, act=act, pair=said["doing"] == "handover", answers=())


def _places(reader: Actor) -> list[str]:
    everywhere = reader.scope(Action.SCAN_STOCK) is Scope.ALL
    return labels.choices(None, reader, None if everywhere else reader.locations).locations


_TEXTS = {field.name for field in fields(Bench) if field.name not in ("act", "pair", "answers")}


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
    act, answers = said.get("act"), said.get("answers")
    keys = [one for one in answers if _is_key(one)] if isinstance(answers, list) else []
    return Bench(
        **texts,
        answers=tuple(keys[-MOST_ANSWERS:]),
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
    if not isinstance(text, str) or not 0 < len(text) <= 300 or not _is_whole(text):
        raise InvalidValue("The page was not complete. Load it again.")
    made_at, sent_at = _moment(body.get("made_at"), now), _moment(body.get("sent_at"), now)
    first = body.get("first")
    return Read(
        event_id(body.get("id")),
        text,
        min(made_at, sent_at),
        sent_at,
        body.get("confirm") is True,
        first if _is_short(first) else None,
        answer if _is_key(answer := body.get("answer")) else None,
        _exchange(body.get("exchange")),
    )


def _exchange(said: Any) -> Exchange | None:
    with suppress(ValueError):
        return read_exchange(said)
    return None


def _is_whole(text: str) -> bool:
    """Whether a text is one: no half of a surrogate pair. A scanner may send control characters."""
    return not any("\ud800" <= one <= "\udfff" for one in text)


def _is_short(said: Any) -> bool:
    return isinstance(said, str) and 0 < len(said) <= 64 and said.isprintable()


def _is_key(said: Any) -> bool:
    """Whether this may be the key of a question."""
    return isinstance(said, str) and 0 < len(said) <= 120 and said.isprintable()


def _moment(said: Any, now: datetime) -> datetime:
    with suppress(ValueError):
        return _CLOCK.read(said)
    return now
