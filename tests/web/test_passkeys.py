"""Passkeys in a real browser, with a device of Chromium's own making; and what must not open."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
import time_machine
from axe_playwright_python.sync_playwright import Axe
from click.testing import CliRunner
from playwright.sync_api import Browser, Page
from sqlalchemy import select

from tests.web.browsing import PHONE, enter, serving
from tests.web.conftest import NAMES, World, send
from tracker.cli import main
from tracker.db import db, transaction
from tracker.errors import Conflict
from tracker.models import Account, Passkey
from tracker.services import passkeys

# The words on the page, by language: add, removed, refused, sign in with a passkey, sign out.
WORDS = {
    "en": ("Add a passkey", "opens nothing any more", "opens no account here",
           "Sign in with a passkey", "Sign out", "Remove"),
    "uk": ("Додати ключ доступу", "більше нічого не відкриває", "не відкриває тут",
           "Увійти з ключем доступу", "Вийти", "Вилучити"),
}  # fmt: skip


@pytest.fixture
def address(settled: Callable[..., World]) -> Iterator[tuple[World, str]]:
    """A world of its own, and where it is served: by a name, for no passkey is of a number."""
    world = settled()
    with serving(world.app) as found:
        yield world, found.replace("127.0.0.1", "localhost")


def give_device(page: Page, *, verifies: bool = True, **how: Any) -> tuple[Any, str]:
    """A device that answers by itself: as a finger on it would, unless it does not `verify`."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
        "hasUserVerification": True, "isUserVerified": verifies,
        "automaticPresenceSimulation": True, **how,
    }  # fmt: skip
    made = tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return tools, made["authenticatorId"]


def add_passkey(page: Page, address: str, name: str, words: tuple[str, ...]) -> None:
    page.goto(f"{address}/passkeys")
    page.fill("#name", name)
    page.click(f"main button:has-text('{words[0]}')")
    page.wait_for_selector(f"main strong:has-text('{name}')")


def sign_out(page: Page) -> None:
    if page.is_visible(".menu-button"):
        page.click(".menu-button")
    page.click("form[action='/logout'] button")
    page.wait_for_url("**/login")


@pytest.mark.browser
@pytest.mark.parametrize("locale", WORDS)
@pytest.mark.parametrize("name", ["diana", "alice"])
def test_a_person_adds_a_passkey_signs_in_with_it_and_removes_it(
    chromium: Browser, address: tuple[World, str], name: str, locale: str
) -> None:
    world, here = address
    words = WORDS[locale]
    page = enter(chromium, here, name, locale=locale)
    elsewhere: list[str] = []
    page.on("request", lambda r: elsewhere.append(r.url) if not r.url.startswith(here) else None)
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    give_device(page)
    add_passkey(page, here, "Комп’ютер 1", words)

    sign_out(page)
    page.goto(f"{here}/login?next=/passkeys")
    page.click(f"text={words[3]}")
    page.wait_for_url("**/passkeys")
    assert page.locator("html").get_attribute("lang") == locale
    with world.app.app_context():
        [kept] = db.session.scalars(select(Passkey)).all()
        assert (kept.name, kept.usage) == ("Комп’ютер 1", "first")
        assert kept.lastuse_datetime > kept.made_at

    page.click(f"main button:has-text('{words[5]}')")
    page.wait_for_selector(f".notice:has-text('{words[1]}')")
    sign_out(page)
    page.click(f"text={words[3]}")
    page.wait_for_selector(f".notice:has-text('{words[2]}')")
    page.goto(f"{here}/passkeys")
    assert "/login" in page.url
    assert (elsewhere, complaints) == ([], [])
    page.context.close()


@pytest.mark.browser
def test_a_device_that_does_not_make_sure_who_holds_it_opens_nothing(
    chromium: Browser, address: tuple[World, str]
) -> None:
    _, here = address
    page = enter(chromium, here, "diana")
    tools, device = give_device(page)
    add_passkey(page, here, "my phone", WORDS["en"])
    sign_out(page)
    tools.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.click("text=Sign in with a passkey")
    page.wait_for_selector("#device-state.notice-error")
    assert page.is_visible("#device-again")
    tools.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": True})
    page.click("#device-again")
    page.wait_for_url(lambda url: "/login" not in url)
    page.context.close()


@pytest.mark.browser
def test_an_answer_is_good_once_and_in_the_browser_that_was_asked(
    chromium: Browser, address: tuple[World, str]
) -> None:
    world, here = address
    page = enter(chromium, here, "diana")
    give_device(page)
    add_passkey(page, here, "my phone", WORDS["en"])
    sign_out(page)
    with page.expect_request(re.compile("/login/passkey/.+")) as sent:
        page.click("text=Sign in with a passkey")
    page.wait_for_url(lambda url: "/login" not in url)
    answer = sent.value
    form = {name: one[0] for name, one in parse_qs(answer.post_data or "").items()}
    page.context.close()

    thief = world.client()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', thief.get("/login").text)
    assert token is not None
    again = thief.post(
        answer.url.removeprefix(here), base_url=here, data={**form, "csrf_token": token.group(1)}
    )
    assert again.location == "/login/passkey"
    assert thief.get("/", base_url=here).status_code == 303


@pytest.mark.browser
def test_a_closed_account_is_not_opened_by_its_passkey(
    chromium: Browser, address: tuple[World, str]
) -> None:
    world, here = address
    page = enter(chromium, here, "diana")
    give_device(page)
    add_passkey(page, here, "my phone", WORDS["en"])
    sign_out(page)
    with world.app.app_context(), transaction() as session:
        session.get_one(Account, list(NAMES).index("diana") + 1).active = False
    page.click("text=Sign in with a passkey")
    page.wait_for_selector(".notice-error:has-text('opens no account here')")
    page.context.close()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", WORDS)
