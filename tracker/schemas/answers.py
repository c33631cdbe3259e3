"""What the interface answers: allow-lists, so that a new column is told to nobody by itself."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from tracker.domain.lifecycle import Condition, Rung, Status

STATUS: dict[str, Any] = {"enum": [*(status.value for status in Status), None]}
CONDITION: dict[str, Any] = {"enum": [condition.value for condition in Condition]}


def _text(*, none: bool = False, **described: Any) -> fields.String:
    return fields.String(required=True, allow_none=none, metadata=described)


def _moment(*, none: bool = False) -> fields.Field[Any]:
    return fields.AwareDateTime(required=True, allow_none=none, format="iso")


def _number() -> fields.Integer:
    return fields.Integer(required=True)


class IdentifierSchema(Schema):
    """One identifier of a unit; `value` shows its end only where `masked`."""

    scheme = _text()
    value = _text()
    read_at = _moment()
    live = fields.Boolean(required=True)
    masked = fields.Boolean(required=True)


class ItemRowSchema(Schema):
    """A unit in a list."""

    code = _text()
    pledge = _text()
    product = _text()
    status = _text(none=True, **STATUS)
    condition = _text(**CONDITION)
    location = _text(none=True)
    custodian = _text(none=True)
    handling_unit = _text(none=True)
    consignment = _text(none=True)
    last_effective_at = _moment(none=True)


class ItemSchema(ItemRowSchema):
    """A unit: where it stands, how far it is proved to have come, what is to be done next.

    `item_seq` and `head` are the length and the last hash of its chain of events.
    """

    shown_as = _text()
    product_en = _text()
    product_uk = _text()
    owner = _text(none=True)
    proof = fields.Dict(
        keys=fields.String(),
        values=fields.AwareDateTime(format="iso"),
        required=True,
        metadata={"description": "When each rung was last proved: " + ", ".join(Rung)},
    )
    identifiers = fields.List(fields.Nested(IdentifierSchema), required=True)
    allowed = fields.List(fields.String(), required=True)
    next_step = _text(none=True)
    item_seq = _number()
    head = _text(none=True)


class ItemsSchema(Schema):
    """Part of a list of units; `after` leads to the next part and is null at the end."""

    items = fields.List(fields.Nested(ItemRowSchema), required=True)
    after = fields.Integer(required=True, allow_none=True)


class EventSchema(Schema):
    """One event of a unit's story. `declared` says why a later event calls it wrong."""

    id = _text(format="uuid")
    step = _text()
    effective_at = _moment()
    recorded_at = _moment()
    by = _text()
    chain = _text()
    seq = _number()
    hash = _text()
    via = _text(none=True)
    declared = _text(none=True)
    mode = fields.String()
    location = fields.String()
    consignment = fields.String()
    handling_unit = fields.String()
    receiver = fields.String()
    act = fields.String()
    report = fields.String()
    condition = fields.String()
    note = fields.String()
    second = fields.String()
    declares = fields.String()
    reason = fields.String()
    flags = fields.List(fields.String())
    findings = fields.Dict(keys=fields.String(), values=fields.Boolean())


class EventsSchema(Schema):
    """The story of a unit, newest last."""

    events = fields.List(fields.Nested(EventSchema), required=True)


class PledgeRowSchema(Schema):
    """A pledge in a list."""

    ref = _text()
    donor = _text()
    donor_name = _text()
    initiative = _text(none=True)
    pledged_on = fields.Date(required=True)
    pledged = _number()
    known = fields.Integer(metadata={"description": "Units that the ledger has heard of."})
    by_status = fields.Dict(keys=fields.String(), values=fields.Integer())


class PledgesSchema(Schema):
    """Part of a list of pledges; `after` leads to the next part and is null at the end."""

    pledges = fields.List(fields.Nested(PledgeRowSchema), required=True)
    after = _text(none=True)


class LineSchema(Schema):
    """One line of a pledge; `unit_value` is a decimal number as text."""

    product = _text()
    product_en = _text()
    product_uk = _text()
    quantity = _number()
    unit_value = fields.Decimal(as_string=True, required=True, allow_none=True)
    currency = _text(none=True)
    known = fields.Integer()


class ChangeSchema(Schema):
    """One revision of a line's quantity."""

    product = _text()
    quantity_before = _number()
    quantity_after = _number()
    revised_at = _moment()
    revised_by = _text()
    reason = _text(none=True)


class PledgeSchema(PledgeRowSchema):
    """A pledge whole. A donor is not told what only the staff need, nor counts of today."""

    purpose = _text(none=True)
    legal_basis = fields.String(allow_none=True)
    note = fields.String(allow_none=True)
    source = fields.String(allow_none=True)
    lines = fields.List(fields.Nested(LineSchema), required=True)
    revisions = fields.List(fields.Nested(ChangeSchema))
    consignments = fields.List(fields.String())


KEPT_FROM_DONORS = (
    "known",
    "by_status",
    "legal_basis",
    "note",
    "source",
    "revisions",
    "consignments",
    "lines.known",
)
"""Counts of a donor's own units are told with a delay, on the donor's page."""


class CheckpointSchema(Schema):
    """The newest signed checkpoint of the ledger; `note` is the C2SP signed note to keep."""

    size = _number()
    root = _text()
    signed_at = _moment()
    note = _text()


class ReceiptKeySchema(Schema):
    """How to check the signature of a receipt."""

    algorithm = _text()
    public_key = _text(description="32 bytes, base64")
    message = _text(description="What is signed; a line feed ends each of the five lines")
