"""The pages of notices, as donors, coordinators, holders of links and mail programs use them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from tests.notices.postbox import Postbox, part
from tests.web.conftest import NAMES, World, look, send, settled, still_world, world
from tracker import clock
from tracker.db import db, transaction
from tracker.domain.permissions import Action, scope
from tracker.models import Outgoing, Subscription
from tracker.services import shares
from tracker.services.notices import due, outbox
from tracker.services.notices.outbox import Due, Undeliverable

__all__ = ["look", "settled", "still_world", "world"]

OWN, OTHER = "PL-2022-11", "EE-2023-01"
NOTICES = f"/d/pledges/{OWN}/notices"

Look = Callable[..., TestResponse]


@pytest.fixture
def box(world: World) -> Iterator[Postbox]:
    with Postbox() as box:
        world.app.config.update(MAIL_HOST="127.0.0.1", MAIL_PORT=box.port, MAIL_TLS="none",
                                MAIL_FROM="notices@example.org")  # fmt: skip
        yield box


def work(world: World) -> None:
    with world.app.app_context():
        for job in due.JOBS.values():
            job(now=clock.now())
        db.session.remove()


def count(world: World, table: type) -> int:
    with world.app.app_context():
        return db.session.scalar(select(func.count()).select_from(table)) or 0


def holder(world: World, **narrow: bool) -> FlaskClient:
    """A browser in which a link was opened."""
    with world.app.app_context():
        by = world.actor("alice")
        token = shares.make_share(OWN, days=9, by=by, now=clock.now(), **narrow)
        db.session.remove()
    client = world.client()
    assert client.post("/d/?lang=en", data={"token": token}).status_code == 303
    return client


@pytest.mark.parametrize("name", NAMES)
def test_each_role_reaches_the_notices_of_its_own_pledges_and_no_others(
    look: Look, name: str
) -> None:
    reach = scope(NAMES[name], Action.RECEIVE_NOTICES)
    expected = {None: (403, 403), "all": (200, 200), "own": (200, 404)}
    got = [look(name, f"/d/pledges/{ref}/notices").status_code for ref in (OWN, OTHER)]
    assert tuple(got) == expected[reach]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("ref", [OWN, OTHER])
def test_each_role_reaches_feeds_of_its_own_pledges_and_no_others(
    look: Look, name: str, ref: str
) -> None:
    reach = scope(NAMES[name], Action.RECEIVE_NOTICES)
    allowed = reach == "all" or (reach == "own" and ref == OWN)
    for kind in ("days.atom", "deadlines.ics"):
        answer = look(name, f"/feeds/pledges/{ref}/{kind}")
        assert answer.status_code == (200 if allowed else 404)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_due_for_the_staff_is_shown_to_the_staff(look: Look, name: str) -> None:
    allowed = scope(NAMES[name], Action.READ_DISCREPANCIES) is not None
    assert look(name, "/feeds/deadlines.ics").status_code == (200 if allowed else 401)
    assert look(name, "/calendar").status_code == (200 if allowed else 403)


@pytest.mark.parametrize("name", NAMES)
def test_deliveries_are_shown_to_coordinators(look: Look, name: str) -> None:
    allowed = scope(NAMES[name], Action.MANAGE_DELIVERIES) is not None
    assert look(name, "/deliveries").status_code == (200 if allowed else 403)


def test_a_stranger_is_asked_for_a_password_and_learns_nothing(look: Look) -> None:
    told = set()
    for ref in (OWN, OTHER, "NONE"):
        answer = look("", f"/feeds/pledges/{ref}/days.atom")
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")
        told.add((answer.data, str(sorted(answer.headers))))
    assert len(told) == 1


def test_an_installation_without_mail_says_so_on_every_page(world: World) -> None:
    plainly = "This installation sends no mail."
    diana = world.as_("diana")
    assert plainly in diana.get(NOTICES).text
    assert plainly in holder(world).get("/d/notices?lang=en").text
    assert plainly in world.as_("alice").get("/deliveries").text
    answer = send(diana, f"{NOTICES}/mail", {"cadence": "daily"})
    assert answer.status_code == 409
    assert plainly in answer.text


def test_a_donor_chooses_and_ends_mails(world: World, box: Postbox) -> None:
    client = world.as_("diana")
    assert "You get no mails." in client.get(NOTICES).text
    assert send(client, f"{NOTICES}/mail", {"cadence": "weekly"}).status_code == 303
    assert "once a week" in client.get(NOTICES).text
    send(client, f"{NOTICES}/mail", {"cadence": "daily"})
    assert count(world, Subscription) == 1
    send(client, f"{NOTICES}/mail", {"cadence": "never"})
    assert "You get no mails." in client.get(NOTICES).text
    assert send(client, f"{NOTICES}/mail", {"cadence": "hourly"}).status_code == 422


def test_the_holder_of_a_link_subscribes_confirms_and_ends(world: World, box: Postbox) -> None:
    client = holder(world)
    form = {"address": "Erin@example.org", "cadence": "daily"}
    answer = client.post("/d/notices/mail?lang=en", data=form)
    assert "gets a question now" in answer.text
    work(world)
    found = re.search(r"/d/mail\?lang=en#([\w-]{22})", part(box.mails[0], "plain"))
    assert found
    elsewhere = world.client()
    asked = elsewhere.post("/d/mail?lang=en", data={"token": found[1]})
    assert "e…@example.org" in asked.text
    assert "Yes, send these mails" in asked.text
    assert found[1] not in str(asked.headers)
    said = elsewhere.post("/d/mail?lang=en", data={"token": found[1], "verb": "confirm"})
    assert "It is confirmed." in said.text
    ended = elsewhere.post("/d/mail?lang=en", data={"token": found[1], "verb": "end"})
    assert "your address is erased" in ended.text
    assert count(world, Subscription) == 0
    over = elsewhere.post("/d/mail?lang=en", data={"token": found[1]})
    assert over.status_code == 404


def test_nobody_learns_whether_an_address_subscribed(world: World, box: Postbox) -> None:
    client = holder(world)
    form = {"address": "erin@example.org", "cadence": "daily"}
    pages = [client.post("/d/notices/mail?lang=en", data=form).data for _ in range(3)]
    assert len(set(pages)) == 1
    work(world)
    assert len(box.mails) == 1


def test_a_wrong_address_is_told_at_its_field(world: World, box: Postbox) -> None:
    form = {"address": "erin@", "cadence": "daily"}
    answer = holder(world).post("/d/notices/mail?lang=en", data=form)
    assert answer.status_code == 422
    assert "This is not an e-mail address." in answer.text


def test_one_click_ends_the_mails_without_a_session_and_looking_does_not(
    world: World, box: Postbox
) -> None:
    client = world.as_("diana")
    send(client, f"{NOTICES}/mail", {"cadence": "daily"})
    with world.app.app_context():
        from tracker.services.notices.subscriptions import token_of

        row = db.session.scalars(select(Subscription)).one()
        token = token_of(row.uid, "end")
        db.session.remove()
    mailer = world.client()
    looked = mailer.get(f"/u/{token}")
    assert looked.status_code == 200
    assert looked.headers["Referrer-Policy"] == "no-referrer"
    assert count(world, Subscription) == 1
    clicked = mailer.post(f"/u/{token}", data={"List-Unsubscribe": "One-Click"})
    assert clicked.status_code == 200
    assert "Set-Cookie" not in clicked.headers
    assert count(world, Subscription) == 0
    assert mailer.post("/u/nonsense").data == clicked.data


def test_no_log_of_ours_holds_the_token_of_a_header(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    token = "A-token-that-is-secret"
    client = world.client()
    client.get(f"/u/{token}")
    client.post(f"/u/{token}")
    client.post("/d/mail", data={"token": token})
    client.get(f"/u/{token}/more")
    said = capsys.readouterr()
    assert token not in said.out + said.err


def test_another_site_cannot_ask_in_a_reader_s_name(world: World, box: Postbox) -> None:
    client = holder(world)
    for path in ("/d/notices/mail", "/d/notices/feed", "/d/mail"):
        answer = client.post(path, data={"address": "erin@example.org", "cadence": "daily"},
                             headers={"Sec-Fetch-Site": "cross-site"})  # fmt: skip
        assert answer.status_code == 400, path
    assert count(world, Subscription) == 0


def test_without_a_session_a_link_s_forms_are_not_there(world: World, box: Postbox) -> None:
    for path in ("/d/notices/mail", "/d/notices/feed"):
        assert world.client().post(path, data={"address": "x@example.org"}).status_code == 404


def test_asking_for_mails_is_limited(settled: Callable[..., World]) -> None:
    world = settled(RATE_LIMITS=True, MAIL_HOST="127.0.0.1", MAIL_FROM="notices@example.org")
    client = holder(world)
    form = {"address": "erin@example.org", "cadence": "daily"}
    told = [client.post("/d/notices/mail", data=form).status_code for _ in range(12)]
    assert told == [200] * 10 + [429] * 2


def test_a_secret_and_a_password_are_shown_once_and_not_kept_by_browsers(world: World) -> None:
    world.app.config["WEBHOOKS_ALLOW"] = "127.0.0.0/8"
    client = world.as_("diana")
    shown = send(client, f"{NOTICES}/webhooks", {"address": "http://127.0.0.1:9/?key=hush"})
    assert re.search(r'value="whsec_[\w+/=]{44}"', shown.text)
    assert shown.headers["Cache-Control"] == "no-store"
    again = client.get(NOTICES).text
    assert "whsec_" not in again
    assert "http://127.0.0.1:9/?…" in again
    assert "hush" not in again
    renewed = send(client, f"{NOTICES}/webhooks/1/renew")
    assert "whsec_" in renewed.text
    assert "the old secret signs too until" in renewed.text
    assert send(client, f"{NOTICES}/webhooks/1/try").status_code == 303
    work(world)
    assert "the address cannot be reached" in client.get(NOTICES).text
    assert send(client, f"{NOTICES}/webhooks/1/end").status_code == 303
    assert "127.0.0.1:9" not in client.get(NOTICES).text


def test_another_donor_s_webhook_is_not_there(world: World) -> None:
    world.app.config["WEBHOOKS_ALLOW"] = "127.0.0.0/8"
    alice, diana = world.as_("alice"), world.as_("diana")
    theirs = f"/d/pledges/{OTHER}/notices/webhooks"
    assert send(alice, theirs, {"address": "http://127.0.0.1:9/"}).status_code == 200
    for path in (theirs, f"{theirs}/1/end", f"{NOTICES}/webhooks/1/end",
                 f"{NOTICES}/webhooks/1/renew", f"{NOTICES}/webhooks/1/try"):  # fmt: skip
        answer = send(diana, path, {"address": "http://127.0.0.1:9/"})
        assert answer.status_code == 404, path


def dead(world: World) -> list[Outgoing]:
    with world.app.app_context():
        rows = list(db.session.scalars(select(Outgoing).where(Outgoing.dead_at.is_not(None))))
        db.session.remove()
        return rows


def test_a_coordinator_sees_what_was_given_up_and_decides(world: World, box: Postbox) -> None:
    send(world.as_("diana"), f"{NOTICES}/mail", {"cadence": "daily"})

    def refuse(_due: Due) -> None:
        raise Undeliverable("the mail server refused the address (550)", for_good=True)

    with world.app.app_context():
        with transaction() as session:
            for _ in range(2):
                outbox.put(session, "mail", 1, "{}", now=clock.now())
        outbox.deliver_due("mail", refuse, now=clock.now())
        db.session.remove()
    alice = world.as_("alice")
    page = alice.get("/deliveries").text
    assert "d…@example.org" in page
    assert "diana@" not in page
    assert "the mail server refused the address (550)" in page
    ukrainian = world.as_("alice", "uk").get("/deliveries").text
    assert "поштовий сервер відхилив адресу (550)" in ukrainian
    first, second = dead(world)
    assert send(alice, f"/deliveries/{first.id}/again").status_code == 303
    assert send(alice, f"/deliveries/{second.id}/drop").status_code == 303
    assert dead(world) == []
    assert count(world, Outgoing) == 1
    assert send(alice, f"/deliveries/{second.id}/drop").status_code == 404
    assert send(world.as_("bob"), f"/deliveries/{first.id}/drop").status_code == 403
