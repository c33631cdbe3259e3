"""What phones ask for beside recording scans: enrolling, what to take along, photos, acts.

A phone carries the bearer token of its device; enrolling has none yet, and scans that come after
its access has ended carry one that is good for nothing else.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Response, current_app, request
from flask_smorest import Blueprint

from tracker import clock
from tracker.api import quotas
from tracker.api.bodies import answer, dumped, read_body, read_query
from tracker.api.describing import described
from tracker.clock import day_in_kyiv
from tracker.domain.bodies import stamp
from tracker.domain.permissions import Action, Actor, scannable
from tracker.errors import InvalidValue, NotFound
from tracker.files import symbols
from tracker.ledger import receipts
from tracker.queries import devices as device_rows
from tracker.queries import field as queries
from tracker.schemas.field import (
    ActOutcomeSchema,
    AddressSchema,
    CodesSchema,
    EnrolledSchema,
    EnrolmentSchema,
    FieldSchema,
    FoundSchema,
    IdsSchema,
    NamedSchema,
    PartyFoundSchema,
    PieceSchema,
    ProgressSchema,
    SignedActSchema,
    SymbolsSchema,
    ToldAtSchema,
)
from tracker.schemas.scans import ExchangeSchema, read_exchange
from tracker.services import devices, late_acts, signed_acts, sites, uploads
from tracker.services.named_codes import what_codes_name
from tracker.web.frame.gate import actor, freshly, needs, open_to_anyone
from tracker.web.frame.limits import limiter

blueprint = Blueprint("api_field", __name__, url_prefix="/api/v1", description="Phones")
TOLD = timedelta(days=90)
"""How long a phone is told of a decision: as long as it keeps the receipt."""
SHA = [{"in": "path", "name": "sha256", "description": "SHA-256 of the photo, hexadecimal"}]
REF = [{"in": "path", "name": "ref", "description": "The reference of a site"}]


@blueprint.route("/enrolments", methods=["POST"])
@described(
    "Enrol a phone",
    body=EnrolmentSchema,
    returns=EnrolledSchema,
    refuses=(400, 410, 413, 415, 422),
    open_route=True,
)
@open_to_anyone("the code of an invitation is what lets in, once")
@limiter.limit("20 per minute")
def enrol() -> Response:
    """Answer an invitation with the phone's own public key."""
    said = EnrolmentSchema().load(read_body())
    device, token = devices.enrol(**said, now=clock.now())
    return answer({"device": device, "token": token})


@blueprint.route("/field")
@described("What a phone takes along", returns=FieldSchema)
@needs(Action.REPORT_LOSS)
def show_field() -> Response:
    """Places, units, journeys and parties that concern this device; no maker's number, no site."""
    who, now = actor(), clock.now()
    places = queries.places_of(who.ref, now)
    refs = [place.ref for place in places]
    units = queries.units_for(refs)
    seed = current_app.config["KEYS"].get("receipts")
    return answer(
        {
            "device": _device(who),
            "steps": sorted(scannable(who)),
            "places": [_row(place) for place in places],
            "consignments": [_row(row) for row in queries.consignments_for(refs)],
            "units": [_said(unit) for unit in units],
            "boxes": queries.boxes_for([unit.code for unit in units]),
            "parties": [_row(party) for party in queries.parties(who)],
            "papers": [{"number": one, "codes": codes} for one, codes in queries.papers(refs)],
            "decisions": [_decision(row) for row in queries.decisions(who.ref, now - TOLD)],
            "receipt_key": receipts.public_key(seed) if seed else None,
            "at": day_in_kyiv(now).isoformat(),
        }
    )


@blueprint.route("/field/clock", methods=["PUT"])
@described(
    "Report an exchange", body=ExchangeSchema, returns=ToldAtSchema, refuses=(400, 413, 415, 422)
)
@needs(Action.REPORT_LOSS)
def report_clock() -> Response:
    """Keep how wrong this device's clock is, for scans that somebody else may bring."""
    now, who = clock.now(), actor()
    try:
        exchange = read_exchange(read_body())
    except ValueError as problem:
        raise InvalidValue(str(problem)) from None
    if who.ref.startswith("device:"):
        devices.report_clock(exchange, by=who, now=now)
    return answer({"told_at": stamp(now)})


@blueprint.route("/field/results", methods=["POST"])
@described(
    "What became of scans", body=IdsSchema, returns=FoundSchema, refuses=(400, 413, 415, 422)
)
@needs(Action.REPORT_LOSS)
def find_results() -> Response:
    """Which of these scans of one's own the ledger holds, and what a person decided about them."""
    ids, who = IdsSchema().load(read_body())["ids"], actor()
    cases: dict[str, list[dict[str, Any]]] = {}
    for row in queries.discrepancies_of(ids):
        told = {"kind": row.kind, "state": row.state, "decision": row.decision}
        cases.setdefault(row.event, []).append(told)
    found = [
        {
            "id": row.id,
            "hash": row.hash.hex(),
            "item_seq": row.seq,
            "recorded_at": stamp(row.recorded_at),
            "discrepancies": cases.get(row.id, []),
        }
        for row in queries.found_in_ledger(ids)
        if row.by == who.ref
    ]
    return Response(dumped({"results": found}), mimetype="application/json")


