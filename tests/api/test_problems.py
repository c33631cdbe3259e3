"""Every refusal is told: problem+json to a program, a page to a person, with what to do next."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, NoReturn

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.exceptions import abort

from tests.api.conftest import Phone, Stock, scan
from tracker.errors import NotFound, Refusal, SignInNeeded, every_refusal
from tracker.web.frame.gate import open_to_anyone

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SECRET = "a sealed fact"


def route_that(app: Flask, raises: Callable[[], NoReturn], path: str = "/api/v1/failing") -> str:
    view = open_to_anyone("a test")(lambda: raises())
    app.add_url_rule(path, endpoint=path, view_func=view, methods=["GET"])
    return path


def raising(error: Exception) -> Callable[[], NoReturn]:
    def fail() -> NoReturn:
        raise error

    return fail


def test_every_refusal_is_told_in_both_ways_and_explained(app: Flask) -> None:
    kinds = every_refusal().values()
    for kind in kinds:
        told = kind("Only this once.", allowed=["receiving"])
        route_that(app, raising(told), f"/api/v1/failing/{kind.slug}")
        route_that(app, raising(told), f"/failing/{kind.slug}")
    client = app.test_client()
    for kind in kinds:
        problem = assert_problem(client, kind)
        page = client.get(f"/failing/{kind.slug}", headers=PAGE)
        if kind is SignInNeeded:
            assert page.status_code == 303
        else:
            assert (page.status_code, page.mimetype) == (kind.status, "text/html")
            assert problem["type"] in page.text
        assert client.get(problem["type"]).status_code == 200


def assert_problem(client: FlaskClient, kind: type[Refusal]) -> dict[str, Any]:
    answer = client.get(f"/api/v1/failing/{kind.slug}", headers=PAGE)
    assert (answer.status_code, answer.mimetype) == (kind.status, "application/problem+json")
    problem: dict[str, Any] = answer.get_json()
    assert problem["type"] == f"/problems/{kind.slug}"
    assert (problem["status"], problem["allowed"]) == (kind.status, ["receiving"])
    assert problem["detail"] == "Only this once."
    assert all(problem[told] for told in ("title", "next_step"))
    return problem


def test_an_unknown_kind_of_problem_is_not_found(client: FlaskClient) -> None:
    assert client.get("/problems/nothing").status_code == 404
    assert client.get("/problems/").status_code == 200


def test_the_reader_chooses_the_language(client: FlaskClient) -> None:
    told = {
        language: client.get("/api/v1/nowhere", headers={"Accept-Language": language})
        for language in ("uk", "en")
    }
    assert told["uk"].get_json()["title"] != told["en"].get_json()["title"]
    assert told["uk"].headers["Content-Language"] == "uk"
    assert told["en"].get_json()["title"] == NotFound.title


def test_a_program_outside_the_api_gets_json_when_it_asks_for_it(client: FlaskClient) -> None:
    answer = client.get("/nowhere", headers={"Accept": "application/json"})
    assert answer.mimetype == "application/problem+json"
    assert client.get("/nowhere", headers=PAGE).mimetype == "text/html"


def test_headers_that_belong_to_an_error_are_kept(client: FlaskClient, app: Flask) -> None:
    path = route_that(app, lambda: abort(503))
    wrong = client.delete("/api/openapi.json")
    assert wrong.status_code == 405
    assert "GET" in wrong.headers["Allow"]
    answer = client.get(path)
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("path", ["/api/v1/failing", "/failing"])
def test_an_error_of_ours_gets_a_number_and_shows_no_trace(
    app: Flask, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    route_that(app, raising(RuntimeError("the reason")), path)
    answer = app.test_client().get(path, headers=PAGE)
    assert answer.status_code == 500
    assert "Traceback" not in answer.text
    assert "the reason" not in answer.text
    logged = json.loads(capsys.readouterr().err.strip().splitlines()[-1])
    assert (logged["event"], logged["error"]) == ("broken", "RuntimeError")
    assert "test_problems" in logged["trace"]
    assert logged["id"] in answer.text


def test_the_log_keeps_no_value_of_a_database_error(
    app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    error = DataError("INSERT INTO sealed_site", {"address": SECRET}, ValueError(SECRET))
    answer = app.test_client().get(route_that(app, raising(error)))
    assert (answer.status_code, answer.get_json()["type"]) == (422, "/problems/invalid-value")
    logged = capsys.readouterr().err
    assert "DataError" in logged
    assert SECRET not in logged + answer.text


def kill_database(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on every statement fails as it does when the server has gone."""

    def gone(*_: object, **__: object) -> None:
        raise OperationalError("SELECT 1", {}, ConnectionRefusedError(SECRET))

    monkeypatch.setattr("sqlalchemy.engine.base.Connection._execute_context", gone)
    monkeypatch.setattr("sqlalchemy.engine.base.Connection.exec_driver_sql", gone)


def test_a_dead_database_is_told_to_a_device_and_its_scans_stay_with_it(
    app: Flask, coordinator: Phone, stock: Stock, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = scan(stock.codes[0])
    with monkeypatch.context() as dead:
        kill_database(app, dead)
        answer = coordinator.send(one)
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert answer.get_json()["type"] == "/problems/database-unavailable"
    assert int(answer.headers["Retry-After"]) > 0
    assert SECRET not in answer.text
    assert coordinator.results(one)[0]["outcome"] == "recorded"


def test_a_dead_database_is_told_on_a_page_to_somebody_signed_in(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with client.session_transaction() as session:
        session["_user_id"] = "alice"
        session.update(begun_at=time.time(), number="of this session")
    with monkeypatch.context() as dead:
        kill_database(app, dead)
        answer = client.get("/pledges", headers=PAGE)
    assert (answer.status_code, answer.mimetype) == (503, "text/html")
    assert "Traceback" not in answer.text
    assert "/problems/database-unavailable" in answer.text
