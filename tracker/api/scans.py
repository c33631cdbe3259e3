"""POST /api/v1/scans: 1 to 1,000 scans in, one answer for each.

Load, call, answer; what stands between is kept lean, because this route is what forty phones at
one gate wait for.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response, current_app
from flask_smorest import Blueprint

from tracker import clock, errors
from tracker.api import quotas
from tracker.api.bodies import answer, dumped, read_body
from tracker.api.describing import described
from tracker.domain.bodies import stamp
from tracker.domain.permissions import Action
from tracker.domain.scans import Mode, Outcome, Result, Scan
from tracker.errors import InvalidValue, NotFound, Refusal
from tracker.ledger import outcomes, receipts
from tracker.ledger.record import record
from tracker.schemas.answers import ReceiptKeySchema
from tracker.schemas.scans import BatchSchema, ResultsSchema, read_batch, read_scan, safe_id
from tracker.services import codes, late_scans
from tracker.web.frame.gate import actor, needs, open_to_anyone
from tracker.web.frame.problems import document

PROVES_NOTHING = (Result.UNKNOWN_CODE, Result.SET_ASIDE)
"""Of what is kept like this a phone may send so much in an hour."""

blueprint = Blueprint("api_scans", __name__, url_prefix="/api/v1", description="Scans")


# Whoever may record any step at all may at least report a loss; which steps, the ledger asks.
@blueprint.route("/scans", methods=["POST"])
@described(
    "Record scans",
    body=BatchSchema,
    returns=ResultsSchema,
    refuses=(400, 413, 415, 422),
)
@needs(Action.REPORT_LOSS)
def record_scans() -> Response:
    """Keep scans; each is answered on its own, in the order they were sent.

    A scan that cannot be read is answered `invalid` with its problem and refuses no other. What a
    phone that signs has not signed is refused live, and otherwise set aside for a person to judge.
    """
    now = clock.now()
    batch, who = read_batch(read_body(tolerant=True)), actor()
    quotas.require("unknown_code", who)
    read = [read_one(raw) for raw in batch.scans]
    scans = [scan for scan in read if isinstance(scan, Scan)]
    said: dict[str, Any] = {"sent_at": batch.sent_at, "exchange": batch.exchange}
    if noted := sum(scan.note is not None for scan in scans):
        quotas.require("note", who)
    told = record(scans, **said, mode=batch.mode, by=who, now=now)
    if batch.mode is Mode.QUEUED and any(map(outcomes.is_unsigned, told)):
        sent = [raw for raw, one in zip(batch.scans, read, strict=True) if isinstance(one, Scan)]
        told = late_scans.set_unsigned_aside(who, sent, told, batch.sent_at, now)
    quotas.spend("note", who, noted)
    quotas.spend("unknown_code", who, sum(one.result in PROVES_NOTHING for one in told))
    kept = iter(told)
    return results([next(kept) if isinstance(one, Scan) else one for one in read], now)


@blueprint.route("/receipt-key")
@described(
    "The key that checks receipts", returns=ReceiptKeySchema, refuses=(404,), open_route=True
)
@open_to_anyone("a key that only checks signatures is for everybody to have")
def show_receipt_key() -> Response:
    """The Ed25519 key of the receipts, and the message that is signed."""
    seed = current_app.config["KEYS"].get("receipts")
    if not seed:
        raise NotFound("This installation does not sign receipts.")
    return answer(
        {
            "algorithm": "Ed25519",
            "public_key": receipts.public_key(seed),
            "message": f"{receipts.VERSION}\\n<id>\\n<hash>\\n<item_seq>\\n<recorded_at>\\n",
        }
    )


def results(told: list[Outcome], now: datetime) -> Response:
    """The answer to a batch that came at `now`."""
    said = {"results": _serialised(told), "told_at": stamp(now)}
    return Response(dumped(said), mimetype="application/json")


def read_one(raw: Any) -> Scan | Outcome:
    """One scan, or the answer that it cannot be read."""
    try:
        return Scan(**codes.read_codes(read_scan(raw)))
    except InvalidValue as refusal:
        problem = outcomes.told(refusal)
        return Outcome(safe_id(raw) or "", Result.INVALID, problem=problem)


def _serialised(every: list[Outcome]) -> list[dict[str, Any]]:
    """Outcomes as they are answered, their receipts signed."""
    answers = [_answer(outcome) for outcome in every]
    seed = current_app.config["KEYS"].get("receipts")
    if seed:
        signed = [outcome for outcome in every if outcome.receipt]
        pairs = ((outcome.id, outcome.receipt) for outcome in signed if outcome.receipt)
        with_receipt = (told["receipt"] for told in answers if "receipt" in told)
        for receipt, signature in zip(with_receipt, receipts.sign(pairs, seed), strict=True):
            receipt["signature"] = signature
    return answers


def _answer(outcome: Outcome) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": outcome.id or None,
        "outcome": outcome.result.value,
        "gap": outcome.gap,
        "flags": outcome.flags,
    }
    if outcome.discrepancy:
        told["discrepancy"] = outcome.discrepancy
    if outcome.allowed:
        told["allowed"] = outcome.allowed
    if outcome.missing:
        told["missing"] = outcome.missing
    if outcome.units != 1:
        told["units"] = outcome.units
    if outcome.item:
        told["item"] = outcome.item
    if outcome.receipt:
        told["receipt"] = {
            "hash": outcome.receipt.hash,
            "item_seq": outcome.receipt.item_seq,
            "recorded_at": stamp(outcome.receipt.recorded_at),
        }
    if outcome.problem:
        told["problem"] = document(_refusal(dict(outcome.problem)))
    return told


def _refusal(problem: dict[str, Any]) -> Refusal:
    """The refusal that an outcome carries as plain values."""
    kind = errors.every_refusal()[problem.pop("slug")]
    return kind(problem.pop("detail", ""), **problem)
