"""Receiving, and what is learned since: late scans, numbers that move, ledgers that are older."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from tests.services.builders import (
    BOB,
    NOW,
    item,
    new_units,
    queue,
    scan,
)
from tests.services.test_consignments import (
    LATER,
    arrive,
    kinds,
    state,
    under_way,
    words,
)
from tests.services.test_receiving import (
    ALICE,
    DIFFERS,
    boxed,
    issued,
    lay_warehouses,
    lines,
    newest,
    note,
    shown,
    since,
)
from tracker.db import db, transaction
from tracker.domain.receiving import How
from tracker.errors import CountMoved, DoesNotFit
from tracker.ledger import arrivals
from tracker.ledger.rebuilding import rebuild
from tracker.models import Arrival, ReceivingVerdict
from tracker.queries import consignments as queries
from tracker.services import consignments, receiving


@pytest.fixture(autouse=True)
def world(app: Flask) -> None:
    lay_warehouses()


def test_a_late_scan_heals_the_shortage_and_the_note_has_a_second_version() -> None:
    ref, codes = under_way(2)
    consignments.tell(ref, "arrived", by=ALICE, now=NOW, location="WH-2")
    arrive(ref, codes[:1])
    receiving.conclude(ref, by=BOB, now=LATER)
    issued(ref)
    later = LATER + timedelta(hours=3)
    queue([scan(codes[1], "receiving", 40, location="WH-2", consignment=ref)], now=later)
    assert (kinds(ref), since(ref)) == ([], (1, 1))
    with pytest.raises(DoesNotFit):
        receiving.close(ref, by=ALICE, now=later)
    issued(ref, later)
    assert (since(ref), lines(ref, "good")) == ((0, 0), set(codes))
    receiving.close(ref, by=ALICE, now=later)
    said = db.session.scalars(
        select(ReceivingVerdict.verdict)
        .where(ReceivingVerdict.item == item(codes[1]).id)
        .order_by(ReceivingVerdict.id)
    ).all()
    assert said == ["short", "good"], "verdicts are followed, never changed"


def test_damage_that_is_found_before_it_goes_on_is_on_the_next_note() -> None:
    ref, codes = under_way(2)
    consignments.tell(ref, "arrived", by=ALICE, now=NOW, location="WH-2")
    arrive(ref, codes)
    receiving.conclude(ref, by=BOB, now=LATER)
    queue([scan(codes[0], "counting", 70, location="WH-2", condition="damaged")], now=LATER)
    assert words(ref) == {"damaged": 1, "good": 1}
    queue([scan(codes[1], "shipping", 71, location="WH-2", consignment="EX-C-1")], now=LATER)
    queue([scan(codes[1], "receiving", 72, location="WH-3", condition="damaged")], now=LATER)
    assert words(ref) == {"damaged": 1, "good": 1}, "what happened to it there is another matter"


# Concluding


def test_who_concludes_by_numbers_that_changed_meanwhile_is_refused_and_told_them() -> None:
    ref, codes = under_way(3)
    consignments.tell(ref, "arrived", by=ALICE, now=NOW, location="WH-2")
    arrive(ref, codes[:1])
    before = queries.standing(ref).seal
    arrive(ref, codes[1:2])
    with pytest.raises(CountMoved) as refused:
        receiving.conclude(ref, by=BOB, now=LATER, shown=before)
    assert refused.value.extra == {"was": [1, 0, 2, 0], "now": [2, 0, 1, 0]}
    assert (state(ref), kinds(ref)) == ("arrived", [])
    db.session.rollback()
    receiving.conclude(ref, by=BOB, now=LATER, shown=queries.standing(ref).seal)
    assert kinds(ref) == ["short"]


def test_the_same_numbers_of_other_units_are_another_count() -> None:
    ref, codes = under_way(2)
    consignments.tell(ref, "arrived", by=ALICE, now=NOW, location="WH-2")
    arrive(ref, codes[:1])
    before = queries.standing(ref).seal
    queue([scan(codes[0], "declaring_error", 50, **newest(codes[0]))])
    arrive(ref, codes[1:])
    with pytest.raises(CountMoved):
        receiving.conclude(ref, by=BOB, now=LATER, shown=before)


def test_a_word_without_a_scan_is_no_receipt() -> None:
    ref, codes = under_way(2)
    consignments.tell(ref, "arrived", by=ALICE, now=NOW, location="WH-2")
    arrive(ref, codes[:1])
    unit, wet = item(codes[1]).id, "under the tarpaulin"
    receiving.say(ref, unit, "damaged", reason="wet", note=wet, by=BOB, now=LATER)
    found = receiving.conclude(ref, by=BOB, now=LATER)
    assert (found.counted, found.four) == (1, (1, 0, 0, 1))
    assert shown(ref) == {codes[1]: "damaged; said only, not scanned; wet"}
    assert (note(ref).counted, note(ref).lacking) == (1, 1)


def test_what_was_received_before_anybody_said_that_it_arrived_is_on_the_list() -> None:
    ref, codes = under_way(3)
    assert queries.progress(ref) == (0, 3)
    loose = consignments.make_consignment(
        {"origin": "WH-1", "destination": "WH-2"}, by=ALICE, now=NOW
    )
    more = new_units(2)
    queue([scan(code, "receiving", 1, location="WH-1") for code in more])
    queue([scan(code, "shipping", 2, consignment=loose) for code in more])
    queue([scan(more[0], "receiving", 3, location="WH-2", consignment=loose)])
    assert queries.progress(loose) == (1, 2)
    consignments.tell(loose, "arrived", by=ALICE, now=NOW, location="WH-2")
    assert queries.progress(loose) == (1, 2)
    assert receiving.conclude(loose, by=BOB, now=LATER).four == (1, 0, 1, 0)
    assert len(codes) == 3


def test_another_destination_judges_what_was_seen_anew() -> None:
    ref, codes = under_way(2)
    arrive(ref, codes[:1])
    queue([scan(codes[1], "receiving", 31, location="WH-3", consignment=ref)])
    assert words(ref) == {"good": 1, "elsewhere": 1}
    consignments.change_consignment(ref, {"destination": "WH-3"}, by=ALICE)
    assert words(ref) == {"good": 1, "elsewhere": 1}
    assert shown(ref) == {codes[0]: "elsewhere; WH-2"}


# What is kept beside the events


def test_what_is_kept_can_be_made_anew_and_tells_of_tampering() -> None:
    ref, codes, [box] = boxed(3)
    queue([scan(box, "receiving", 30, location="WH-2", consignment=ref)])
    nothing: dict[str, list[str]] = {name: [] for name in DIFFERS}
    assert rebuild(now=LATER) == nothing
    number = item(codes[0]).id
    with transaction() as session:
        session.execute(update(Arrival).where(Arrival.item == number).values(how=How.SINGLY.value))
    assert words(ref) == {"good": 1, "with_box": 2}
    assert rebuild(now=LATER) == nothing | {"items": [codes[0]]}
    assert words(ref) == {"with_box": 3}


def test_a_ledger_that_is_older_than_what_is_kept_is_followed_once() -> None:
    ref, codes, [box] = boxed(3)
    queue([scan(box, "receiving", 30, location="WH-2", consignment=ref)])
    with transaction() as session:
        session.execute(delete(Arrival))
    assert words(ref) == {"not_sent": 3}
    assert arrivals.fill() == len(codes)
    assert words(ref) == {"with_box": 3}
    assert arrivals.fill() == 0
