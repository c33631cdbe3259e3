"""A consignment from its making to its closing: its list, its way, what came of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.services.builders import (
    BOB,
    COORDINATOR,
    NOW,
    item,
    lay_world,
    live,
    new_boxes,
    new_units,
    queue,
    scan,
)
from tracker.db import db
from tracker.domain.permissions import SYSTEM, Actor, Role
from tracker.domain.scans import Result
from tracker.errors import Conflict, DoesNotFit, InvalidValue, NotAllowed, OwnEvent
from tracker.models import (
    Consignment,
    Discrepancy,
    Event,
    PackingLine,
    Passage,
    ReceivingVerdict,
    Seal,
)
from tracker.queries import consignments as queries
from tracker.services import consignments, receiving
from tracker.services.discrepancies import settle

ALICE = COORDINATOR
FRANK = Actor("account:6", Role.COORDINATOR)
ERIN = Actor("account:7", Role.AUDITOR)
LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def world(app: Flask) -> None:
    lay_world()


def made(**said: Any) -> str:
    places = {"origin": "WH-1", "destination": "WH-2", "consignor": "EX", "consignee": "EX-USER"}
    return consignments.make_consignment({**places, **said}, by=ALICE, now=NOW)


def under_way(many: int = 5) -> tuple[str, list[str]]:
    """A consignment that has left with some units."""
    ref, codes = made(), new_units(many, kits=True)
    queue([scan(code, "receiving", 1, location="WH-1") for code in codes])
    queue([scan(code, "shipping", 2, consignment=ref) for code in codes])
    consignments.tell(ref, "dispatched", by=ALICE, now=NOW)
    return ref, codes


def arrived(many: int = 5) -> tuple[str, list[str]]:
    ref, codes = under_way(many)
    consignments.tell(ref, "arrived", by=ALICE, now=NOW, location="WH-2")
    return ref, codes


def arrive(ref: str, codes: list[str], **said: Any) -> None:
    outcomes = queue(
        [scan(code, "receiving", 30, location="WH-2", consignment=ref, **said) for code in codes]
    )
    assert {one.result for one in outcomes} == {Result.RECORDED}


def state(ref: str) -> str:
    db.session.rollback()
    found = db.session.get(Consignment, ref)
    assert found is not None
    return found.state


def kinds(ref: str, state: str = "open") -> list[str]:
    db.session.rollback()
    return sorted(
        db.session.scalars(
            select(Discrepancy.kind).where(
                Discrepancy.consignment == ref, Discrepancy.state == state
            )
        )
    )


def words(ref: str) -> dict[str, int]:
    db.session.rollback()
    return queries.standing(ref).sum.by_verdict


def test_numbers_are_given_in_order_and_a_reference_is_used_once() -> None:
    assert [made(), made()] == ["CN-2026-00001", "CN-2026-00002"]
    assert made(ref="EX-C-9") == "EX-C-9"
    with pytest.raises(Conflict):
        made(ref="EX-C-9")


def test_only_a_coordinator_makes_and_changes_one() -> None:
    for other in (BOB, ERIN):
        with pytest.raises(NotAllowed):
            consignments.make_consignment({}, by=other, now=NOW)
        with pytest.raises(NotAllowed):
            consignments.change_consignment("EX-C-1", {}, by=other)


def test_a_waybill_never_names_a_site() -> None:
    with pytest.raises(InvalidValue):
        made(destination="EX-SITE-1")
    with pytest.raises(InvalidValue):
        made(carrier="NOBODY")


def test_nothing_leaves_empty_and_what_leaves_is_written_down() -> None:
    ref = made()
    with pytest.raises(DoesNotFit):
        consignments.tell(ref, "dispatched", by=ALICE, now=NOW)
    ref, codes = under_way(3)
    assert state(ref) == "dispatched"
    listed = select(func.count()).where(PackingLine.consignment == ref)
    assert db.session.scalar(listed) == len(codes)


def test_what_is_on_its_way_keeps_its_sender_but_may_get_a_new_eta() -> None:
    ref, _ = under_way()
    with pytest.raises(Conflict):
        consignments.change_consignment(ref, {"consignor": "EX-USER"}, by=ALICE)
    consignments.change_consignment(ref, {"eta_on": NOW.date()}, by=ALICE)
    assert queries.consignment(ref, NOW.date(), SYSTEM).row.eta_on == NOW.date()  # type: ignore[union-attr]


def test_a_border_gives_every_unit_a_scan_and_moves_none() -> None:
    ref, codes = under_way(3)
    consignments.tell(ref, "border", by=ALICE, now=NOW, location="EX-B")
    crossings = db.session.scalar(select(func.count()).where(Event.step == "entering_exiting"))
    assert crossings == len(codes)
    assert {item(code).status for code in codes} == {"in_transit"}


def test_a_border_is_told_with_every_unit_s_scan_or_not_at_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ref, codes = under_way()

    def fail(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr("tracker.services.consignments.record_within", fail)
        with pytest.raises(RuntimeError):
            consignments.tell(ref, "border", by=ALICE, now=NOW, location="EX-B")
    db.session.rollback()
    assert db.session.scalars(select(Passage.kind)).all() == ["dispatched"]
    before = item(codes[0]).seq
    consignments.tell(ref, "border", by=ALICE, now=NOW, location="EX-B")
    assert item(codes[0]).seq == before + 1


def test_what_is_held_goes_nowhere_until_it_is_released() -> None:
    ref, _ = under_way()
    consignments.tell(ref, "hold", by=BOB, now=NOW, note="  no papers  ")
    with pytest.raises(DoesNotFit) as refused:
        consignments.tell(ref, "arrived", by=ALICE, now=NOW)
    assert refused.value.extra["allowed"] == ["release"]
    consignments.tell(ref, "release", by=ALICE, now=LATER)
    consignments.tell(ref, "arrived", by=ALICE, now=LATER)
    told = db.session.scalars(select(Passage.kind).order_by(Passage.id)).all()
    assert told == ["dispatched", "hold", "release", "arrived"]


def test_seals_are_kept_once_and_looked_at() -> None:
    ref = made()
    consignments.put_seal(ref, " ex-1 ", by=BOB, now=NOW)
    with pytest.raises(Conflict):
        consignments.put_seal(ref, "EX-1", by=BOB, now=NOW)
    [seal] = db.session.scalars(select(Seal)).all()
    consignments.look_at_seal(ref, seal.id, whole=False, by=BOB, now=LATER)
    db.session.rollback()
    assert (seal.number, seal.whole, seal.looked_at_by) == ("EX-1", False, BOB.ref)


def test_when_all_came_well_it_closes() -> None:
    ref, codes = arrived()
    arrive(ref, codes)
    found = receiving.conclude(ref, by=BOB, now=LATER)
    assert found.fits
    assert (state(ref), words(ref), kinds(ref)) == ("received", {"good": 5}, [])
    receiving.close(ref, by=ALICE, now=LATER)
    assert state(ref) == "closed"


def test_everything_that_does_not_fit_is_a_verdict_and_a_discrepancy() -> None:
    ref, codes = arrived(6)
    [stray] = new_units(1, kits=True)
    queue([scan(stray, "receiving", 1, location="WH-1")])
    arrive(ref, codes[:1])
    arrive(ref, codes[1:2], condition="damaged")
    arrive(ref, codes[2:3], second_identifier=f"KITEX{item(codes[0]).id:07d}")
    arrive(ref, codes[3:4], reason="unreadable_label")
    arrive(ref, [stray])
    found = receiving.conclude(ref, by=BOB, now=LATER)
    assert (found.expected, found.counted, found.missing) == (6, 5, 2)
    assert words(ref) == {
        "good": 1, "damaged": 1, "wrong_serial": 1, "unreadable_label": 1, "over": 1, "short": 2,
    }  # fmt: skip
    assert kinds(ref) == ["damaged", "gap", "over", "short", "short", "wrong_serial"]
    with pytest.raises(Conflict):
        receiving.close(ref, by=ALICE, now=LATER)


def test_concluding_again_changes_nothing() -> None:
    ref, codes = arrived(3)
    arrive(ref, codes[:2])
    for _ in range(3):
        assert receiving.conclude(ref, by=BOB, now=LATER).missing == 1
    rows = db.session.scalar(select(func.count()).select_from(ReceivingVerdict))
    assert (rows, kinds(ref)) == (3, ["short"])


@pytest.mark.parametrize("names_it", [True, False])
def test_what_was_short_and_turns_up_closes_the_shortage_and_changes_the_verdict(
    names_it: bool,
) -> None:
    ref, codes = arrived(3)
    arrive(ref, codes[:2])
    receiving.conclude(ref, by=BOB, now=LATER)
    assert kinds(ref) == ["short"]
    said = {"consignment": ref} if names_it else {}
    queue([scan(codes[2], "receiving", 90, location="WH-2", **said)], now=LATER)
    assert (kinds(ref), kinds(ref, "healed")) == ([], ["short"])
    assert receiving.conclude(ref, by=BOB, now=LATER).missing == 0
    assert words(ref) == {"good": 3}
    receiving.close(ref, by=ALICE, now=LATER)


def test_a_late_scan_from_before_the_conclusion_counts() -> None:
    ref, codes = arrived(2)
    arrive(ref, codes[:1])
    receiving.conclude(ref, by=BOB, now=LATER)
    arrive(ref, codes[1:])
    assert kinds(ref) == []


def test_what_is_lost_on_the_way_is_reversed_when_it_is_found_at_either_end() -> None:
    ref, codes = arrived(2)
    arrive(ref, codes[:1])
    receiving.conclude(ref, by=BOB, now=LATER)
    queue([scan(codes[1], "reporting_lost", 60, report="EX-R")], now=LATER)
    assert (item(codes[1]).status, kinds(ref)) == ("lost", ["short"])
    queue([scan(codes[1], "finding", 90, location="WH-1")], now=LATER)
    assert (item(codes[1]).status, kinds(ref)) == ("in_stock", [])


def test_who_scanned_or_concluded_does_not_settle() -> None:
    ref, codes = arrived(2)
    arrive(ref, codes[:1], condition="damaged")  # scanned by ALICE
    receiving.conclude(ref, by=FRANK, now=LATER)
    rows = db.session.execute(
        select(Discrepancy.id, Discrepancy.kind).where(Discrepancy.consignment == ref)
    )
    numbers = {kind: number for number, kind in rows}
    with pytest.raises(OwnEvent):
        settle(numbers["damaged"], "The carrier pays.", by=ALICE, now=LATER)
    with pytest.raises(OwnEvent):
        settle(numbers["short"], "It is gone.", by=FRANK, now=LATER)
    settle(numbers["damaged"], "The carrier pays.", by=FRANK, now=LATER)


def test_a_person_s_word_about_a_unit_stands_until_it_turns_up() -> None:
    ref, codes = arrived(2)
    arrive(ref, codes[:1])
    number = item(codes[1]).id
    receiving.say(
        ref, number, "wrong_serial", reason="sent_by_mistake", note="another unit came", by=BOB,
        now=LATER,
    )  # fmt: skip
    assert words(ref) == {"good": 1, "wrong_serial": 1}
    assert queries.progress(ref) == (1, 2), "a word is no receipt"
    for said in ("over", "good", "short", "with_box"):
        with pytest.raises(InvalidValue):
            receiving.say(ref, number, said, reason=None, note=None, by=BOB, now=LATER)
    arrive(ref, codes[1:])
    assert words(ref) == {"good": 2}
    with pytest.raises(Conflict):
        receiving.say(ref, number, "damaged", reason=None, note=None, by=BOB, now=LATER)


def test_a_donor_s_consignment_is_received_by_its_manifest() -> None:
    """Nobody of ours saw it leave: what was announced with it is what it should bring."""
    ref = made()
    codes, [box] = new_units(2), new_boxes(1)
    queue([scan(code, "packing", 0, handling_unit=box) for code in codes])
    queue([scan(box, "shipping", 1, consignment=ref)])
    consignments.tell(ref, "arrived", by=BOB, now=NOW)
    live(scan(box, "receiving", 40, location="WH-2", consignment=ref), by=ALICE)
    assert queries.progress(ref) == (2, 2)
    assert receiving.conclude(ref, by=BOB, now=LATER).fits
    assert words(ref) == {"with_box": 2}, "nobody has looked at them"


@pytest.mark.parametrize("step", ["reporting_lost", "reporting_stolen", "destroying"])
def test_what_was_lost_on_the_way_before_anybody_counted_did_not_come(step: str) -> None:
    ref, codes = arrived(3)
    queue([scan(codes[2], step, 20, report="EX-R")])
    arrive(ref, codes[:2])
    assert queries.progress(ref) == (2, 3)
    found = receiving.conclude(ref, by=BOB, now=LATER)
    assert (found.missing, words(ref)) == (1, {"good": 2, "short": 1})
    queue([scan(codes[0], step, 90, report="EX-R")], now=LATER)
    assert queries.progress(ref) == (2, 3), "what is lost after it came did come"


def test_a_person_s_word_is_a_discrepancy_and_concluding_leaves_it() -> None:
    ref, codes = arrived(4)
    arrive(ref, codes[:1])
    for code, word in zip(codes[1:], ("unreadable_label", "wrong_serial", "damaged"), strict=True):
        receiving.say(ref, item(code).id, word, reason=None, note=None, by=BOB, now=LATER)
    assert kinds(ref) == ["damaged", "misfit", "wrong_serial"]
    receiving.conclude(ref, by=BOB, now=LATER)
    receiving.conclude(ref, by=BOB, now=LATER)
    assert words(ref) == {"good": 1, "unreadable_label": 1, "wrong_serial": 1, "damaged": 1}
    assert kinds(ref) == ["damaged", "misfit", "wrong_serial"]
    with pytest.raises(Conflict):
        receiving.close(ref, by=ALICE, now=LATER)
