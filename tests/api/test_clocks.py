"""Devices whose clocks are wrong, as programs meet the interface."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from tests.api.conftest import Phone, Stock, scan, stamped
from tests.services.builders import NOTHING_DIFFERS
from tracker.ledger.rebuilding import rebuild

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


def sent(phone: Phone, at: str, *scans: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    """The answers to a batch that its device sent at `at`, by its own clock."""
    said = {"sent_at": at, "mode": "queued", "scans": scans, **more}
    answer = phone.post("/scans", json=said)
    assert answer.status_code == 200, answer.text
    told: list[dict[str, Any]] = answer.get_json()["results"]
    return told


def exchange(error: timedelta, took: timedelta = SECOND) -> dict[str, str]:
    """What a device reports whose clock is behind by `error`."""
    now = datetime.now(UTC) - HOUR
    moments = {"asked_at": now - error, "told_at": now, "answered_at": now - error + took}
    return {name: at.isoformat() for name, at in moments.items()}


@pytest.mark.parametrize(
    ("made", "left"),
    [
        ("1970-01-01T00:10:00Z", "1970-01-01T03:10:00Z"),
        ("1999-12-31T23:10:00Z", None),
        ("2016-01-01T16:57:50Z", None),
        ("2080-01-01T16:57:50Z", "2080-01-01T17:57:50Z"),
        ("2099-12-31T23:59:50Z", "2100-01-01T00:57:50Z"),
        ("2101-01-31T23:59:50Z", "2101-02-01T00:57:50Z"),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T12:00:00Z"),
    ],
)
def test_a_scan_of_any_year_is_kept_and_marked(
    coordinator: Phone, stock: Stock, made: str, left: str | None
) -> None:
    scans = [scan(code, "receiving", occurred_at=made) for code in stock.codes[:2]]
    if made.endswith("+14:00"):  # there is no such moment in UTC
        assert {one["outcome"] for one in sent(coordinator, left or "", *scans)} == {"invalid"}
        return
    told = sent(coordinator, left or stamped(), *scans)
    assert [(one["outcome"], one["flags"]) for one in told] == [("recorded", ["clock"])] * 2
    [again] = sent(coordinator, stamped(), scan(stock.codes[2]))
    assert again["flags"] == []


@pytest.mark.parametrize("error", [20 * 60 * SECOND, -3 * HOUR])
def test_an_exchange_tells_how_wrong_a_clock_is(
    coordinator: Phone, stock: Stock, error: timedelta
) -> None:
    left = (datetime.now(UTC) - error).isoformat()
    one, other = (scan(code, occurred_at=left) for code in stock.codes[:2])
    [unknown] = sent(coordinator, left, one)
    assert unknown["flags"] == ["clock"]
    [known] = sent(coordinator, left, other, exchange=exchange(error))
    assert known["flags"] == []
    events = coordinator.get(f"/items/{stock.codes[1]}/events").get_json()["events"]
    happened = datetime.fromisoformat(events[-1]["effective_at"])
    assert abs(happened - datetime.now(UTC)) < 60 * SECOND


def test_every_answer_to_a_batch_says_what_time_it_is(coordinator: Phone, stock: Stock) -> None:
    told = coordinator.send(scan(stock.codes[0])).get_json()["told_at"]
    assert abs(datetime.fromisoformat(told) - datetime.now(UTC)) < 60 * SECOND


@pytest.mark.parametrize("wrong", ["soon", {}, {"asked_at": "now"}, {**exchange(HOUR), "more": 1}])
def test_an_exchange_that_is_none_is_refused_by_its_name(
    coordinator: Phone, stock: Stock, wrong: Any
) -> None:
    said = {"sent_at": stamped(), "mode": "queued", "scans": [scan(stock.codes[0])]}
    answer = coordinator.post("/scans", json={**said, "exchange": wrong})
    assert answer.status_code == 422
    assert set(answer.get_json()["errors"]) == {"exchange"}
    report = coordinator.client.put("/api/v1/field/clock", json=wrong, headers=coordinator.headers)
    assert report.status_code in (400, 422)


FINE = ["2026-05-01T20:00:00.1234567+02:00", "2026-05-01T20:00:00.000001Z",
        "2026-05-01T20:00:00.999999999Z", "2026-05-01 20:00+03:00"]  # fmt: skip


def test_whatever_finer_than_a_millisecond_is_sent_refolds_to_the_same(
    app: Flask, coordinator: Phone, stock: Stock
) -> None:
    for at, code in zip(FINE, stock.codes, strict=False):
        said = {"id": str(uuid4()), "code": code, "occurred_at": at, "location": "EX-WH-1"}
        [told] = coordinator.results({**said, "step": "receiving"})
        assert told["outcome"] == "recorded", told
    with app.app_context():
        assert rebuild(now=datetime.now(UTC)) == NOTHING_DIFFERS
