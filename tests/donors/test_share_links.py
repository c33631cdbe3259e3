"""A share link: one pledge, without an account, for as long as its coordinator allows."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import select

from tests.donors import walk
from tests.donors.worlds import Reader, deploy_at_new_sites
from tests.services.builders import BOB, COORDINATOR, lay_world, new_units, queue, scan
from tracker import clock
from tracker.db import db
from tracker.errors import InvalidValue, NotAllowed, NotFound
from tracker.models import Share
from tracker.services import shares, snapshots


@pytest.fixture
def client(app: Flask) -> Reader:
    lay_world()
    app.config["DONOR_DELAY_DAYS"] = 0
    return Reader(app.test_client())


def link(days: int = 30) -> str:
    return shares.make_share("EX-1", days=days, by=COORDINATOR, now=clock.now())


def entered(client: Reader) -> Reader:
    answer = client.post("/d/", data={"token": link()})
    assert answer.status_code == 303
    return client


def words(client: Reader, path: str = "/d/?lang=en") -> str:
    text = re.sub(r"<[^>]+>", " ", client.get(path).text)
    return re.sub(r"\s+", " ", text)


def test_the_token_is_kept_only_as_its_hash(client: Reader) -> None:
    token = link()
    assert len(token) >= 22
    stored = db.session.scalars(select(Share)).one()
    assert token not in repr(vars(stored))


def test_pasting_the_whole_link_opens_the_pledge_without_a_script(client: Reader) -> None:
    answer = client.post("/d/", data={"token": f" https://example.org/d/#{link()} "})
    assert answer.status_code == 303
    assert "EX-1" in words(client)


def test_the_page_moves_at_every_step(client: Reader) -> None:
    [code] = new_units(1, kits=True)
    entered(client)
    seen = [words(client)]
    for step, said in (
        ("receiving", {"location": "WH-1"}),
        ("packing", {}),
        ("shipping", {"consignment": "EX-C-1"}),
        ("receiving", {"location": "WH-2"}),
        ("accepting", {"receiver": "EX-USER", "act": "A"}),
        ("deploying", {"location": "EX-SITE-1"}),
        ("inspecting", {"findings": {"present": True, "working": True, "civilian_use": True}}),
    ):
        queue([scan(code, step, len(seen), **said)], now=clock.now())
        seen.append(words(client))
    moved = [before != after for before, after in itertools.pairwise(seen)]
    assert all(moved)
    assert "0 have reached their recipients" in seen[4]
    told = "1 have reached their recipients, 1 are in use and 1 were inspected there"
    assert told in seen[-1]


def test_nothing_changed_is_answered_in_one_line(client: Reader) -> None:
    new_units(2)
    entered(client)
    first = client.get("/d/")
    tag = {"If-None-Match": first.headers["ETag"]}
    assert client.get("/d/", headers=tag).status_code == 304
    assert client.get("/d/?lang=en", headers=tag).status_code == 200
    queue([scan("0000000000X", "receiving", 1, location="WH-1")], now=clock.now())
    assert client.get("/d/", headers=tag).status_code == 304
    queue([scan(new_units(1)[0], "receiving", 1, location="WH-1")], now=clock.now())
    assert client.get("/d/", headers=tag).status_code == 200


def test_one_answer_for_unknown_expired_and_revoked_links(client: Reader) -> None:
    expired, revoked = _two_that_ended()
    answers = [
        client.post("/d/", data={"token": token})
        for token in (expired, revoked, "A" * 22, "", "\x00", "я" * 500)
    ]
    told = {(answer.status_code, answer.data, str(answer.headers)) for answer in answers}
    assert len(told) == 1
    assert answers[0].status_code == 404


def test_a_link_that_failed_has_cost_the_same_questions_whatever_it_was(client: Reader) -> None:
    expired, revoked = _two_that_ended()
    asked = []
    for token in (expired, revoked, "A" * 22, "я" * 500):
        with _listening() as told:
            client.post("/d/", data={"token": token})
        asked.append([statement for statement in told if "share" in statement])
    assert len(asked[0]) == 1
    assert all(told == asked[0] for told in asked)


def test_a_session_of_a_link_that_ended_sees_what_a_stranger_sees(
    app: Flask, client: Reader
) -> None:
    """Everything under /d/ that needs no account, by the URL map: byte for byte."""
    with time_machine.travel(clock.now(), tick=False):
        ended = [Reader(app.test_client()) for _ in range(2)]
        tokens = link(), link()
        for reader, token in zip(ended, tokens, strict=True):
            assert reader.post("/d/", data={"token": token}).status_code == 303
        _end(*db.session.scalars(select(Share.id).order_by(Share.id)))
        values = {"ref": ["EX-1"], "name": ["A" * 22], "token": [tokens[0], "A" * 22]}
        rules = [
            rule
            for rule in walk.rules(app)
            if walk.is_open(app, rule) and rule.rule.startswith(("/d/", "/feeds/"))
        ]
        assert len(rules) > 4
        for address in walk.addresses(rules, values):
            told = {
                (answer.status_code, walk.without_tokens(answer.data), str(answer.headers))
                for answer in (reader.get(address.path) for reader in (client, *ended))
            }
            assert len(told) == 1, address.path


def _two_that_ended() -> tuple[str, str]:
    """The tokens of a link that expired and of one that was revoked."""
    tokens = link(), link()
    _end(*db.session.scalars(select(Share.id).order_by(Share.id)))
    return tokens


def _end(expired: int, revoked: int) -> None:
    shares.revoke_share(revoked, by=COORDINATOR, now=clock.now())
    db.session.get_one(Share, expired).expires_at = clock.now() - timedelta(days=60)
    db.session.commit()


@contextmanager
def _listening() -> Iterator[list[str]]:
    """The statements that the database is asked meanwhile."""
    asked: list[str] = []

    def listen(_c: object, _u: object, statement: str, *_: object) -> None:
        asked.append(statement.lower())

    sqlalchemy_event.listen(db.engine, "before_cursor_execute", listen)
    try:
        yield asked
    finally:
        sqlalchemy_event.remove(db.engine, "before_cursor_execute", listen)


def test_a_revoked_link_closes_the_pages_that_are_open(client: Reader) -> None:
    entered(client)
    assert "EX-1" in words(client)
    share = db.session.scalars(select(Share)).one()
    shares.revoke_share(share.id, by=COORDINATOR, now=clock.now())
    assert "EX-1" not in words(client)


def test_uses_are_counted(client: Reader) -> None:
    entered(client)
    db.session.rollback()
    share = db.session.scalars(select(Share)).one()
    assert share.uses == 1
    assert share.used_at is not None


def test_the_page_is_not_indexed_and_tells_nobody_where_it_came_from(client: Reader) -> None:
    answer = entered(client).get("/d/")
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "no-cache" in answer.headers["Cache-Control"]
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', answer.text)


def test_only_a_coordinator_makes_links_and_for_a_year_at_most(client: Reader) -> None:
    with pytest.raises(NotAllowed):
        shares.make_share("EX-1", days=30, by=BOB, now=clock.now())
    with pytest.raises(InvalidValue):
        shares.make_share("EX-1", days=1000, by=COORDINATOR, now=clock.now())
    with pytest.raises(NotFound):
        shares.make_share("NONE", days=30, by=COORDINATOR, now=clock.now())


def test_a_donor_s_page_reads_no_item_no_event_and_no_location(client: Reader) -> None:
    codes = new_units(3)
    queue([scan(code, "receiving", 1, location="WH-1") for code in codes])
    snapshots.take_due_snapshots(now=clock.now())
    entered(client)
    with _listening() as asked:
        client.get("/d/")
    tables = {name for told in asked for name in re.findall(r"(?:from|join) (\w+)", told)}
    allowed = {"pledge", "pledge_line", "product", "party", "share"}  # what was promised
    allowed |= {"tally", "daily_count", "place_snapshot", "disclosure", "release"}  # and is shown
    assert tables
    assert tables <= allowed


def test_places_are_shown_by_oblast_in_sites_and_never_below_five(
    app: Flask, client: Reader
) -> None:
    deploy_at_new_sites({"UA46": 6, "UA63": 3, "UA59": 4})
    month = snapshots.month_before(clock.day_in_kyiv(clock.now()) - timedelta(days=20))
    snapshots.take_snapshots(month, now=clock.now())
    shown = words(entered(client))
    assert "Lviv 6" in shown
    assert "Other oblasts together 7" in shown
    assert "Kharkiv" not in shown
