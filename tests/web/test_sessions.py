"""A session ends on the server: by signing out, after twelve hours; some things ask again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient

from tests.web.conftest import PASSWORD, World, send, sign_in
from tracker.db import db
from tracker.models import EndedSession

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def copied(world: World, client: FlaskClient) -> FlaskClient:
    """Another browser, with a copy of this one's cookie."""
    other, cookie = world.client(), client.get_cookie("kittrail")
    assert cookie is not None
    other.set_cookie("kittrail", cookie.value)
    return other


def is_in(client: FlaskClient) -> bool:
    return client.get("/items").status_code == 200


def test_a_copied_cookie_is_worthless_once_its_owner_has_signed_out(world: World) -> None:
    client, elsewhere = world.as_("alice"), world.as_("alice")
    thief = copied(world, client)
    assert is_in(thief)
    send(client, "/logout")
    assert not is_in(thief)
    assert thief.get("/password").status_code in (302, 303)
    assert thief.get("/api/v1/items").status_code == 401
    assert is_in(elsewhere), "another session of the same person goes on"
    with world.app.app_context():
        assert db.session.query(EndedSession).count() == 1


def test_a_session_lives_twelve_hours_whatever_it_does(world: World) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        client = world.as_("alice")
        for hours in range(1, 12):
            clock.move_to(NOON + timedelta(hours=hours))
            assert is_in(client)
        send(client, "/verify", {"password": PASSWORD})
        clock.move_to(NOON + timedelta(hours=12, seconds=1))
        assert not is_in(client)
        assert sign_in(client, "alice").status_code == 302
        assert is_in(client)


def test_what_was_ended_is_forgotten_once_its_cookie_would_be_over(world: World) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        send(world.as_("alice"), "/logout")
        clock.move_to(NOON + timedelta(hours=13))
        send(world.as_("bob"), "/logout")
    with world.app.app_context():
        assert db.session.query(EndedSession).count() == 1


def test_a_session_of_an_earlier_version_is_none(world: World) -> None:
    client = world.as_("alice")
    with client.session_transaction() as session:
        del session["begun_at"]
    assert not is_in(client)


@pytest.mark.parametrize(
    ("name", "path", "form"),
    [
        ("alice", "/locations/SITE-0001/open", {"reason": "to call them"}),
        ("alice", "/locations/LVIV-1/premises", {"premises": ""}),
        ("alice", "/devices/invitations", {"role": "field", "location": "LVIV-1", "days": "7"}),
    ],
)
def test_opening_a_site_and_changing_reach_ask_for_a_fresh_sign_in(
    world: World, name: str, path: str, form: dict[str, Any]
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        client = world.as_(name)
        fresh = send(client, path, form)
        assert not fresh.location or not fresh.location.startswith("/verify")
        clock.move_to(NOON + timedelta(minutes=31))
        asked = send(client, path, form)
        assert (asked.status_code, asked.location) == (303, "/verify?next=/")
        assert "Sign in once more to go on." in client.get("/verify").text
        assert send(client, "/verify", {"password": "a wrong password"}).status_code == 200
        assert send(client, path, form).status_code == 303
        assert send(client, "/verify", {"password": PASSWORD}).status_code == 302
        again = send(client, path, form)
        assert (again.status_code, again.location) == (fresh.status_code, fresh.location)


def test_a_program_is_told_to_sign_in_again(world: World) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        client = world.as_("alice")
        clock.move_to(NOON + timedelta(minutes=31))
        page = client.get("/password").text
        token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
        answer = client.post(
            "/locations/SITE-0001/open",
            data={"reason": "to call them"},
            headers={"Accept": "application/json", "X-CSRFToken": token},
        )
        assert answer.status_code == 401
        assert answer.get_json()["detail"] == "Sign in once more to go on."
