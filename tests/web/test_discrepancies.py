"""What does not fit: listed by age, taken by somebody, settled by a second person."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from sqlalchemy import update

from tests.web.conftest import World, send, spoken
from tracker.db import transaction
from tracker.domain.scans import Mode, Scan
from tracker.ledger.record import record
from tracker.models import Consignment, Discrepancy


def _number(world: World, kind: str) -> int:
    page = world.as_("alice").get(f"/discrepancies?kind={kind}").text
    found = re.search(r'href="/discrepancies/(\d+)"', page)
    assert found, spoken(page)
    return int(found.group(1))


def test_what_is_open_is_listed_oldest_first_with_its_day(still_world: World) -> None:
    page = still_world.as_("erin").get("/discrepancies").text
    numbers = [int(found) for found in re.findall(r'href="/discrepancies/(\d+)"', page)]
    assert numbers == sorted(numbers)
    assert {"Skipped step", "Scan that does not fit", "Label only"} <= set(
        re.findall(r'href="/discrepancies/\d+">([^<]+)<', page)
    )


def test_what_is_past_its_day_is_marked_and_counted(world: World) -> None:
    client = world.as_("alice")
    assert "overdue" not in spoken(client.get("/discrepancies").text)
    with world.app.app_context(), transaction() as session:
        row = session.get(Discrepancy, 1)
        assert row is not None
        row.due_on = date(2020, 1, 1)
    assert spoken(client.get("/discrepancies").text).count("overdue") == 1
    assert "Overdue · 1" in spoken(client.get("/").text)


def test_a_second_person_settles_it_in_words(world: World) -> None:
    number = _number(world, "label_only")
    client = world.as_("alice")
    answer = send(client, f"/discrepancies/{number}/settle", {"decision": "Barcode seen later."})
    assert answer.location == f"/discrepancies/{number}"
    page = spoken(client.get(answer.location).text)
    assert "Barcode seen later." in page
    assert "Settled by person 2" in page
    assert "Settle it" not in page
    again = send(client, f"/discrepancies/{number}/settle", {"decision": "And once more."})
    assert again.status_code == 409
    assert send(client, f"/discrepancies/{number}/take").status_code == 409  # nobody owns it now


def test_nobody_settles_what_their_own_scan_opened(world: World) -> None:
    outcome = world.scan(world.codes[5], "repaired", "alice", 1)
    assert outcome.result == "misfit"
    alice = world.as_("alice")
    page = alice.get("/discrepancies?kind=misfit").text
    number = max(int(found) for found in re.findall(r'href="/discrepancies/(\d+)"', page))
    shown = alice.get(f"/discrepancies/{number}").text
    assert "A second person has to settle it" in shown
    assert "<textarea" not in shown
    answer = send(alice, f"/discrepancies/{number}/settle", {"decision": "It is fine, I was there"})
    assert answer.status_code == 403
    other = send(world.as_("frank"), f"/discrepancies/{number}/settle", {"decision": "Looked at."})
    assert other.status_code == 303


def test_a_decision_without_words_is_not_kept(world: World) -> None:
    number = _number(world, "label_only")
    client = world.as_("alice")
    for words in ("", "ok", "x" * 1001):
        answer = send(client, f"/discrepancies/{number}/settle", {"decision": words})
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.text
    assert "Settle it" in client.get(f"/discrepancies/{number}").text


def test_who_takes_it_answers_for_it(world: World) -> None:
    client = world.as_("alice")
    assert "Nothing here" in spoken(client.get("/discrepancies?mine=1").text)
    send(client, "/discrepancies/1/take")
    page = client.get("/discrepancies/1").text
    assert "I will see to it" not in page
    assert "Owner person 2" in spoken(page)
    assert 'href="/discrepancies/1"' in client.get("/discrepancies?mine=1").text
    assert "1 taken by you" in spoken(client.get("/").text)


def test_the_start_page_calls_nothing_closed_that_is_open_and_due_later(world: World) -> None:
    client = world.as_("alice")
    with world.app.app_context(), transaction() as session:
        session.execute(
            update(Discrepancy).values(due_on=datetime.now(UTC).date() + timedelta(days=30))
        )
        session.execute(update(Consignment).values(eta_on=None))
    page = spoken(client.get("/").text)
    assert "every scan fits" not in page
    assert "Overdue" not in page


def test_the_list_is_narrowed_by_state_and_kind(still_world: World) -> None:
    client = still_world.as_("bob")
    assert "Label only" not in re.findall(
        r">([^<]+)</a></th>", client.get("/discrepancies?kind=gap").text
    )
    assert "Nothing here" in client.get("/discrepancies?state=settled").text
    assert "Nothing here" not in client.get("/discrepancies?state=all").text
    assert client.get("/discrepancies?state=x&kind=y&after=z&mine=%00").status_code == 200


def test_late_scans_close_a_gap_by_themselves(world: World) -> None:
    number = _number(world, "gap")
    code = world.codes[1]
    world.scan(code, "receiving", "bob", 30, location="LVIV-1")
    world.scan(code, "packing", "bob", 29)
    second = {"second_identifier": "KITEX0000001"}
    world.scan(code, "accepting", "alice", 20, receiver="HOSP", act="A-17", **second)
    page = spoken(world.as_("alice").get(f"/discrepancies/{number}").text)
    assert "closed by a late scan" in page


def test_a_second_content_under_one_id_is_shown_beside_the_first(world: World) -> None:
    with world.app.app_context():
        now = datetime.now(UTC)
        first = Scan(str(uuid4()), world.codes[6], "returning", now, note="to the hub")
        second = replace(first, note="to the donor")
        for scan in (first, second):
            record([scan], sent_at=now, mode=Mode.QUEUED, by=world.actor("bob"), now=now)
    page = spoken(world.as_("alice").get(f"/discrepancies/{_number(world, 'conflict')}").text)
    assert re.search("Note to the hub .*What the second one says .*Note to the donor", page)


def test_a_number_that_names_nothing_is_whole_only_for_who_may_read_numbers(world: World) -> None:
    outcome = world.scan("KITEX9999999", "receiving", "bob", 1, location="LVIV-1")
    assert outcome.result == "unknown_code"
    number = _number(world, "unknown_code")
    for path in ("/discrepancies?kind=unknown_code", f"/discrepancies/{number}"):
        for name in ("alice", "bob"):
            assert "KITEX9999999" in world.as_(name).get(path).text
        page = world.as_("erin").get(path).text
        assert "KITEX9999999" not in page
        assert "…999" in page
