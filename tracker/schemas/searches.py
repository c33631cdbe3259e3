"""The parameters of the lists."""

from __future__ import annotations

from marshmallow import Schema

from tracker.domain.lifecycle import Status
from tracker.schemas.fields import Choice, Paging, Ref, Text


class ItemSearchSchema(Schema):
    """Which items, and how many. `q` is any part of any identifier."""

    status = Choice([status.value for status in Status])
    location = Ref()
    pledge = Ref()
    q = Text(64)
    after = Paging(2**31 - 1)
    limit = Paging(500, least=1, load_default=100)


class PledgeSearchSchema(Schema):
    """How many pledges, after which."""

    after = Ref()
    limit = Paging(500, least=1, load_default=100)


class EventSearchSchema(Schema):
    """How many of the newest events."""

    last = Paging(1000, least=1, load_default=1000)
