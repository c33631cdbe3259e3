"""A scan cannot be forged, not even by whoever owns the server and every key on it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import text

from tests.field.conftest import Enrol
from tests.field.signing import SigningPhone
from tests.web.conftest import World
from tracker.db import db
from tracker.domain.chain import GENESIS, canonical, event_hash
from tracker.domain.permissions import Role
from tracker.domain.scans import Scan
from tracker.domain.statements import statement
from tracker.ledger.checkpoints import notary, sequence, sign_checkpoint
from tracker.ledger.standalone import verifier
from tracker.ledger.verification import verify
from tracker.models import Event, Item


def told(world: World) -> list[str]:
    """What verification finds."""
    with world.app.app_context():
        return [problem.what for problem in verify(notary()).problems]


@pytest.fixture
def phone(world: World, enrol: Enrol) -> SigningPhone:
    """A phone with one scan in the ledger, sequenced and signed over."""
    phone = enrol("LVIV-1", role=Role.WAREHOUSE)
    phone.send(phone.scan(world.codes[1], "counting", location="LVIV-1", note="Полиця 3"))
    with world.app.app_context():
        sequence()
        sign_checkpoint(notary(), now=datetime.now(UTC))
    return phone


def forge(world: World, phone: SigningPhone, **change: object) -> None:
    """Change the event of the phone, and every hash, as whoever owns the server can."""
    with world.app.app_context():
        connection = db.session.connection()
        for table in ("event", "log_entry", "checkpoint"):
            for way in ("update", "delete"):
                name = f"{table}_no_{way}"
                if connection.dialect.name == "sqlite":
                    connection.execute(text(f"DROP TRIGGER IF EXISTS {name}"))
                else:
                    connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        row = db.session.query(Event).filter_by(by=f"device:{phone.number}").one()
        before = db.session.query(Event).filter_by(subject=row.subject, seq=row.seq - 1).one()
        body = {**json.loads(row.body), **change}
        row.body = canonical({name: value for name, value in body.items() if value is not None})
        row.step, row.signature = body["step"], body["signature"]
        row.hash = event_hash(before.hash or GENESIS, row.body)
        number = int(row.subject.removeprefix("item:"))
        db.session.get_one(Item, number).head = row.hash
        db.session.execute(text("DELETE FROM log_entry"))
        db.session.execute(text("DELETE FROM checkpoint"))
        db.session.commit()
        sequence()


def test_what_phones_signed_fits(world: World, phone: SigningPhone) -> None:
    assert told(world) == []


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"note": "Полиця 4"}, "note"),
        ({"occurred_at": "2026-01-01T00:00:00.000Z"}, "occurred_at"),
        ({"condition": "damaged"}, "condition"),
        ({"sighted": False}, "sighted"),
        ({"code": "X" * 11}, "code"),
        ({"second": "item:3"}, "second"),
        ({"receiver": "HOSP"}, "receiver"),
        ({"statement": None}, "not signed"),
    ],
)
def test_a_forged_scan_is_named_though_every_hash_fits(
    world: World, phone: SigningPhone, change: dict[str, object], word: str
) -> None:
    forge(world, phone, **change)
    assert any("device" in problem and word in problem for problem in told(world))


def test_a_scan_of_a_maker_s_barcode_is_bound_to_its_unit(world: World, enrol: Enrol) -> None:
    phone = enrol("LVIV-1", role=Role.WAREHOUSE)
    scan = phone.scan("KITEX0000004", "counting", location="LVIV-1")
    assert phone.send(scan).get_json()["results"][0]["outcome"] in ("recorded", "misfit")
    with world.app.app_context():
        sequence()
        sign_checkpoint(notary(), now=datetime.now(UTC))
        row = db.session.query(Event).filter_by(id=scan["id"]).one()
        said = json.loads(row.body)
    assert said["code"] == world.codes[4]
    assert "KITEX" not in row.body
    assert told(world) == []
    other = sha256(f"{scan['salt']}:KITEX0000005".encode()).hexdigest()
    forge(world, phone, numbers={"code": other}, code=world.codes[5])
    assert any("signed another 'numbers'" in problem for problem in told(world))


def test_a_phone_that_was_not_renewed_yet_signs_as_it_did(world: World, enrol: Enrol) -> None:
    phone = enrol("SITE-0001", "LVIV-1")
    scan = phone.scan(world.codes[4], "accepting", receiver="HOSP", act="A-1")
    stated = {name: value for name, value in scan.items() if name != "signature"}
    text_ = f"kittrail-scan-v1\n{canonical({**stated, 'second': True})}"
    old = {**stated, "second_identifier": "KITEX0000004", "signature": phone.sign(text_)}
    assert phone.send(old).get_json()["results"][0]["outcome"] == "recorded"
    assert told(world) == []


def test_the_verifier_that_stands_alone_reads_the_same_signatures(phone: SigningPhone) -> None:
    key = verifier.device_key(phone.public_key)
    for number in range(20):
        message = sha256(str(number).encode()).digest()
        signature = phone.sign(message.hex())
        assert verifier.device_signed(key, signature, message.hex().encode())
        assert not verifier.device_signed(key, signature, b"something else")
    assert not verifier.device_signed(key, "AAAA", b"")


def body_with(
    phone: SigningPhone, *, maker: str | None = None, **change: object
) -> dict[str, object]:
    scan = phone.scan(maker or "7F3K9M2P4CX", "counting", note="as signed")
    said = {name: value for name, value in scan.items() if name not in ("signature", "salt")}
    if maker:
        number = sha256(f"{scan['salt']}:{said.pop('code')}".encode()).hexdigest()
        said["numbers"] = {"code": number}
    text = f"kittrail-scan-v1\n{canonical(said)}"
    whole = {**said, "by": "device:3", "statement": text, "signature": scan["signature"]}
    return {**whole, **change}


def test_the_verifier_that_stands_alone_names_a_forged_scan(phone: SigningPhone) -> None:
    keys: dict[str, verifier.Jacobian] = {}
    enrolled = {"step": "enrolling", "subject": "device:3", "public_key": phone.public_key,
                "by": "account:1"}  # fmt: skip
    verifier.check_device(enrolled, keys, "here")
    verifier.check_device(body_with(phone), keys, "here")
    verifier.check_device({**body_with(phone), "via": {"event": "x"}, "note": "y"}, keys, "here")
    said: tuple[dict[str, Any], ...] = ({"note": "other"}, {"step": "receiving"})
    for change in (*said, {"location": "LVIV-1"}, {"sighted": False}):
        with pytest.raises(verifier.DoesNotFit, match="signed another"):
            verifier.check_device(body_with(phone, **change), keys, "here")
    hides = body_with(phone, code="7F3K9M2P4CX", maker="KITEX0000001")
    verifier.check_device(hides, keys, "here")
    with pytest.raises(verifier.DoesNotFit, match="signed another 'numbers'"):
        verifier.check_device({**hides, "numbers": {"code": "0" * 64}}, keys, "here")
    for unsigned in ({"signature": None}, {"statement": "kittrail-scan-v1\n{}"}):
        with pytest.raises(verifier.DoesNotFit, match="has not signed this"):
            verifier.check_device(body_with(phone, **unsigned), keys, "here")


def test_a_statement_holds_no_maker_s_number() -> None:
    scan = Scan("i", "KITEX0000001", "accepting", datetime.now(UTC), second_identifier="EXSN000001",
                salt="5a" * 16)  # fmt: skip
    told = statement(scan, is_label=False, occurred_at="2026-05-01T09:30:00.000Z")
    assert "EX" not in told
    assert sha256(f"{'5a' * 16}:KITEX0000001".encode()).hexdigest() in told
    assert sha256(f"{'5a' * 16}:EXSN000001".encode()).hexdigest() in told
    old = statement(replace(scan, salt=None), is_label=False, occurred_at="-")
    assert '"maker":true' in old
    assert '"second":true' in old
