"""Change only what is sealed, and every byte that a donor or a stranger can get stays the same.

Hypothesis tells the same story in several worlds with other secrets; then every route that is open
to anyone or that a donor may call is fetched in each: pages, feeds, photos, exports, and errors,
in both languages, by every reader, with every query parameter, as HEAD and OPTIONS, and with the
tag of the answer in another world. A new route joins by itself: the test walks the URL map. Every
mail and every call of a webhook since before the story is compared too, and what feeds say to a
program. What is left out is named, with its reason.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.conftest import migrated_app
from tests.donors import walk
from tests.donors.worlds import (
    PHOTO,
    STATEMENT,
    Reader,
    Secrets,
    Unit,
    donor_account,
    lay_portfolios,
    release,
    tell,
)
from tests.notices.heard import everything_told
from tests.services.builders import COORDINATOR, NOW, lay_world
from tracker.db import db
from tracker.services import shares, snapshots

SITES = [
    *[("UA46", "health")] * 14, *[("UA63", "energy")] * 3, *[("UA59", "water")] * 9,
    *[("UA12", "education")] * 2, *[("UA61", "health")] * 13,
]  # fmt: skip
STORIES, WORLDS = int(os.environ.get("TRACKER_TEST_STORIES", "3")), 3
"""How many stories are told in a run, and in how many worlds each."""
FEWEST_ROUTES, FEWEST_ANSWERS = 50, 1000
"""So many routes are walked at the least, and so many answers of each world compared."""
LATER = NOW + timedelta(days=50)

LEFT_OUT = {
    "api_checkpoints.show_checkpoint": "a root is the hash of everything, sealed by salts",
}
DROPPED: dict[str, tuple[re.Pattern[bytes], str]] = {
    "": (walk.TOKEN, "the token of a form is random and says nothing"),
}
"""Endpoint ("" for all) -> what is not compared in its answers, and why."""
VALUES = {
    "ref": ["EX-1", "EX", "EX-I", "NONE"],
    "code": ["0000000000X", "nonsense"],
    "name": [PHOTO, "NOTHING"],
    "number": ["1", "99"],
    "slug": ["not-found", "nothing"],
    "locale": ["uk", "zz"],
    "filename": ["app.css", "NOTHING"],
    "token": ["A" * 22],
    "which": ["badge", "card"],
    "form": ["csv", "units.csv", "xlsx", "json", "pdf", "sqlite"],
}

letters = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"))
words = st.text(letters, min_size=4, max_size=20)
names = st.text("abcdefgh", min_size=6, max_size=9)
secrets = st.builds(
    Secrets,
    name=words,
    address=words,
    contact=words,
    hromada=st.sampled_from(["UA46020010000016247", "UA63140030000091352"]),
    person=names,
    devices=st.lists(names, min_size=1, max_size=3, unique=True).map(tuple),
    kit=st.integers(1, 10_000),
    minutes=st.lists(st.integers(0, 700), min_size=5, max_size=9, unique=True).map(tuple),
    note=words,
    spot=st.tuples(st.floats(44.0, 52.0), st.floats(22.0, 40.0)),
    order=st.permutations(range(len(SITES))).map(tuple),
)
units = st.builds(
    Unit, st.integers(0, 5), st.integers(0, len(SITES) - 1), st.integers(0, 9), st.integers(1, 3)
)
everywhere = [Unit(5, number, number % 7, 1 + number % 3) for number in range(len(SITES))]
stories = st.lists(units, min_size=1, max_size=18).flatmap(
    lambda told: st.sampled_from([told, told + everywhere])
)
Seen = dict[str, tuple[object, ...]]


@contextmanager
def world(home: Path, template: Path, told: Secrets, story: list[Unit]) -> Iterator[Flask]:
    """An installation in which `story` happened with these secrets."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    shutil.copy(template, home / "tracker.sqlite")
    app = migrated_app(home, DONOR_DELAY_DAYS=0, WTF_CSRF_ENABLED=False)
    with app.app_context():
        lay_world()
        lay_portfolios()
        tell(told, story, SITES)
        release(told)
        donor_account(told)
        snapshots.take_snapshots(NOW.date().replace(day=1), now=NOW)
        yield app
        db.session.remove()
        db.engine.dispose()


def routes(app: Flask) -> list[Rule]:
    """What is walked: all that a stranger or a donor can fetch, but for what is left out."""
    assert LEFT_OUT.keys() <= app.view_functions.keys()
    return [rule for rule in walk.reachable(app) if rule.endpoint not in LEFT_OUT]


def readers(app: Flask, token: str) -> dict[str, Reader]:
    """A stranger, the holder of a link, and a donor who is signed in."""
    stranger, holder, donor = (Reader(app.test_client()) for _ in range(3))
    assert holder.post("/d/", data={"token": token}).status_code == 303
    entered = donor.post("/login", data={"email": "diana@example.org", "password": "a quiet river"})
    assert entered.status_code in (302, 303)
    with donor.client.session_transaction() as kept:
        kept["csrf_token"] = "0" * 40  # random, and part of the page's ETag
    return {"stranger": stranger, "holder": holder, "donor": donor}


def compared(endpoint: str, answer: TestResponse) -> tuple[object, ...]:
    """Everything in an answer, but for what differs between any two requests."""
    body = answer.data
    for name, (pattern, _) in DROPPED.items():
        if name in ("", endpoint):
            body = pattern.sub(b"", body)
    return answer.status_code, walk.headers_of(answer), body


