"""Scans as devices send them, and what they are answered.

`Batch` and `Results` describe the interface; `read_batch` and `read_scan` are the way in for
scans, driven by the same fields. One bad scan never refuses its batch: the envelope and the scans
are read apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marshmallow import Schema, fields, validate

from tracker.domain.clocks import Exchange
from tracker.domain.lifecycle import (
    DECLARING_ERROR,
    ERROR_REASONS,
    FINDINGS,
    STEPS,
    Condition,
    Status,
)
from tracker.domain.receiving import REASONS
from tracker.domain.scans import Flag, Mode, Result
from tracker.errors import InvalidValue, TooLarge
from tracker.schemas.fields import (
    BASE64,
    SALT,
    SHA256,
    Answers,
    Choice,
    Count,
    DeviceMoment,
    Id,
    Ref,
    Text,
    Texts,
    Truth,
)

MOST_SCANS = 1000


class ScanSchema(Schema):
    """One scan. `code` is a printed code, a label's address or a maker's identifier."""

    id = Id(required=True)
    code = Text(200, required=True)
    step = Choice((*STEPS, DECLARING_ERROR), required=True)
    occurred_at = DeviceMoment(required=True)
    device_seq = Count(allow_none=True)
    location = Ref(allow_none=True)
    consignment = Ref(allow_none=True)
    handling_unit = Text(200, allow_none=True)
    second_identifier = Text(200, allow_none=True)
    receiver = Ref(allow_none=True)
    bound_for = Ref(allow_none=True)
    act = Text(64, allow_none=True)
    report = Text(64, allow_none=True)
    condition = Choice([condition.value for condition in Condition], allow_none=True)
    note = Text(2000, lines=True, allow_none=True)
    evidence = Texts(Text(64, pattern=SHA256), 20, allow_none=True)
    findings = Answers(FINDINGS, allow_none=True)
    declares = Id(allow_none=True)
    reason = Choice((*ERROR_REASONS, *REASONS), allow_none=True)
    sighted = Truth(allow_none=True)
    confirm = Truth(allow_none=True)
    answers = Texts(Text(120), 50, allow_none=True)
    signature = Text(200, pattern=BASE64, allow_none=True)
    salt = Text(32, pattern=SALT, allow_none=True)


class ExchangeSchema(Schema):
    """A question that the device asked and the answer, which said what time it was (`told_at`).

    With the device's clock when it asked and when the answer came. One that took less than five
    seconds tells how wrong that clock is; without one the ledger marks scans of a wrong clock.
    """

    asked_at = DeviceMoment(required=True)
    told_at = DeviceMoment(required=True)
    answered_at = DeviceMoment(required=True)


class BatchSchema(Schema):
    """1 to 1,000 scans with the device's clock at the moment of sending, and its newest exchange
    that took less than five seconds."""

    sent_at = DeviceMoment(required=True)
    exchange = fields.Nested(ExchangeSchema)
    mode = Choice([mode.value for mode in Mode], required=True)
    scans = fields.List(
        fields.Nested(ScanSchema), required=True, validate=validate.Length(1, MOST_SCANS)
    )


class ItemBriefSchema(Schema):
    """Where a unit stands."""

    code = fields.String(required=True)
    product = fields.String()
    status = fields.String(
        allow_none=True, metadata={"enum": [*(status.value for status in Status), None]}
    )
    condition = fields.String()
    location = fields.String(allow_none=True)


class ReceiptSchema(Schema):
    """What proves that the ledger holds a scan; see /api/v1/receipt-key for the signature."""

    hash = fields.String(required=True, metadata={"pattern": f"^{SHA256}$"})
    item_seq = fields.Integer(required=True)
    recorded_at = fields.String(required=True, metadata={"format": "date-time"})
    signature = fields.String()


class ProblemSchema(Schema):
    """A problem document (RFC 9457)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    next_step = fields.String(required=True)
    errors = fields.Dict()


class ResultSchema(Schema):
    """What became of one scan."""

    id = fields.String(required=True, allow_none=True)
    outcome = fields.String(required=True, metadata={"enum": [result.value for result in Result]})
    gap = fields.List(fields.String())
    flags = fields.List(fields.String(metadata={"enum": [flag.value for flag in Flag]}))
    allowed = fields.List(fields.String())
    missing = fields.List(fields.String())
    discrepancy = fields.String()
    units = fields.Integer()
    item = fields.Nested(ItemBriefSchema)
    receipt = fields.Nested(ReceiptSchema)
    problem = fields.Nested(ProblemSchema)
    question = fields.Dict(
        metadata={"description": "What a live scan was refused for until somebody answers it."}
    )


