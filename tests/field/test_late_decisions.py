"""Two coordinators judge in the same second: one decision stands, on both databases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask

from tests.conftest import migrated_app
from tests.field.conftest import Enrol
from tests.field.test_devices import act_text
from tests.racing import at_once
from tests.services.builders import new_boxes
from tests.web.conftest import World, send
from tracker.db import db
from tracker.domain.permissions import Actor, Role
from tracker.domain.scans import Scan
from tracker.ledger.checkpoints import notary
from tracker.ledger.verification import verify
from tracker.models import Device, Document, Event, HandoverAct, LateAct, LateScan
from tracker.services import late_acts, late_scans
from tracker.services.codes import show

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PEOPLE = 4


@pytest.fixture(params=["one server", "a server for each"])
def servers(
    request: pytest.FixtureRequest, world: World, database_url: str
) -> Iterator[list[Flask]]:
    """For each coordinator the application in which they work."""
    if request.param == "one server":
        yield [world.app] * PEOPLE
        return
    several = [migrated_app(world.app.config["HOME"], database_url) for _ in range(PEOPLE)]
    yield several
    for one in several:
        with one.app_context():
            db.engine.dispose()


def said(number: int) -> dict[str, object]:
    """The decision of one of them: every second one keeps, the others refuse."""
    verdict = "We keep it" if number % 2 else "We refuse it"
    by = Actor(f"account:{20 + number}", Role.COORDINATOR)
    return {"keep": bool(number % 2), "decision": verdict, "by": by, "now": NOW}


def test_of_several_decisions_about_a_late_scan_one_stands(
    world: World, enrol: Enrol, servers: list[Flask]
) -> None:
    phone = enrol("LVIV-1", role=Role.WAREHOUSE)
    sent = [phone.scan(code, "receiving", location="LVIV-1") for code in world.codes[5:8]]
    send(world.as_("alice"), f"/devices/{phone.number}/revoke")
    phone.send(*sent, path="/api/v1/late-scans")
    at = {one["id"]: datetime.fromisoformat(one["occurred_at"]) for one in sent}
    scans = [Scan(**{**one, "occurred_at": at[one["id"]]}) for one in sent]

    def judge(number: int) -> int:
        return late_scans.judge(phone.number, scans, **said(number))  # type: ignore[arg-type]

    assert sorted(at_once(servers, judge)) == [0, 0, 0, len(sent)]
    with world.app.app_context():
        rows = db.session.query(LateScan).all()
        kept = db.session.query(Event).filter(Event.id.in_(at)).count()
    assert {(row.state, row.decision) for row in rows} == (
        {("kept", "We keep it")} if kept else {("refused", "We refuse it")}
    )
    assert kept in (0, len(sent))


def test_of_several_decisions_about_a_late_act_one_stands(
    world: World, enrol: Enrol, servers: list[Flask]
) -> None:
    phone = enrol("SITE-0001")
    signed = phone.sign_act(act_text(lines=[{"code": world.codes[4]}]))
    send(world.as_("alice"), f"/devices/{phone.number}/revoke")
    phone.client.post("/api/v1/late-acts", json=signed, headers=phone.headers)
    uid = json.loads(signed["text"])["id"]

    def judge(number: int) -> int:
        device = db.session.get(Device, phone.number)
        assert device is not None
        return late_acts.judge(device, [uid], **said(number))  # type: ignore[arg-type]

    assert sorted(at_once(servers, judge)) == [0, 0, 0, 1]
    with world.app.app_context():
        [row] = db.session.query(LateAct)
        acts = db.session.query(HandoverAct.id).all()
        papers = db.session.query(Document).filter_by(kind="handover_act").count()
    assert len(acts) == papers == (row.state == "kept")
    assert row.decision == ("We keep it" if acts else "We refuse it")


def test_a_late_scan_is_judged_with_its_codes_as_they_were_signed(
    world: World, enrol: Enrol
) -> None:
    phone = enrol("LVIV-1", role=Role.WAREHOUSE)
    with world.app.app_context():
        [box] = new_boxes(1)
    scan = phone.scan(world.codes[5], "packing", location="LVIV-1", handling_unit=box)
    send(world.as_("alice"), f"/devices/{phone.number}/revoke")
    printed = {**scan, "handling_unit": show(box), "code": show(world.codes[5])}
    told = phone.send(printed, path="/api/v1/late-scans").get_json()["results"]
    assert [one["outcome"] for one in told] == ["set_aside"]
    form = {"scan": scan["id"], "verdict": "keep", "decision": "The team was out of reach."}
    assert send(world.as_("frank"), f"/devices/{phone.number}/late", form).status_code == 303
    with world.app.app_context():
        assert db.session.query(Event).filter_by(id=scan["id"]).one().handling_unit == box
        assert [str(problem) for problem in verify(notary()).problems] == []


def test_what_is_left_as_it_was_is_said(world: World, enrol: Enrol) -> None:
    phone = enrol("LVIV-1", role=Role.WAREHOUSE)
    scan = phone.scan(world.codes[5], "deploying", location="SITE-0001")  # not its work
    send(world.as_("alice"), f"/devices/{phone.number}/revoke")
    phone.send(scan, path="/api/v1/late-scans")
    form = {"scan": scan["id"], "verdict": "keep", "decision": "The team was out of reach."}
    frank = world.as_("frank")
    send(frank, f"/devices/{phone.number}/late", form)
    page = frank.get(f"/devices/{phone.number}/late").text
    assert "1 record was left as it is" in page
    assert "scan kept" not in page
    with world.app.app_context():
        [row] = db.session.query(LateScan)
        assert (row.state, row.decided_by) == ("waiting", None)
