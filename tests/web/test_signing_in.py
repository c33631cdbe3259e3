"""Signing in and out, the session, and what another site cannot make a browser do."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.web.conftest import NAMES, PASSWORD, World, send, sign_in

Settled = Callable[..., World]
WRONG = "The address or the password is not right."


def test_a_person_signs_in_and_out(world: World) -> None:
    client = world.client()
    assert sign_in(client, "alice").location == "/"
    assert "Alice" in client.get("/").text
    assert send(client, "/logout").location == "/login"
    assert client.get("/").status_code == 303


def test_signing_out_takes_a_form(world: World) -> None:
    client = world.as_("alice")
    assert client.get("/logout").status_code == 405
    assert client.post("/logout").status_code == 400
    assert "Alice" in client.get("/").text


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(still_world: World) -> None:
    pages = []
    for name in ("alice", "nobody"):
        client = still_world.client()
        client.post("/language", data={"locale": "en"})
        answer = sign_in(client, name, password="wrong and long")
        assert answer.status_code == 200
        assert WRONG in answer.text
        pages.append(_without_token(answer.text.replace(f"{name}@example.org", "")))
    assert pages[0] == pages[1]


def _without_token(page: str) -> str:
    return "\n".join(line for line in page.splitlines() if "csrf_token" not in line)


def test_a_closed_account_does_not_open(world: World) -> None:
    from tracker.db import transaction
    from tracker.models import Account

    browser = world.as_("bob")
    with world.app.app_context(), transaction() as session:
        account = session.get(Account, 3)
        assert account is not None
        account.active = False
    assert sign_in(world.client(), "bob").status_code == 200
    assert browser.get("/items").status_code == 303


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.example/",
        "//elsewhere.example/",
        "/\\elsewhere.example",
        "\\\\elsewhere.example",
        "///elsewhere.example",
        "https:elsewhere.example",
        "javascript:alert(1)",
        "/%0d%0aLocation:https://elsewhere.example",
        " //elsewhere.example",
        "\t//elsewhere.example",
    ],
)
def test_signing_in_leads_nowhere_else(still_world: World, address: str) -> None:
    client = still_world.client()
    answer = sign_in(client, "alice", next=address)
    location = answer.headers.get("Location", "/")
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))


def test_signing_in_leads_back_to_the_page_that_was_asked_for(still_world: World) -> None:
    client = still_world.client()
    asked = client.get("/items?status=deployed")
    assert asked.location == "/login?next=/items?status%3Ddeployed"
    answer = sign_in(client, "alice", next="/items?status=deployed")
    assert answer.location == "/items?status=deployed"


@pytest.mark.parametrize(
    ("referrer", "back"),
    [
        ("http://localhost/items?q=5", "/items?q=5"),
        ("https://elsewhere.example/items", "/"),
        ("http://localhost//elsewhere.example", "/"),
        ("", "/"),
    ],
)
def test_choosing_a_language_leads_back_and_nowhere_else(
    still_world: World, referrer: str, back: str
) -> None:
    client = still_world.client()
    answer = client.post("/language", data={"locale": "en"}, headers={"Referer": referrer})
    assert answer.location == back
    assert '<html lang="en">' in client.get("/login").text


def test_an_unknown_language_changes_nothing(still_world: World) -> None:
    client = still_world.client()
    client.post("/language", data={"locale": "xx"})
    assert '<html lang="uk">' in client.get("/login").text


def test_guessing_is_slowed_down_but_signing_in_is_not(settled: Settled) -> None:
    world = settled(RATE_LIMITS=True)
    for name in list(NAMES) * 4:
        assert sign_in(world.client(), name).status_code == 302
    answers = [sign_in(world.client(), "alice", password="a guess").status_code for _ in range(22)]
    assert answers == [200] * 20 + [429] * 2


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(still_world: World) -> None:
    answer = sign_in(still_world.client(), "alice")
    cookies = answer.headers.getlist("Set-Cookie")
    assert sorted(cookie.partition("=")[0] for cookie in cookies) == ["kittrail", "kittrail-known"]
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Secure" not in cookie


def test_a_file_that_comes_late_does_not_undo_what_a_page_has_kept(still_world: World) -> None:
    client = still_world.as_("alice")
    with client.get("/static/app.css") as file:
        assert "Set-Cookie" not in file.headers
    assert "Set-Cookie" in client.get("/items").headers


def test_behind_tls_the_cookie_is_secure_and_the_browser_stays_with_tls(settled: Settled) -> None:
    world = settled(SECURE_COOKIES=True)
    answer = world.client().get("/login", base_url="https://localhost")
    assert answer.headers["Set-Cookie"].startswith("__Host-kittrail=")
    assert "; Secure" in answer.headers["Set-Cookie"]
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=63072000")


def test_a_changed_password_ends_the_other_sessions(world: World) -> None:
    here, elsewhere = world.as_("erin"), world.as_("erin")
    new = "seven green lanterns"
    form = {"password": PASSWORD, "new_password": new, "new_password_confirm": new}
    answer = send(here, "/password", form)
    assert answer.status_code == 302
    assert "Your password is changed." in here.get("/").text
    assert elsewhere.get("/").status_code == 303
    assert sign_in(world.client(), "erin").status_code == 200
    assert sign_in(world.client(), "erin", password=new).status_code == 302


@pytest.mark.parametrize(
    ("form", "said"),
    [
        (("wrong and long", "seven green lanterns", "seven green lanterns"), "not your present"),
        ((PASSWORD, "short", "short"), "at least 12 characters"),
        ((PASSWORD, "seven green lanterns", "seven green lantern"), "differ"),
        ((PASSWORD, PASSWORD, PASSWORD), "must differ"),
        ((PASSWORD, "", ""), "Type your password"),
    ],
)
def test_a_password_that_will_not_do_is_explained(
    still_world: World, form: tuple[str, str, str], said: str
) -> None:
    client = still_world.as_("frank")
    names = ("password", "new_password", "new_password_confirm")
    answer = send(client, "/password", dict(zip(names, form, strict=True)))
    assert answer.status_code == 200
    assert said in answer.text


def test_a_form_without_the_pages_token_is_refused(world: World) -> None:
    client = world.as_("alice")
    answer = client.post("/discrepancies/1/take")
    assert answer.status_code == 400
    assert "no longer valid" in answer.text


def test_a_device_needs_no_token_of_a_page_but_one_of_its_own(still_world: World) -> None:
    headers = {"Authorization": "Bearer guess"}
    answer = still_world.client().post("/discrepancies/1/take", headers=headers)
    assert answer.status_code == 401


def test_pages_are_kept_from_frames_scripts_sniffing_and_shared_caches(still_world: World) -> None:
    headers = still_world.as_("alice").get("/items").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "private, no-cache"
    assert "geolocation=()" in headers["Permissions-Policy"]


def test_the_language_of_the_account_is_used_unless_one_was_chosen(world: World) -> None:
    from tracker.db import transaction
    from tracker.models import Account

    with world.app.app_context(), transaction() as session:
        account = session.get(Account, 2)
        assert account is not None
        account.locale = "en"
    client = world.client()
    sign_in(client, "alice")
    assert '<html lang="en">' in client.get("/").text
    other = world.client()
    other.post("/language", data={"locale": "uk"})
    sign_in(other, "alice")
    assert '<html lang="uk">' in other.get("/").text


def test_a_browser_keeps_the_styles_until_they_change(still_world: World) -> None:
    client = still_world.client()
    [address] = re.findall(r'href="(/static/app.css[^"]*)"', client.get("/login").text)
    with client.get(address) as stamped, client.get("/static/app.css") as plain:
        assert "immutable" in stamped.headers["Cache-Control"]
        assert "immutable" not in plain.headers.get("Cache-Control", "")
