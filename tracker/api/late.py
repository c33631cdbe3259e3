"""What comes too late, or by other hands: from a phone whose access has ended, or from its file.

An ended phone shows the token it had, which is good for nothing else. What it sends is set aside
for a person to judge; what another phone brings from its file is recorded as the maker's own.
"""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask_smorest import Blueprint

from tracker import clock
from tracker.api.bodies import answer, read_body, read_query
from tracker.api.describing import described
from tracker.api.field import SHA, progress_told
from tracker.api.scans import read_one, results
from tracker.domain.permissions import Action
from tracker.domain.scans import Scan
from tracker.errors import InvalidValue, NotAllowed, NotFound
from tracker.queries import devices as queries
from tracker.schemas.field import (
    HandedOverActSchema,
    HandedOverSchema,
    LateActSchema,
    LatePieceSchema,
    ProgressSchema,
    SignedActSchema,
)
from tracker.schemas.scans import BatchSchema, ResultsSchema, read_batch
from tracker.services import late_acts, late_scans, signed_acts, uploads
from tracker.web.gate import bearer_token, needs, open_to_anyone
from tracker.web.limits import limiter

blueprint = Blueprint("api_late", __name__, url_prefix="/api/v1", description="Late and by others")
WHY_OPEN = "the token of a device that has ended is asked for, and is good for nothing else"


@blueprint.route("/late-scans", methods=["POST"])
@described(
    "Hand over scans after the access has ended", body=BatchSchema, returns=ResultsSchema,
    refuses=(400, 403, 413, 415, 422), open_route=True,
)  # fmt: skip
@open_to_anyone(WHY_OPEN)
@limiter.limit("60 per minute")
def set_scans_aside() -> Response:
    """Keep scans of an ended device apart, for a person to judge."""
    device = _ended()
    sent_at, _, raw = read_batch(read_body(tolerant=True))
    read = [read_one(one) for one in raw]
    scans = [(scan, one) for scan, one in zip(read, raw, strict=True) if isinstance(scan, Scan)]
    held = iter(late_scans.set_aside(device, scans, sent_at, clock.now()))
    return results([next(held) if isinstance(one, Scan) else one for one in read])


@blueprint.route("/late-acts", methods=["POST"])
@described(
    "Hand over an act after the access has ended", body=SignedActSchema, returns=LateActSchema,
    refuses=(400, 403, 409, 413, 415, 422), open_route=True,
)  # fmt: skip
@open_to_anyone(WHY_OPEN)
@limiter.limit("60 per minute")
def set_act_aside() -> Response:
    """Keep an act of an ended device apart, for a person to judge."""
    device = _ended()
    said = SignedActSchema().load(read_body())
    return _act(late_acts.set_aside(device, **said, now=clock.now()))


@blueprint.route("/late-evidence/<sha256>", methods=["PUT"], parameters=SHA)
@described(
    "Send a piece of a photo after the access has ended", returns=ProgressSchema,
    query=LatePieceSchema, refuses=(403, 413, 422), open_route=True,
)  # fmt: skip
@open_to_anyone(WHY_OPEN)
@limiter.limit("300 per minute")
def take_late_piece(sha256: str) -> Response:
    """Add a piece of a photo that a scan or act `signed` by this device names."""
    device, said = _ended(), read_query(LatePieceSchema)
    if not late_acts.names_photo(device, said.pop("signed"), sha256):
        raise NotAllowed("Nothing that this device has signed names this photo.")
    request.max_content_length = uploads.LARGEST_PIECE
    piece = request.get_data(cache=False)
    maker = queries.maker(device, clock.now())
    return progress_told(uploads.take_piece(sha256, piece, **said, by=maker, now=clock.now()))


@blueprint.route("/handed-over-scans", methods=["POST"])
@described(
    "Record what another device has exported", body=HandedOverSchema, returns=ResultsSchema,
    refuses=(400, 404, 413, 415, 422),
)  # fmt: skip
@needs(Action.REPORT_LOSS)
def hand_over_scans() -> Response:
    """Record scans that another device made and signed; the messenger cannot change them."""
    body = read_body(tolerant=True)
    device = _maker_of(body)
    batch = {name: body[name] for name in ("sent_at", "scans") if name in body}
    _, _, raw = read_batch({**batch, "mode": "queued"})
    read = [read_one(one) for one in raw]
    scans = [(scan, one) for scan, one in zip(read, raw, strict=True) if isinstance(scan, Scan)]
    now = clock.now()
    maker = queries.maker(device, now)
    kept = iter(late_scans.hand_over(device, maker, scans, now))
    return results([next(kept) if isinstance(one, Scan) else one for one in read])


@blueprint.route("/handed-over-acts", methods=["POST"])
@described(
    "Keep an act that another device has exported", body=HandedOverActSchema,
    returns=LateActSchema, refuses=(400, 404, 409, 413, 415, 422),
)  # fmt: skip
@needs(Action.REPORT_LOSS)
def hand_over_act() -> Response:
    """Keep an act that was signed on another device; the messenger cannot change it."""
    said, now = HandedOverActSchema().load(read_body()), clock.now()
    device = _maker_of(said)
    maker = queries.maker(device, now)
    return _act(late_acts.hand_over(device, maker, said["text"], said["signature"], now))


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


def _act(kept: signed_acts.Kept | None) -> Response:
    if kept is None:
        return answer({"outcome": "set_aside"})
    return answer({"outcome": "kept", "number": kept.number, "strays": list(kept.strays)})
