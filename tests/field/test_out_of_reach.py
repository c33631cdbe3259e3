"""A scan by a phone of another site: kept, told nothing, and counted when a person says so."""

from __future__ import annotations

import re

from tests.field.conftest import Enrol
from tests.field.signing import SigningPhone
from tests.web.conftest import World, send, spoken
from tracker.db import db, transaction
from tracker.ledger.checkpoints import notary, sequence
from tracker.ledger.verification import verify
from tracker.models import Discrepancy, Event, Item, Party


def unit(world: World, code: str) -> tuple[str | None, str | None]:
    with world.app.app_context():
        found = db.session.query(Item).filter_by(code=code).one()
        return found.status, found.location


def scanned_far_away(world: World, phone: SigningPhone) -> int:
    """A unit that stands in a warehouse is put up at a site; the number of the case."""
    scan = phone.scan(world.codes[8], "deploying", location="SITE-0001")
    answer = phone.send(scan).json
    assert answer
    assert answer["results"][0]["outcome"] == "unknown_code"
    with world.app.app_context():
        return db.session.query(Discrepancy).filter_by(event=scan["id"]).one().id


def test_a_coordinator_lets_it_count_on_their_word(world: World, enrol: Enrol) -> None:
    number = scanned_far_away(world, enrol("SITE-0001"))
    assert unit(world, world.codes[8]) == ("in_stock", "LVIV-1")
    alice = world.as_("alice")
    assert "It happened as scanned" in spoken(alice.get(f"/discrepancies/{number}").text)
    form = {"decision": "Called Charlie: it was carried there.", "admit": "yes"}
    answer = send(alice, f"/discrepancies/{number}/settle", form)
    assert answer.status_code == 303
    assert unit(world, world.codes[8]) == ("deployed", "SITE-0001")
    with world.app.app_context():
        found = db.session.query(Item).filter_by(code=world.codes[8]).one()
        made = db.session.query(Event).filter_by(subject=f"item:{found.id}", step="deploying").one()
        assert made.by.startswith("account:")
        assert db.session.get_one(Discrepancy, number).state == "settled"
        while sequence():
            pass
        assert verify(notary()).fits
    again = send(alice, f"/discrepancies/{number}/settle", form)
    assert again.status_code == 409


def test_settled_in_words_alone_it_does_not_count(world: World, enrol: Enrol) -> None:
    number = scanned_far_away(world, enrol("SITE-0001"))
    form = {"decision": "Nobody knows of it; the phone is looked for."}
    assert send(world.as_("alice"), f"/discrepancies/{number}/settle", form).status_code == 303
    assert unit(world, world.codes[8]) == ("in_stock", "LVIV-1")


def test_another_case_is_no_scan_to_admit(world: World) -> None:
    page = world.as_("alice").get("/discrepancies?kind=label_only").text
    found = re.search(r'href="/discrepancies/(\d+)"', page)
    assert found
    form = {"decision": "It is so, I say.", "admit": "yes"}
    answer = send(world.as_("alice"), f"/discrepancies/{found.group(1)}/settle", form)
    assert answer.status_code == 422


def test_a_receiver_is_found_by_the_exact_number_and_never_listed(
    world: World, enrol: Enrol
) -> None:
    phone = enrol("SITE-0001")
    with world.app.app_context(), transaction() as session:
        session.add(Party(ref="FAR", name="Far clinic", kind="non_profit", code="00034022"))
    told = phone.client.get("/api/v1/field", headers=phone.headers).json
    assert told
    assert "FAR" not in {party["ref"] for party in told["parties"]}
    path = "/api/v1/field/parties/"
    found = phone.client.get(f"{path}00034022", headers=phone.headers)
    assert found.json
    assert (found.json["ref"], found.json["code"]) == ("FAR", "00034022")
    for number in ("0003402", "00034023", "%25", "FAR"):
        assert phone.client.get(f"{path}{number}", headers=phone.headers).status_code == 404