def everything_seen(app: Flask, token: str, asked: str, tags: Seen | None) -> Seen:
    """All that a stranger, the holder of a link, and a donor who is signed in can fetch.

    `asked` is a word to search for; `tags` what was seen in another world, whose tags are sent.
    """
    seen: Seen = {}
    for name, reader in readers(app, token).items():
        for address in walk.addresses(routes(app), VALUES):
            at, end = f"{name} {address.path}", address.endpoint
            for language in ("uk", "en"):
                answer = reader.get(f"{address.path}?lang={language}")
                seen[f"{at} {language}"] = compared(end, answer)
            if answer.status_code == 200 and end != "static" and "ETag" in answer.headers:
                said = {"If-None-Match": _tag(tags[f"{at} en"]) if tags else _tag(seen[f"{at} en"])}
                again = reader.get(f"{address.path}?lang=en", headers=said)
                seen[f"{at} again"] = compared(end, again)
            if name == "donor" and answer.status_code == 200:  # who may ask most
                for method in ("HEAD", "OPTIONS", "DELETE"):
                    seen[f"{at} {method}"] = compared(end, reader.ask(method, address.path))
                is_page = "html" in answer.content_type and walk.action_of(app, address.rule)
                for parameter in walk.parameters() if is_page else ():
                    found = reader.get(address.path, query_string={parameter: asked})
                    seen[f"{at} {parameter}"] = compared(end, found)
        seen[f"{name} nowhere"] = compared("", reader.get("/d/nowhere"))
    return seen


def _tag(seen: tuple[object, ...]) -> str:
    return str(dict(seen[1])["ETag"])  # type: ignore[call-overload]


@contextmanager
def fifty_days_later(
    home: Path, template: Path, told: Secrets, story: list[Unit]
) -> Iterator[tuple[Flask, str]]:
    """The story told in a new installation, and a link to its pledge."""
    with (
        time_machine.travel(LATER, tick=False),
        world(home, template, told, story) as app,
    ):
        yield app, shares.make_share("EX-1", days=300, by=COORDINATOR, now=LATER)


@settings(
    max_examples=STORIES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(all_told=st.lists(secrets, min_size=WORLDS, max_size=WORLDS), story=stories)
def test_nothing_that_is_sealed_shows_in_any_byte(
    tmp_path: Path,
    sqlite_template: Path,
    all_told: list[Secrets],
    story: list[Unit],
) -> None:
    worlds: list[Seen] = []
    for told in all_told:
        with fifty_days_later(tmp_path / "home", sqlite_template, told, story) as (app, token):
            assert len(routes(app)) >= FEWEST_ROUTES
            tags = worlds[0] if worlds else None
            seen = everything_seen(app, token, all_told[0].name, tags)
            worlds.append(seen | everything_told(app, NOW - timedelta(days=40), LATER))
    first = worlds[0]
    for other in worlds[1:]:
        assert first.keys() == other.keys()
        assert [name for name in first if first[name] != other[name]] == []
    _is_worth_comparing(first)


def _is_worth_comparing(seen: Seen) -> None:
    """Pages were opened, tags were known again, and there was much to compare."""
    for name in ("holder /d/", "donor /d/pledges/EX-1", "donor /d/initiatives/EX-I",
                 "donor /d/mechanism", f"holder /d/photos/{PHOTO}",
                 "donor /feeds/pledges/EX-1/days.atom"):  # fmt: skip
        assert seen[f"{name} en"][0] == 200, name
        assert seen[f"{name} again"][0] == 304, name
    for form in VALUES["form"]:
        assert seen[f"holder /d/export.{form} en"][0] == 200, form
        assert seen[f"donor /d/pledges/EX-1/export.{form} uk"][0] == 200, form
    told = {answer[0] for name, answer in seen.items() if name.startswith("told ")}
    assert told == {"mail", "webhook"}
    assert STATEMENT.encode() in seen["holder /d/ en"][2]  # type: ignore[operator]
    assert len(seen) >= FEWEST_ANSWERS


PLAIN = Secrets("name", "address", "contact", "UA46020010000016247", "abcde", ("abcdef",), 1,
                (5, 6, 7, 8, 9), "note", (50.0, 30.0), tuple(range(len(SITES))))  # fmt: skip


def _pages(home: Path, template: Path, story: list[Unit]) -> list[tuple[object, ...]]:
    """A few of those pages, as a link shows them, a donor and a stranger."""
    asked = [("holder", "/d/"), ("donor", "/d/mechanism"), ("stranger", "/d/")]
    with fifty_days_later(home, template, PLAIN, story) as (app, token):
        found = readers(app, token)
        return [compared("", found[name].get(f"{path}?lang=en")) for name, path in asked]


@pytest.mark.parametrize("further", [[Unit(2, 0)], [Unit(1, 0, start=1)], [Unit(1, 0)] * 2])
def test_the_comparison_sees_a_step_more_a_day_later_and_a_second_unit(
    tmp_path: Path, sqlite_template: Path, further: list[Unit]
) -> None:
    seen = [_pages(tmp_path / "home", sqlite_template, story) for story in ([Unit(1, 0)], further)]
    assert [one != other for one, other in zip(*seen, strict=True)] == [True, True, False]


def test_the_comparison_sees_where_units_are_in_use(tmp_path: Path, sqlite_template: Path) -> None:
    moved = [unit._replace(site=unit.site % 14) for unit in everywhere]
    seen = [_pages(tmp_path / "home", sqlite_template, story) for story in (everywhere, moved)]
    assert b"Ternopil" in seen[0][0][2]  # type: ignore[operator]
    assert [one != other for one, other in zip(*seen, strict=True)] == [True, True, False]
