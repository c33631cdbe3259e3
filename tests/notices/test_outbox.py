"""The outbox: what is due is delivered once at a time, later each try, and dies in plain sight."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import migrated_app
from tests.notices.test_mails import DIANA, add_account, subscribe
from tests.services.builders import BOB, COORDINATOR, NOW, lay_world
from tracker.db import db, transaction
from tracker.errors import NotAllowed, NotFound
from tracker.models import Outgoing
from tracker.services.notices import outbox
from tracker.services.notices.outbox import Due, NotWanted, Undeliverable


@pytest.fixture(autouse=True)
def subscribed(app: Flask) -> None:
    lay_world()
    app.config.update(MAIL_HOST="127.0.0.1", MAIL_FROM="notices@example.org")
    add_account()
    subscribe(by=DIANA)


def put(many: int = 1) -> None:
    with transaction() as session:
        for number in range(many):
            outbox.put(session, "mail", 1, f"body {number}", now=NOW)


def rows() -> list[Outgoing]:
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(select(Outgoing).order_by(Outgoing.due_at, Outgoing.id)))


def failing(_due: Due) -> None:
    raise Undeliverable("nobody there")


def deliver(send: object, at: datetime = NOW, seconds: float = 20) -> tuple[int, int]:
    return outbox.deliver_due("mail", send, now=at, seconds=seconds)  # type: ignore[arg-type]


def test_what_is_not_kept_with_its_reason_is_not_delivered() -> None:
    def write() -> None:
        with transaction() as session:
            outbox.put(session, "mail", 1, "body", now=NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write()
    assert rows() == []


def test_what_was_delivered_is_not_delivered_again_and_its_words_are_forgotten() -> None:
    put(3)
    seen: list[str] = []
    assert deliver(lambda due: seen.append(due.body)) == (3, 0)
    assert deliver(lambda due: seen.append(due.body)) == (0, 0)
    assert sorted(seen) == ["body 0", "body 1", "body 2"]
    assert {(row.body, row.delivered_at) for row in rows()} == {("", NOW)}


def test_nothing_is_delivered_before_it_is_due() -> None:
    with transaction() as session:
        outbox.put(session, "mail", 1, "later", now=NOW, due_at=NOW + timedelta(hours=1))
    assert deliver(failing) == (0, 0)


def test_what_fails_is_tried_again_later_each_time_and_dies_after_the_last() -> None:
    put()
    at, waits, ids = NOW, [], set()
    for _ in range(outbox.MOST_TRIES):
        assert deliver(failing, at) == (0, 1)
        [row] = rows()
        ids.add(row.id)
        waits.append(row.due_at - at)
        assert deliver(failing, at + waits[-1] - timedelta(seconds=1)) == (0, 0)
        at = row.due_at
    assert len(ids) == 1
    assert all(later > 2 * sooner for sooner, later in pairwise(waits[:6]))
    [row] = rows()
    assert row.dead_at is not None
    assert row.last_error == "nobody there"
    assert deliver(failing, at + timedelta(days=99)) == (0, 0)


@pytest.mark.parametrize("tries", range(1, outbox.MOST_TRIES + 1))
def test_waits_are_moved_by_a_quarter_at_most(tries: int) -> None:
    soon, late = (outbox.wait_after(tries, chance) for chance in (0.0, 1.0))
    middle = outbox.wait_after(tries, 0.5)
    assert soon == 0.75 * middle
    assert late == 1.25 * middle
    assert late <= timedelta(days=1)


def test_what_fails_for_good_is_dead_at_once() -> None:
    put()

    def refuse(_due: Due) -> None:
        raise Undeliverable("no such address", for_good=True)

    deliver(refuse)
    assert rows()[0].dead_at == NOW


def test_one_that_breaks_does_not_stop_the_others() -> None:
    put(3)
    seen: list[str] = []

    def send(due: Due) -> None:
        seen.append(due.body)
        if due.body == "body 1":
            raise ZeroDivisionError("with a secret in it")

    assert deliver(send) == (2, 1)
    assert len(seen) == 3
    assert [row.last_error for row in rows() if row.body] == [
        "an error of ours (ZeroDivisionError)"
    ]


def test_what_nobody_wants_any_more_is_dropped() -> None:
    put()

    def send(_due: Due) -> None:
        raise NotWanted

    deliver(send)
    assert rows() == []


def test_a_worker_that_died_is_followed_by_another_when_its_lease_is_over() -> None:
    put()
    assert outbox._claim("mail", NOW) is not None
    assert deliver(failing, NOW + outbox.LEASE - timedelta(seconds=1)) == (0, 0)
    seen: list[int] = []
    assert deliver(lambda due: seen.append(due.tries), NOW + outbox.LEASE) == (1, 0)
    assert seen == [2]


def test_a_worker_that_comes_back_too_late_does_not_undo_the_other() -> None:
    put()
    slow = outbox._claim("mail", NOW)
    assert slow is not None
    assert deliver(lambda _due: None, NOW + outbox.LEASE) == (1, 0)
    outbox._fail(slow, Undeliverable("too late"), NOW + outbox.LEASE)
    [row] = rows()
    assert row.delivered_at is not None
    assert row.last_error is None


def test_two_workers_never_send_the_same_at_the_same_time(app: Flask, database_url: str) -> None:
    put(24)
    sent: list[str] = []
    start = threading.Barrier(3)

    def work(other: Flask) -> None:
        with other.app_context():
            start.wait(30)
            outbox.deliver_due("mail", lambda due: sent.append(due.body), now=NOW)
            db.session.remove()
            db.engine.dispose()

    others = [migrated_app(app.config["HOME"], database_url) for _ in range(3)]
    workers = [threading.Thread(target=work, args=(other,)) for other in others]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(sent) == sorted(f"body {number}" for number in range(24))


def test_a_turn_ends_when_its_time_is_over() -> None:
    put(3)
    assert deliver(lambda _due: None, seconds=0) == (0, 0)
    assert len(rows()) == 3


def test_a_coordinator_tries_the_dead_again_or_drops_them() -> None:
    put(2)
    for hours in range(outbox.MOST_TRIES):
        deliver(failing, NOW + timedelta(days=hours))
    first, second = rows()
    with pytest.raises(NotAllowed):
        outbox.try_again(first.id, by=BOB, now=NOW)
    outbox.try_again(first.id, by=COORDINATOR, now=NOW)
    outbox.drop(second.id, by=COORDINATOR)
    [left] = rows()
    assert (left.id, left.dead_at, left.tries) == (first.id, None, 0)
    assert deliver(lambda _due: None) == (1, 0)


def test_only_the_dead_are_dropped() -> None:
    put()
    with pytest.raises(NotFound):
        outbox.drop(rows()[0].id, by=COORDINATOR)
    with pytest.raises(NotFound):
        outbox.try_again(rows()[0].id, by=COORDINATOR, now=NOW)


def test_what_was_delivered_is_forgotten_after_a_month() -> None:
    put()
    deliver(lambda _due: None)
    outbox.sweep(now=NOW + timedelta(days=29))
    assert len(rows()) == 1
    outbox.sweep(now=NOW + timedelta(days=31))
    assert rows() == []
