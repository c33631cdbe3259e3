"""Two claims on one unit: shown as two stories, decided by a second person, told to the phone."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.field.conftest import Enrol, invite
from tests.field.phones import a_phone
from tests.field.signing import SigningPhone
from tests.web.browsing import serving
from tests.web.conftest import World, send, spoken
from tracker.db import db
from tracker.domain.records import STATING
from tracker.ledger.checkpoints import notary, sequence
from tracker.ledger.verification import verify
from tracker.models import Discrepancy, Event, Item

KIT = "KITEX0000005"


def claimed_twice(world: World, first: SigningPhone, second: SigningPhone) -> tuple[str, str, int]:
    """Two phones say of one unit where it was deployed: (scan, scan, the discrepancy)."""
    code = world.codes[5]
    said = {"second_identifier": KIT}
    first.send(first.scan(code, "accepting", act="A-1", receiver="HOSP", **said))
    scans = []
    for phone, site in ((first, "SITE-0001"), (second, "SITE-0002")):
        scan = phone.scan(code, "deploying", location=site, findings={"working": True}, **said)
        [told] = phone.send(scan).get_json()["results"]
        scans.append(scan["id"])
    assert told["outcome"] == "misfit"
    with world.app.app_context():
        [case] = db.session.query(Discrepancy).filter_by(kind="misfit", event=scans[1])
        return scans[0], scans[1], case.id


def decisions(phone: SigningPhone) -> list[dict[str, object]]:
    told = phone.client.get("/api/v1/field", headers=phone.headers).get_json()
    return list(told["decisions"])


@pytest.mark.parametrize("right", ["first", "second", "both"])
def test_a_decision_is_an_event_and_moves_the_unit(world: World, enrol: Enrol, right: str) -> None:
    one, other = enrol("SITE-0001", "SITE-0002", "LVIV-1"), enrol("SITE-0001", "SITE-0002")
    stands, odd, case = claimed_twice(world, one, other)
    alice = world.as_("alice")
    page = spoken(alice.get(f"/discrepancies/{case}").text)
    assert "First story: what stands" in page
    assert page.index("SITE-0001") < page.index("Second story") < page.rindex("SITE-0002")
    wrong = {"first": odd, "second": stands, "both": ""}[right]
    form = {"decision": "The team called: it is there.", "wrong": wrong}
    assert send(alice, f"/discrepancies/{case}/settle", form).status_code == 303
    with world.app.app_context():
        unit = db.session.query(Item).filter_by(code=world.codes[5]).one()
        assert unit.location == ("SITE-0002" if right == "second" else "SITE-0001")
        told = [
            json.loads(row.body)
            for row in db.session.query(Event).filter_by(subject=f"case:{case}")
        ]
        decided = [(one["step"], one.get("wrong", "")) for one in told if one["step"] != STATING]
        assert decided == [("settling", wrong)]
        declared = [
            row.declares for row in db.session.query(Event).filter_by(step="declaring_error")
        ]
        assert declared == ([wrong] if wrong else [])
        sequence()
        assert verify(notary()).fits
    said = {"decision": form["decision"]}
    assert decisions(other) == [{"id": odd, **said, "is_wrong": right == "first"}]
    assert decisions(one) == (
        [{"id": stands, **said, "is_wrong": True}] if right == "second" else []
    )


def test_a_record_of_another_unit_cannot_be_called_wrong(world: World, enrol: Enrol) -> None:
    _, _, case = claimed_twice(world, enrol("SITE-0001", "LVIV-1"), enrol("SITE-0001", "SITE-0002"))
    with world.app.app_context():
        other = db.session.query(Item).filter_by(code=world.codes[6]).one()
        event = db.session.query(Event).filter_by(subject=f"item:{other.id}").first()
        assert event is not None
        wrong = event.id
    form = {"decision": "That one.", "wrong": wrong}
    assert send(world.as_("alice"), f"/discrepancies/{case}/settle", form).status_code == 422


@pytest.mark.browser
def test_the_phone_learns_what_was_decided(world: World, chromium: Browser, tmp_path: Path) -> None:
    with (
        serving(world.app) as address,
        a_phone(chromium.browser_type, tmp_path / "phone", address) as phone,
    ):
        phone.enrol(invite(world, "SITE-0001", "LVIV-1"))
        found = {"code": world.codes[5], "isLabel": True, "step": "finding"}
        [event] = phone.record({**found, "location": "SITE-0001"})
        assert phone.send() == ""
        with world.app.app_context():
            [case] = db.session.query(Discrepancy).filter_by(kind="misfit", event=event)
            number = case.id
        form = {"decision": "It is still in the warehouse.", "wrong": event}
        assert send(world.as_("alice"), f"/discrepancies/{number}/settle", form).status_code == 303
        phone.show("#/settings")
        assert phone.send() == ""
        phone.show("#/")
        news = phone.page.locator("#news")
        expect(news).to_have_text("Ухвалено рішення щодо 1 Вашого сканування")
        news.locator("a").click()
        expect(phone.page.locator(".line-why")).to_have_text(
            re.compile("сканування помилкове: It is still in the warehouse.")
        )
        phone.show("#/")
        expect(phone.page.locator("#news")).to_have_count(0)
