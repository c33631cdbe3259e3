"""A card for other web sites: off until somebody publishes it, and gone when it is withdrawn."""

from __future__ import annotations

import re

import pytest

from tests.web.conftest import World, send

OWN, OTHER = "PL-2022-11", "EE-2023-01"
PAGE = f"/d/pledges/{OWN}/card"


def published(world: World, name: str = "diana", page: str = PAGE) -> str:
    """The address of the card, as the page tells it."""
    client = world.as_(name)
    assert send(client, page).status_code == 303
    found = re.search(r"http://localhost(/cards/[\w-]{22}/card\.svg)", client.get(page).text)
    assert found
    return found[1]


@pytest.mark.parametrize("name", ["alice", "diana"])
def test_a_published_card_is_an_image_for_any_site_and_tells_totals(
    world: World, name: str
) -> None:
    address = published(world, name)
    for which, told in (("card", "Known until the end of"), ("badge", "1 570 pledged")):
        answer = world.client().get(address.replace("card.svg", f"{which}.svg"))
        assert answer.status_code == 200
        assert answer.mimetype == "image/svg+xml"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert "Set-Cookie" not in answer.headers
        assert told in answer.text.replace("\N{NO-BREAK SPACE}", " ")
        assert "Starlink" not in answer.text


def test_nothing_is_published_by_itself(world: World) -> None:
    page = world.as_("diana").get(PAGE)
    assert "Nothing is published" in page.text
    assert "/cards/" not in page.text


def test_a_withdrawn_card_looks_like_one_that_never_was(world: World) -> None:
    address = published(world)
    assert send(world.as_("diana"), f"{PAGE}/withdraw").status_code == 303
    gone, never = (world.client().get(path) for path in (address, f"/cards/{'A' * 22}/card.svg"))
    assert gone.status_code == never.status_code == 404
    assert gone.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert send(world.as_("diana"), f"{PAGE}/withdraw").status_code == 404


def test_a_second_publishing_keeps_the_name_and_one_after_a_withdrawal_gets_another(
    world: World,
) -> None:
    first = published(world)
    assert published(world, "alice") == first
    send(world.as_("alice"), f"{PAGE}/withdraw")
    assert published(world) != first


def test_a_donor_publishes_only_its_own(world: World) -> None:
    other = PAGE.replace(OWN, OTHER)
    client = world.as_("diana")
    assert client.get(other).status_code == 404
    for path in (other, f"{other}/withdraw", PAGE.replace(OWN, "NO-1")):
        assert send(client, path).status_code == 404, path


@pytest.mark.parametrize("name", ["bob", "charlie", "erin", "admin"])
def test_nobody_else_publishes(world: World, name: str) -> None:
    assert send(world.as_(name), PAGE).status_code == 403
    assert world.as_(name).get(PAGE).status_code == 403


def test_no_other_address_may_be_shown_by_other_sites(world: World) -> None:
    for path in (f"/d/pledges/{OWN}/card.svg", f"/d/pledges/{OWN}/badge.svg", PAGE):
        answer = world.as_("diana").get(path)
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
