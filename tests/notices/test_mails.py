"""A digest from the ledger to a reader's postbox, and back by one click."""

from __future__ import annotations

import io
import re
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import func, select

from tests.notices.postbox import Postbox, part
from tests.racing import at_once
from tests.services.builders import COORDINATOR, NOW, new_units, queue, scan
from tracker.db import db, transaction
from tracker.domain.permissions import Actor, Role
from tracker.errors import NotAllowed, NotFound
from tracker.models import Account, Outgoing, Party, Release, RoleRow, Share, Subscription
from tracker.services import shares
from tracker.services.evidence import keep_evidence
from tracker.services.notices import due, subscriptions

DIANA = Actor("account:1", Role.DONOR, party="EX")
DAY = timedelta(days=1)


def add_account(party: str | None = "EX", role: str = "donor") -> None:
    with transaction() as session:
        row = RoleRow(name=role)
        session.add(Account(email="diana@example.org", fs_uniquifier="d" * 32, party=party,
                            roles=[row]))  # fmt: skip


@pytest.fixture
def diana(postbox: Postbox) -> Actor:
    add_account()
    return DIANA


def work(now: datetime) -> None:
    """One turn of the worker, as far as donors go."""
    for job in due.JOBS.values():
        job(now=now)


def subscribe(cadence: str = "daily", locale: str = "en", by: Actor = DIANA) -> None:
    subscriptions.subscribe("EX-1", cadence=cadence, locale=locale, by=by, now=NOW)


def move(at: datetime, units: int = 2) -> None:
    queue([scan(code, "receiving", 1, location="WH-1") for code in new_units(units)], now=at)


def count(table: type) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def link(days: int = 30) -> int:
    token = shares.make_share("EX-1", days=days, by=COORDINATOR, now=NOW)
    return shares.open_share(token, now=NOW)


def ask(share: int, address: str = "erin@example.org", locale: str = "en") -> None:
    subscriptions.ask(share, address=address, cadence="daily", locale=locale, now=NOW)


def manage_token(mail_: EmailMessage) -> str:
    found = re.search(r"/d/mail\?lang=\w\w#([\w-]{22})$", part(mail_, "plain"), re.MULTILINE)
    assert found, part(mail_, "plain")
    return found[1]


def test_a_digest_says_what_changed_and_as_of_which_day(diana: Actor, postbox: Postbox) -> None:
    subscribe()
    move(NOW)
    work(NOW + DAY)
    [got] = postbox.mails
    assert got["To"] == "diana@example.org"
    assert got["From"] == "KitTrail <notices@example.org>"
    assert got["Subject"] == "EX-1: what is new until 1 June 2026"
    assert got["Content-Language"] == "en"
    for text in (part(got, "plain"), re.sub(r"<[^>]+>", "", part(got, "html"))):
        assert "What changed from 1 June 2026 to 1 June 2026" in text
        assert "In stock: 0 → 2" in text or "In stock0 → 2" in text
        assert re.search(r"^\s*Of 100,000 units pledged", text, re.MULTILINE)
    assert not re.search("^ ", part(got, "plain"), re.MULTILINE)
    assert "/d/pledges/EX-1" in part(got, "plain")


def release(kind: str, at: datetime) -> None:
    """Let the donor see a photo or a statement from `at` on."""
    photo: dict[str, str | None] = {"source": None}
    if kind == "photo":
        picture = io.BytesIO()
        Image.new("RGB", (60, 40), "teal").save(picture, "JPEG")
        sha = keep_evidence(picture.getvalue(), "photo", by=COORDINATOR, now=at)
        photo = {"source": sha, "sha256": sha}
    with transaction() as session:
        session.add(Release(pledge="EX-1", kind=kind, name=kind[0] * 22, text_en="Half work.",
                            text_uk="Половина працює.", proposed_by="account:8", proposed_at=at,
                            decided_by="account:9", decided_at=at, approved=True,
                            **photo))  # fmt: skip


def test_photos_and_statements_are_news_once(diana: Actor, postbox: Postbox) -> None:
    subscribe()
    release("photo", NOW)
    release("statement", NOW)
    for days in (1, 2, 3):
        work(NOW + days * DAY)
    [got] = postbox.mails
    for text in (part(got, "plain"), part(got, "html")):
        assert "1 photo was released." in text
        assert "The coordinators: Half work." in text


