"""Guessing is slowed down: misses are counted, an enrolled device's hits never."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.api.conftest import Phone, Stock
from tests.api.test_rights import sign_in_by_session
from tracker.api import guessing
from tracker.domain.permissions import Role
from tracker.web.frame.limits import limiter


@pytest.fixture(autouse=True)
def counting(app: Flask) -> Iterator[None]:
    was = limiter.enabled
    limiter.enabled = True
    limiter.limiter.storage.reset()
    yield
    limiter.limiter.storage.reset()
    limiter.enabled = was


def miss(phone: Phone) -> int:
    return phone.get("/items/EX-NOTHING").status_code


def exhaust(phone: Phone) -> None:
    for _ in range(guessing.ALLOWED.amount):
        assert miss(phone) == 404
    answer = phone.get("/items/EX-NOTHING")
    assert answer.status_code == 429
    assert answer.get_json()["type"] == "/problems/too-many-requests"
    assert int(answer.headers["Retry-After"]) > 0


def test_a_device_that_guesses_still_gets_what_is_there(coordinator: Phone, stock: Stock) -> None:
    exhaust(coordinator)
    for code in stock.codes * 20:
        assert coordinator.get(f"/items/{code}").status_code == 200


def test_one_device_does_not_use_up_the_misses_of_another(
    coordinator: Phone, phone: Callable[[str], Phone], stock: Stock
) -> None:
    exhaust(coordinator)
    assert miss(phone("warehouse")) == 404


def test_guessed_tokens_are_counted_by_address_and_hold_back_no_device(
    client: FlaskClient, coordinator: Phone, stock: Stock
) -> None:
    guess = {"Authorization": "Bearer guessed"}
    for _ in range(guessing.ALLOWED.amount):
        assert client.get("/api/v1/items", headers=guess).status_code == 401
    assert client.get("/api/v1/items", headers=guess).status_code == 429
    assert coordinator.get("/items").status_code == 200


def test_the_setting_turns_counting_off(coordinator: Phone, stock: Stock) -> None:
    limiter.enabled = False
    for _ in range(guessing.ALLOWED.amount + 5):
        assert miss(coordinator) == 404


def test_a_session_that_guesses_too_often_waits_altogether(
    app: Flask, client: FlaskClient, stock: Stock
) -> None:
    sign_in_by_session(app, client, Role.COORDINATOR)
    path = f"/api/v1/items/{stock.codes[0]}"
    assert client.get(path).status_code == 200
    for _ in range(guessing.ALLOWED.amount):
        assert client.get("/api/v1/items/EX-NOTHING").status_code == 404
    assert client.get(path).status_code == 429
