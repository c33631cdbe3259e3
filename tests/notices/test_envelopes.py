"""Mails as a mail server sees them: no smuggled header, no secret, refusals that are told apart."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import select

from tests.notices.postbox import Postbox, part
from tests.notices.test_mails import DAY, ask, count, diana, link, move, subscribe, work
from tests.services.builders import NOW
from tracker.db import db, transaction
from tracker.domain.permissions import Actor
from tracker.errors import InvalidValue, NotSetUp
from tracker.models import Outgoing, Party, Subscription
from tracker.services.notices import mail

__all__ = ["diana"]


@pytest.mark.parametrize(
    "address",
    ["", "erin", "erin@", "@example.org", "erin@example.org\nBcc: all@example.org",
     "erin@example.org\r\n\r\nHello", "a@example.org,b@example.org", "Erin <erin@example.org>",
     "erin@example.org\x00", "e" * 300 + "@example.org", "ерін@example.org"],
)  # fmt: skip
def test_no_header_can_be_smuggled_in_by_an_address(postbox: Postbox, address: str) -> None:
    with pytest.raises(InvalidValue):
        ask(link(), address)
    assert count(Outgoing) == 0


def test_no_header_can_be_smuggled_in_by_a_donor_s_name(diana: Actor, postbox: Postbox) -> None:
    with transaction() as session:
        session.get_one(Party, "EX").name = "Example\nBcc: all@example.org\n\n<script>alert(1)"
    subscribe()
    move(NOW)
    work(NOW + DAY)
    [got] = postbox.mails
    assert got["Bcc"] is None
    assert got["Subject"] == "EX-1: what is new until 1 June 2026"
    assert "<script>" not in part(got, "html")


def test_a_mail_asks_nobody_for_anything_when_it_is_read(diana: Actor, postbox: Postbox) -> None:
    subscribe()
    move(NOW)
    work(NOW + DAY)
    page = part(postbox.mails[0], "html")
    assert not re.search(r"<(img|link|script|iframe)|@import|url\(", page)


def test_every_line_fits_into_a_mail_and_is_seven_bits(diana: Actor, postbox: Postbox) -> None:
    subscribe(locale="uk")
    move(NOW)
    work(NOW + DAY)
    raw = postbox.raw[0]
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_a_mail_that_is_sent_again_has_the_same_id(diana: Actor, postbox: Postbox) -> None:
    subscribe()
    move(NOW)
    postbox.refused["diana@example.org"] = "450 busy"
    work(NOW + DAY)
    assert postbox.mails == []
    [row] = db.session.scalars(select(Outgoing)).all()
    assert (row.tries, row.last_error) == (1, "the mail server refused the address (450)")
    postbox.refused.clear()
    work(NOW + 2 * DAY)
    assert postbox.mails[0]["Message-ID"] == f"<{row.id}@localhost>"


def test_an_address_that_is_refused_for_good_is_not_tried_again(
    diana: Actor, postbox: Postbox
) -> None:
    subscribe()
    move(NOW)
    postbox.refused["diana@example.org"] = "550 no such person diana@example.org"
    work(NOW + DAY)
    db.session.rollback()
    [row] = db.session.scalars(select(Outgoing)).all()
    assert row.dead_at is not None
    assert row.last_error == "the mail server refused the address (550)"


def test_an_installation_without_mail_says_so(app: Flask, diana: Actor) -> None:
    app.config["MAIL_HOST"] = ""
    assert mail.missing() == ["MAIL_HOST"]
    with pytest.raises(NotSetUp, match="sends no mail"):
        subscribe()
    with pytest.raises(NotSetUp):
        ask(link())
    assert count(Subscription) == 0


def test_a_server_that_is_away_fails_one_try_and_tells_no_secret(
    app: Flask, diana: Actor, capsys: pytest.CaptureFixture[str]
) -> None:
    subscribe()
    move(NOW)
    app.config.update(MAIL_PORT=1, MAIL_USER="kit", KEYS={**app.config["KEYS"], "mail": "hush"})
    work(NOW + DAY)
    [row] = db.session.scalars(select(Outgoing)).all()
    assert row.last_error == "the mail server cannot be used (ConnectionRefusedError)"
    said = capsys.readouterr()
    for secret in ("hush", "diana@", "/u/"):
        assert secret not in said.out + said.err


def test_a_server_without_tls_is_not_spoken_to_unless_the_setting_says_so(
    app: Flask, diana: Actor, postbox: Postbox
) -> None:
    for setting in ("starttls", "strattls"):
        app.config["MAIL_TLS"] = setting
        subscribe()
        move(NOW)
        work(NOW + DAY)
        assert postbox.mails == []