def test_a_link_without_photos_is_told_of_none(postbox: Postbox) -> None:
    token = shares.make_share("EX-1", days=30, photos=False, by=COORDINATOR, now=NOW)
    ask(shares.open_share(token, now=NOW), locale="uk")
    work(NOW)
    subscriptions.confirm(manage_token(postbox.mails[0]), now=NOW)
    release("photo", NOW)
    work(NOW + DAY)
    assert len(postbox.mails) == 1
    release("statement", NOW + DAY)
    work(NOW + 2 * DAY)
    assert "Координатори: Половина працює." in part(postbox.mails[1], "plain")
    assert "фото" not in part(postbox.mails[1], "plain")


def test_it_is_in_the_reader_s_language(diana: Actor, postbox: Postbox) -> None:
    subscribe(locale="uk")
    move(NOW)
    work(NOW + DAY)
    [got] = postbox.mails
    assert "EX-1: що нового" in got["Subject"]
    assert 'lang="uk"' in part(got, "html")
    for text in (part(got, "plain"), re.sub(r"<style.*?</style>|<[^>]+>", "", part(got, "html"),
                                            flags=re.DOTALL)):  # fmt: skip
        words = set(re.findall("[A-Za-z]{3,}", re.sub(r"https?://\S+", "", text)))
        assert words <= {"KitTrail", "Example"}


def test_nothing_changed_sends_nothing(diana: Actor, postbox: Postbox) -> None:
    subscribe()
    work(NOW + DAY)
    work(NOW + 2 * DAY)
    assert postbox.mails == []
    assert count(Outgoing) == 0


def test_the_same_change_is_told_once(diana: Actor, postbox: Postbox) -> None:
    subscribe()
    move(NOW)
    for days in (1, 1, 2, 3):
        work(NOW + days * DAY)
    assert len(postbox.mails) == 1
    move(NOW + 4 * DAY, units=3)
    work(NOW + 5 * DAY)
    assert len(postbox.mails) == 2
    assert "In stock: 2 → 5" in part(postbox.mails[1], "plain")
    assert "from 4 June 2026 to 5 June 2026" in part(postbox.mails[1], "plain")


def test_a_day_is_told_when_it_is_over_and_the_delay_has_passed(
    app: Flask, diana: Actor, postbox: Postbox
) -> None:
    app.config["DONOR_DELAY_DAYS"] = 3
    subscribe()
    move(NOW)
    for days in (0, 1, 2):
        work(NOW + days * DAY)
    assert postbox.mails == []
    work(NOW + 3 * DAY)
    assert len(postbox.mails) == 1


def test_a_weekly_digest_comes_after_seven_days(diana: Actor, postbox: Postbox) -> None:
    subscribe("weekly")
    move(NOW)
    for days in range(1, 7):
        work(NOW + days * DAY)
    assert postbox.mails == []
    work(NOW + 7 * DAY)
    assert len(postbox.mails) == 1


def test_no_mail_is_sent_at_night(diana: Actor, postbox: Postbox) -> None:
    subscribe()
    move(NOW)
    night = (NOW + DAY).replace(hour=1)
    work(night)
    assert postbox.mails == []
    work(night.replace(hour=5))
    assert len(postbox.mails) == 1


