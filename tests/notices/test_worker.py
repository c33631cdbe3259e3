"""`tracker worker` tells donors, and `tracker doctor` tells when it cannot."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.notices.postbox import Postbox
from tests.notices.receiver import receiving
from tests.notices.test_mails import DAY, DIANA, add_account, move, subscribe, work
from tests.services.builders import NOW
from tracker import clock
from tracker.commands import ledger as commands
from tracker.db import db, transaction
from tracker.models import Outgoing
from tracker.services import health
from tracker.services.notices import due, outbox, webhooks


@pytest.fixture(autouse=True)
def diana(postbox: Postbox) -> None:
    add_account()


def diagnosis(name: str) -> str:
    db.session.rollback()
    return health.CHECKS[name]()


@pytest.mark.parametrize("broken", due.JOBS)
def test_a_kind_that_fails_never_stops_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], broken: str
) -> None:
    done: list[str] = []

    def breaks(*, now: object) -> int:
        raise RuntimeError("with a secret in it")

    def works(name: str) -> object:
        return lambda *, now: done.append(name)

    jobs = {name: breaks if name == broken else works(name) for name in due.JOBS}
    monkeypatch.setattr(due, "JOBS", jobs)
    assert commands._tell_donors() is False
    assert done == [name for name in due.JOBS if name != broken]
    said = capsys.readouterr()
    assert f"{broken}-failed" in said.out + said.err
    assert "with a secret in it" not in said.out + said.err


def test_mails_that_cannot_go_do_not_keep_webhooks_back(app: Flask) -> None:
    app.config.update(WEBHOOKS_ALLOW="127.0.0.0/8")
    with receiving() as receiver:
        subscribe()
        webhooks.register("EX-1", address=receiver.address, by=DIANA, now=NOW)
        move(NOW)
        app.config["MAIL_PORT"] = 1
        work(NOW + DAY)
        assert len(receiver.calls) == 1


def test_the_doctor_tells_of_what_was_given_up() -> None:
    subscribe()
    assert diagnosis("deliveries to donors") == ""
    with transaction() as session:
        outbox.put(session, "mail", 1, "{}", now=NOW)
        session.flush()
        session.scalars(select(Outgoing)).one().dead_at = NOW
    assert diagnosis("deliveries to donors") == "1 given up; decide at /deliveries"


def test_the_doctor_tells_of_what_no_worker_delivers() -> None:
    subscribe()
    now = clock.now()
    with transaction() as session:
        outbox.put(session, "mail", 1, "{}", now=now)
    assert diagnosis("deliveries to donors") == ""
    with transaction() as session:
        session.scalars(select(Outgoing)).one().due_at = now - timedelta(hours=1)
    assert diagnosis("deliveries to donors") == "1 overdue; is `tracker worker` running?"


def test_the_doctor_tells_of_a_setting_that_is_missing(app: Flask) -> None:
    assert diagnosis("mail") == ""
    app.config["MAIL_FROM"] = ""
    assert diagnosis("mail") == "not set: TRACKER_MAIL_FROM; nobody gets a mail"
    app.config.update(MAIL_HOST="", MAIL_FROM="")
    assert diagnosis("mail") == "", "an installation may do without"
    app.config.update(MAIL_HOST="mail.example.org", MAIL_FROM="x@example.org", MAIL_USER="kit")
    assert diagnosis("mail") == "not set: TRACKER_KEY_MAIL; nobody gets a mail"


def test_the_doctor_tells_of_readers_whom_no_mail_reaches(app: Flask) -> None:
    subscribe()
    app.config["MAIL_HOST"] = ""
    assert "TRACKER_MAIL_HOST" in diagnosis("mail")


def test_the_doctor_tells_of_a_network_that_is_none(app: Flask) -> None:
    assert diagnosis("webhooks") == ""
    app.config["WEBHOOKS_ALLOW"] = "10.0.0.0/8 intranet"
    assert "intranet" in diagnosis("webhooks")
