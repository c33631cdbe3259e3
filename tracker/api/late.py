"""What comes too late, or by other hands: from a phone whose access has ended, or from its file.

An ended phone shows the token it had, which is good for nothing else. What it sends is set aside
for a person to judge; what another phone brings from its file is recorded as the maker's own.
"""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask_smorest import Blueprint

from tracker import clock
from tracker.api import quotas
from tracker.api.bodies import read_body, read_query
from tracker.api.describing import described
from tracker.api.field import SHA, act_answer, take_piece_of
from tracker.api.scans import read_one, results
from tracker.domain.permissions import Action
from tracker.domain.scans import Outcome, Scan
from tracker.errors import InvalidValue, NotAllowed, NotFound
from tracker.queries import devices as queries
from tracker.schemas.field import (
    ActOutcomeSchema,
    HandedOverActSchema,
    HandedOverSchema,
    LatePieceSchema,
    ProgressSchema,
    SignedActSchema,
)
from tracker.schemas.scans import BatchSchema, ResultsSchema, read_batch
from tracker.services import late_acts, late_scans, uploads
from tracker.web.frame.gate import bearer_token, needs, open_to_anyone
from tracker.web.frame.limits import limiter

blueprint = Blueprint("api_late", __name__, url_prefix="/api/v1", description="Late and by others")
WHY_OPEN = "the token of a device that has ended is asked for, and is good for nothing else"


@blueprint.route("/late-scans", methods=["POST"])
@described(
    "Hand over scans after the access has ended",
    body=BatchSchema,
    returns=ResultsSchema,
    refuses=(400, 403, 413, 415, 422),
    open_route=True,
)
@open_to_anyone(WHY_OPEN)
@limiter.limit("60 per minute")
def set_scans_aside() -> Response:
    """Keep scans of an ended device apart, for a person to judge."""
    device, now = _ended(), clock.now()
    who = queries.maker(device, now)
    quotas.require("late_scan", who)
    batch = read_batch(read_body(tolerant=True))
    read, scans = _read(batch.scans)
    held = iter(late_scans.set_aside(device, scans, batch.sent_at, now, batch.exchange))
    quotas.spend("late_scan", who, len(scans))
    return results([next(held) if isinstance(one, Scan) else one for one in read], now)


@blueprint.route("/late-acts", methods=["POST"])
@described(
    "Hand over an act after the access has ended",
    body=SignedActSchema,
    returns=ActOutcomeSchema,
    refuses=(400, 403, 409, 413, 415, 422),
    open_route=True,
)
@open_to_anyone(WHY_OPEN)
@limiter.limit("60 per minute")
def set_act_aside() -> Response:
    """Keep an act of an ended device apart, for a person to judge."""
    device = _ended()
    said = SignedActSchema().load(read_body())
    return act_answer(late_acts.set_aside(device, **said, now=clock.now()))


@blueprint.route("/late-evidence/<sha256>", methods=["PUT"], parameters=SHA)
@described(
    "Send a piece of a photo after the access has ended",
    returns=ProgressSchema,
    query=LatePieceSchema,
    refuses=(403, 413, 422),
    open_route=True,
)
@open_to_anyone(WHY_OPEN)
@limiter.limit("300 per minute")
def take_late_piece(sha256: str) -> Response:
    """Add a piece of a photo that a scan or act `signed` by this device names."""
    device, said = _ended(), read_query(LatePieceSchema)
    if not late_acts.names_photo(device, said.pop("signed"), sha256):
        raise NotAllowed("Nothing that this device has signed names this photo.")
    request.max_content_length = uploads.LARGEST_PIECE
    maker = queries.maker(device, clock.now())
    return take_piece_of(sha256, request.get_data(cache=False), said, maker)


@blueprint.route("/handed-over-scans", methods=["POST"])
@described(
    "Record what another device has exported",
    body=HandedOverSchema,
    returns=ResultsSchema,
    refuses=(400, 404, 413, 415, 422),
)
@needs(Action.REPORT_LOSS)
def hand_over_scans() -> Response:
    """Record scans that another device made and signed; the messenger cannot change them."""
    body = read_body(tolerant=True)
    device = _maker_of(body)
    batch = {name: body[name] for name in ("sent_at", "scans") if name in body}
    read, scans = _read(read_batch({**batch, "mode": "queued"}).scans)
    now = clock.now()
    maker = queries.maker(device, now)
    kept = iter(late_scans.hand_over(device, maker, scans, now))
    return results([next(kept) if isinstance(one, Scan) else one for one in read], now)


@blueprint.route("/handed-over-acts", methods=["POST"])
@described(
    "Keep an act that another device has exported",
    body=HandedOverActSchema,
    returns=ActOutcomeSchema,
    refuses=(400, 404, 409, 413, 415, 422),
)
@needs(Action.REPORT_LOSS)
def hand_over_act() -> Response:
    """Keep an act that was signed on another device; the messenger cannot change it."""
    said, now = HandedOverActSchema().load(read_body()), clock.now()
    device = _maker_of(said)
    maker = queries.maker(device, now)
    return act_answer(late_acts.hand_over(device, maker, said["text"], said["signature"], now))


def _read(raw: list[Any]) -> tuple[list[Scan | Outcome], list[tuple[Scan, Any]]]:
    """Each scan, or the answer that it cannot be read; and the scans, each with what was sent."""
    read = [read_one(one) for one in raw]
    return read, [(scan, one) for scan, one in zip(read, raw, strict=True) if type(scan) is Scan]


def _ended() -> Any:
    """The device whose token was shown, if its access has ended."""
    device = queries.ended_device(bearer_token() or "", clock.now())
    if device is None:
        raise NotAllowed("This is not the token of a device whose access has ended.")
    return device


def _maker_of(said: Any) -> Any:
    """The device that a file is of."""
    number = said.get("device") if isinstance(said, dict) else None
    if type(number) is not int or not 0 < number < 2**31:
        raise InvalidValue("The file does not say whose it is.", field="device")
    device = queries.device(number)
    if device is None or device.public_key is None:
        raise NotFound("No device with a key has this number.")
    return device
