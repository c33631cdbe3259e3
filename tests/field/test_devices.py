"""Phones: invited, enrolled with a key, believed only when they sign, heard even when too late."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.field.conftest import Enrol, invite
from tests.field.signing import SigningPhone
from tests.web.conftest import World, send
from tracker.db import db
from tracker.domain.permissions import Role
from tracker.domain.records import STATING
from tracker.models import Device, Enrolment, Event, HandoverAct, LateScan
from tracker.services import devices


def result(answer: object) -> dict[str, object]:
    [told] = answer.get_json()["results"]  # type: ignore[attr-defined]
    return told  # type: ignore[no-any-return]


def body_of(world: World, scan: str) -> dict[str, object]:
    with world.app.app_context():
        [row] = db.session.query(Event).filter_by(id=scan)
        return json.loads(row.body)  # type: ignore[no-any-return]


def test_an_invitation_is_good_once(world: World) -> None:
    code = invite(world, "SITE-0001")
    first, second = SigningPhone(world.client()), SigningPhone(world.client())
    assert first.enrol(code).status_code == 200
    answer = second.enrol(code)
    assert (answer.status_code, answer.get_json()["type"]) == (410, "/problems/invitation-over")


def test_a_used_a_late_and_an_invented_invitation_answer_alike(world: World) -> None:
    used, late = invite(world), invite(world)
    assert SigningPhone(world.client()).enrol(used).status_code == 200
    with world.app.app_context():
        rows = db.session.query(Enrolment).order_by(Enrolment.id).all()
        rows[-1].expires_at = datetime.now(UTC) - timedelta(seconds=1)
        db.session.commit()
    answers = [SigningPhone(world.client()).enrol(code) for code in (used, late, "invented")]
    assert {answer.status_code for answer in answers} == {410}
    assert len({answer.data for answer in answers}) == 1


@pytest.mark.parametrize("key", ["", "AAAA", "not base64!"])
def test_a_key_that_is_none_is_refused(world: World, key: str) -> None:
    said = {"code": invite(world), "name": "Phone", "public_key": key}
    assert world.client().post("/api/v1/enrolments", json=said).status_code == 422


def test_only_coordinators_and_administrators_invite(world: World) -> None:
    for name in ("bob", "charlie", "diana", "erin"):
        form = {"role": "field", "days": "30"}
        assert send(world.as_(name), "/devices/invitations", form).status_code == 403
    form = {"role": "coordinator", "days": "30"}
    assert send(world.as_("alice"), "/devices/invitations", form).status_code == 422


def test_the_page_shows_the_code_once_and_says_when_it_is_answered(world: World) -> None:
    client = world.as_("alice")
    page = send(client, "/devices/invitations", {"role": "field", "days": "7"})
    found = re.search(r"/field/#enrol=([\w-]{22})", page.text)
    assert found
    assert page.headers["Cache-Control"] == "no-store"
    form = {"code": found.group(1)}
    assert send(client, "/devices/invitations/state", form).json == {"name": None}
    SigningPhone(world.client()).enrol(found.group(1), "Team 3")
    assert send(client, "/devices/invitations/state", form).json == {"name": "Team 3"}
    assert "Team 3" in client.get("/devices").text


def test_a_signed_scan_is_kept_with_what_was_signed(world: World, enrol: Enrol) -> None:
    phone = enrol("LVIV-1", role=Role.WAREHOUSE)
    scan = phone.scan(world.codes[1], "receiving", location="LVIV-1", note="Коробка мокра")
    assert result(phone.send(scan))["outcome"] in ("recorded", "misfit")
    body = body_of(world, scan["id"])
    assert body["by"] == f"device:{phone.number}"
    assert str(body["statement"]).startswith("kittrail-scan-v1\n{")
    assert json.loads(str(body["statement"]).partition("\n")[2])["note"] == "Коробка мокра"


@pytest.mark.parametrize("change", [{"step": "counting"}, {"note": "x"}, {"signature": None}])
def test_a_scan_that_was_changed_on_the_way_is_no_event(
    world: World, enrol: Enrol, change: dict[str, object]
) -> None:
    phone = enrol("LVIV-1", role=Role.WAREHOUSE)
    scan = {**phone.scan(world.codes[3], "receiving", location="LVIV-1"), **change}
    assert result(phone.send(scan))["outcome"] == "set_aside"
    with world.app.app_context():
        assert db.session.query(Event).filter_by(id=scan["id"]).count() == 0


def test_the_maker_s_number_is_in_neither_statement_nor_body(world: World, enrol: Enrol) -> None:
    phone = enrol("SITE-0001", "LVIV-1")
    scan = phone.scan(
        world.codes[4], "accepting", receiver="HOSP", act="A-1", second_identifier="KITEX0000004"
    )
    assert result(phone.send(scan))["outcome"] == "recorded"
    assert "KITEX" not in json.dumps(body_of(world, scan["id"]))


def test_a_revoked_phone_is_told_and_its_late_scans_wait_for_a_person(
    world: World, enrol: Enrol
) -> None:
    phone = enrol("LVIV-1", role=Role.WAREHOUSE)
    scan, forged = (phone.scan(world.codes[5], "receiving", location="LVIV-1") for _ in range(2))
    forged["note"] = "not what was signed"
    send(world.as_("alice"), f"/devices/{phone.number}/revoke")
    answer = phone.send(scan)
    assert (answer.status_code, answer.get_json()["type"]) == (401, "/problems/device-ended")
    late = phone.send(scan, forged, path="/api/v1/late-scans").get_json()["results"]
    assert [one["outcome"] for one in late] == ["set_aside", "forbidden"]
    again = phone.send(scan, path="/api/v1/late-scans").get_json()["results"]
    assert [one["outcome"] for one in again] == ["set_aside"]
    with world.app.app_context():
        assert db.session.query(Event).filter_by(id=scan["id"]).count() == 0
        assert db.session.query(LateScan).count() == 1

    form = {"scan": scan["id"], "verdict": "keep", "decision": "The team was out of reach."}
    page = send(world.as_("frank"), f"/devices/{phone.number}/late", form)
    assert page.status_code == 303
    body = body_of(world, scan["id"])
    assert body["by"] == f"device:{phone.number}"
    assert str(body["approved_by"]).startswith("account:")


def test_refused_late_scans_leave_the_ledger_as_it_is(world: World, enrol: Enrol) -> None:
    phone = enrol("LVIV-1", role=Role.WAREHOUSE)
    scan = phone.scan(world.codes[5], "receiving", location="LVIV-1")
    send(world.as_("alice"), f"/devices/{phone.number}/revoke")
    phone.send(scan, path="/api/v1/late-scans")
    form = {"scan": scan["id"], "verdict": "refuse", "decision": "The phone was stolen."}
    send(world.as_("alice"), f"/devices/{phone.number}/late", form)
    with world.app.app_context():
        assert db.session.query(Event).filter_by(id=scan["id"]).count() == 0
        [row] = db.session.query(LateScan)
        assert (row.state, row.decision) == ("refused", "The phone was stolen.")


def test_nobody_else_sends_late_scans(world: World, enrol: Enrol) -> None:
    phone = enrol("LVIV-1", role=Role.WAREHOUSE)
    scan = phone.scan(world.codes[5], "receiving", location="LVIV-1")
    assert phone.send(scan, path="/api/v1/late-scans").status_code == 403


def test_another_phone_brings_a_file_and_cannot_change_it(world: World, enrol: Enrol) -> None:
    maker, messenger = (enrol("LVIV-1", role=Role.WAREHOUSE) for _ in range(2))
    scan = maker.scan(world.codes[1], "receiving", location="LVIV-1")
    changed = {**maker.scan(world.codes[6], "receiving"), "location": "LVIV-1"}
    said = {"device": maker.number, "sent_at": "2026-01-01T00:00:00Z", "scans": [scan, changed]}
    answer = messenger.client.post(
        "/api/v1/handed-over-scans", json=said, headers=messenger.headers
    )
    told = [one["outcome"] for one in answer.get_json()["results"]]
    assert told[0] in ("recorded", "misfit")
    assert told[1] == "forbidden"
    assert body_of(world, scan["id"])["by"] == f"device:{maker.number}"
    assert result(maker.send(scan))["outcome"] == "duplicate"


def test_a_phone_takes_along_its_places_and_no_maker_s_number(world: World, enrol: Enrol) -> None:
    phone = enrol("SITE-0001", "LVIV-1")
    told = phone.client.get("/api/v1/field", headers=phone.headers)
    assert [place["ref"] for place in told.get_json()["places"]] == ["LVIV-1", "SITE-0001"]
    assert {unit["location"] for unit in told.get_json()["units"]} == {"LVIV-1", "SITE-0001"}
    for secret in ("KITEX", "EXSN", "Вигадана"):
        assert secret not in told.text


def test_an_assigned_site_is_told_without_its_place_on_a_map(world: World, enrol: Enrol) -> None:
    phone = enrol("SITE-0001")
    there = phone.client.post("/api/v1/field/sites/SITE-0001", json={}, headers=phone.headers)
    shown = there.get_json()
    assert set(shown["facts"]) == {"name_uk", "address"}
    assert datetime.fromisoformat(shown["until"]) <= datetime.now(UTC) + timedelta(hours=72)
    other = phone.client.post("/api/v1/field/sites/SITE-0002", json={}, headers=phone.headers)
    assert other.status_code == 404


def act_text(**said: object) -> str:
    strokes = [[[0.1, 0.2], [0.4, 0.5], [0.6, 0.1]]]
    act = {
        "v": 1, "id": str(uuid4()), "made_at": "2026-05-01T09:30:00.000Z", "giver": "PL",
        "receiver": "HOSP", "site": "SITE-0001", "purpose": "Зв’язок лікарні",
        "giver_person": "Alice", "giver_position": "logistician", "giver_strokes": strokes,
        "receiver_person": "Bob", "receiver_position": "director", "receiver_strokes": strokes,
        "lines": [], "photos": [], **said,
    }  # fmt: skip
    return json.dumps(act, ensure_ascii=False)


def test_an_act_signed_offline_is_numbered_once(world: World, enrol: Enrol) -> None:
    phone = enrol("SITE-0001")
    lines = [{"code": code, "second": True} for code in (*world.codes[4:7], "KITEX9999999")]
    signed = phone.sign_act(act_text(lines=lines))
    answers = [
        phone.client.post("/api/v1/field/acts", json=signed, headers=phone.headers)
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json == answers[1].json
    assert answers[0].get_json()["strays"] == ["KITEX9999999"]
    with world.app.app_context():
        [act] = db.session.query(HandoverAct)
        assert (act.state, act.number) == ("signed", answers[0].get_json()["number"])
        assert act.said == signed["text"]
    page = world.as_("alice").get(f"/acts/{act.id}")
    assert str(act.number) in page.text


def test_an_act_that_was_changed_is_not_kept(world: World, enrol: Enrol) -> None:
    phone = enrol("SITE-0001")
    signed = phone.sign_act(act_text(lines=[{"code": world.codes[4]}]))
    signed["text"] = signed["text"].replace("HOSP", "PL")
    answer = phone.client.post("/api/v1/field/acts", json=signed, headers=phone.headers)
    assert (answer.status_code, answer.get_json()["type"]) == (403, "/problems/signature-wrong")


def test_the_device_s_key_is_an_event_of_its_own(world: World, enrol: Enrol) -> None:
    phone = enrol("SITE-0001")
    with world.app.app_context():
        devices.revoke_device(phone.number, by=world.actor("alice"), now=datetime.now(UTC))
        rows = db.session.query(Event).filter_by(subject=f"device:{phone.number}")
        told = [json.loads(row.body) for row in rows.order_by(Event.seq)]
        steps = [body["step"] for body in told if body["step"] != STATING]
        assert steps == ["enrolling", "revoking"]
        assert told[0]["public_key"] == phone.public_key
        assert db.session.get_one(Device, phone.number).revoked_at is not None
