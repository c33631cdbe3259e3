"""What came with a phone's token and without its signature: no event, at any door."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from tests.field.conftest import Enrol
from tests.field.signing import SigningPhone
from tests.field.test_booked_acts import keep
from tests.web.conftest import World, send, spoken
from tracker.db import db, transaction
from tracker.domain.permissions import Actor, Role
from tracker.domain.scans import Mode, Result, Scan
from tracker.errors import SignatureWrong
from tracker.ledger.checkpoints import notary, sequence
from tracker.ledger.events import Setting
from tracker.ledger.record import record, record_within
from tracker.ledger.verification import verify
from tracker.models import Event, HandoverAct, Item, LateScan


def unsigned(code: str, step: str = "deploying", **said: Any) -> dict[str, Any]:
    """A scan as somebody sends it who has the token and not the key."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    return {"id": str(uuid4()), "code": code, "step": step, "occurred_at": at, **said}


def send_as(phone: SigningPhone, mode: str, scan: dict[str, Any]) -> dict[str, Any]:
    said = {"sent_at": datetime.now(UTC).isoformat(), "mode": mode, "scans": [scan]}
    answer = phone.client.post("/api/v1/scans", json=said, headers=phone.headers).json
    assert answer
    result: dict[str, Any] = answer["results"][0]
    return result


def events_of(world: World, scan: str) -> int:
    with world.app.app_context():
        return db.session.query(Event).filter_by(id=scan).count()


def waiting(world: World) -> list[tuple[str, bool, str]]:
    with world.app.app_context():
        rows = db.session.query(LateScan).order_by(LateScan.came_at)
        return [(row.id, row.is_signed, row.state) for row in rows]


def assert_fits(world: World) -> None:
    with world.app.app_context():
        while sequence():
            pass
        report = verify(notary())
        assert report.fits, report.problems


def test_live_it_is_refused_and_nothing_is_kept(world: World, enrol: Enrol) -> None:
    phone = enrol("SITE-0001")
    scan = unsigned(world.codes[4], location="SITE-0001")
    answer = send_as(phone, "live", scan)
    assert answer["outcome"] == "forbidden"
    assert answer["problem"]["type"].endswith("signature-wrong")
    assert waiting(world) == []
    assert events_of(world, scan["id"]) == 0


@pytest.mark.parametrize("signature", [None, "AAAA", "x" * 88])
def test_queued_it_waits_for_a_person_and_is_no_event(
    world: World, enrol: Enrol, signature: str | None
) -> None:
    phone = enrol("SITE-0001")
    more = {} if signature is None else {"signature": signature}
    scan = unsigned(world.codes[4], location="SITE-0001", **more)
    for _ in range(2):  # sent again after an answer that was lost
        assert send_as(phone, "queued", scan)["outcome"] == "set_aside"
    assert waiting(world) == [(scan["id"], False, "waiting")]
    assert events_of(world, scan["id"]) == 0
    page = spoken(world.as_("alice").get(f"/devices/{phone.number}/late").text)
    assert "not signed" in page
    assert "stands in the ledger as your word" in page
    assert "Set aside" in world.as_("alice").get("/devices").text
    assert_fits(world)


def test_what_a_person_keeps_of_it_is_that_person_s_word(world: World, enrol: Enrol) -> None:
    phone = enrol("SITE-0001")
    scan = unsigned(world.codes[4], location="SITE-0001")
    send_as(phone, "queued", scan)
    form = {"scan": [scan["id"]], "verdict": "keep", "decision": "Asked Charlie; it stands there."}
    assert send(world.as_("alice"), f"/devices/{phone.number}/late", form).status_code == 303
    assert waiting(world) == [(scan["id"], False, "kept")]
    assert events_of(world, scan["id"]) == 0
    with world.app.app_context():
        unit = db.session.query(Item).filter_by(code=world.codes[4]).one()
        made = db.session.query(Event).filter_by(subject=f"item:{unit.id}", step="deploying").one()
        assert made.by.startswith("account:")
        assert made.signature is None
        assert unit.location == "SITE-0001"
    assert_fits(world)


def test_the_signed_scan_that_comes_after_it_is_recorded(world: World, enrol: Enrol) -> None:
    phone = enrol("SITE-0001", "LVIV-1")  # where the unit still stands
    signed = phone.scan(world.codes[4], "deploying", location="SITE-0001")
    forged = {**signed, "location": None, "signature": "AAAA"}
    assert send_as(phone, "queued", forged)["outcome"] == "set_aside"
    assert send_as(phone, "queued", signed)["outcome"] == "recorded"
    assert events_of(world, signed["id"]) == 1


def test_it_takes_no_place_from_a_signed_scan_that_comes_too_late(
    world: World, enrol: Enrol
) -> None:
    phone = enrol("SITE-0001")
    signed = phone.scan(world.codes[4], "deploying", location="SITE-0001")
    send_as(phone, "queued", {**signed, "signature": "AAAA"})
    send(world.as_("alice"), f"/devices/{phone.number}/revoke")
    answer = phone.send(signed, path="/api/v1/late-scans").json
    assert answer
    assert answer["results"][0]["outcome"] == "set_aside"
    assert waiting(world) == [(signed["id"], True, "waiting")]


def test_no_service_can_write_it(world: World, enrol: Enrol) -> None:
    """Whoever calls the ledger: it is asked at the door of the writer itself."""
    phone = enrol("SITE-0001")
    by = Actor(f"device:{phone.number}", Role.FIELD, frozenset({"SITE-0001"}), key=phone.public_key)
    now = datetime.now(UTC)
    scan = Scan(str(uuid4()), world.codes[4], "deploying", now, location="SITE-0001")
    with world.app.app_context():
        for mode in Mode:
            [outcome] = record([scan], sent_at=now, mode=mode, by=by, now=now)
            assert outcome.result is Result.FORBIDDEN
        with pytest.raises(SignatureWrong), transaction() as session:
            record_within(session, [scan], Setting(by, Mode.QUEUED, now, now))
    assert_fits(world)


def test_the_signature_over_an_act_is_kept_and_verified(world: World, enrol: Enrol) -> None:
    phone = enrol("SITE-0001")
    told = keep(phone, world.codes[4:6])
    assert_fits(world)
    with world.app.app_context(), transaction() as session:
        act = session.query(HandoverAct).filter_by(number=told["number"]).one()
        assert act.said is not None
        act.said = act.said.replace("HOSP", "HOSQ")
    with world.app.app_context():
        while sequence():
            pass
        [problem] = verify(notary()).problems
        assert problem.what == f"the phone has not signed the text of act {told['number']}"
