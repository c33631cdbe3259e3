"""Photos and statements for donors, narrowed links, and pledges that are shown later."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from tests.web.conftest import World, send
from tracker import clock
from tracker.services import shares
from tracker.services.evidence import keep_evidence

OWN, OTHER = "PL-2022-11", "EE-2023-01"
PAGE = f"/pledges/{OWN}/releases"
TEXTS = {"text_en": "A terminal on a roof.", "text_uk": "Термінал на даху."}

Look = Callable[..., TestResponse]


def picture(colour: str = "navy") -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (1600, 900), colour).save(drawn, "JPEG", comment=b"50.4501, 30.5234")
    return drawn.getvalue()


@pytest.fixture
def photo(world: World) -> str:
    """The SHA-256 of a photo that a scan of the first unit brought."""
    with world.app.app_context():
        sha = keep_evidence(picture(), "photo", by=world.actor("charlie"), now=clock.now())
    world.scan(world.codes[0], "inspecting", "charlie", 6, evidence=(sha,),
               findings={"present": True, "working": True, "civilian_use": True})  # fmt: skip
    return sha


def released(world: World, photo: str) -> str:
    """The address under which the donor finds the photo."""
    proposed = send(world.as_("alice"), f"/pledges/{OWN}/photos/{photo}/propose", TEXTS)
    assert proposed.status_code == 303
    assert send(world.as_("frank"), "/releases/1/approve").status_code == 303
    found = re.search(rf'src="(/d/pledges/{OWN}/photos/[\w-]+)"', own_page(world))
    assert found
    return found[1]


def own_page(world: World) -> str:
    return world.as_("diana").get(f"/d/pledges/{OWN}").text


def holder(world: World, **narrow: bool) -> FlaskClient:
    """A browser in which a link was opened."""
    with world.app.app_context():
        token = shares.make_share(OWN, days=9, by=world.actor("alice"), now=clock.now(), **narrow)
    client = world.client()
    assert client.post("/d/?lang=en", data={"token": token}).status_code == 303
    return client


def test_a_photo_is_shown_after_two_people_looked_at_it(world: World, photo: str) -> None:
    alice, frank = world.as_("alice"), world.as_("frank")
    assert photo in alice.get(PAGE).text
    path = f"/pledges/{OWN}/photos/{photo}/propose"
    assert send(alice, path, TEXTS).status_code == 303
    assert "A terminal on a roof." not in own_page(world)
    assert send(alice, "/releases/1/approve").status_code == 403
    assert send(alice, path, TEXTS).status_code == 409
    assert "A terminal on a roof." not in own_page(world)
    assert send(frank, "/releases/1/approve").status_code == 303
    assert "A terminal on a roof." in own_page(world)
    assert send(frank, "/releases/1/approve").status_code == 409


def test_the_donor_s_copy_is_smaller_and_tells_nothing_of_where_it_is_kept(
    world: World, photo: str
) -> None:
    address = released(world, photo)
    assert photo not in own_page(world)
    answer = world.as_("diana").get(address)
    with Image.open(io.BytesIO(answer.data)) as shown:
        assert shown.size == (1200, 675)
        assert not shown.getexif()
    assert b"50.4501" not in answer.data
    assert photo not in str(answer.headers)


def test_a_photo_opens_for_its_donor_and_for_links_with_photos_alone(
    world: World, photo: str
) -> None:
    address = released(world, photo)
    name = address.rpartition("/")[2]
    assert world.client().get(address).status_code == 303
    assert world.client().get(f"/d/photos/{name}").status_code == 404
    assert world.as_("diana").get(f"/d/pledges/{OTHER}/photos/{name}").status_code == 404
    assert world.as_("alice").get(f"/d/pledges/{OTHER}/photos/{name}").status_code == 404
    assert holder(world).get(f"/d/photos/{name}").status_code == 200
    assert f"/d/photos/{name}" in holder(world).get("/d/").text
    for narrow in ({"photos": False}, {"totals_only": True}):
        client = holder(world, **narrow)
        assert client.get(f"/d/photos/{name}").status_code == 404
        assert name not in client.get("/d/").text


def test_what_is_withdrawn_is_gone_at_once(world: World, photo: str) -> None:
    address = released(world, photo)
    assert send(world.as_("alice"), "/releases/1/withdraw", {"pledge": OWN}).status_code == 303
    assert "A terminal on a roof." not in own_page(world)
    assert world.as_("diana").get(address).status_code == 404
    assert send(world.as_("alice"), "/releases/1/withdraw").status_code == 404


def test_a_refused_photo_can_be_proposed_again(world: World, photo: str) -> None:
    path = f"/pledges/{OWN}/photos/{photo}/propose"
    assert send(world.as_("alice"), path, TEXTS).status_code == 303
    assert send(world.as_("alice"), "/releases/1/refuse").status_code == 303
    assert "A terminal on a roof." not in own_page(world)
    assert send(world.as_("alice"), path, TEXTS).status_code == 303


def test_only_photos_of_the_pledge_s_own_units_can_be_proposed(world: World, photo: str) -> None:
    with world.app.app_context():
        loose = keep_evidence(picture("red"), "photo", by=world.actor("alice"), now=clock.now())
    alice = world.as_("alice")
    for pledge, sha in ((OTHER, photo), (OWN, loose), (OWN, "0" * 64), ("NO-1", photo)):
        assert send(alice, f"/pledges/{pledge}/photos/{sha}/propose", TEXTS).status_code == 404
        assert alice.get(f"/pledges/{pledge}/photos/{sha}").status_code == 404


def test_a_photo_has_words_in_both_languages(world: World, photo: str) -> None:
    path = f"/pledges/{OWN}/photos/{photo}/propose"
    for missing in TEXTS:
        said = {**TEXTS, missing: " "}
        assert send(world.as_("alice"), path, said).status_code == 422


def test_a_statement_stands_beside_the_figures_in_the_reader_s_language(world: World) -> None:
    said = {"text_en": "The road was closed in May.", "text_uk": "У травні дорогу було закрито."}
    assert send(world.as_("alice"), f"/pledges/{OWN}/statements", said).status_code == 303
    assert said["text_en"] in own_page(world)
    assert said["text_uk"] in holder(world).get("/d/?lang=uk").text
    assert said["text_en"] in holder(world, totals_only=True).get("/d/?lang=en").text
    assert said["text_en"] not in world.as_("diana").get("/d/pledges").text


def test_a_link_with_totals_only_shows_no_days_and_no_places(world: World) -> None:
    whole, totals = (holder(world, totals_only=only).get("/d/?lang=en").text
                     for only in (False, True))  # fmt: skip
    for told in ("Day by day", "Where it is in use"):
        assert told in whole
        assert told not in totals
    assert "It adds up" in totals
    assert "How well it is proved" in totals


def test_a_pledge_can_be_shown_later_and_never_earlier(world: World) -> None:
    alice, path = world.as_("alice"), f"/pledges/{OWN}/disclosure"
    assert "shown 3 days later" in own_page(world)
    assert send(alice, path, {"delay_days": "2", "small_cell": "5"}).status_code == 422
    assert send(alice, path, {"delay_days": "3", "small_cell": "4"}).status_code == 422
    assert send(alice, path, {"delay_days": "x", "small_cell": "5"}).status_code == 422
    assert "shown 3 days later" in own_page(world)
    assert send(alice, path, {"delay_days": "15", "small_cell": "8"}).status_code == 303
    later = own_page(world)
    assert "shown 15 days later" in later
    assert "Numbers below 8" in later or "No monthly table" in later
    assert "shown 15 days later" in world.as_("diana").get("/d/donors/PL").text
    assert send(alice, path, {"delay_days": "3", "small_cell": "5"}).status_code == 303
    assert "shown 3 days later" in own_page(world)


@pytest.mark.parametrize("name", ["bob", "charlie", "diana", "admin"])
def test_nobody_else_reads_or_releases_anything(world: World, photo: str, name: str) -> None:
    client = world.as_(name)
    for path in ("/releases", PAGE, f"/pledges/{OWN}/photos/{photo}"):
        assert client.get(path).status_code == 403, path
    forms = (f"photos/{photo}/propose", "statements", "disclosure")
    paths = [f"/pledges/{OWN}/{form}" for form in forms]
    for path in (*paths, "/releases/1/approve", "/releases/1/withdraw"):
        assert send(client, path, TEXTS).status_code == 403, path


def test_an_auditor_reads_and_does_not_release(world: World, photo: str) -> None:
    erin = world.as_("erin")
    assert erin.get(PAGE).status_code == 200
    assert erin.get("/releases").status_code == 200
    assert send(erin, f"/pledges/{OWN}/photos/{photo}/propose", TEXTS).status_code == 403