def test_one_click_ends_it_by_what_stands_in_the_header(diana: Actor, postbox: Postbox) -> None:
    subscribe()
    move(NOW)
    work(NOW + DAY)
    [got] = postbox.mails
    assert got["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    found = re.fullmatch(r"<http://localhost:8000/u/([\w-]{22})>", got["List-Unsubscribe"])
    assert found
    subscriptions.end(found[1])
    assert count(Subscription) == 1, "the header's token opens no page"
    subscriptions.end(found[1], by_header=True)
    assert count(Subscription) == 0
    move(NOW + 2 * DAY)
    work(NOW + 3 * DAY)
    assert len(postbox.mails) == 1


def test_no_token_is_in_the_database(diana: Actor, postbox: Postbox) -> None:
    subscribe()
    move(NOW)
    due.write_due_digests(now=NOW + DAY)
    [waiting] = db.session.scalars(select(Outgoing)).all()
    [row] = db.session.scalars(select(Subscription)).all()
    kept = repr(vars(row)) + waiting.body
    work(NOW + DAY)
    [got] = postbox.mails
    assert manage_token(got) not in kept
    assert got["List-Unsubscribe"][-23:-1] not in kept


def test_the_link_to_the_page_carries_no_token(postbox: Postbox) -> None:
    share = link()
    ask(share)
    work(NOW)
    subscriptions.confirm(manage_token(postbox.mails[0]), now=NOW)
    move(NOW)
    work(NOW + DAY)
    text = part(postbox.mails[1], "plain")
    assert "http://localhost:8000/d/\n" in text
    assert len(re.findall("#", text)) == 1


def test_an_address_gets_nothing_but_a_question_until_it_says_yes(postbox: Postbox) -> None:
    share = link()
    ask(share)
    move(NOW)
    work(NOW)
    work(NOW + DAY)
    [question] = postbox.mails
    assert "Please confirm" in question["Subject"]
    assert question["List-Unsubscribe"] is None
    subscriptions.confirm(manage_token(question), now=NOW + DAY)
    move(NOW + DAY)
    work(NOW + 2 * DAY)
    assert "what is new" in postbox.mails[1]["Subject"]
    assert len(postbox.mails) == 2


def test_without_a_yes_the_address_is_forgotten(postbox: Postbox) -> None:
    ask(link())
    work(NOW)
    work(NOW + 2 * DAY)
    assert count(Subscription) == 1
    work(NOW + 4 * DAY)
    assert count(Subscription) == 0
    with pytest.raises(NotFound):
        subscriptions.confirm(manage_token(postbox.mails[0]), now=NOW + 4 * DAY)


def test_asking_again_and_again_sends_one_question(postbox: Postbox) -> None:
    share = link()
    for _ in range(5):
        ask(share)
    work(NOW)
    assert len(postbox.mails) == 1


def test_what_is_asked_several_times_at_once_is_asked_once(app: Flask, postbox: Postbox) -> None:
    share = link()
    at_once([app] * 6, lambda _: ask(share))
    work(NOW)
    assert len(postbox.mails) == 1


def test_who_subscribes_several_times_at_once_is_told_once(app: Flask, diana: Actor) -> None:
    at_once([app] * 6, lambda _: subscribe())
    assert count(Subscription) == 1


def test_many_links_together_cannot_flood_an_address(postbox: Postbox) -> None:
    for _ in range(8):
        ask(link())
    work(NOW)
    assert len(postbox.mails) == subscriptions.MOST_QUESTIONS


def test_one_link_cannot_write_to_many_addresses(postbox: Postbox) -> None:
    share = link()
    for number in range(30):
        ask(share, f"erin{number}@example.org")
    assert count(Subscription) == subscriptions.MOST_PER_SHARE


@pytest.mark.parametrize("how", ["revoked", "expired"])
def test_the_end_of_a_link_ends_its_subscriptions(postbox: Postbox, how: str) -> None:
    share = link(days=3)
    ask(share)
    work(NOW)
    subscriptions.confirm(manage_token(postbox.mails[0]), now=NOW)
    move(NOW)
    if how == "revoked":
        due.write_due_digests(now=NOW + DAY)
        shares.revoke_share(share, by=COORDINATOR, now=NOW)
    work(NOW + (DAY if how == "revoked" else 4 * DAY))
    assert len(postbox.mails) == 1
    assert count(Subscription) == 0
    assert count(Share) == 1


@pytest.mark.parametrize("change", ["inactive", "another party"])
def test_an_account_that_may_not_see_the_pledge_any_more_is_told_nothing(
    diana: Actor, postbox: Postbox, change: str
) -> None:
    subscribe()
    move(NOW)
    due.write_due_digests(now=NOW + DAY)
    with transaction() as session:
        account = session.get_one(Account, 1)
        if change == "inactive":
            account.active = False
        else:
            session.add(Party(ref="EY", name="Another", kind="non_profit"))
            session.flush()
            account.party = "EY"
    work(NOW + DAY)
    move(NOW + 2 * DAY)
    work(NOW + 3 * DAY)
    assert postbox.mails == []
    assert count(Subscription) == 0


def test_nobody_subscribes_to_another_donor_s_pledge(diana: Actor) -> None:
    with pytest.raises(NotFound):
        subscribe(by=Actor("account:1", Role.DONOR, party="EY"))
    with pytest.raises(NotFound):
        subscriptions.subscribe("NONE", cadence="daily", locale="en", by=diana, now=NOW)
    for role in (Role.WAREHOUSE, Role.FIELD, Role.AUDITOR, Role.ADMIN):
        with pytest.raises(NotAllowed):
            subscribe(by=Actor("account:1", role))
    assert count(Subscription) == 0


def test_changing_how_often_makes_no_second_subscription(diana: Actor) -> None:
    subscribe("daily")
    subscribe("weekly", "uk")
    [row] = db.session.scalars(select(Subscription)).all()
    assert (row.cadence, row.locale) == ("weekly", "uk")
    subscriptions.unsubscribe("EX-1", by=diana)
    assert count(Subscription) == 0
