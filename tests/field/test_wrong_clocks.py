"""A phone whose clock is wrong: what it scans, signs and photographs is kept all the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.field.conftest import Enrol
from tests.field.questions.conftest import Take, database_url, take
from tests.field.signing import SigningPhone
from tests.field.test_devices import act_text, body_of
from tests.web.conftest import World, send
from tracker.db import db, transaction
from tracker.domain.permissions import Role
from tracker.models import Device, HandoverAct

__all__ = ["database_url", "take"]

LONG_AGO = "1970-01-01T00:10:00.000Z"
FALLEN = """(() => {
  if (localStorage.getItem("fallen") !== "yes") return;
  const now = Date.now;
  const far = 36e5 - now();
  const Right = Date;
  globalThis.Date = class extends Right {
    constructor(...given) { given.length ? super(...given) : super(now() + far); }
    static now() { return now() + far; }
  };
})()"""


def bring(messenger: SigningPhone, maker: SigningPhone, *scans: dict[str, object]) -> list[str]:
    said = {"device": maker.number, "sent_at": LONG_AGO, "scans": list(scans)}
    path = "/api/v1/handed-over-scans"
    answer = messenger.client.post(path, json=said, headers=messenger.headers)
    assert answer.status_code == 200, answer.text
    return [one["outcome"] for one in answer.get_json()["results"]]


def test_a_brought_file_of_1970_is_kept_and_one_bad_scan_blocks_no_other(
    world: World, enrol: Enrol
) -> None:
    maker, messenger = enrol("LVIV-1", role=Role.WAREHOUSE), enrol("LVIV-1", role=Role.WAREHOUSE)
    odd, good = (maker.scan(code, "counting", location="LVIV-1") for code in world.codes[:2])
    odd = maker.scan(world.codes[0], "counting", location="LVIV-1", occurred_at=LONG_AGO)
    bad = {**odd, "id": "none"}
    assert bring(messenger, maker, odd, bad, good) == ["recorded", "invalid", "recorded"]
    assert body_of(world, odd["id"])["flags"] == ["clock"]
    with world.app.app_context():
        device = db.session.get_one(Device, maker.number)
        happened = datetime.fromisoformat(str(body_of(world, odd["id"])["effective_at"]))
        assert device.enrolled_at <= happened <= datetime.now(UTC)


def test_a_phone_that_has_said_how_wrong_its_clock_is_is_believed_in_a_file(
    world: World, enrol: Enrol
) -> None:
    maker, messenger = enrol("LVIV-1", role=Role.WAREHOUSE), enrol("LVIV-1", role=Role.WAREHOUSE)
    behind = datetime.now(UTC) - timedelta(hours=5)
    said = {"asked_at": behind, "told_at": datetime.now(UTC), "answered_at": behind}
    report = {name: at.isoformat() for name, at in said.items()}
    answer = maker.client.put("/api/v1/field/clock", json=report, headers=maker.headers)
    assert answer.status_code == 200, answer.text
    at = datetime.now(UTC) - timedelta(hours=5)
    made = maker.scan(world.codes[0], "counting", location="LVIV-1", occurred_at=at.isoformat(
        timespec="milliseconds").replace("+00:00", "Z"))  # fmt: skip
    assert bring(messenger, maker, made) == ["recorded"]
    body = body_of(world, made["id"])
    assert "flags" not in body
    happened = datetime.fromisoformat(str(body["effective_at"]))
    assert abs(happened - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize("made_at", [LONG_AGO, "2101-05-01T09:30:00.000Z", "0001-01-01T00:00:00Z"])
def test_an_act_of_a_wrong_clock_is_kept_and_dated_by_what_can_be(
    world: World, enrol: Enrol, made_at: str
) -> None:
    phone = enrol("SITE-0001")
    signed = phone.sign_act(act_text(lines=[{"code": world.codes[4]}], made_at=made_at))
    answer = phone.client.post("/api/v1/field/acts", json=signed, headers=phone.headers)
    assert answer.status_code == 200, answer.text
    with world.app.app_context():
        [act] = db.session.query(HandoverAct)
        device = db.session.get_one(Device, phone.number)
        assert act.signed_at is not None
        assert device.enrolled_at <= act.signed_at <= datetime.now(UTC)
        assert json.loads(str(act.said))["made_at"] == made_at


@pytest.mark.browser
def test_a_phone_that_fell_to_1970_loses_nothing_and_asks_nobody(world: World, take: Take) -> None:
    phone = take("LVIV-1", role=Role.WAREHOUSE)
    phone.stand("LVIV-1")
    phone.context.set_offline(False)
    phone.context.add_init_script(FALLEN)
    said = [{"code": code, "isLabel": True, "step": "counting", "location": "LVIV-1"}
            for code in world.codes[:4]]  # fmt: skip

    def clock(word: str) -> None:
        phone.page.evaluate("word => localStorage.setItem('fallen', word)", word)
        phone.page.reload()
        phone.page.wait_for_selector("html[data-ready]")

    clock("yes")
    first = phone.record(*said[:2])
    assert phone.rows()[0]["scan"]["occurred_at"].startswith("1970-01-01")
    assert phone.send() == ""  # with the clock as it is
    phone.context.set_offline(True)
    second = phone.record(*said[2:])
    phone.context.set_offline(False)
    clock("no")
    assert phone.send() == ""  # and with a clock that was mended since
    assert {row["state"] for row in phone.rows()} == {"confirmed"}
    assert {row["answer"]["outcome"] for row in phone.rows()} <= {"recorded", "duplicate"}
    assert all("clock" in body_of(world, one)["flags"] for one in (*first, *second))  # type: ignore[operator]
    phone.show("#/unsent")
    expect(phone.page.locator("main")).not_to_contain_text("Потребує вас")


def test_a_late_batch_is_timed_by_the_exchange_that_it_reports(world: World, enrol: Enrol) -> None:
    """A clock that is 5 hours behind, and a batch that was a minute on its way."""
    phone, behind = enrol("LVIV-1", role=Role.WAREHOUSE), timedelta(hours=5)
    with world.app.app_context(), transaction() as session:
        session.get_one(Device, phone.number).enrolled_at -= timedelta(hours=1)
    assert send(world.as_("alice"), f"/devices/{phone.number}/revoke").status_code == 303
    now = datetime.now(UTC) - timedelta(minutes=1)  # when it left
    at = (now - behind).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    made = phone.scan(world.codes[0], "counting", location="LVIV-1", occurred_at=at)
    exchange = {"asked_at": at, "told_at": now.isoformat(), "answered_at": at}
    said = {"sent_at": at, "mode": "queued",
            "scans": [made], "exchange": exchange}  # fmt: skip
    answer = phone.client.post("/api/v1/late-scans", json=said, headers=phone.headers)
    assert answer.status_code == 200, answer.text
    form = {"scan": made["id"], "verdict": "keep", "decision": "It is true."}
    assert send(world.as_("frank"), f"/devices/{phone.number}/late", form).status_code == 303
    body = body_of(world, made["id"])
    happened = datetime.fromisoformat(str(body["effective_at"]))
    assert abs(happened - now) < timedelta(seconds=5)
    assert "flags" not in body
