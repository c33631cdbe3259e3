"""Who sees which pledge, and what a browser may keep of it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import time_machine
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.donors import walk
from tests.web.conftest import NAMES, World, send
from tracker import clock
from tracker.domain.permissions import Action, scope
from tracker.services import shares

OWN, OTHER = "PL-2022-11", "EE-2023-01"
SHARES = f"/pledges/{OWN}/shares"

Look = Callable[..., TestResponse]


def link(world: World, pledge: str = OWN) -> str:
    with world.app.app_context():
        return shares.make_share(pledge, days=9, by=world.actor("alice"), now=clock.now())


def holder(world: World, pledge: str = OWN) -> FlaskClient:
    """A browser in which a link was opened."""
    client = world.client()
    assert client.post("/d/?lang=en", data={"token": link(world, pledge)}).status_code == 303
    return client


@pytest.mark.parametrize("name", NAMES)
def test_each_role_sees_its_own_pledges_as_donors_see_them_and_no_others(
    look: Look, name: str
) -> None:
    reach = scope(NAMES[name], Action.READ_PLEDGES)
    own, other = look(name, f"/d/pledges/{OWN}"), look(name, f"/d/pledges/{OTHER}")
    expected = {None: (403, 403), "all": (200, 200), "own": (200, 404), "assigned": (404, 404)}
    assert (own.status_code, other.status_code) == expected[reach]


def test_another_donor_s_pledge_looks_like_none(look: Look) -> None:
    other, none = (look("diana", f"/d/pledges/{ref}") for ref in (OTHER, "NO-1"))
    assert other.status_code == none.status_code == 404
    assert _without_tokens(other) == _without_tokens(none)


def test_a_donor_s_list_has_their_own_pledges_and_how_far_each_is(look: Look) -> None:
    page = look("diana", "/d/pledges").text
    assert OWN in page
    assert OTHER not in page
    assert "Announced</span> <strong>12</strong>" in page


def test_a_donor_reaches_no_page_of_the_staff(look: Look, still_world: World) -> None:
    code = still_world.codes[0]
    for path in ("/items", f"/items/{code}", "/locations", "/discrepancies", "/people", "/ledger",
                 SHARES, f"/find?q={code}"):  # fmt: skip
        assert look("diana", path).status_code == 403, path


def test_a_link_opens_its_pledge_and_no_other(world: World) -> None:
    client = holder(world)
    assert OWN in client.get("/d/").text
    for path in ("/d/pledges", f"/d/pledges/{OWN}", f"/d/pledges/{OTHER}", f"/pledges/{OWN}"):
        assert client.get(path).status_code == 303
        assert "/login" in client.get(path).location


def test_a_link_shows_the_same_to_whoever_else_they_are(world: World) -> None:
    token = link(world)
    pages = []
    for client in (world.client(), world.as_("alice"), world.as_("diana")):
        client.post("/d/", data={"token": token})
        answer = client.get("/d/?lang=en")
        pages.append((answer.data, answer.headers["ETag"]))
    assert len(set(pages)) == 1
    assert b"Alice" not in pages[1][0]


def test_a_second_link_takes_the_place_of_the_first(world: World) -> None:
    client = holder(world, OTHER)
    assert OTHER in client.get("/d/").text
    client.post("/d/", data={"token": link(world)})
    assert OWN in client.get("/d/").text
    assert OTHER not in client.get("/d/").text


def test_closing_a_pledge_forgets_it_in_this_browser_only(world: World) -> None:
    client, elsewhere = holder(world), holder(world)
    assert client.post("/d/close?lang=en").location == "/d/?lang=en"
    assert OWN not in client.get("/d/").text
    assert OWN in elsewhere.get("/d/").text


def test_a_session_is_nothing_without_our_signature(world: World) -> None:
    for forged in ("1", "WzFd.x.y", "null", ""):
        client = world.client()
        client.set_cookie("share", forged, path="/d/")
        assert OWN not in client.get("/d/").text


def test_another_site_cannot_put_a_pledge_before_a_donor(world: World) -> None:
    for path in ("/d/", "/d/close"):
        answer = world.client().post(
            path, data={"token": link(world)}, headers={"Sec-Fetch-Site": "cross-site"}
        )
        assert answer.status_code == 400
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("sent_from", ["same-origin", "none"])
def test_our_own_form_is_taken(world: World, sent_from: str) -> None:
    said = {"data": {"token": link(world)}, "headers": {"Sec-Fetch-Site": sent_from}}
    assert world.client().post("/d/", **said).status_code == 303


def test_what_opens_a_pledge_is_never_kept_and_the_pledge_only_to_ask_again(world: World) -> None:
    client = world.client()
    assert client.get("/d/").headers["Cache-Control"] == "no-store"
    opened = client.post("/d/", data={"token": link(world)})
    assert opened.headers["Cache-Control"] == "no-store"
    assert client.get("/d/").headers["Cache-Control"] == "private, no-cache"


def test_a_weak_tag_is_as_good_as_a_strong_one(world: World) -> None:
    client = holder(world)
    tag = client.get("/d/").headers["ETag"]
    answer = client.get("/d/", headers={"If-None-Match": f'"else", W/{tag}'})
    assert answer.status_code == 304
    assert answer.data == b""
    assert answer.headers["ETag"] == tag
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_two_people_at_one_browser_never_see_each_other_s_kept_page(world: World) -> None:
    path = f"/d/pledges/{OWN}"
    tags = {world.as_(name).get(path).headers["ETag"] for name in ("alice", "diana", "diana")}
    assert len(tags) == 3


def test_a_reader_who_comes_back_is_told_that_nothing_changed(world: World) -> None:
    client = world.as_("diana")
    tag = client.get(f"/d/pledges/{OWN}").headers["ETag"]
    said = {"If-None-Match": tag}
    assert client.get(f"/d/pledges/{OWN}", headers=said).status_code == 304


def test_forms_on_account_pages_are_taken_over_tls(world: World) -> None:
    """Under TLS a form must say which page it comes from: such pages may not hide it."""
    client = world.as_("diana")
    page = client.get(f"/d/pledges/{OWN}", base_url="https://localhost")
    assert page.headers["Referrer-Policy"] == "same-origin"
    shares_page = world.as_("alice").get(SHARES)
    assert shares_page.headers["Referrer-Policy"] == "same-origin"
    assert shares_page.headers["Cache-Control"] == "no-store"


def test_a_coordinator_makes_a_link_sees_it_once_and_withdraws_it(world: World) -> None:
    client = world.as_("alice")
    page = send(client, SHARES, {"days": "30"}).text
    token = re.search(r'value="http://localhost/d/#([\w-]{22})"', page)
    assert token
    assert token[1] not in client.get(SHARES).text
    visitor = world.client()
    assert visitor.post("/d/", data={"token": token[1]}).status_code == 303
    revoke = re.search(rf'action="({SHARES}/\d+/revoke)"', page)
    assert revoke
    assert send(client, revoke[1]).status_code == 303
    assert "withdrawn" in client.get(SHARES).text
    assert visitor.post("/d/", data={"token": token[1]}).status_code == 404


def test_links_are_made_for_pledges_that_exist_and_withdrawn_under_their_own(world: World) -> None:
    client = world.as_("alice")
    assert client.get("/pledges/NO-1/shares").status_code == 404
    assert send(client, "/pledges/NO-1/shares", {"days": "9"}).status_code == 404
    link(world)
    for path in (f"/pledges/{OTHER}/shares/1/revoke", f"{SHARES}/{2**70}/revoke",
                 f"{SHARES}/99/revoke"):  # fmt: skip
        assert send(client, path).status_code == 404, path


@pytest.mark.parametrize("days", ["", "0", "367", "-1", "1e3", "٣", "9" * 5000, "x"])
def test_a_length_that_is_none_makes_no_link(world: World, days: str) -> None:
    client = world.as_("alice")
    assert send(client, SHARES, {"days": days}).status_code == 422
    assert "No link has been made yet." in client.get(SHARES).text


@pytest.mark.parametrize("name", ["bob", "charlie", "diana", "erin", "admin"])
def test_nobody_but_a_coordinator_makes_a_link(world: World, name: str) -> None:
    assert send(world.as_(name), SHARES, {"days": "9"}).status_code == 403
    assert "No link has been made yet." in world.as_("alice").get(SHARES).text


def test_guesses_are_slowed_down_and_openings_are_not(settled: Callable[..., World]) -> None:
    world = settled(RATE_LIMITS=True)
    token = link(world)
    client = world.client()
    opened = {client.post("/d/", data={"token": token}).status_code for _ in range(15)}
    assert opened == {303}
    told = [client.post("/d/", data={"token": f"guess-{n}"}).status_code for n in range(12)]
    assert told == [404] * 10 + [429] * 2


def test_who_shares_an_address_with_a_guesser_still_opens_a_link(
    settled: Callable[..., World],
) -> None:
    world = settled(RATE_LIMITS=True)
    token = link(world)
    with time_machine.travel(clock.now(), tick=False) as time:
        for _ in range(3):
            told = [_enter(world, f"guess-{n}").status_code for n in range(40)]
            assert told == [404] * 10 + [429] * 30
            assert {_enter(world, token).status_code for _ in range(40)} == {303}
            assert _enter(world, "guess", address="203.0.113.77").status_code == 404
            time.shift(61)


def test_a_link_that_ended_is_slowed_down_as_a_guess_is(settled: Callable[..., World]) -> None:
    world = settled(RATE_LIMITS=True)
    token = link(world)
    with world.app.app_context():
        shares.revoke_share(1, by=world.actor("alice"), now=clock.now())
    told = [_enter(world, said) for said in ["guess"] * 10 + [token, "guess"]]
    assert [answer.status_code for answer in told[10:]] == [429, 429]
    assert told[10].data == told[11].data
    assert walk.headers_of(told[10]) == walk.headers_of(told[11])


def _enter(world: World, token: str, address: str = "203.0.113.9") -> TestResponse:
    """A new browser at this address, with a link."""
    from_there = {"REMOTE_ADDR": address}
    return world.client().post("/d/", data={"token": token}, environ_overrides=from_there)


@pytest.mark.parametrize("limits", [False, True])
def test_a_refused_guess_is_logged_without_the_guess(
    settled: Callable[..., World], capsys: pytest.CaptureFixture[str], limits: bool
) -> None:
    world = settled(RATE_LIMITS=limits)
    ended, open_still = link(world), link(world)
    with world.app.app_context():
        shares.revoke_share(1, by=world.actor("alice"), now=clock.now())
    tokens = [*(f"a-guess-that-fails-{n}" for n in range(12)), ended, open_still]
    for token in tokens:
        _enter(world, token)
    said = "".join(capsys.readouterr())
    assert said.count("share-refused") == 13
    assert [token for token in tokens if token in said] == []
    assert "203.0.113.9" not in said


def test_a_hostile_token_is_only_a_wrong_one(world: World) -> None:
    for token in ("\x00", "é" * 10_000, "' OR 1=1 --", "<script>", "#", "🙂#🙂"):
        assert world.client().post("/d/", data={"token": token}).status_code == 404
    assert world.client().post("/d/").status_code == 404


def _without_tokens(answer: TestResponse) -> str:
    return re.sub(r'name="csrf_token"[^>]*value="[^"]*"', "", answer.text)
