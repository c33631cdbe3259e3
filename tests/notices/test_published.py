"""What is published about webhooks is what is sent."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from flask import Flask
from marshmallow import fields

from tests.notices.test_mails import add_account, move
from tests.services.builders import NOW, lay_world
from tracker.domain.notices import Told
from tracker.queries.notices import news_of
from tracker.schemas.notices import PledgeChangedSchema
from tracker.services.notices import due, subscriptions


@pytest.fixture
def said(app: Flask) -> dict[str, Any]:
    """A body as it is sent."""
    app.config["DONOR_DELAY_DAYS"] = 0
    lay_world()
    add_account()
    begun = subscriptions.begun("EX-1", NOW)
    move(NOW)
    later = NOW.replace(day=2)
    view = subscriptions.view_today("EX-1", later)
    assert view is not None
    told = Told(begun["told_until"], begun["told_pledged"], None)
    body: dict[str, Any] = json.loads(due.call_body("EX-1", *news_of(view, told, later.date())))
    return body


def described(app: Flask) -> Any:
    document = app.test_client().get("/api/openapi.json").get_json()
    call = document["webhooks"]["pledge.changed"]["post"]
    schema = call["requestBody"]["content"]["application/json"]["schema"]
    return jsonschema_rs.validator_for({**schema, "components": document["components"]})


def test_a_body_is_as_the_description_says(app: Flask, said: dict[str, Any]) -> None:
    described(app).validate(said)
    assert PledgeChangedSchema().validate(said) == {}


@pytest.mark.parametrize("missing", ["pledge", "until", "stages", "changed"])
def test_the_description_notices_what_is_missing(
    app: Flask, said: dict[str, Any], missing: str
) -> None:
    del said["data"][missing]
    assert not described(app).is_valid(said)


def test_nothing_is_sent_that_is_not_described(said: dict[str, Any]) -> None:
    schema = PledgeChangedSchema()
    assert said.keys() == schema.fields.keys()
    inner = schema.fields["data"]
    assert isinstance(inner, fields.Nested)
    assert said["data"].keys() == inner.schema.fields.keys()
    [first, *_] = said["data"]["changed"]
    assert first.keys() == {"kind", "name", "before", "after"}


def test_the_day_told_of_is_over_and_no_moment_of_a_scan_is_told(said: dict[str, Any]) -> None:
    assert said["timestamp"] == "2026-06-02T00:00:00Z"
    assert (said["data"]["since"], said["data"]["until"]) == ("2026-05-31", "2026-06-01")
    assert json.dumps(said).count(":00") == 2
