"""What a webhook is sent, as the description of the interface publishes it."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from tracker.domain.disclosure import STAGES
from tracker.domain.lifecycle import Rung

KINDS = ("stage", "rung", "damaged", "open")


class MovedSchema(Schema):
    """One number that changed; `name` is the stage or rung, empty for the other kinds."""

    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    name = fields.String(required=True, validate=validate.OneOf([*STAGES, *map(str, Rung), ""]))
    before = fields.Integer(required=True)
    after = fields.Integer(required=True)


class SaidSchema(Schema):
    """What the coordinators said, in both languages."""

    en = fields.String(required=True)
    uk = fields.String(required=True)


class PledgeNewsSchema(Schema):
    """How a pledge stands at the end of the day `until`, and what changed after `since`."""

    pledge = fields.String(required=True)
    since = fields.Date(required=True)
    until = fields.Date(required=True)
    pledged = fields.Integer(required=True)
    to_come = fields.Integer(required=True)
    stages = fields.Dict(fields.String(), fields.Integer(), required=True)
    proved = fields.Dict(fields.String(), fields.Integer(), required=True)
    damaged = fields.Integer(required=True)
    open = fields.Integer(required=True)
    changed = fields.List(fields.Nested(MovedSchema), required=True)
    places_month = fields.String(required=True, allow_none=True)
    photos = fields.Integer(required=True)
    statements = fields.List(fields.Nested(SaidSchema), required=True)
    said_online = fields.Integer(
        required=True,
        metadata={
            "description": "Units that counted as online until now, only because a person said "
            "that they work. Told once, otherwise 0."
        },
    )
    page = fields.Url(required=True, require_tld=False)


class PledgeChangedSchema(Schema):
    """The body of a webhook. `timestamp` is the end of the day told of, and no moment of a scan."""

    type = fields.String(required=True, validate=validate.Equal("pledge.changed"))
    timestamp = fields.DateTime(required=True)
    data = fields.Nested(PledgeNewsSchema, required=True)