def test_axe_finds_nothing_while_a_device_is_asked(
    chromium: Browser, address: tuple[World, str], locale: str, scheme: str
) -> None:
    _, here = address
    how = {"locale": locale, "color_scheme": scheme, "viewport": PHONE}
    page = enter(chromium, here, "diana", **how)
    give_device(page, automaticPresenceSimulation=False)  # nobody touches it: it waits
    for start in ("/passkeys", "/verify"):
        page.goto(here + start)
        assert Axe().run(page).response["violations"] == []
    page.goto(f"{here}/passkeys")
    page.fill("#name", "my phone")
    page.press("#name", "Enter")
    page.wait_for_selector("#device-state")
    assert Axe().run(page).response["violations"] == []
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]
    page.context.close()


def kept(world: World, name: str, called: str) -> tuple[int, int]:
    """A passkey of a person, as if a device had made it: account and number."""
    account = list(NAMES).index(name) + 1
    told = {"name": called, "credential_id": called.encode(), "public_key": b"key",
            "sign_count": 0, "transports": [], "backup_state": False, "extensions": None,
            "device_type": "single_device", "usage": "first"}  # fmt: skip
    with world.app.app_context():
        passkeys.keep_passkey(account, told, now=datetime.now(UTC))
        number = db.session.scalar(select(Passkey.id).where(Passkey.name == called))
        assert number is not None
        return account, number


def left(world: World) -> list[str]:
    with world.app.app_context():
        return list(db.session.scalars(select(Passkey.name).order_by(Passkey.id)))


def test_a_passkey_takes_a_sign_in_of_late(world: World) -> None:
    client = world.as_("diana")
    assert "Your passkeys" in client.get("/passkeys").text
    later = datetime.now(UTC) + timedelta(minutes=45)
    with time_machine.travel(later, tick=True):
        answer = client.get("/passkeys")
        assert (answer.status_code, answer.location.partition("?")[0]) == (302, "/verify")


def test_a_question_waits_for_minutes_only(world: World) -> None:
    client = world.client()
    client.post("/language", data={"locale": "en"})
    page = client.get("/login").text
    [token] = re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', page)[:1]
    asked = client.post("/login/passkey", data={"csrf_token": token}).text
    [path] = re.findall(r'action="(/login/passkey/[^"]+)"', asked)
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=6), tick=True):
        answer = client.post(path, data={"csrf_token": token, "credential": "{}"})
        assert answer.location == "/login/passkey"
        assert "That took too long" in client.get("/login/passkey").text


def test_no_name_and_no_question_stands_in_an_address(world: World) -> None:
    page = send(world.as_("diana"), "/passkeys", {"name": "my phone"}).text
    [path] = re.findall(r'action="/passkeys/([^"]+)"', page)
    assert len(path) == 16


def test_names_are_ones_own_and_a_passkey_is_removed_by_its_owner_only(world: World) -> None:
    kept(world, "diana", "a phone")
    send(world.as_("alice"), "/passkeys-remove", {"name": "a phone"})
    assert left(world) == ["a phone"]
    send(world.as_("diana"), "/passkeys-remove", {"name": "a phone"})
    assert left(world) == []


def test_an_administrator_removes_a_lost_passkey_and_ends_the_sessions(world: World) -> None:
    account, number = kept(world, "diana", "a phone")
    path = f"/people/{account}/passkeys/{number}/remove"
    diana = world.as_("diana")
    for name, role in NAMES.items():
        if name != "admin":
            assert send(world.as_(name), path).status_code == 403, role
    assert left(world) == ["a phone"]
    admin = world.as_("admin")
    assert "a phone" in admin.get("/people").text
    assert "a phone" not in world.as_("erin").get("/people").text
    assert send(admin, path).status_code == 303
    assert left(world) == []
    assert diana.get("/").status_code == 303
    assert send(admin, path).status_code == 404


def test_the_command_lists_and_removes_passkeys(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(world, "diana", "a phone")
    kept(world, "alice", "another")
    monkeypatch.setattr("tracker.commands.people.application", world.app.app_context)

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["user", *words])
        return done.exit_code, done.output

    assert run("passkeys", "Diana@example.org")[1].startswith("a phone\tsince ")
    assert run("remove-passkey", "diana@example.org", "another")[0] == 2
    assert run("remove-passkey", "diana@example.org", "a phone")[0] == 0
    assert run("passkeys", "nobody@example.org")[0] == 2
    assert left(world) == ["another"]


def test_an_account_holds_so_many_passkeys_under_names_of_their_own(world: World) -> None:
    for number in range(passkeys.MOST):
        kept(world, "diana", f"phone {number}")
    for called in ("phone 1", "one more"):
        with pytest.raises(Conflict):
            kept(world, "diana", called)
    kept(world, "alice", "one more")


def test_what_a_device_is_asked_lets_people_use_what_they_have(world: World) -> None:
    page = send(world.as_("diana"), "/passkeys", {"name": "my phone"}).text
    found = re.search(r'data-options="([^"]+)"', page)
    assert found is not None
    asked = json.loads(found.group(1).replace("&#34;", '"'))
    assert asked["authenticatorSelection"]["residentKey"] == "required"
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert "authenticatorAttachment" not in asked["authenticatorSelection"]
    assert asked["attestation"] == "none"
    assert asked["rp"] == {"id": "localhost", "name": "KitTrail"}


@pytest.mark.parametrize("name", ["<b>mine</b>", "", "x" * 65, "a\tb"])
def test_a_name_that_will_not_do_is_explained(world: World, name: str) -> None:
    answer = send(world.as_("diana"), "/passkeys", {"name": name})
    assert 'class="wrong"' in answer.text
    assert "data-options" not in answer.text
