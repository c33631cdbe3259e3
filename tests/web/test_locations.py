"""A site is sealed: what staff see of it, and who opens it, with a reason, once."""

from __future__ import annotations

from collections.abc import Callable

from tests.web.conftest import ADDRESS, NAMES, World, send, spoken

Settled = Callable[..., World]
REASON = {"reason": "The driver has to be told the way"}
OPEN = "/locations/SITE-0001/open"


def test_a_page_of_a_site_holds_nothing_that_is_sealed(still_world: World) -> None:
    for name in NAMES:
        for path in ("/locations", "/locations/SITE-0001", "/locations/SITE-0002"):
            page = still_world.as_(name, "uk").get(path).text
            assert "Вигадан" not in page


def test_a_coordinator_of_the_oblast_opens_it_once_with_a_reason(world: World) -> None:
    client = world.as_("alice")
    answer = send(client, OPEN, REASON)
    assert answer.status_code == 200
    assert ADDRESS in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert ADDRESS not in client.get("/locations/SITE-0001").text


def test_who_opened_it_is_kept_and_only_openers_read_the_reason(world: World) -> None:
    send(world.as_("alice"), OPEN, REASON)
    for name, sees, reads in (
        ("frank", True, True),
        ("erin", True, False),
        ("bob", False, False),
        ("charlie", False, False),
    ):
        page = spoken(world.as_(name).get("/locations/SITE-0001").text)
        assert ("Who opened it" in page) is sees, name
        assert (REASON["reason"] in page) is reads, name


def test_a_coordinator_of_other_oblasts_does_not_open_it(world: World) -> None:
    client = world.as_("frank")
    assert "Open the sealed details" not in client.get("/locations/SITE-0001").text
    answer = send(client, OPEN, REASON)
    assert answer.status_code == 403
    assert ADDRESS not in answer.text


def test_without_a_reason_it_stays_sealed(world: World) -> None:
    client = world.as_("alice")
    for words in ("", "because", "x" * 501):
        answer = send(client, OPEN, {"reason": words})
        assert answer.status_code == 422
        assert ADDRESS not in answer.text
    assert "Who opened it" not in client.get("/locations/SITE-0001").text


def test_only_so_many_are_opened_in_a_day(settled: Settled) -> None:
    client = settled(SITE_READINGS_PER_DAY=1).as_("alice")
    assert send(client, OPEN, REASON).status_code == 200
    assert send(client, OPEN, REASON).status_code == 429


def test_the_list_is_narrowed_by_kind_and_oblast(still_world: World) -> None:
    client = still_world.as_("alice")
    sites = client.get("/locations?kind=site").text
    assert "SITE-0001" in sites
    assert "LVIV-1" not in sites
    lviv = client.get("/locations?oblast=UA46").text
    assert "SITE-0002" in lviv
    assert "SITE-0001" not in lviv
    assert client.get("/locations?kind=x&oblast=%00&after=%F0").status_code == 200
