"""An old installation becomes a new one: what its operator, staff, phones and donors are told."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner, Result
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from tests.conftest import KEYS
from tests.migrations.old_ledgers import MADE, OldLedgers, within
from tests.notices.postbox import Postbox, part
from tests.web.conftest import send, sign_in, spoken
from tracker.cli import main
from tracker.clock import day_in_kyiv
from tracker.db import db, transaction
from tracker.domain.permissions import SYSTEM, Actor, Role
from tracker.ledger.rebuilding import apply_rules
from tracker.models import Account, Discrepancy, Event, Subscription
from tracker.queries.feeds import staff_deadlines
from tracker.queries.field import discrepancies_of
from tracker.services import daily_counts, people, shares
from tracker.services.aid_codes import aid_terms
from tracker.services.notices import due, subscriptions

NAME, PLEDGE = "demonstration-0015", "PL-2022-11"
LATER = MADE + timedelta(hours=3)
DAY = timedelta(days=1)
ONLINE = "“Online” now counts only what was measured."
ENGINES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=ENGINES)
def old(request: pytest.FixtureRequest, old_ledgers: OldLedgers, tmp_path: Path) -> Iterator[Flask]:
    """The demonstration of an older version: its tables are new, its stories folded as before."""
    with time_machine.travel(LATER, tick=True), \
            old_ledgers.taken(NAME, request.param, tmp_path) as app:  # fmt: skip
        with within(app):
            people.lay_roles()
        yield app
        with within(app):
            pass


def fold_anew(app: Flask) -> None:
    """What `tracker init` does after migrating."""
    with app.app_context():
        apply_rules(now=LATER)
        db.session.remove()


def signed_in(app: Flask, name: str, role: Role, **where: Any) -> FlaskClient:
    with app.app_context():
        password = people.add_account(
            f"{name}@example.org", role, name=name, by=SYSTEM, now=LATER, **where
        )
        db.session.remove()
    client = app.test_client()
    client.post("/language", data={"locale": "en"})
    assert sign_in(client, name, password).status_code == 302
    return client


# The operator


@pytest.fixture
def home(
    old_ledgers: OldLedgers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """Where the old installation lives; no setting of this machine reaches it."""
    with old_ledgers.taken(NAME, "sqlite", tmp_path):
        pass
    (tmp_path / "keys").mkdir()
    for name, key in KEYS.items():
        (tmp_path / "keys" / name).write_text(key, encoding="utf-8")
    for name in [name for name in os.environ if name.startswith("TRACKER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TRACKER_HOME", str(tmp_path))
    with time_machine.travel(LATER, tick=True):
        yield tmp_path


def tracker(*words: str, status: int = 0) -> Result:
    told = CliRunner().invoke(main, list(words))
    assert told.exit_code == status, (words, told.output, told.exception)
    return told


def test_the_operator_is_told_that_the_rules_are_due(home: Path) -> None:
    found = json.loads(tracker("doctor", "--json", status=1).stdout)
    assert "run `tracker init`" in found["rules of the fold"]
    refused = tracker("ledger", "rebuild", "--repair", status=2).stderr
    assert "`tracker init` applies the new ones" in refused
    tracker("init")
    assert json.loads(tracker("doctor", "--json").stdout)["rules of the fold"] == ""
    assert "0 differed" in tracker("ledger", "rebuild", "--repair").stdout


def test_a_dry_run_tells_before_what_the_upgrade_changes(home: Path) -> None:
    told = tracker("ledger", "rebuild", "--dry-run", status=1).stdout
    assert told.startswith("163 units folded; 80 would change:\n")
    for number, what in (
        (2, "written off by one person alone: a proposal now"),
        (2, "counted elsewhere"),
        (4, "out of a box that it left"),
        (5, "no longer moved with a box that it was not in"),
        (1, "an unknown place filled"),
        (4, "a place dropped that was only passed"),
        (62, "no longer online by a person’s word"),
        (8, "discrepancies opened: 3 elsewhere, 3 left_box, 2 second_person"),
        (8, "discrepancies closed: 8 gap"),
    ):
        assert re.search(rf"^ +{number}  {re.escape(what)}", told, re.MULTILINE), what
    assert "and 52 more)" in told
    assert tracker("ledger", "rebuild", status=1).stdout == told, "nothing changed"


def test_a_program_reads_the_same_as_numbers(home: Path) -> None:
    told = json.loads(tracker("ledger", "rebuild", "--dry-run", "--json", status=1).stdout)
    assert (told["units"], told["changed"], told["rules"]) == (163, 80, 2)
    assert told["kinds"]["not_online"] == 62
    assert told["unnamed"] == []
    assert told["opened"] == {"left_box": 3, "elsewhere": 3, "second_person": 2}
    tracker("init")
    after = json.loads(tracker("ledger", "rebuild", "--dry-run", "--json").stdout)
    assert (after["units"], after["changed"], after["kinds"]) == (163, 0, {})


def test_init_applies_the_rules_once_and_prints_what_changed(home: Path) -> None:
    first = tracker("init").stdout
    assert "163 units folded; 80 changed:" in first
    assert "waits as one review, rules-2" in first
    assert first.endswith("The database is ready.\n")
    assert tracker("init").stdout == "The database is ready.\n"
    assert tracker("ledger", "verify").stdout.startswith("Every event fits.")


def test_a_server_is_not_ready_before_the_rules_are_applied(old: Flask) -> None:
    assert old.test_client().get("/readyz").status_code == 503
    fold_anew(old)
    assert old.test_client().get("/readyz").text == "ready\n"


# The staff


def rows_of(page: str) -> int:
    return len(re.findall(r'<th scope="row"><a href="/discrepancies/\d+">', page))


def test_the_review_is_one_entry_that_opens_its_list(old: Flask) -> None:
    alice = signed_in(old, "alice", Role.COORDINATOR)
    before = alice.get("/discrepancies").text
    assert "Review of old stories" not in before
    fold_anew(old)
    page = alice.get("/discrepancies").text
    assert "Review of old stories: 8 discrepancies" in spoken(page)
    kinds = ("Left its box unsaid: 3", "Scanned elsewhere: 3", "Waits for a second person: 2")
    assert all(kind in spoken(page) for kind in kinds)
    assert rows_of(page) == rows_of(before) - 8, "eight gaps have closed, and none of these is here"
    [address] = set(re.findall(r'href="(/discrepancies\?[^"]*review=rules-2[^"]*)"', page))
    listed = alice.get(address.replace("&amp;", "&")).text
    assert rows_of(listed) == 8
    assert "overdue" not in spoken(listed)
    [number, *_] = re.findall(r'href="/discrepancies/(\d+)"', listed)
    assert "Newer rules found this" in spoken(alice.get(f"/discrepancies/{number}").text)


def test_the_entry_follows_the_filters_and_keeps_its_own(old: Flask) -> None:
    alice = signed_in(old, "alice", Role.COORDINATOR)
    fold_anew(old)
    assert "Review of old stories: 3" in spoken(alice.get("/discrepancies?kind=elsewhere").text)
    assert "Review of old" not in spoken(alice.get("/discrepancies?kind=unknown_code").text)
    some = alice.get("/discrepancies?review=rules-2&kind=second_person").text
    assert rows_of(some) == 2
    assert '<input type="hidden" name="review" value="rules-2">' in some
    assert rows_of(alice.get("/discrepancies?review=rules-3").text) == 0


def test_what_somebody_takes_of_it_is_theirs_and_what_is_settled_leaves_it(old: Flask) -> None:
    alice = signed_in(old, "alice", Role.COORDINATOR)
    fold_anew(old)
    listed = alice.get("/discrepancies?review=rules-2").text
    first, second = re.findall(r'href="/discrepancies/(\d+)"', listed)[:2]
    send(alice, f"/discrepancies/{first}/take")
    assert rows_of(alice.get("/discrepancies?mine=1").text) == 1
    send(alice, f"/discrepancies/{second}/settle", {"decision": "Found in the yard."})
    assert "Review of old stories: 7" in spoken(alice.get("/discrepancies").text)
    assert "Review of old stories: 1 discrepancy" in spoken(
        alice.get("/discrepancies?state=settled").text
    )


def make_old(days: int) -> None:
    """Let the review's cases be long past the day by which they should be looked through."""
    with transaction() as session:
        session.execute(
            update(Discrepancy)
            .where(Discrepancy.review.is_not(None))
            .values(due_on=day_in_kyiv(LATER) - timedelta(days=days))
        )


