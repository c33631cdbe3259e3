"""The scanning bench: what each scan means, and what is said about it."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pypdfium2
import pytest
from flask import Flask
from sqlalchemy import select, update

from labels.codes import address, show
from tests.services.builders import (
    BOB,
    COORDINATOR,
    NOW,
    item,
    lay_world,
    new_blanks,
    new_boxes,
    new_units,
    queue,
    scan,
)
from tracker.db import db, transaction
from tracker.domain.bench import CARD, CARDS, Bench, card
from tracker.domain.permissions import Actor, Role
from tracker.errors import NotAllowed
from tracker.models import Event, HandlingUnit, Identifier, Label
from tracker.queries import bench as queries
from tracker.services import bench, counts, packing
from tracker.services.bench import Answer, Read
from tracker.services.papers import contents

FRANK = Actor("account:6", Role.COORDINATOR)
RECEIVING = Bench(doing="receiving", location="WH-1")


@pytest.fixture(autouse=True)
def world(app: Flask) -> None:
    lay_world()


def read(text: str, *, ago: int = 0, **said: Any) -> Read:
    return Read(str(uuid4()), text, NOW - timedelta(seconds=ago), NOW, **said)


def take(text: str, now: Bench, by: Actor = COORDINATOR, *, ago: int = 1, **said: Any) -> Answer:
    return bench.take(read(text, ago=ago, **said), now, by=by, now=NOW)


def open_box(kind: str = "box") -> str:
    [code] = packing.make_units(1, kind, by=COORDINATOR, now=NOW)
    return code


@pytest.mark.parametrize(("word", "means"), CARDS.items())
def test_every_card_is_read_also_on_ukrainian_keys(word: str, means: str) -> None:
    assert card(CARD + word) == card(f" {CARD}{word.lower()} ") == means
    keys = str.maketrans("KITRAL:ECVNGPUOHSMDJ", "ЛШЕКФДЖУСМТПЗГЩРІЬВО")
    told = take((CARD + word).translate(keys), Bench(doing="packing"))
    assert told.sort == ("refused" if means == "close" else "setting")


def test_a_card_says_what_is_done_and_keeps_where() -> None:
    told = take("KITTRAIL:COUNT", Bench(doing="packing", location="WH-1", box="X"))
    assert told.bench == Bench(doing="counting", location="WH-1")
    assert take("KITTRAIL:DONE", RECEIVING).bench == Bench(location="WH-1")
    assert take("KITTRAIL:NOTHING", RECEIVING).sort != "setting"


def test_a_place_s_label_says_where() -> None:
    [code] = new_blanks(1)
    with transaction() as session:
        session.execute(
            update(Label).where(Label.code == code).values(state="bound", location="WH-2")
        )
    told = take(code, RECEIVING)
    assert (told.sort, told.bench.location) == ("setting", "WH-2")


@pytest.mark.parametrize("form", ["code", "lower", "address", "kit", "kit on ukrainian keys"])
def test_a_unit_is_recorded_by_any_of_its_codes(form: str) -> None:
    [code] = new_units(1, kits=True)
    kit = f"KITEX{item(code).id:07d}"
    text = {
        "code": code,
        "lower": code.lower(),
        "address": address(code, "kit.example"),
        "kit": kit,
        "kit on ukrainian keys": kit.replace("KITEX", "ЛШЕУЧ"),
    }[form]
    told = take(text, RECEIVING)
    assert (told.sort, item(code).status) == ("recorded", "in_stock")
    assert told.undo is not None


def test_said_again_is_no_error_and_asks_for_nothing() -> None:
    [code] = new_units(1)
    take(code, RECEIVING, ago=2)
    told = take(code, RECEIVING)
    assert (told.sort, told.undo) == ("again", None)


def test_the_same_scan_sent_again_is_the_same_scan() -> None:
    [code] = new_units(1)
    one = read(code)
    first = bench.take(one, RECEIVING, by=COORDINATOR, now=NOW)
    second = bench.take(one, RECEIVING, by=COORDINATOR, now=NOW + timedelta(seconds=5))
    assert (first.sort, second.sort) == ("recorded", "again")
    events = select(Event.id).where(Event.id == one.id)
    assert len(db.session.scalars(events).all()) == 1


def test_what_does_not_fit_is_refused_with_what_would_and_kept_on_a_second_word() -> None:
    [code] = new_units(1)
    shipping = Bench(doing="shipping", location="WH-1", consignment="EX-C-1")
    told = take(code, shipping)
    assert told.sort == "refused"
    assert told.outcome is not None
    assert told.outcome.allowed
    assert item(code).status == "announced"
    assert take(code, shipping, confirm=True).sort == "gap"
    assert item(code).status == "in_transit"


def test_a_scan_that_waited_for_the_server_is_evidence_and_not_refused() -> None:
    [code] = new_units(1)
    told = take(code, Bench(doing="shipping", location="WH-1", consignment="EX-C-1"), ago=60)
    assert (told.sort, item(code).status) == ("gap", "in_transit")


def test_an_unknown_code_is_kept_and_a_misread_one_is_not() -> None:
    assert take("EXNOTHING77", RECEIVING).sort == "unknown"
    assert take("7F3K9-M2P4C-Y", RECEIVING).sort == "unreadable"
    assert take("https://elsewhere.example/x", RECEIVING).sort == "unreadable"


@pytest.mark.parametrize(
    ("now", "lacks"),
    [
        (Bench(), "nothing_doing"),
        (Bench(doing="receiving"), "no_location"),
        (Bench(doing="shipping", consignment="EX-C-1"), "no_location"),
        (Bench(doing="packing", location="WH-1"), "no_box"),
        (Bench(doing="shipping", location="WH-1"), "no_consignment"),
        (Bench(doing="counting", location="WH-1"), "no_count"),
        (Bench(doing="handover"), "no_act"),
    ],
)
def test_what_must_be_said_first_is_asked_for(now: Bench, lacks: str) -> None:
    [code] = new_units(1)
    assert take(code, now).word == lacks


def test_a_warehouse_records_only_at_its_own_place() -> None:
    [code] = new_units(1)
    assert take(code, RECEIVING, by=BOB).sort == "recorded"
    other = take(new_units(1)[0], Bench(doing="receiving", location="WH-2"), by=BOB)
    assert other.sort == "refused"


def test_the_next_unit_alone_is_damaged() -> None:
    first, second = new_units(2)
    told = take(first, take("KITTRAIL:DAMAGED", RECEIVING).bench)
    assert (told.sort, item(first).condition) == ("gap", "damaged")
    take(second, told.bench)
    assert item(second).condition == "good"


def test_both_codes_of_a_unit_are_checked_against_each_other() -> None:
    one, other = new_units(2, kits=True)
    paired = Bench(doing="receiving", location="WH-1", pair=True)
    told = take(one, paired)
    assert (told.sort, told.bench.first) == ("pair", one)
    fits = take(f"KITEX{item(one).id:07d}", told.bench)
    assert (fits.sort, fits.bench.first) == ("recorded", None)
    wrong = take(f"KITEX{item(one).id:07d}", take(other, paired).bench)
    assert wrong.sort == "gap"
    assert wrong.outcome is not None
    assert wrong.outcome.discrepancy == "wrong_serial"


def test_packing_goes_into_the_box_that_was_scanned_last() -> None:
    first, second = new_units(2)
    queue([scan(code, "receiving", 1, location="WH-1") for code in (first, second)])
    box, other = open_box(), open_box()
    now = take(box, Bench(doing="packing", location="WH-1")).bench
    assert take(first, now).sort == "recorded"
    now = take(other, now).bench
    take(second, now)
    assert (item(first).handling_unit, item(second).handling_unit) == (box, other)
    assert queries.tally(now) == (1, None)


def test_a_box_scanned_while_a_pallet_is_packed_goes_onto_it() -> None:
    [code] = new_units(1)
    box, pallet = open_box(), open_box("pallet")
    queue([scan(code, "receiving", 1, location="WH-1")])
    queue([scan(code, "packing", 2, handling_unit=box)])
    now = take(pallet, Bench(doing="packing", location="WH-1")).bench
    assert take(box, now).sort == "recorded"
    assert queries.tally(now) == (1, None)


def test_a_blank_label_on_an_empty_box_makes_it_a_box() -> None:
    [code] = new_blanks(1)
    told = take(code, Bench(doing="packing", location="WH-1"))
    assert (told.word, told.bench.box) == ("new_box", code)
    db.session.rollback()
    assert db.session.get(HandlingUnit, code) is not None


def test_the_card_for_closing_closes_the_box_that_is_packed() -> None:
    box = open_box()
    told = take("KITTRAIL:CLOSE", Bench(doing="packing", location="WH-1", box=box))
    assert (told.word, told.bench.box) == ("closed", None)
    assert take(box, told.bench).word == "box_closed"


def test_what_is_closed_is_not_packed_into_and_what_is_open_is_not_shipped() -> None:
    [code], box = new_units(1), open_box()
    queue([scan(code, "receiving", 1, location="WH-1")])
    queue([scan(code, "packing", 2, handling_unit=box)])
    shipping = Bench(doing="shipping", location="WH-1", consignment="EX-C-1")
    told = take(box, shipping)
    assert (told.word, told.extra) == ("box_open", {"close": box})
    packing.close_unit(box, by=BOB, now=NOW)
    assert take(box, Bench(doing="packing", location="WH-1")).word == "box_closed"
    assert take(box, shipping).sort == "recorded"
    assert item(code).status == "in_transit"


def test_a_box_is_read_by_its_sscc(app: Flask) -> None:
    app.config["GS1_PREFIX"] = "4820000"
    box = open_box()
    db.session.rollback()
    number = db.session.scalar(select(HandlingUnit.sscc).where(HandlingUnit.code == box))
    assert number is not None
    told = take(f"]C100{number}", Bench(doing="packing", location="WH-1"))
    assert told.bench.box == box
    assert open_box() != box
    db.session.rollback()
    numbers = db.session.scalars(select(HandlingUnit.sscc)).all()
    assert len(set(numbers)) == 2


def test_a_scan_is_undone_within_the_minute_by_who_made_it() -> None:
    [code] = new_units(1)
    told = take(code, RECEIVING)
    assert told.undo is not None
    late = NOW + timedelta(seconds=61)
    for by, now in ((FRANK, NOW), (COORDINATOR, late)):
        refused = bench.undo(told.undo, code, read(code), RECEIVING, by=by, now=now)
        assert refused.word == "too_late_to_undo"
    undone = bench.undo(told.undo, code, read(code), RECEIVING, by=COORDINATOR, now=NOW)
    assert (undone.sort, item(code).status) == ("undone", "announced")
    kept = select(Event.step).where(Event.subject == f"item:{item(code).id}").order_by(Event.seq)
    assert db.session.scalars(kept).all() == ["announcing", "receiving", "declaring_error"]


def test_loading_counts_and_receiving_counts_against_what_is_expected() -> None:
    codes, [box] = new_units(3), new_boxes(1)
    queue([scan(code, "receiving", 1, location="WH-1") for code in codes])
    shipping = Bench(doing="shipping", location="WH-1", consignment="EX-C-1")
    for code in codes:
        take(code, shipping)
    assert queries.tally(shipping) == (3, None)
    there = Bench(doing="receiving", location="WH-2", consignment="EX-C-1")
    assert queries.tally(there) == (0, 3)
    assert box


def test_a_maker_s_number_is_read_from_ukrainian_keys_and_from_look_alikes_and_said() -> None:
    codes = new_units(2, kits=True)
    kits = [f"KITEX{item(code).id:07d}" for code in codes]
    with transaction() as session:
        session.add(
            Identifier(item=item(codes[0]).id, scheme="serial", value="EXFQ77", read_at=NOW)
        )
    told = take("УЧАЙ77", RECEIVING)  # the keys E, X, F and Q
    assert (told.sort, told.code, told.repaired) == ("recorded", "EXFQ77", "keyboard")
    told = take(kits[1].replace("KITEX", "КІТЕХ"), RECEIVING)
    assert (told.sort, told.repaired, item(codes[1]).status) == (
        "recorded",
        "look_alike",
        "in_stock",
    )
    assert take(kits[0], RECEIVING).repaired == ""


def test_what_was_refused_with_both_codes_leaves_nothing_for_the_next_unit() -> None:
    one, other = new_units(2, kits=True)
    paired = Bench(doing="shipping", location="WH-1", consignment="EX-C-1", pair=True)
    kit = f"KITEX{item(one).id:07d}"
    refused = take(kit, take(one, paired).bench)
    assert (refused.sort, refused.bench.first) == ("refused", None)
    assert refused.extra == {"text": kit, "first": one}
    assert take(other, refused.bench).sort == "pair"
    kept = take(kit, refused.bench, confirm=True, first=one)
    assert (kept.sort, item(one).status) == ("gap", "in_transit")
    body = db.session.scalar(select(Event.body).where(Event.step == "shipping"))
    assert f'"second":"item:{item(one).id}"' in str(body)


def test_a_label_waits_for_its_barcode_and_not_for_another_label() -> None:
    (one, other), box = new_units(2, kits=True), open_box()
    waiting = take(one, Bench(doing="receiving", location="WH-1", pair=True)).bench
    assert take(one, waiting).sort == "pair"
    for label in (other, box):
        told = take(label, waiting)
        assert (told.word, told.code, told.bench.first) == ("barcode_first", one, one)
    assert item(one).status == item(other).status == "announced"


def test_who_counts_joins_the_count_that_is_open_at_the_place() -> None:
    [code], [label] = new_units(1), new_blanks(1)
    with transaction() as session:
        bound = update(Label).where(Label.code == label).values(state="bound", location="WH-1")
        session.execute(bound)
    queue([scan(code, "receiving", 1, location="WH-1")])
    now = take(label, take("KITTRAIL:COUNT", Bench()).bench).bench
    told = take(code, now)
    assert (told.word, told.extra) == ("no_count", {"begin": "WH-1"})
    number = counts.open_count("WH-1", by=COORDINATOR, now=NOW)
    told = take(code, told.bench)
    assert (told.sort, told.bench.count) == ("recorded", number)
    assert queries.tally(told.bench) == (1, 1)
    counts.close_count(number, by=COORDINATOR, now=NOW)
    assert take(code, told.bench).word == "no_count"


def test_a_contents_list_names_every_unit_of_a_pallet_and_its_sscc(app: Flask) -> None:
    app.config["GS1_PREFIX"] = "4820000"
    codes = new_units(2, kits=True)
    queue([scan(code, "receiving", 1, location="WH-1") for code in codes])
    box, pallet = open_box(), open_box("pallet")
    queue([scan(code, "packing", 2, handling_unit=box) for code in codes])
    queue([scan(box, "packing", 3, handling_unit=pallet)])
    number = db.session.scalar(select(HandlingUnit.sscc).where(HandlingUnit.code == pallet))
    paper = contents.contents_paper(pallet, by=BOB, now=NOW, anyway=True)
    text = "\n".join(
        page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(io.BytesIO(paper))
    )
    assert str(number) in text
    assert [show(code) in text for code in codes] == [True, True]
    with pytest.raises(NotAllowed):
        contents.contents_paper(pallet, by=Actor("account:9", Role.AUDITOR), now=NOW)
