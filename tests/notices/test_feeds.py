"""Feeds and calendars, read back by programs that others wrote or as their RFCs have it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree as Xml

import pytest
import time_machine
from flask.testing import FlaskClient
from icalendar import Calendar
from werkzeug.test import TestResponse

from tests.notices.test_pages import NOTICES, OTHER, OWN, holder
from tests.web.conftest import World, send, settled, world
from tracker import clock
from tracker.db import transaction
from tracker.domain.disclosure import newest_month
from tracker.domain.notices import next_month, published_on
from tracker.models import Account, Consignment, Passage, PlaceSnapshot, Tally
from tracker.services import shares

__all__ = ["settled", "world"]

ATOM = "{http://www.w3.org/2005/Atom}"
XHTML = "{http://www.w3.org/1999/xhtml}"
FEED = f"/feeds/pledges/{OWN}/days.atom"
DEADLINES = f"/feeds/pledges/{OWN}/deadlines.ics"


def shown_password(answer: TestResponse) -> str:
    found = answer.text.partition('id="password" type="text" readonly value="')[2]
    return found.partition('"')[0]


def basic(password: str, name: str = "feed") -> dict[str, str]:
    coded = base64.b64encode(f"{name}:{password}".encode()).decode()
    return {"Authorization": f"Basic {coded}"}


def password_of(world: World, name: str = "diana", path: str = f"{NOTICES}/feed") -> str:
    return shown_password(send(world.as_(name), path))


def read(answer: TestResponse) -> Xml.Element:
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    return Xml.fromstring(answer.data)


def text(parent: Xml.Element, name: str) -> str:
    found = parent.find(f"{ATOM}{name}")
    assert found is not None
    assert found.text
    return found.text


@contextmanager
def days_later(days: int = 5) -> Iterator[None]:
    """When what was scanned today is told."""
    with time_machine.travel(datetime.now(UTC) + timedelta(days=days)):
        yield


def test_a_feed_has_what_the_format_asks_for(world: World) -> None:
    with days_later():
        feed = read(world.as_("diana").get(FEED))
    assert feed.tag == f"{ATOM}feed"
    for one in (feed, *feed.findall(f"{ATOM}entry")):
        assert text(one, "id").startswith(f"tag:localhost,2026:pledges/{OWN}")
        assert text(one, "title")
        assert text(one, "updated").endswith("T00:00:00Z")
    ids = [text(entry, "id") for entry in feed.findall(f"{ATOM}entry")]
    assert len(set(ids)) == len(ids) == 2
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links["self"] == f"http://localhost{FEED}"
    assert links["alternate"] == f"http://localhost/d/pledges/{OWN}"


def test_it_has_an_entry_for_each_day_on_which_something_changed(world: World) -> None:
    """Units were announced 40 days ago; all else became known today."""
    today = clock.day_in_kyiv(clock.now())
    with days_later():
        newest, oldest = read(world.as_("diana").get(FEED)).findall(f"{ATOM}entry")
    assert text(newest, "id").endswith(f"/{today}")
    assert text(newest, "updated") == f"{today + timedelta(days=3)}T00:00:00Z"
    told = [line.text for line in newest.iter(f"{XHTML}li")]
    assert "Announced: 12 → 0" in told
    assert [line.text for line in oldest.iter(f"{XHTML}li")] == ["Announced: 0 → 12"]
    assert text(oldest, "title").endswith(": announced +12")


def test_a_day_on_which_units_stopped_to_count_as_online_says_why(world: World) -> None:
    today = clock.day_in_kyiv(clock.now())
    with world.app.app_context(), transaction() as session:
        session.add(Tally(pledge=OWN, on=today, measure="said_online", change=2))
    with days_later():
        newest, _ = read(world.as_("diana").get(FEED)).findall(f"{ATOM}entry")
    told = [line.text or "" for line in newest.iter(f"{XHTML}li")]
    assert told[-1].startswith("“Online” now counts only what was measured. 2 units counted")


def test_what_became_known_today_is_not_told_today(world: World) -> None:
    world.app.config["DONOR_DELAY_DAYS"] = 0
    client = world.as_("diana")
    today = clock.day_in_kyiv(clock.now())
    tag = f"/{today}"
    ids = [text(entry, "id") for entry in read(client.get(FEED)).findall(f"{ATOM}entry")]
    assert ids
    assert not any(one.endswith(tag) for one in ids)


def test_its_words_are_the_reader_s(world: World) -> None:
    for locale, word in (("uk", "Очікується"), ("en", "Announced")):
        feed = read(world.as_("diana", locale).get(FEED))
        assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == locale
        assert word in "".join(feed.itertext())


def test_nothing_new_is_answered_in_one_line(world: World) -> None:
    client = world.as_("diana")
    for path in (FEED, DEADLINES):
        answer = client.get(path)
        assert answer.headers["Cache-Control"] == "private, no-cache"
        again = client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")


def test_a_password_opens_the_feed_and_the_calendar_and_nothing_else(world: World) -> None:
    headers = basic(password_of(world))
    program = world.client()
    for path in (FEED, DEADLINES):
        assert program.get(path, headers=headers).status_code == 200
    for path in (f"/feeds/pledges/{OTHER}/days.atom", "/feeds/deadlines.ics"):
        assert program.get(path, headers=headers).status_code == 401, path
    for path in (NOTICES, f"/d/pledges/{OWN}", "/items"):
        assert program.get(path, headers=headers).status_code in (303, 401), path


def test_a_new_password_ends_the_one_before(world: World) -> None:
    old, new = password_of(world), password_of(world)
    told = [world.client().get(FEED, headers=basic(one)).status_code for one in (old, new)]
    assert told == [401, 200]


@pytest.mark.parametrize("change", ["inactive", "another party"])
def test_a_password_opens_no_more_than_its_owner_may_see_today(world: World, change: str) -> None:
    headers = basic(password_of(world))
    with world.app.app_context(), transaction() as session:
        account = session.query(Account).filter_by(email="diana@example.org").one()
        if change == "inactive":
            account.active = False
        else:
            account.party = "EE"
    assert world.client().get(FEED, headers=headers).status_code == 401


@pytest.mark.parametrize(
    "said",
    ["Basic", "Basic !", "Basic " + base64.b64encode(b"feed").decode(), "Digest x",
     "Basic " + base64.b64encode("feed:пароль".encode()).decode(),
     "Basic " + base64.b64encode(b"feed:" + b"x" * 10_000).decode()],
)  # fmt: skip
def test_a_password_that_is_none_is_asked_for_again(world: World, said: str) -> None:
    assert world.client().get(FEED, headers={"Authorization": said}).status_code == 401


def test_guesses_are_slowed_down_and_readers_are_not(settled: object) -> None:
    world: World = settled(RATE_LIMITS=True)  # type: ignore[operator]
    headers = basic(password_of(world))
    client = world.client()
    assert {client.get(FEED, headers=headers).status_code for _ in range(25)} == {200}
    told = [client.get(FEED, headers=basic(f"guess-{n}")).status_code for n in range(22)]
    assert told == [401] * 20 + [429] * 2


def link_password(client: FlaskClient) -> str:
    return shown_password(client.post("/d/notices/feed?lang=en"))


def test_the_password_of_a_link_ends_with_the_link(world: World) -> None:
    headers = basic(link_password(holder(world)))
    assert world.client().get(FEED, headers=headers).status_code == 200
    with world.app.app_context():
        shares.revoke_share(1, by=world.actor("alice"), now=clock.now())
    assert world.client().get(FEED, headers=headers).status_code == 401


def test_a_link_that_shows_totals_only_has_no_feed(world: World) -> None:
    client = holder(world, totals_only=True)
    assert "/feeds/" not in client.get("/d/notices?lang=en").text
    assert client.post("/d/notices/feed").status_code == 404


def calendar(answer: TestResponse) -> dict[str, tuple[str, date]]:
    """What is in a calendar, by uid, read by the library."""
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    read = Calendar.from_ical(answer.data)
    assert read.errors == []
    found: dict[str, tuple[str, date]] = {}
    for event in read.events:
        assert event.errors == []
        assert event["DTSTAMP"]
        found[str(event["UID"])] = (str(event["SUMMARY"]), event.start)
    return found


def test_a_donor_s_calendar_has_the_next_tables_of_places(world: World) -> None:
    found = calendar(world.as_("diana").get(DEADLINES))
    today = clock.day_in_kyiv(clock.now())
    assert len(found) == 2
    assert all(on > today for _, on in found.values())
    assert all("the table of places is published" in said for said, _ in found.values())


def test_a_link_s_calendar_has_its_end(world: World) -> None:
    headers = basic(link_password(holder(world)))
    found = calendar(world.client().get(f"{DEADLINES}?lang=en", headers=headers))
    said, on = found["link-1@localhost"]
    assert said == f"{OWN}: your link ends"
    assert on == clock.day_in_kyiv(clock.now() + timedelta(days=9))


def test_the_staff_s_calendar_has_aid_codes_arrivals_and_discrepancies(world: World) -> None:
    today = clock.day_in_kyiv(clock.now())
    released_on = today - timedelta(days=80)
    with world.app.app_context(), transaction() as session:
        row = session.get_one(Consignment, "ZM-1")
        row.aid_code, row.aid_coded_on = "EX-A", today - timedelta(days=100)
        row.eta_on = today + timedelta(days=3)
    password = password_of(world, "alice", "/calendar")

    def shown() -> dict[str, tuple[str, date]]:
        return calendar(world.client().get("/feeds/deadlines.ics?lang=en", headers=basic(password)))

    found = shown()
    assert "report-ZM-1@localhost" not in found, "nothing runs before customs have released it"
    assert found["arrival-ZM-1@localhost"][1] == today + timedelta(days=3)
    discrepancies = [uid for uid in found if uid.startswith("discrepancy-")]
    assert len(discrepancies) == 5, "three scans that do not fit, two acts that have not come"
    with world.app.app_context(), transaction() as session:
        session.add(Passage(consignment="ZM-1", kind="release", told_by="x",
                            happened_at=clock.now(), happened_on=released_on))  # fmt: skip
    said, on = shown()["report-ZM-1@localhost"]
    assert on == today + timedelta(days=10)
    day = f"{released_on:%-d %B %Y}"
    assert said == (
        f"ZM-1: report on humanitarian aid due, counted from “Released by customs”, {day}"
    )
    assert world.client().get(FEED, headers=basic(password)).status_code == 401


def test_long_lines_of_a_calendar_are_folded(world: World) -> None:
    lines = world.as_("diana", "uk").get(DEADLINES).data.split(b"\r\n")
    assert max(map(len, lines)) <= 75


@pytest.mark.parametrize("lag", [0, 1, 14, 31, 45])
def test_a_table_is_announced_for_the_day_on_which_it_is_first_shown(lag: int) -> None:
    day = date(2026, 1, 1)
    for _ in range(400):
        month = next_month(day, lag)
        shown = published_on(month, lag)
        assert newest_month(shown - timedelta(days=1), lag) < month
        assert newest_month(shown, lag) == month
        assert shown > day
        day += timedelta(days=1)


def test_a_table_of_places_has_an_entry_of_its_own_from_its_day_on(world: World) -> None:
    today = clock.day_in_kyiv(clock.now())
    month = newest_month(today, 14)
    with world.app.app_context(), transaction() as session:
        for each in (month, next_month(today, 14)):
            body = f'{{"cells": {{}}, "month": "{each}", "other": null}}'
            session.add(PlaceSnapshot(pledge=OWN, month=each, body=body, made_at=clock.now()))
    ids = [text(entry, "id") for entry in
           read(world.as_("diana").get(FEED)).findall(f"{ATOM}entry")]  # fmt: skip
    assert [one for one in ids if one.endswith(f"/{month:%Y-%m}")]
    assert not [one for one in ids if one.endswith(f"/{next_month(today, 14):%Y-%m}")]
