"""A person’s word is no measurement: what donors read of a tick, what a browser remembers."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from flask import Flask

from tests.donors.worlds import Reader
from tests.services.builders import COORDINATOR, lay_world, new_units, queue, scan
from tracker import clock
from tracker.db import transaction
from tracker.domain.disclosure import Counts
from tracker.models import Product
from tracker.services import shares
from tracker.web.last_looks import last_look

WORKS = {"present": True, "working": True, "civilian_use": True}


@pytest.fixture
def client(app: Flask) -> Reader:
    lay_world()
    app.config["DONOR_DELAY_DAYS"] = 0
    return Reader(app.test_client())


def in_use(kind: str, **said: object) -> None:
    """A unit of this kind of product at a site, where somebody ticked that it works."""
    with transaction() as session:
        product = session.get(Product, "EX-TERM")
        assert product is not None
        product.kind = kind
    [code] = new_units(1, kits=True)
    scans = [
        scan(code, "receiving", 1, location="WH-1"),
        scan(code, "accepting", 2, receiver="EX-USER", act="A"),
        scan(code, "deploying", 3, location="EX-SITE-1"),
        scan(code, "inspecting", 4, location="EX-SITE-1", findings=WORKS, **said),
    ]
    queue(scans, now=clock.now())


def proofs(client: Reader) -> dict[str, str]:
    """The rows of the ladder, as the page shows them."""
    token = shares.make_share("EX-1", days=9, by=COORDINATOR, now=clock.now())
    assert client.post("/d/", data={"token": token}).status_code == 303
    table = client.get("/d/?lang=en").text.partition('class="proofs"')[2].partition("</table>")[0]
    return dict(re.findall(r'<th scope="row">([^<]+)</th>\s*<td[^>]*>(\d+)</td>', table))


def test_a_tick_on_a_terminal_is_a_person_s_word_and_no_measurement(client: Reader) -> None:
    in_use("satellite_terminal")
    told = proofs(client)
    assert told["Working, as a person said"] == "1"
    assert told["Online, as measured"] == "0"
    assert told["Inspected"] == "1"


def test_a_roll_of_cable_is_neither(client: Reader) -> None:
    in_use("network")
    told = proofs(client)
    assert told["Working, as a person said"] == told["Online, as measured"] == "0"
    assert told["Inspected"] == "1"


def test_a_tick_in_a_list_proves_nothing(client: Reader) -> None:
    in_use("satellite_terminal", sighted=False)
    told = proofs(client)
    assert told["Working, as a person said"] == told["Inspected"] == "0"
    assert told["Deployed"] == "1"


def test_the_rungs_are_told_in_ukrainian(client: Reader) -> None:
    proofs(client)
    page = client.get("/d/?lang=uk").text
    assert "Працює, зі слів людини" in page
    assert "На зв’язку, за показаннями" in page


# What a browser remembers

DAY = date(2026, 11, 20)


def counts(said_online: int, until: date = DAY) -> Counts:
    return Counts(0, until, {}, (), said_online=said_online)


def test_who_never_looked_before_is_told_nothing_today_or_later() -> None:
    first = last_look("", counts(3), "7")
    assert (first.since, first.says_online) == (None, False)
    again = last_look(first.kept, counts(3, DAY + timedelta(days=1)), "7")
    assert (again.since, again.says_online) == (DAY, False)


@pytest.mark.parametrize("kept", ["7..2026-11-20", "7.2026-11-01.2026-11-20.", "7..2026-11-18"])
def test_who_looked_before_is_told_on_one_day(kept: str) -> None:
    """Also with a cookie of an older version, and on the very day that was known before."""
    told = last_look(kept, counts(3), "7")
    assert told.says_online
    assert last_look(told.kept, counts(3), "7").says_online, "as often as it is opened that day"
    later = last_look(told.kept, counts(3, DAY + timedelta(days=1)), "7")
    assert not later.says_online
    assert not last_look(later.kept, counts(3, DAY + timedelta(days=1)), "7").says_online


def test_it_is_told_when_there_is_something_to_tell() -> None:
    before = last_look("7..2026-11-18", counts(0), "7")
    assert not before.says_online
    assert last_look(before.kept, counts(3), "7").says_online


def test_another_link_s_cookie_is_nobody_s() -> None:
    look = last_look("8..2026-11-18", counts(3), "7")
    assert (look.since, look.says_online) == (None, False)


@pytest.mark.parametrize("odd", ["7", "7.x.y.z", "...", "7..2026-11-99", "7....", "\N{SNOWMAN}"])
def test_an_odd_cookie_is_a_first_visit(odd: str) -> None:
    look = last_look(odd, counts(3), "7")
    assert (look.since, look.says_online) == (None, False)
    assert look.kept == f"7..{DAY}.-"