class ResultsSchema(Schema):
    """The answers to a batch, in the order of its scans."""

    results = fields.List(fields.Nested(ResultSchema), required=True)
    told_at = fields.String(
        required=True,
        metadata={"format": "date-time", "description": "The server's time, for an exchange."},
    )


def _strict(schema: type[Schema], name: str) -> Any:
    return schema().fields[name]


_READ = {name: _strict(ScanSchema, name).read for name in ScanSchema().fields}
_REQUIRED = tuple(name for name, field in ScanSchema().fields.items() if field.required)
_SENT_AT = _strict(BatchSchema, "sent_at").read
_MODE = _strict(BatchSchema, "mode").read
_ENVELOPE = frozenset(("sent_at", "mode", "scans", "exchange"))
_EXCHANGE = {name: _strict(ExchangeSchema, name).read for name in ExchangeSchema().fields}


@dataclass(frozen=True, slots=True)
class Batch:
    """An envelope that could be read: its `scans` have not been read yet."""

    sent_at: datetime
    mode: Mode
    exchange: Exchange | None
    scans: list[Any]


class GivenTwice(dict[str, Any]):
    """An object of a JSON text in which a name came twice: nobody can say which was meant."""


def read_batch(body: object) -> Batch:
    """The envelope of a batch. Raises InvalidValue with `errors`, by field, or TooLarge."""
    if type(body) is not dict:
        raise InvalidValue("The body must be an object in which no name comes twice.")
    wrong: dict[str, list[str]] = {}
    read: dict[str, Any] = {}
    for name, reader in (("sent_at", _SENT_AT), ("mode", _MODE)):
        try:
            read[name] = reader(body.get(name))
        except ValueError as problem:
            wrong[name] = [str(problem)]
    exchange = body.get("exchange")
    if exchange is not None:
        try:
            exchange = read_exchange(exchange)
        except ValueError as problem:
            wrong["exchange"] = [str(problem)]
    scans = body.get("scans")
    if type(scans) is not list or not scans:
        wrong["scans"] = [f"Must be a list of 1 to {MOST_SCANS} scans."]
    for name in body.keys() - _ENVELOPE:
        wrong[_repeated(name)] = ["Unknown field."]
    if wrong:
        raise InvalidValue(errors=wrong)
    assert isinstance(scans, list)
    if len(scans) > MOST_SCANS:
        raise TooLarge
    return Batch(read["sent_at"], Mode(read["mode"]), exchange, scans)


def read_exchange(raw: object) -> Exchange:
    """What a device reports of an exchange; ValueError says what is wrong with it."""
    if type(raw) is not dict or raw.keys() != _EXCHANGE.keys():
        raise ValueError(f"Must be an object that says {', '.join(_EXCHANGE)}.")
    return Exchange(**{name: read(raw[name]) for name, read in _EXCHANGE.items()})


def read_scan(raw: object) -> dict[str, Any]:
    """One scan as the arguments of `domain.scans.Scan`, its codes still as they were sent.

    Raises InvalidValue with `errors`, by field.
    """
    if type(raw) is not dict:
        raise InvalidValue(errors={"scan": ["Must be an object in which no name comes twice."]})
    wrong: dict[str, list[str]] = {}
    said: dict[str, Any] = {}
    for name, value in raw.items():
        if value is None:
            continue
        try:
            said[name] = _READ[name](value)
        except KeyError:
            wrong[_repeated(name)] = ["Unknown field."]
        except ValueError as problem:
            wrong[name] = [str(problem)]
    for name in _REQUIRED:
        if name not in said and name not in wrong:
            wrong[name] = ["Is missing."]
    declaring = said.get("step") == DECLARING_ERROR
    if declaring is not ("declares" in said) or declaring is not (
        said.get("reason") in ERROR_REASONS
    ):
        wrong["declares"] = ["Goes with “reason” and the step declaring_error, and only with it."]
    if wrong:
        raise InvalidValue(errors=wrong)
    return said


def _repeated(name: str) -> str:
    """A name that somebody sent, fit to be sent back: short, and no half of a surrogate pair."""
    return name[:100].encode("utf-8", "backslashreplace").decode()


def safe_id(raw: object) -> str | None:
    """The id of a scan that could not be read, if that much of it is fit to be repeated."""
    value = raw.get("id") if isinstance(raw, dict) else None
    try:
        return str(_READ["id"](value))
    except ValueError:
        return None
