"""What a machine that watches this one is told, and what a dead database looks like."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from tests.conftest import KEYS, migrated_app
from tests.web.conftest import World
from tracker.db import db

ELSEWHERE = {"REMOTE_ADDR": "203.0.113.9"}
WITH_KEY = {"Authorization": f"Bearer {KEYS['metrics']}"}


def test_a_server_that_works_says_so_to_anyone(world: World) -> None:
    for path, words in (("/healthz", "ok\n"), ("/readyz", "ready\n")):
        answer = world.client().get(path, environ_overrides=ELSEWHERE)
        assert (answer.status_code, answer.text) == (200, words)
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_database_of_another_version_is_not_ready(world: World) -> None:
    with world.app.app_context(), db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert world.client().get("/readyz").status_code == 503
    assert world.client().get("/healthz").status_code == 200


def test_the_counters_name_no_code_place_path_or_person(world: World) -> None:
    alice = world.as_("alice")
    alice.get(f"/items/{world.codes[0]}")
    alice.get("/locations/SITE-0001")
    told = world.client().get("/metrics", headers=WITH_KEY).text
    assert 'kittrail_answers_total{noun="items",status="2xx"}' in told
    for secret in (world.codes[0], "SITE-0001", "alice", "/items", "PL-2022-11"):
        assert secret not in told


@pytest.mark.parametrize(
    "asked",
    [
        {},  # on this machine too: whoever else works on it, or through a proxy on it
        {"environ_overrides": ELSEWHERE},
        {"headers": {"X-Forwarded-For": "127.0.0.1"}},
        {"headers": {"Authorization": "Bearer guess"}},
        {"headers": {"Authorization": "Bearer ключ"}},
        {"headers": {"Authorization": "Bearer "}},
    ],
)
def test_the_counters_are_for_who_has_their_key(world: World, asked: dict[str, Any]) -> None:
    assert world.client().get("/metrics", **asked).status_code == 404
    assert "kittrail_answers" in world.client().get("/metrics", headers=WITH_KEY).text


def test_without_their_key_nobody_gets_the_counters(settled: Callable[..., World]) -> None:
    world = settled(KEYS={**KEYS, "metrics": ""})
    for token in ("", KEYS["metrics"]):
        answer = world.client().get("/metrics", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 404


@pytest.fixture(params=["no server", "no database"])
def dead(request: pytest.FixtureRequest, tmp_path: Path) -> Flask:
    """An application whose database is not there, or is something else."""
    if request.param == "no server":
        return migrated_app(tmp_path, "postgresql+psycopg://nobody@127.0.0.1:1/none")
    (tmp_path / "tracker.sqlite").write_bytes(b"no database at all" * 100)
    return migrated_app(tmp_path)


@pytest.mark.parametrize(
    ("method", "path", "form"),
    [
        ("GET", "/readyz", None),
        ("POST", "/d/", {"token": "x" * 22}),
        ("POST", "/s/7F3K9M2P4CX", {"message": "By the road."}),
    ],
)
def test_a_dead_database_is_said_with_what_to_do(
    dead: Flask, method: str, path: str, form: dict[str, str] | None
) -> None:
    answer = dead.test_client().open(path, method=method, data=form)
    assert answer.status_code == 503
    assert answer.mimetype == "text/html"
    assert "Traceback" not in answer.text


def test_a_device_is_told_that_the_database_does_not_answer(dead: Flask) -> None:
    answer = dead.test_client().post(
        "/api/v1/scans", json={}, headers={"Authorization": "Bearer token"}
    )
    assert answer.status_code == 503
    assert answer.mimetype == "application/problem+json"
    told = answer.get_json()
    assert told["type"].endswith("/problems/database-unavailable")
    assert "Traceback" not in answer.text
