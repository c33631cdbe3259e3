"""Who may reach which route: every route names its rule, and the table is asked, not the role."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.api.conftest import Phone, Stock, scan, stamped
from tracker.db import transaction
from tracker.domain.permissions import TABLE, Action, Role
from tracker.models import Account, RoleRow

OPEN = {
    "/api/openapi.json",
    "/api/v1/checkpoint",
    "/api/v1/enrolments",
    "/api/v1/late-acts",
    "/api/v1/late-evidence/<sha256>",
    "/api/v1/late-scans",
    "/api/v1/receipt-key",
}
LIBRARIES = ("static", "security")


def routes(app: Flask) -> list[tuple[str, str, Action | None, str | None]]:
    """Every route of ours: method, rule, the action it needs, why it is open."""
    found: list[tuple[str, str, Action | None, str | None]] = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        view = getattr(view, "view_class", view)
        if rule.endpoint.partition(".")[0] in LIBRARIES or rule.endpoint.endswith(".static"):
            continue
        action = getattr(view, "kittrail_action", None)
        why = getattr(view, "kittrail_open", None)
        found.extend(
            (method, rule.rule, action, why)
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        )
    return found


def of_the_api(app: Flask) -> list[tuple[str, str, Action | None, str | None]]:
    return [route for route in routes(app) if route[1].startswith("/api/")]


def test_every_route_says_who_may_use_it(app: Flask) -> None:
    silent = [
        f"{method} {rule}"
        for method, rule, action, why in routes(app)
        if (action is None) is (not why)
    ]
    assert silent == []


def test_a_route_that_says_nothing_is_closed(app: Flask) -> None:
    app.add_url_rule("/api/v1/forgotten", view_func=lambda: "open?", endpoint="forgotten")
    assert app.test_client().get("/api/v1/forgotten").status_code == 403


def test_only_these_are_open(app: Flask) -> None:
    assert {rule for _, rule, _, why in of_the_api(app) if why} == OPEN


def filled(rule: str, stock: Stock) -> str:
    """A rule's address for things that are there, or could be."""
    known = {"<code>": stock.codes[0], "<ref>": "EX-1", "<sha256>": "0" * 64}
    known["<register_number>"] = "00000000"
    for name, value in known.items():
        rule = rule.replace(name, value)
    return rule


@pytest.mark.parametrize("role", Role)
def test_each_role_reaches_what_the_table_gives_it(
    app: Flask, phone: Callable[[str], Phone], stock: Stock, role: Role
) -> None:
    for method, rule, action, _ in of_the_api(app):
        if action is None:
            continue
        path = filled(rule, stock)
        asking = phone(role)
        answer = asking.client.open(path, method=method, headers=asking.headers, json={})
        reached = answer.status_code not in (401, 403)
        assert reached is (role in TABLE[action]), f"{role} {method} {rule}: {answer.status}"


def test_nobody_reaches_anything_else(app: Flask, client: FlaskClient, stock: Stock) -> None:
    for method, rule, action, _ in of_the_api(app):
        path = filled(rule, stock)
        answer = client.open(path, method=method, json={})
        assert (answer.status_code == 401) is (action is not None), f"{method} {rule}"
        if action is not None:
            assert answer.get_json()["type"] == "/problems/sign-in-needed"


def sign_in_by_session(app: Flask, client: FlaskClient, role: Role) -> None:
    with app.app_context(), transaction() as session:
        row = RoleRow(name=role.value)
        session.add(
            Account(
                email="alice@example.org", fs_uniquifier="alice", active=True, roles=[row],
                password="never asked for here",
            )
        )  # fmt: skip
    with client.session_transaction() as session_cookie:
        session_cookie["_user_id"] = "alice"
        session_cookie["_fresh"] = True
        session_cookie.update(begun_at=time.time(), number="of this session")


def test_a_session_needs_the_form_token_to_change_anything(
    app: Flask, client: FlaskClient, stock: Stock
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    sign_in_by_session(app, client, Role.COORDINATOR)
    assert client.get("/api/v1/items").status_code == 200
    batch = {"sent_at": stamped(), "mode": "live", "scans": [scan(stock.codes[0])]}
    refused = client.post("/api/v1/scans", json=batch)
    assert (refused.status_code, refused.get_json()["type"]) == (400, "/problems/form-expired")
    page = client.get("/problems/", headers={"Accept": "text/html"}).text
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    kept = client.post("/api/v1/scans", json=batch, headers={"X-CSRFToken": token})
    assert kept.get_json()["results"][0]["outcome"] == "recorded"