def test_no_page_counts_it_as_overdue_or_as_a_new_alarm(old: Flask) -> None:
    alice = signed_in(old, "alice", Role.COORDINATOR)
    with old.app_context():
        waiting = db.session.scalar(
            select(func.count()).select_from(Discrepancy).where(Discrepancy.state == "open")
        )
    fold_anew(old)
    with old.app_context():
        make_old(days=100)
    home = alice.get("/").text
    assert waiting is not None
    left = waiting - 8  # gaps that have closed
    assert f"Discrepancies {left}" in spoken(home)
    assert "8 in a review of old stories" in spoken(home)
    board = alice.get("/board").text
    ages = spoken(board).partition("Open discrepancies by age")[2].partition("Clocks of aid")[0]
    assert "Scanned elsewhere" not in ages
    assert "Review of old stories: 8 discrepancies" in ages
    with old.app_context():
        reviewed = db.session.scalars(select(Discrepancy.id).where(Discrepancy.review.is_not(None)))
        due_days = staff_deadlines(day_in_kyiv(LATER), aid_terms())
        assert {f"discrepancy-{number}" for number in reviewed}.isdisjoint(
            one.uid for one in due_days
        )


def test_the_phone_that_made_an_old_scan_is_not_asked_about_it(old: Flask) -> None:
    fold_anew(old)
    with old.app_context():
        found = select(Discrepancy).where(Discrepancy.kind == "elsewhere")
        reviewed = [row.event for row in db.session.scalars(found)]
        assert [row for row in discrepancies_of(reviewed) if row.kind == "elsewhere"] == []
        with transaction() as session:
            row = session.scalars(found).first()
            assert row is not None
            row.state, row.decision = "settled", "Seen there."
            row.settled_by, row.settled_at = "account:1", LATER
        told = [row for row in discrepancies_of(reviewed) if row.kind == "elsewhere"]
        assert [row.decision for row in told] == ["Seen there."]


