"""Webhooks: signed so that anybody can check, called where they may be and nowhere else."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update
from standardwebhooks import Webhook as Signer

from tests.notices.receiver import Receiver, receiving
from tests.notices.test_mails import DAY, DIANA, add_account, move, work
from tests.services.builders import NOW, lay_world
from tracker.clock import day_in_kyiv
from tracker.db import db, transaction
from tracker.domain.permissions import Actor, Role
from tracker.errors import InvalidValue, NotAllowed, NotFound
from tracker.models import Account, Outgoing, Tally, Webhook
from tracker.services.notices import posting, webhooks
from tracker.services.notices.outbox import Due, Undeliverable


@pytest.fixture
def receiver(app: Flask) -> Iterator[Receiver]:
    lay_world()
    add_account()
    app.config.update(WEBHOOKS_ALLOW="127.0.0.0/8", DONOR_DELAY_DAYS=0)
    with receiving() as one:
        yield one


def register(receiver: Receiver, by: Actor = DIANA) -> str:
    return webhooks.register("EX-1", address=receiver.address, by=by, now=NOW)


def deliveries() -> list[Outgoing]:
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(select(Outgoing)))


def test_a_day_on_which_something_changed_is_told_once(receiver: Receiver) -> None:
    register(receiver)
    work(NOW + DAY)
    move(NOW + DAY)
    for days in (2, 2, 3):
        work(NOW + days * DAY)
    [(headers, body)] = receiver.calls
    assert headers["content-type"] == "application/json"
    said = json.loads(body)
    assert said["type"] == "pledge.changed"
    assert said["data"]["pledge"] == "EX-1"
    assert said["data"]["until"] == "2026-06-02"
    assert said["data"]["stages"]["in_stock"] == 2
    changed = {(one["kind"], one["name"]): (one["before"], one["after"])
               for one in said["data"]["changed"]}  # fmt: skip
    assert changed[("stage", "in_stock")] == (0, 2)
    assert receiver.paths == ["/notices?from=kit"]


def test_that_units_no_longer_count_as_online_is_told_once(receiver: Receiver) -> None:
    """With the first call after the rules have changed, to who was told by the older ones."""
    register(receiver)
    with transaction() as session:
        session.add(Tally(pledge="EX-1", on=day_in_kyiv(NOW), measure="said_online", change=3))
        session.execute(update(Webhook).values(told_rules=1))
    for days in (1, 2):
        move(NOW + days * DAY)
        work(NOW + (days + 1) * DAY)
    register(receiver)  # one who comes now
    move(NOW + 4 * DAY)
    work(NOW + 5 * DAY)
    told = [json.loads(body)["data"]["said_online"] for _, body in receiver.calls]
    assert told == [3, 0, 0, 0]


def test_the_signature_is_the_one_of_standard_webhooks(receiver: Receiver) -> None:
    secret = register(receiver)
    move(NOW)
    work(NOW + DAY)
    [(headers, body)] = receiver.calls
    with time_machine.travel(NOW + DAY, tick=False):
        assert Signer(secret).verify(body, headers)["type"] == "pledge.changed"
    # And by hand, as the specification has it, without the library that signed.
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    mac = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{mac}"


def test_both_secrets_sign_for_a_day_and_then_only_the_new_one(receiver: Receiver) -> None:
    old = register(receiver)
    new = webhooks.rotate(1, pledge="EX-1", by=DIANA, now=NOW)
    assert new != old
    for hours in (1, 30):
        webhooks.send_trial(1, pledge="EX-1", by=DIANA, now=NOW + timedelta(hours=hours))
        work(NOW + timedelta(hours=hours))
    (first, first_body), (second, second_body) = receiver.calls
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        for secret in (old, new):
            assert Signer(secret).verify(first_body, first)
    with time_machine.travel(NOW + timedelta(hours=30), tick=False):
        assert Signer(new).verify(second_body, second)
    assert len(second["webhook-signature"].split()) == 1


def test_the_secret_is_kept_sealed_and_does_not_open_elsewhere(receiver: Receiver) -> None:
    secret = register(receiver)
    row = db.session.scalars(select(Webhook)).one()
    assert secret.encode() not in row.secret
    assert webhooks._unseal(1, row.secret) == secret
    with pytest.raises(Undeliverable, match="cannot be opened"):
        webhooks._unseal(2, row.secret)


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
def test_what_is_not_taken_is_sent_again_with_the_same_id(receiver: Receiver, status: int) -> None:
    register(receiver)
    move(NOW)
    receiver.status = status
    work(NOW + DAY)
    [row] = deliveries()
    assert row.last_error == f"the address did not take it ({status})"
    receiver.status = 204
    work(NOW + 2 * DAY)
    ids = {headers["webhook-id"] for headers, _ in receiver.calls}
    assert ids == {row.id}
    assert deliveries()[0].delivered_at is not None


def test_an_address_that_is_gone_for_good_is_dead_at_once(receiver: Receiver) -> None:
    register(receiver)
    move(NOW)
    receiver.status = 410
    work(NOW + DAY)
    assert deliveries()[0].dead_at is not None


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    register(receiver)
    move(NOW)
    receiver.status, receiver.headers = 307, {"Location": receiver.address + "&again"}
    work(NOW + DAY)
    assert len(receiver.calls) == 1
    assert "not followed" in str(deliveries()[0].last_error)


def test_a_long_answer_is_not_read(receiver: Receiver) -> None:
    register(receiver)
    move(NOW)
    receiver.answer = b"x" * 30_000_000
    work(NOW + DAY)
    assert deliveries()[0].delivered_at is not None


def test_an_answer_that_drips_is_cut_off(receiver: Receiver) -> None:
    receiver.drip = True
    allowed = posting.networks("127.0.0.0/8")
    with pytest.raises(Undeliverable, match="in time"):
        posting.post(receiver.address, b"{}", {}, allowed=allowed, seconds=0.5)


def test_an_address_without_a_server_fails_in_words_without_the_address(receiver: Receiver) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    webhooks.register("EX-1", address=f"http://127.0.0.1:{port}/?key=hush", by=DIANA, now=NOW)
    move(NOW)
    work(NOW + DAY)
    assert deliveries()[0].last_error == "the address cannot be reached (ConnectionRefusedError)"


def test_an_https_address_is_called_only_with_a_certificate_of_its_name(
    receiver: Receiver,
) -> None:
    with pytest.raises(Undeliverable, match="TLS"):
        posting.post(receiver.address.replace("http:", "https:"), b"{}", {},
                      allowed=posting.networks("127.0.0.0/8"))  # fmt: skip


INSIDE = [
    *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1"),
    *("169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.251", "239.1.1.1"),
    *("240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
    *("2002:7f00:1::", "2002:a00:1::", "2001:db8::1", "2001:0:7f00:1::", "fec0::1"),
]


def named(*addresses: str) -> Any:
    """A resolver that answers with these."""
    return lambda _host, port, **_how: [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses
    ]


@pytest.mark.parametrize("inside", INSIDE)
def test_what_is_inside_is_not_called(inside: str) -> None:
    target = posting.taken_apart("https://example.org/")
    for addresses in ([inside], ["93.184.215.14", inside], [inside, "93.184.215.14"]):
        with pytest.raises(Undeliverable, match="private"):
            posting.checked(target, [], named(*addresses))


@pytest.mark.parametrize("outside", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c",
                                     "64:ff9b::5db8:d70e"])  # fmt: skip
def test_what_is_outside_is_called_with_tls_only(outside: str) -> None:
    assert posting.checked(posting.taken_apart("https://example.org/"), [], named(outside))
    with pytest.raises(Undeliverable, match="only https"):
        posting.checked(posting.taken_apart("http://example.org/"), [], named(outside))


def test_a_network_that_is_allowed_does_not_allow_another() -> None:
    target = posting.taken_apart("http://example.org/")
    allowed = posting.networks("10.1.0.0/16 fd00::/8")
    assert posting.checked(target, allowed, named("10.1.2.3", "fd00::5"))
    for inside in ("10.2.0.1", "127.0.0.1", "fe80::1"):
        with pytest.raises(Undeliverable):
            posting.checked(target, allowed, named("10.1.2.3", inside))


def test_a_name_that_changes_its_mind_is_called_where_it_was_looked_at(receiver: Receiver) -> None:
    """The second answer would lead elsewhere: it is never asked for."""
    asked: list[str] = []

    def fickle(host: str, port: int, **how: Any) -> Any:
        asked.append(host)
        return named("127.0.0.1" if len(asked) == 1 else "127.0.0.99")(host, port, **how)

    address = receiver.address.replace("127.0.0.1", "kit.example.org")
    allowed = posting.networks("127.0.0.1/32")
    assert posting.post(address, b"{}", {}, allowed=allowed, resolve=fickle) == 200
    assert asked == ["kit.example.org"]
    [(headers, _)] = receiver.calls
    assert headers["host"].startswith("kit.example.org:")
    with pytest.raises(Undeliverable, match="only https"):
        posting.post(address, b"{}", {}, allowed=allowed, resolve=fickle)
    assert len(receiver.calls) == 1


def test_a_name_that_is_looked_up_for_ever_is_given_up(receiver: Receiver) -> None:
    ended = threading.Event()

    def slow(host: str, port: int, **how: Any) -> Any:
        ended.wait(60)
        return named("127.0.0.1")(host, port, **how)

    with pytest.raises(Undeliverable, match="in time"):
        posting.post(receiver.address, b"{}", {}, allowed=[], resolve=slow, seconds=0.05)
    ended.set()
    assert receiver.calls == []


def test_an_address_that_cannot_be_reached_gives_way_to_the_next(receiver: Receiver) -> None:
    address = receiver.address.replace("127.0.0.1", "kit.example.org")
    both = named("127.0.0.99", "127.0.0.1")
    allowed = posting.networks("127.0.0.0/8")
    assert posting.post(address, b"{}", {}, allowed=allowed, resolve=both) == 200


def test_a_name_that_was_public_when_it_was_registered_is_looked_at_again(
    app: Flask, receiver: Receiver
) -> None:
    app.config["WEBHOOKS_ALLOW"] = ""
    webhooks.register("EX-1", address="https://kit.example.org/", by=DIANA, now=NOW,
                      resolve=named("93.184.215.14"))  # fmt: skip
    webhooks.send_trial(1, pledge="EX-1", by=DIANA, now=NOW)
    [row] = deliveries()
    due = Due(row.id, 1, row.body, 1, row.id)
    with pytest.raises(Undeliverable, match="private"):
        webhooks.call(due, now=NOW, resolve=named("127.0.0.1"))


@pytest.mark.parametrize(
    "address",
    ["", "example.org", "ftp://example.org/", "file:///etc/passwd", "https://", "https:///x",
     "https://a:b@example.org/", "https://example.org/#x", "https://example.org:0/",
     "https://example.org:99999/", "https://example.org/\r\nHost: x", "https://exa mple.org/",
     "https://[::1/", "https://example.org/" + "x" * 500, "gopher://example.org", "https://приклад/"],
)  # fmt: skip
def test_what_is_no_plain_address_is_not_registered(receiver: Receiver, address: str) -> None:
    with pytest.raises(InvalidValue):
        webhooks.register("EX-1", address=address, by=DIANA, now=NOW)


@pytest.mark.parametrize("address", ["https://localhost/", "https://127.1/", "https://[::1]/",
                                     "https://2130706433/", "https://0x7f000001/",
                                     "https://169.254.169.254/latest/"])  # fmt: skip
def test_an_address_inside_is_refused_when_it_is_registered(
    app: Flask, receiver: Receiver, address: str
) -> None:
    app.config["WEBHOOKS_ALLOW"] = ""
    with pytest.raises(InvalidValue):
        webhooks.register("EX-1", address=address, by=DIANA, now=NOW)


def test_nobody_registers_for_another_donor_s_pledge(receiver: Receiver) -> None:
    with pytest.raises(NotFound):
        register(receiver, Actor("account:1", Role.DONOR, party="EY"))
    for role in (Role.WAREHOUSE, Role.FIELD, Role.AUDITOR, Role.ADMIN):
        with pytest.raises(NotAllowed):
            register(receiver, Actor("account:1", role))
    secret = register(receiver)
    assert secret.startswith("whsec_")
    stranger = Actor("account:1", Role.DONOR, party="EY")
    for verb in (webhooks.rotate, webhooks.send_trial):
        with pytest.raises(NotFound):
            verb(1, pledge="EX-1", by=stranger, now=NOW)
    with pytest.raises(NotFound):
        webhooks.end(1, pledge="EX-1", by=stranger)


def test_a_pledge_has_ten_at_most(receiver: Receiver) -> None:
    for _ in range(10):
        register(receiver)
    with pytest.raises(InvalidValue):
        register(receiver)


def test_what_was_ended_is_called_no_more(receiver: Receiver) -> None:
    register(receiver)
    webhooks.send_trial(1, pledge="EX-1", by=DIANA, now=NOW)
    webhooks.end(1, pledge="EX-1", by=DIANA)
    move(NOW)
    work(NOW + DAY)
    assert receiver.calls == []
    assert deliveries() == []


def test_an_account_that_has_ended_ends_its_webhooks(receiver: Receiver) -> None:
    register(receiver)
    webhooks.send_trial(1, pledge="EX-1", by=DIANA, now=NOW)
    with transaction() as session:
        session.get_one(Account, 1).active = False
    work(NOW + DAY)
    assert receiver.calls == []
    assert db.session.scalars(select(Webhook)).all() == []


def test_a_call_that_fails_tells_no_secret(
    receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = register(receiver)
    receiver.status = 500
    webhooks.send_trial(1, pledge="EX-1", by=DIANA, now=NOW)
    work(NOW)
    said = capsys.readouterr()
    assert "undelivered" in said.out + said.err
    for hidden in (secret, "from=kit", "127.0.0.1"):
        assert hidden not in said.out + said.err
