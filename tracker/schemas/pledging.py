"""A pledge as a program sends it."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from tracker.schemas.fields import Amount, Count, Day, Ref, Text

LARGEST_QUANTITY = 10_000_000


class NewLineSchema(Schema):
    """So many of one product. `unit_value` is a decimal number as text; it needs its currency."""

    product = Ref(required=True)
    quantity = Count(LARGEST_QUANTITY, required=True)
    unit_value = Amount(allow_none=True, load_default=None)
    currency = Text(3, pattern="[A-Z]{3}", allow_none=True, load_default=None)


class NewPledgeSchema(Schema):
    """A pledge with its lines; the donor and the products must be known already."""

    ref = Ref(required=True)
    donor = Ref(required=True)
    pledged_on = Day(required=True)
    purpose = Text(500, allow_none=True, load_default=None)
    legal_basis = Text(40, allow_none=True, load_default=None)
    note = Text(2000, lines=True, allow_none=True, load_default=None)
    source = Text(500, allow_none=True, load_default=None)
    lines = fields.List(
        fields.Nested(NewLineSchema), required=True, validate=validate.Length(1, 100)
    )