# Donors


def linked(app: Flask, pledge: str = PLEDGE) -> FlaskClient:
    """A browser that has followed the share link of a pledge."""
    with app.app_context():
        token = shares.make_share(pledge, days=30, by=TELLER, now=LATER)
    client = app.test_client()
    assert client.post("/d/", data={"token": token}).status_code == 303
    return client


TELLER = Actor("system:demonstration", Role.COORDINATOR)


def page(client: FlaskClient, path: str = "/d/?lang=en") -> str:
    return spoken(client.get(path).text)


def at(moment: datetime) -> Any:
    return time_machine.travel(moment, tick=True)


def test_who_looked_before_is_told_once_what_online_means_now(old: Flask) -> None:
    reader = linked(old)
    assert ONLINE not in page(reader)
    fold_anew(old)
    told = page(reader)
    assert ONLINE in told
    assert "units counted as online before, because a person said that they work" in told
    assert ONLINE in page(reader), "all of that day"
    with at(LATER + DAY):
        later = linked_again(old, reader)
        assert ONLINE not in page(later)
        assert "Working, as a person said" in page(later)


def linked_again(app: Flask, client: FlaskClient) -> FlaskClient:
    """The same browser a day later: the link is opened anew, what it looked at is remembered."""
    with app.app_context():
        token = shares.make_share(PLEDGE, days=30, by=TELLER, now=LATER + DAY)
        number = shares.open_share(token, now=LATER + DAY)
    looked = client.get_cookie("looked", path="/d/")
    assert looked is not None
    client.post("/d/", data={"token": token})
    kept = looked.value.partition(".")[2]
    client.set_cookie("looked", f"{number}.{kept}", path="/d/")
    return client


