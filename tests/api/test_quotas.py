"""What one phone may send: two weeks without a network pass, a flood waits and is told of."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
import time_machine
from flask import Flask
from limits import parse
from werkzeug.test import TestResponse

from tests.api.conftest import Phone, Stock, scan
from tests.api.test_pictures import coming, drawn
from tracker.api import quotas
from tracker.db import db
from tracker.domain.permissions import SYSTEM
from tracker.models import Event, QuotaCase, Upload
from tracker.services.uploads import purge_unfinished
from tracker.web.frame.limits import limiter

NOTED = "Стоїть у коридорі біля щитової."


@pytest.fixture(autouse=True)
def counting(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Limits are on, as in an installation."""
    monkeypatch.setattr(limiter, "enabled", True)
    app.config["RATE_LIMITS"] = True
    limiter.limiter.storage.reset()
    yield
    limiter.limiter.storage.reset()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Quotas that a test reaches."""
    monkeypatch.setattr(quotas, "AN_HOUR", dict.fromkeys(quotas.AN_HOUR, parse("5 per hour")))
    monkeypatch.setattr(quotas, "MOST_UNFINISHED", 5)


def unknown(number: int) -> dict[str, object]:
    return scan(f"EX-NOTHING-{number}")


def assert_waits(answer: TestResponse) -> None:
    assert answer.status_code == 429
    assert answer.get_json()["type"] == "/problems/too-many-requests"
    assert 0 < int(answer.headers["Retry-After"]) <= 3601


def cases(app: Flask) -> list[str]:
    with app.app_context():
        return sorted(db.session.scalars(db.select(QuotaCase.what)))


def put(phone: Phone, content: bytes, size: int) -> TestResponse:
    """The first piece of a photo of `size` bytes that nobody ever finishes."""
    return phone.client.put(
        f"/api/v1/evidence/{sha256(content).hexdigest()}",
        query_string={"offset": 0, "size": size}, data=content, headers=phone.headers,
    )  # fmt: skip


@pytest.mark.slow
def test_two_weeks_without_a_network_pass(
    phone: Callable[[str], Phone], stock: Stock, app: Flask
) -> None:
    warehouse = phone("warehouse")
    for batch in range(50):
        sent = [{**unknown(batch * 100 + one), "note": NOTED} for one in range(100)]
        assert {one["outcome"] for one in warehouse.results(*sent)} == {"unknown_code"}
    photo = drawn()
    for number in range(500):
        content = photo + number.to_bytes(2, "big")  # what follows the picture is not kept
        assert put(warehouse, content, len(content)).get_json()["kept"]
    assert cases(app) == []


def test_codes_that_name_nothing_are_counted_and_nothing_of_a_batch_too_many_is_kept(
    small: None, phone: Callable[[str], Phone], stock: Stock, app: Flask
) -> None:
    warehouse = phone("warehouse")
    sent = [unknown(number) for number in range(5)]
    assert {one["outcome"] for one in warehouse.results(*sent)} == {"unknown_code"}
    with app.app_context():
        before = db.session.query(Event).count()
    assert_waits(warehouse.send(unknown(6)))
    assert_waits(warehouse.send(scan(stock.codes[0])))
    with app.app_context():
        assert db.session.query(Event).count() == before
    assert cases(app) == ["unknown_code"]
    assert phone("coordinator").results(scan(stock.codes[0]))[0]["outcome"] == "recorded"


def test_notes_are_counted_and_scans_without_one_go_on(
    small: None, coordinator: Phone, stock: Stock, app: Flask
) -> None:
    sent = [scan(stock.codes[0], note=NOTED) for _ in range(5)]
    assert len(coordinator.results(*sent)) == 5
    assert_waits(coordinator.send(scan(stock.codes[1], note=NOTED)))
    assert coordinator.results(scan(stock.codes[1]))[0]["outcome"] == "recorded"
    assert cases(app) == ["note"]


def test_photos_are_counted(small: None, coordinator: Phone, app: Flask) -> None:
    photo = drawn()
    for number in range(5):
        content = photo + bytes([number])
        assert put(coordinator, content, len(content)).get_json()["kept"]
    assert_waits(put(coordinator, photo + b"\xff", len(photo) + 1))
    assert cases(app) == ["photo"]


def test_photos_that_are_begun_and_never_finished_are_counted(
    small: None, coordinator: Phone, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(quotas.AN_HOUR, "photo", parse("100 per hour"))
    for number in range(5):
        assert put(coordinator, b"piece" + bytes([number]), 1_000_000).get_json()["received"] == 6
    assert_waits(put(coordinator, b"one more", 1_000_000))
    assert cases(app) == ["unfinished"]
    assert len(list(coming(app).iterdir())) == 5


def test_one_case_stands_until_somebody_has_looked_into_it(
    small: None, coordinator: Phone, stock: Stock, app: Flask
) -> None:
    coordinator.results(*(unknown(number) for number in range(5)))
    for _ in range(3):
        assert_waits(coordinator.send(unknown(9)))
    assert cases(app) == ["unknown_code"]


def test_what_was_begun_a_day_ago_is_purged_and_begins_anew(coordinator: Phone, app: Flask) -> None:
    old, young = b"old piece", b"young piece"
    put(coordinator, old, 1_000_000)
    put(coordinator, young, 1_000_000)
    stray = coming(app) / ("f" * 64)
    stray.write_bytes(b"in one piece, and never whole")
    long_ago = datetime.now(UTC) - timedelta(days=1, minutes=1)
    os.utime(stray, (long_ago.timestamp(), long_ago.timestamp()))
    name = sha256(old).hexdigest()
    with app.app_context():
        with db.engine.begin() as connection:
            connection.execute(
                db.update(Upload).where(Upload.sha256 == name).values(begun_at=long_ago)
            )
        assert purge_unfinished(now=datetime.now(UTC)) == 1
    [left] = coming(app).iterdir()
    assert left.name.startswith(sha256(young).hexdigest())
    told = coordinator.get(f"/evidence/{name}").get_json()
    assert told == {"received": 0, "kept": False}


def test_a_person_at_a_page_has_no_quota_of_a_phone(small: None, app: Flask) -> None:
    with app.test_request_context():
        for _ in range(9):
            quotas.require("note", SYSTEM)
            quotas.spend("note", SYSTEM)


def test_the_hour_ends(small: None, coordinator: Phone, stock: Stock) -> None:
    coordinator.results(*(unknown(number) for number in range(5)))
    waits = int(coordinator.send(unknown(9)).headers["Retry-After"])
    with time_machine.travel(time.time() + waits + 1, tick=True):
        assert coordinator.results(unknown(10))[0]["outcome"] == "unknown_code"
