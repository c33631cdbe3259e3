"""Whatever is sent, it is answered: never a 500, and nothing half-kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.api.conftest import Phone, Stock, scan, stamped
from tracker.db import db
from tracker.models import Event
from tracker.schemas.scans import ScanSchema

JSON = "application/json"
HOSTILE_TEXTS = [
    "=cmd|' /C calc'!A0",
    "'; DROP TABLE event; --",
    "<script>alert(1)</script>",
    "{{ 7*7 }} ${7*7} %s %(x)s {0}",
    "🛰️📦👩‍🚀 é ї ґ ’",
    "a" * 2000,
    "../../etc/passwd",
    "NULL",
    "﷽",
]
UNREADABLE_TEXTS = [
    "bell\x07", "null\x00", "escape\x1b[31m", "half \ud800 a pair", "turned \u202e round",
    "\x85", "   ", "", "b" * 2001,
]  # fmt: skip


def events(app: Flask) -> int:
    with app.app_context():
        return int(db.session.scalar(select(func.count()).select_from(Event)) or 0)


def batch(text: str) -> str:
    """A batch, as text, whose only scan is `text`."""
    return f'{{"sent_at": "{stamped()}", "mode": "queued", "scans": [{text}]}}'


def test_a_strange_note_is_kept_as_it_is(coordinator: Phone, stock: Stock) -> None:
    scans = [scan(stock.codes[0], note=text) for text in HOSTILE_TEXTS]
    assert {result["outcome"] for result in coordinator.results(*scans)} == {"recorded"}
    told = coordinator.get(f"/items/{stock.codes[0]}/events").get_json()["events"]
    kept = {event["id"]: event.get("note") for event in told}
    assert [kept[one["id"]] for one in scans] == HOSTILE_TEXTS


def assert_each_is_invalid(
    phone: Phone, app: Flask, scans: Sequence[dict[str, Any]], fields: Sequence[str]
) -> None:
    """Each scan is answered by a problem that names the field beside it; nothing is kept."""
    before = events(app)
    answers = [
        (result["outcome"], field, field in result.get("problem", {}).get("errors", ()), one[field])
        for field, one, result in zip(fields, scans, phone.results(*scans), strict=True)
    ]
    assert [answer for answer in answers if answer[:3] != ("invalid", answer[1], True)] == []
    assert events(app) == before


@pytest.mark.parametrize("field", ["note", "act", "code", "second_identifier", "handling_unit"])
def test_a_text_that_cannot_be_shown_is_invalid(
    coordinator: Phone, stock: Stock, app: Flask, field: str
) -> None:
    scans = [{**scan(stock.codes[0]), field: text} for text in UNREADABLE_TEXTS]
    assert_each_is_invalid(coordinator, app, scans, [field] * len(scans))


def test_a_wrong_type_is_invalid(coordinator: Phone, stock: Stock, app: Flask) -> None:
    values = [0, 1.5, True, [], {}, [[]], {"a": {}}, -(2**63), 2**70, "\0"]
    cases = [
        (field, value)
        for field in ScanSchema().fields
        for value in values
        if not (
            (field == "device_seq" and value is values[0])
            or (field in ("confirm", "sighted") and value is True)
            or (field in ("evidence", "findings", "answers") and value in ([], {}))
        )
    ]
    scans = [{**scan(stock.codes[0]), field: value} for field, value in cases]
    assert_each_is_invalid(coordinator, app, scans, [field for field, _ in cases])


def test_a_required_field_may_not_be_missing_or_null(
    coordinator: Phone, stock: Stock, app: Flask
) -> None:
    required = ["id", "code", "step", "occurred_at"]
    scans = [{**scan(stock.codes[0]), field: None} for field in required]
    assert_each_is_invalid(coordinator, app, scans, required)


OUT_OF_BOUNDS: list[tuple[str, Any]] = [
    ("device_seq", 2**53), ("device_seq", -1), ("device_seq", 1.0), ("device_seq", True),
    ("location", "A" * 33), ("location", "a b"), ("location", "-A"), ("consignment", "<b>"),
    ("condition", "broken"), ("step", "teleporting"), ("confirm", "yes"), ("confirm", 1),
    ("evidence", ["x"]), ("evidence", "ab" * 32), ("evidence", ["ab" * 32] * 21),
    ("findings", {"present": 1}), ("findings", {"broken": True}), ("findings", [True]),
    ("declares", "not-a-uuid"), ("signature", "ї"), ("signature", "A" * 201),
    ("occurred_at", "2026-05-01T09:30:00"), ("occurred_at", "0000-12-31T23:59:59Z"),
    ("occurred_at", "10000-12-31T23:59:59Z"), ("occurred_at", "2026-13-01T00:00:00Z"),
    ("occurred_at", "2026-05-01"), ("occurred_at", "٢٠٢٦-05-01T00:00:00Z"),
    ("id", "{12345678-1234-1234-1234-123456789012}"), ("id", "1"),
    ("approved_by", "account:1"), ("Note", "unknown"), ("", "unknown"), ("x" * 100, "unknown"),
]  # fmt: skip


def test_a_value_out_of_bounds_is_invalid(coordinator: Phone, stock: Stock, app: Flask) -> None:
    scans = [{**scan(stock.codes[0]), field: value} for field, value in OUT_OF_BOUNDS]
    assert_each_is_invalid(coordinator, app, scans, [field for field, _ in OUT_OF_BOUNDS])


AMBIGUOUS = [
    '{"id": "a", "id": "b"}',
    '{"device_seq": NaN}',
    '{"device_seq": -Infinity}',
    '{"device_seq": 1e999}',
    f'{{"device_seq": {"9" * 5000}}}',
    '{"__proto__": {"x": 1}, "constructor": 1}',
    '{"\\ud800": 1}',
    '{"' + "n" * 5000 + '": 1}',
    "null",
    '"text"',
]


def test_an_ambiguous_scan_is_invalid_and_harms_no_other(coordinator: Phone, stock: Stock) -> None:
    body = batch(", ".join([*AMBIGUOUS, json.dumps(scan(stock.codes[0]))]))
    answer = coordinator.post("/scans", data=body, content_type=JSON)
    outcomes = [result["outcome"] for result in answer.get_json()["results"]]
    assert outcomes == ["invalid"] * len(AMBIGUOUS) + ["recorded"]


NO_BATCHES = [
    (b"", 400),
    (b"{", 400),
    (b"[" * 100_000, 400),
    (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, 400),
    (b'{"mode": "\xff\xfe"}', 400),
    (b"\xef\xbb\xbf{}", 400),
    (b"[]", 422),
    (b"null", 422),
    (b'"text"', 422),
    (b'{"mode": "live", "mode": "live"}', 422),
    (b'{"\\ud800": 1}', 422),
    (b"{" + b",".join(b'"%d": 1' % i for i in range(1000)) + b"}", 422),
]


def test_a_body_that_is_no_batch_is_told_so(coordinator: Phone) -> None:
    for body, status in NO_BATCHES:
        answer = coordinator.post("/scans", data=body, content_type=JSON)
        assert answer.status_code == status, body[:50]
        assert answer.mimetype == "application/problem+json"
        assert answer.get_json()["next_step"]
        assert len(answer.data) < 10_000


def test_ten_megabytes_are_too_many(coordinator: Phone, stock: Stock, app: Flask) -> None:
    before = events(app)
    answer = coordinator.send(scan(stock.codes[0], note="ї" * 10_000_000))
    assert (answer.status_code, answer.get_json()["type"]) == (413, "/problems/too-large")
    assert events(app) == before


def test_only_json_is_read(coordinator: Phone) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = coordinator.post("/scans", data=b"{}", content_type=kind)
        told = (answer.status_code, answer.get_json()["type"])
        assert told == (415, "/problems/wrong-media-type")


ADDRESSES = [
    "/items/%00", "/items/%ff", "/items/" + "9" * 300, "/items/..%2f..%2f", "/items/%F0%9F%93%A6",
    "/items/'%20OR%201=1", "/items?q=%00", "/items?q=" + "x" * 65, "/items?limit=0",
    "/items?limit=1e9", "/items?after=-1", "/items?after=99999999999999999999",
    "/items?status=anywhere", "/items?status=lost&status=lost", "/items?unknown=1",
    "/items?q=%22%20OR%20*", "/items?q=%25%25%25%25", "/items?q=%27%27%27%27%27",
    "/pledges/%00", "/pledges/%D0%87", "/pledges?after=%00", "/pledges?limit=501",
]  # fmt: skip


def test_a_strange_address_is_answered(coordinator: Phone) -> None:
    for path in ADDRESSES:
        answer = coordinator.get(path)
        assert answer.status_code in (200, 404, 422), path
        if answer.status_code != 200:
            assert answer.mimetype == "application/problem+json"


def test_a_strange_token_is_nobodys(coordinator: Phone) -> None:
    for given in ("", "x", "é" * 50, "a\u2028b", "Bearer", "'"):
        headers = {"Authorization": f"Bearer {given}".encode().decode("latin-1")}
        answer = coordinator.client.get("/api/v1/items", headers=headers)
        assert answer.status_code == 401, given