@blueprint.route("/field/acts", methods=["POST"])
@described(
    "Keep an act that was signed on a phone",
    body=SignedActSchema,
    returns=ActOutcomeSchema,
    refuses=(400, 409, 413, 415, 422),
)
@needs(Action.SCAN_FIELD)
def keep_act() -> Response:
    """Keep a signed act and issue its paper; the same act again gets the same number.

    One that names a party or a site that is not known waits for a person (`set_aside`).
    """
    said, who, now = SignedActSchema().load(read_body()), actor(), clock.now()
    return act_answer(late_acts.keep_or_set_aside(**said, by=who, now=now))


@blueprint.route("/field/parties/<register_number>")
@described("A party by its number in the register", returns=PartyFoundSchema, refuses=(404,))
@needs(Action.SCAN_FIELD)
def find_party(register_number: str) -> Response:
    """Who has this number, exactly: a giver or receiver whom nothing in reach names yet."""
    found = queries.party_by_number(register_number)
    if found is None:
        raise NotFound
    return answer(_row(found))


@blueprint.route("/field/codes", methods=["POST"])
@described("What codes name", body=CodesSchema, returns=NamedSchema, refuses=(400, 413, 415, 422))
@needs(Action.SCAN_FIELD)
def name_codes() -> Response:
    """What is to be listed on an act: units, and boxes with theirs; and what no unit of ours is."""
    asked = CodesSchema().load(read_body())["codes"]
    return Response(dumped({"named": what_codes_name(asked, actor())}), mimetype="application/json")


@blueprint.route("/field/sites/<ref>", methods=["POST"], parameters=REF)
@described("Where an assigned site is", returns=AddressSchema, refuses=(404, 422))
@needs(Action.SCAN_FIELD)
@freshly
def open_site(ref: str) -> Response:
    """Name, address and contact of a site one is assigned to; the reading is kept."""
    facts, until = sites.open_task(
        ref,
        by=actor(),
        now=clock.now(),
        key=current_app.config["KEYS"].get("sites"),
        per_day=current_app.config["SITE_READINGS_PER_DAY"],
    )
    told = Response(dumped({"facts": facts, "until": stamp(until)}), mimetype="application/json")
    told.headers["Cache-Control"] = "no-store"
    return told


@blueprint.route("/evidence/<sha256>", parameters=SHA)
@described("How far a photo has come", returns=ProgressSchema, refuses=(422,))
@needs(Action.REPORT_LOSS)
def show_progress(sha256: str) -> Response:
    """Where a photo that was interrupted goes on."""
    return progress_answer(uploads.progress_of(sha256, actor()))


@blueprint.route("/evidence/<sha256>", methods=["PUT"], parameters=SHA)
@described("Send a piece of a photo", returns=ProgressSchema, query=PieceSchema, refuses=(413, 422))
@needs(Action.REPORT_LOSS)
def take_piece(sha256: str) -> Response:
    """Add a piece; the answer says how much is here, and so where the next one begins."""
    said = read_query(PieceSchema)
    request.max_content_length = uploads.LARGEST_PIECE
    return take_piece_of(sha256, request.get_data(cache=False), said, actor())


@blueprint.route("/symbols", methods=["POST"])
@described("Read the codes in a photo", returns=SymbolsSchema, refuses=(413, 422))
@needs(Action.REPORT_LOSS)
@limiter.limit("60 per minute")
def read_symbols() -> Response:
    """The codes in a photo that a phone could not read by itself; the photo is not kept."""
    request.max_content_length = symbols.LARGEST_PHOTO
    found = symbols.symbols_in(request.get_data(cache=False))
    codes = [{"text": one.text, "format": one.format} for one in found]
    return Response(dumped({"codes": codes}), mimetype="application/json")


def _device(who: Actor) -> dict[str, Any]:
    """The device as it may know itself; a person who looks has no number."""
    kind, _, number = who.ref.partition(":")
    row = device_rows.device(int(number)) if kind == "device" else None
    return {
        "number": row.id if row else None,
        "name": row.name if row else "",
        "role": who.role,
        "until": stamp(row.expires_at) if row and row.expires_at else None,
    }


def _decision(row: Any) -> dict[str, Any]:
    return {"id": row.id, "decision": row.decision, "is_wrong": row.wrong == row.id}


def _said(row: Any) -> dict[str, Any]:
    """A row as JSON without what it does not say: of thousands the phone need not be told that."""
    return {name: value for name, value in _row(row).items() if value is not None}


def _row(row: Any) -> dict[str, Any]:
    """A row as JSON: moments and days in words."""
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in row._mapping.items()
    }


def act_answer(kept: signed_acts.Kept | None) -> Response:
    """What became of a signed act, as an answer."""
    if kept is None:
        return answer({"outcome": "set_aside"})
    return answer({"outcome": "kept", **kept.told()})


def take_piece_of(sha256: str, piece: bytes, said: dict[str, Any], who: Actor) -> Response:
    """Add a piece of a photo, as far as its device may send more photos."""
    if begins := said["offset"] == 0:
        quotas.require("photo", who)
        quotas.require_finishing(who)
    told = uploads.take_piece(sha256, piece, **said, by=who, now=clock.now())
    if begins and told.received == len(piece):
        quotas.spend("photo", who)
    return progress_answer(told)


def progress_answer(progress: uploads.Progress) -> Response:
    """How far a photo has come, as an answer."""
    told = {"received": progress.received, "kept": progress.kept}
    return Response(dumped(told), mimetype="application/json")