def test_it_is_told_in_ukrainian_too(old: Flask) -> None:
    reader = linked(old)
    reader.get("/d/?lang=uk")
    fold_anew(old)
    assert "«На зв’язку» тепер означає лише виміряне." in page(reader, "/d/?lang=uk")


def test_who_comes_for_the_first_time_needs_no_telling(old: Flask) -> None:
    fold_anew(old)
    reader = linked(old)
    assert ONLINE not in page(reader)
    assert ONLINE not in page(reader)


def test_where_nothing_was_shown_on_line_nothing_is_told(old: Flask) -> None:
    diana = signed_in(old, "diana", Role.DONOR, party="PL")
    quiet = "/d/pledges/PL-2023-12"
    for path in (quiet, "/d/pledges/PL-EX-NET", "/d/donors/PL"):
        assert ONLINE not in page(diana, path)
    fold_anew(old)
    assert ONLINE not in page(diana, quiet)
    assert ONLINE in page(diana, "/d/pledges/PL-EX-NET")
    assert ONLINE in page(diana, "/d/donors/PL"), "a portfolio that holds such a pledge"


def test_a_browser_that_has_the_page_is_not_answered_that_it_is_the_same(old: Flask) -> None:
    reader = linked(old)
    tag = reader.get("/d/").headers["ETag"]
    tag = reader.get("/d/").headers["ETag"]
    assert reader.get("/d/", headers={"If-None-Match": tag}).status_code == 304
    fold_anew(old)
    assert reader.get("/d/", headers={"If-None-Match": tag}).status_code == 200


def test_what_is_in_review_is_a_matter_of_its_own_for_donors(old: Flask) -> None:
    fold_anew(old)
    with old.app_context():
        daily_counts.count_due_discrepancies(now=LATER + DAY)
    with at(LATER + 4 * DAY):
        told = page(linked(old))
    assert "Found by newer rules in older stories; being looked through 7" in told
    assert "Scanned at another place than expected" not in told


@pytest.fixture
def postbox(old: Flask) -> Iterator[Postbox]:
    with Postbox() as box:
        old.config.update(MAIL_HOST="127.0.0.1", MAIL_PORT=box.port, MAIL_TLS="none",
                          MAIL_FROM="notices@example.org")  # fmt: skip
        yield box


def test_a_digest_says_it_once(old: Flask, postbox: Postbox) -> None:
    signed_in(old, "diana", Role.DONOR, party="PL")
    with old.app_context():
        number = db.session.scalar(select(Account.id))
        diana = Actor(f"account:{number}", Role.DONOR, party="PL")
        subscriptions.subscribe(PLEDGE, cadence="daily", locale="en", by=diana, now=LATER)
        with transaction() as session:  # a reader of the older version
            session.execute(update(Subscription).values(told_rules=1))
    fold_anew(old)
    told = []
    with old.app_context():
        for number in range(1, 4):
            morning = LATER + number * DAY
            due.write_due_digests(now=morning)
            due.deliver_mails(now=morning)
            told.append(sum(ONLINE in part(mail, "plain") for mail in postbox.mails))
    assert told == [1, 1, 1], "in the first that goes, and in no other"
    assert ONLINE in part(postbox.mails[0], "html")


def test_nothing_of_the_ledger_itself_is_changed(old: Flask) -> None:
    with old.app_context():
        events = db.session.execute(select(Event.id, Event.body, Event.hash)).all()
    fold_anew(old)
    with old.app_context():
        assert db.session.execute(select(Event.id, Event.body, Event.hash)).all() == events
