"""What becomes of a scan: kept, refused, told twice, out of order, of a box, of nothing known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import func, select

from tests.services.builders import (
    BOB,
    COORDINATOR,
    NOTHING_DIFFERS,
    NOW,
    broken_chains,
    item,
    kept_ids,
    lay_world,
    live,
    new_blanks,
    new_boxes,
    new_units,
    open_discrepancies,
    printed_act,
    queue,
    scan,
)
from tracker.db import db
from tracker.domain.permissions import Actor, Role
from tracker.domain.scans import Mode, Result
from tracker.errors import Conflict, NotAllowed, OwnEvent
from tracker.ledger.rebuilding import rebuild
from tracker.ledger.record import record
from tracker.models import Discrepancy, Event, Tally
from tracker.services.discrepancies import settle


@pytest.fixture(autouse=True)
def _world(app: Flask) -> None:
    lay_world()


def test_a_unit_goes_from_announced_to_inspected() -> None:
    [code], [box] = new_units(1, kits=True), new_boxes(1)
    kit, act = f"KITEX{item(code).id:07d}", printed_act(code)
    steps = [
        scan(code, "receiving", 1, location="WH-1"),
        scan(code, "packing", 2, handling_unit=box),
        scan(box, "shipping", 3, consignment="EX-C-1"),
        scan(code, "receiving", 4, location="WH-2"),
        scan(code, "accepting", 5, receiver="EX-USER", act=act, second_identifier=kit),
        scan(code, "deploying", 6, location="EX-SITE-1", second_identifier=kit),
        scan(
            code, "inspecting", 7, findings={"present": True, "working": True, "civilian_use": True}
        ),
    ]
    statuses = []
    for step in steps:
        outcome = live(step)
        assert (outcome.result, outcome.flags) == (Result.RECORDED, ()), outcome
        statuses.append(item(code).status)
    assert statuses == [
        "in_stock", "packed", "in_transit", "in_stock", "handed_over", "deployed", "deployed",
    ]  # fmt: skip
    assert item(code).working_at == steps[-1].occurred_at
    assert item(code).online_at is None
    assert open_discrepancies([code]) == []
    assert broken_chains() == []


def test_a_live_scan_that_does_not_fit_is_refused_and_leaves_no_trace() -> None:
    [code] = new_units(1)
    before = kept_ids()
    outcome = live(scan(code, "deploying", 1, location="EX-SITE-1"))
    assert outcome.result is Result.REFUSED
    assert "receiving" in outcome.allowed
    assert outcome.gap == ("receiving", "accepting")
    assert kept_ids() == before


def test_a_refused_scan_sent_again_with_confirm_is_kept_with_its_gap() -> None:
    [code] = new_units(1)
    refused = scan(code, "shipping", 1, consignment="EX-C-1")
    assert live(refused).result is Result.REFUSED
    outcome = live(replace(refused, confirm=True))
    assert (outcome.result, outcome.gap) == (Result.RECORDED, ("receiving",))
    assert "confirmed" in outcome.flags
    assert [kind for _, kind, _, _ in open_discrepancies([code])] == ["gap"]


@pytest.mark.parametrize(
    ("step", "lacking"),
    [("receiving", "location"), ("reporting_lost", "report"), ("decommissioning", "second_person")],
)
def test_a_live_scan_without_what_its_step_needs_is_refused_by_name(
    step: str, lacking: str
) -> None:
    [code] = new_units(1)
    if step == "decommissioning":
        live(scan(code, "receiving", 1, location="WH-1"))
    outcome = live(scan(code, step, 2))
    assert outcome.result is Result.REFUSED
    assert lacking in outcome.missing


def test_a_write_off_with_a_second_person_is_kept() -> None:
    [code] = new_units(1)
    live(scan(code, "receiving", 1, location="WH-1"))
    outcome = live(scan(code, "decommissioning", 2), approved_by="account:9")
    assert outcome.result is Result.RECORDED
    assert item(code).status == "written_off"


def test_a_queued_misfit_is_kept_does_not_move_and_heals() -> None:
    [code] = new_units(1)
    queue([scan(code, "reporting_lost", 10, report="R-1")])
    outcome = queue([scan(code, "receiving", 30, location="WH-1")])[0]
    assert outcome.result is Result.MISFIT
    assert item(code).status == "lost"
    queue([scan(code, "finding", 20, location="WH-1")])
    assert item(code).status == "in_stock"
    assert open_discrepancies([code]) == []


def test_the_same_scan_twice_is_a_duplicate_with_the_first_receipt() -> None:
    [code] = new_units(1)
    one = scan(code, "receiving", 1, location="WH-1")
    first, again = queue([one, one])
    later = queue([one], now=NOW + timedelta(hours=5))[0]
    assert (first.result, again.result, later.result) == ("recorded", "duplicate", "duplicate")
    assert first.receipt == again.receipt == later.receipt
    assert item(code).seq == 2


def test_the_same_id_with_another_content_is_kept_as_a_discrepancy() -> None:
    [code] = new_units(1)
    one = scan(code, "receiving", 1, location="WH-1")
    queue([one])
    other = queue([replace(one, location="WH-2")])[0]
    queue([replace(one, location="EX-B")])
    assert (other.result, other.flags) == (Result.DUPLICATE, ("conflict",))
    assert item(code).location == "WH-1"
    assert [kind for _, kind, _, _ in open_discrepancies([code])] == ["conflict"]


def test_identity_comes_before_permission() -> None:
    [code] = new_units(1)
    one = scan(code, "receiving", 1, location="WH-1")
    queue([one], by=BOB)
    elsewhere = Actor("account:2", Role.WAREHOUSE, frozenset({"WH-2"}))
    assert queue([one], by=elsewhere)[0].result is Result.DUPLICATE


def test_a_role_without_the_right_is_forbidden_and_nothing_is_kept() -> None:
    [code] = new_units(1)
    before = kept_ids()
    donor = Actor("account:7", Role.DONOR)
    assert queue([scan(code, "receiving", 1, location="WH-1")], by=donor)[0].result == "forbidden"
    assert queue([scan(code, "deploying", 1, location="WH-1")], by=BOB)[0].result == "forbidden"
    assert kept_ids() == before


def test_one_bad_scan_does_not_refuse_the_batch() -> None:
    codes = new_units(2)
    good = scan(codes[0], "receiving", 1, location="WH-1")
    stray = scan(codes[1], "receiving", 1, location="NOWHERE")
    unknown = scan("EXUNKNOWN", "receiving", 1, location="WH-1")
    results = [outcome.result for outcome in queue([unknown, good, stray])]
    assert results == ["unknown_code", "recorded", "recorded"]
    assert item(codes[1]).location is None
    assert [kind for _, kind, _, _ in open_discrepancies([codes[1]])] == ["misfit"]


def test_scans_of_a_blank_label_join_the_story_when_it_is_bound() -> None:
    [code], [blank] = new_units(1, kits=True), new_blanks(1)
    kit = f"KITEX{item(code).id:07d}"
    early = queue([scan(blank, "receiving", 1, location="WH-1")])[0]
    assert early.result is Result.UNKNOWN_CODE
    assert item(code).status == "announced"
    bound = queue([scan(blank, "commissioning", 5, second_identifier=kit)])[0]
    assert bound.result is Result.RECORDED
    assert item(blank).status == "in_stock"
    assert item(blank).id == item(code).id
    left = db.session.scalar(
        select(func.count()).where(Discrepancy.state == "open", Discrepancy.kind == "unknown_code")
    )
    assert left == 0
    assert broken_chains() == []


def test_a_terminal_handed_over_by_its_label_alone_is_flagged() -> None:
    [code] = new_units(1)
    queue([scan(code, "receiving", 1, location="WH-1")])
    outcome = queue([scan(code, "accepting", 2, receiver="EX-USER", act="EX-ACT-1")])[0]
    assert (outcome.result, outcome.flags) == (Result.RECORDED, ("label_only",))
    assert [kind for _, kind, _, _ in open_discrepancies([code])] == ["label_only"]


def test_another_unit_s_barcode_as_second_identifier_is_a_wrong_serial() -> None:
    mine, other = new_units(2, kits=True)
    queue([scan(mine, "receiving", 1, location="WH-1")])
    kit = f"KITEX{item(other).id:07d}"
    outcome = queue(
        [scan(mine, "accepting", 2, receiver="EX-USER", act="A", second_identifier=kit)]
    )[0]
    assert outcome.flags == ("wrong_serial",)
    bodies = " ".join(db.session.scalars(select(Event.body)))
    assert kit not in bodies


def test_the_maker_s_barcode_works_where_the_label_does() -> None:
    [code] = new_units(1, kits=True)
    outcome = queue([scan(f"KITEX{item(code).id:07d}", "receiving", 1, location="WH-1")])[0]
    assert outcome.result is Result.RECORDED
    assert item(code).status == "in_stock"


def test_scanning_a_box_moves_all_within_it_in_one_event_each() -> None:
    codes, [box] = new_units(5), new_boxes(1)
    queue([scan(code, "receiving", 1, location="WH-1") for code in codes])
    queue([scan(code, "packing", 2, handling_unit=box) for code in codes[:4]])
    outcome = queue([scan(box, "shipping", 3, consignment="EX-C-1")])[0]
    assert (outcome.result, outcome.units) == (Result.RECORDED, 4)
    assert [item(code).status for code in codes] == ["in_transit"] * 4 + ["in_stock"]
    assert broken_chains() == []


def test_a_unit_packed_by_a_late_scan_joins_the_journey_of_its_box() -> None:
    [code], [box] = new_units(1), new_boxes(1)
    queue([scan(code, "receiving", 1, location="WH-1")])
    queue([scan(box, "shipping", 3, consignment="EX-C-1")])
    assert item(code).status == "in_stock"
    queue([scan(code, "packing", 2, handling_unit=box)])
    assert item(code).status == "in_transit"
    assert broken_chains() == []


def test_an_error_declaration_takes_the_step_back_and_is_itself_kept() -> None:
    [code] = new_units(1)
    wrong = scan(code, "receiving", 1, location="WH-2")
    queue([wrong])
    queue([scan(code, "declaring_error", 2, declares=wrong.id, reason="did_not_occur")])
    assert item(code).status == "announced"
    assert item(code).seq == 3


def test_a_warehouse_may_take_back_its_own_scan_only() -> None:
    [code] = new_units(1)
    theirs = scan(code, "receiving", 1, location="WH-1")
    mine = scan(code, "packing", 2, handling_unit=new_boxes(1)[0])
    queue([theirs], by=COORDINATOR)
    queue([mine], by=BOB)
    back = [
        scan(code, "declaring_error", 3, declares=one.id, reason="did_not_occur")
        for one in (theirs, mine)
    ]
    assert [outcome.result for outcome in queue(back, by=BOB)] == ["forbidden", "recorded"]


def test_a_device_whose_clock_is_off_is_put_right_and_not_retimed_in_silence() -> None:
    [code] = new_units(1)
    phone = timedelta(days=3)
    one = replace(scan(code, "receiving", location="WH-1"), occurred_at=NOW - phone)
    sent = NOW - phone + timedelta(minutes=5)
    record([one], sent_at=sent, mode=Mode.QUEUED, by=COORDINATOR, now=NOW)
    assert item(code).received_at == NOW - timedelta(minutes=5)
    body = db.session.scalar(select(Event.body).where(Event.id == one.id))
    assert body is not None
    assert '"occurred_at":"2026-05-29T09:00:00.000Z"' in body


def test_a_scan_made_after_it_was_sent_is_flagged() -> None:
    [code] = new_units(1)
    one = replace(scan(code, "receiving", location="WH-1"), occurred_at=NOW + timedelta(hours=2))
    outcome = queue([one])[0]
    assert outcome.flags == ("clock",)
    assert outcome.discrepancy == "clock"


def test_an_inspection_that_finds_military_use_is_a_suspected_diversion() -> None:
    [code] = new_units(1, kits=True)
    kit = f"KITEX{item(code).id:07d}"
    queue([
        scan(code, "receiving", 1, location="WH-1"),
        scan(code, "accepting", 2, receiver="EX-USER", act="A", second_identifier=kit),
        scan(code, "deploying", 3, location="EX-SITE-1", second_identifier=kit),
        scan(code, "inspecting", 4, findings={"present": True, "civilian_use": False}),
    ])  # fmt: skip
    assert [kind for _, kind, _, _ in open_discrepancies([code])] == ["suspected_diversion"]
    assert item(code).inspected_at is None


def test_a_discrepancy_is_settled_by_another_person_once() -> None:
    [code] = new_units(1)
    queue([scan(code, "shipping", 1, consignment="EX-C-1")])
    number = db.session.scalar(select(Discrepancy.id).where(Discrepancy.item == item(code).id))
    assert number is not None
    with pytest.raises(OwnEvent):
        settle(number, "It was received on paper.", by=COORDINATOR, now=NOW)
    with pytest.raises(NotAllowed):
        settle(number, "It was received on paper.", by=BOB, now=NOW)
    second = Actor("account:8", Role.COORDINATOR)
    settle(number, "It was received on paper.", by=second, now=NOW)
    with pytest.raises(Conflict):
        settle(number, "Once more.", by=second, now=NOW)
    queue([scan(code, "commissioning", 1)])
    assert open_discrepancies([code]) == []


def test_the_counts_by_day_follow_the_states() -> None:
    codes = new_units(3)
    queue([scan(code, "receiving", 1, location="WH-1") for code in codes[:2]])
    sums = {
        row.measure: int(row.total)
        for row in db.session.execute(
            select(Tally.measure, func.sum(Tally.change).label("total")).group_by(Tally.measure)
        )
    }
    assert sums["status:announced"] == 1
    assert sums["status:in_stock"] == sums["top:received"] == 2
    assert sums["seen:received:20260531"] == 2


def test_a_chunk_asks_the_database_the_same_number_of_times_for_one_scan_and_for_many() -> None:
    asked: list[str] = []
    codes = new_units(301)

    def listen(_c: object, _u: object, statement: str, *_: object) -> None:
        asked.append(statement)

    sqlalchemy_event.listen(db.engine, "before_cursor_execute", listen)
    try:
        queue([scan(codes[0], "receiving", 1, location="WH-1")])
        for_one = len(asked)
        queue([scan(code, "receiving", 1, location="WH-1") for code in codes[1:]])
    finally:
        sqlalchemy_event.remove(db.engine, "before_cursor_execute", listen)
    assert len(asked) - for_one == for_one <= 8


def test_rebuild_changes_nothing_and_puts_right_what_was_changed_past_the_ledger() -> None:
    codes, [box] = new_units(4), new_boxes(1)
    queue([scan(code, "receiving", 1, location="WH-1") for code in codes])
    queue([scan(codes[0], "packing", 2, handling_unit=box), scan(box, "shipping", 3)])
    assert rebuild(now=NOW) == NOTHING_DIFFERS
    row = item(codes[1])
    row.status = "deployed"
    db.session.commit()
    differed = rebuild(now=NOW)
    assert differed["items"] == [codes[1]]
    assert item(codes[1]).status == "in_stock"
    assert rebuild(now=NOW) == NOTHING_DIFFERS
