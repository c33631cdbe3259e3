"""The list of an act in draft: a box opens into its units, and what changes since is said."""

from __future__ import annotations

import io
import json
from typing import Any

import pypdfium2
import pytest
from flask import Flask
from sqlalchemy import select

from labels.codes import new_codes
from tests.services.builders import (
    COORDINATOR,
    NOW,
    item,
    lay_world,
    new_boxes,
    new_units,
    queue,
    scan,
)
from tracker.db import db, transaction
from tracker.errors import Conflict, InvalidValue, ListChanged
from tracker.ledger.announcing import NewItem, announce
from tracker.models import ActLine, Discrepancy, Document, Event, HandoverAct, Item, Label
from tracker.services import act_lists, acts, paper_acts
from tracker.services.acts import Signed
from tracker.services.evidence import evidence_content
from tracker.services.papers import act_papers

DRAWN = json.dumps([[[0.1, 0.2], [0.5, 0.8], [0.9, 0.3]]])
SIDES = Signed("Alice Example", "keeper", DRAWN), Signed("Bob Example", "chief", DRAWN)


@pytest.fixture(autouse=True)
def world(app: Flask) -> None:
    lay_world()


def stocked(many: int, box: str | None = None) -> list[str]:
    """Units in the warehouse, packed into a box if one is named."""
    codes = new_units(many, kits=True)
    queue([scan(code, "receiving", 1, location="WH-1") for code in codes])
    if box is not None:
        queue([scan(code, "packing", 2, handling_unit=box, location="WH-1") for code in codes])
    return codes


def boxed(many: int) -> tuple[str, list[str]]:
    [box] = new_boxes(1)
    return box, stocked(many, box)


def draft() -> int:
    told = {"giver": "EX", "receiver": "EX-USER", "purpose": "A spare link."}
    return acts.make_act(told, by=COORDINATOR, now=NOW)


def open_box(act: int, box: str, **said: Any) -> act_lists.Listed:
    return act_lists.add_box(act, box, by=COORDINATOR, now=NOW, **said)


def add(act: int, code: str, second: str | None = None) -> tuple[str, str]:
    told = act_lists.add_line(act, code, second, by=COORDINATOR, now=NOW)
    return told.sort, told.word


def sign(act: int, shown: list[str] | None = None) -> str:
    return acts.sign_act(act, *SIDES, by=COORDINATOR, now=NOW, shown=shown)


def lines(act: int) -> set[str]:
    query = select(Item.code).join(ActLine, ActLine.item == Item.id).where(ActLine.act == act)
    return set(db.session.scalars(query))


def kit(code: str) -> str:
    return f"KITEX{item(code).id:07d}"


def refused(act: int, shown: list[str] | None = None) -> set[tuple[str, str]]:
    """(kind, unit) of what a refused signature says; nothing else has come of it."""
    with pytest.raises(ListChanged) as told:
        sign(act, shown)
    db.session.rollback()
    row = db.session.get(HandoverAct, act)
    assert row is not None
    db.session.refresh(row)
    assert (row.state, row.number, row.giver_signature, row.signed_at) == ("draft", *[None] * 3)
    assert db.session.scalars(select(Document.number)).all() == []
    handed = select(Event.id).where(Event.body.contains('"act":"ACT-'))
    assert db.session.scalars(handed).all() == []
    return {(one["kind"], one["unit"]) for one in told.value.extra["changes"]}


def test_act_paper_signatures_and_ledger_name_the_units_of_an_opened_box() -> None:
    (box, inside), act, [single] = boxed(4), draft(), stocked(1)
    told = open_box(act, box)
    assert (told.sort, told.word, told.units) == ("recorded", "box_opened", 4)
    assert add(act, single, kit(single))[0] == "recorded"
    assert lines(act) == {*inside, single}
    number = sign(act, [*inside, single])
    bodies = db.session.scalars(select(Event.body).where(Event.step == "accepting")).all()
    assert {json.loads(body)["code"] for body in bodies} == {*inside, single}
    assert {json.loads(body)["act"] for body in bodies} == {number}
    assert all("via" not in json.loads(body) for body in bodies)
    assert {item(code).status for code in (*inside, single)} == {"handed_over"}
    issued = act_papers.issue_act(act, by=COORDINATOR, now=NOW)
    text = pypdfium2.PdfDocument(io.BytesIO(evidence_content(issued.sha256)[0]))[0]
    words = text.get_textpage().get_text_range()
    assert "Усього одиниць: 5" in words
    assert all(kit(code) in words for code in (*inside, single))
    assert "не проведено" not in words.lower()


def test_a_pallet_opens_into_the_units_of_its_boxes() -> None:
    (box, inside), act, [pallet] = boxed(2), draft(), new_boxes(1)
    loose = stocked(1, pallet)
    queue([scan(box, "packing", 3, handling_unit=pallet)])
    assert open_box(act, pallet).units == 3
    assert lines(act) == {*inside, *loose}
    assert open_box(act, box) == act_lists.Listed("again", "box_on_the_act", box, 0)


def test_an_opened_unit_s_own_number_can_still_be_scanned() -> None:
    (box, [one, other, third]), act = boxed(3), draft()
    open_box(act, box)
    assert add(act, one, kit(one)) == ("recorded", "number_added")
    assert add(act, kit(other)) == ("recorded", "number_added")
    assert add(act, other, kit(third)) == ("refused", "wrong_serial")
    assert add(act, one, kit(one))[0] == add(act, kit(other))[0] == "again"
    assert add(act, third)[0] == "pair"
    sign(act)
    assert db.session.scalars(select(Discrepancy.item)).all() == [item(third).id]


def test_what_lay_in_the_box_and_is_lost_is_left_out_and_said() -> None:
    (box, [lost, here]), act = boxed(2), draft()
    queue([scan(lost, "reporting_lost", 3, report="R-1")])
    told = open_box(act, box)
    assert (told.sort, told.units) == ("recorded", 1)
    assert lines(act) == {here}
    assert set(told.left) <= {(lost, "lost")}  # a ledger may say that it left the box with that
    act_lists.correct_list(act, by=COORDINATOR, now=NOW)
    assert lines(act) == {here}


def test_an_empty_box_is_no_line() -> None:
    [box], act = new_boxes(1), draft()
    assert open_box(act, box).word == "box_empty"
    with pytest.raises(InvalidValue):
        sign(act)


def test_a_box_that_was_never_received_opens_when_a_person_insists() -> None:
    [box], act = new_boxes(1), draft()
    with transaction() as session:
        [code] = new_codes(1)
        new = NewItem(code, "EX-1", 1, "EX-TERM", code.lower(), handling_unit=box)
        [number] = announce(session, [new], by=COORDINATOR, now=NOW)
        session.add(Label(code=code, state="bound", item=number))
    told = open_box(act, box)
    assert (told.sort, told.word, told.gap) == ("refused", "never_scanned", ("receiving",))
    assert lines(act) == set()
    assert open_box(act, box, confirm=True).units == 1
    sign(act)
    assert item(code).status == "handed_over"


def test_a_unit_that_left_the_box_is_named_and_nothing_is_signed() -> None:
    (box, [gone, *rest]), act = boxed(3), draft()
    open_box(act, box)
    queue([scan(gone, "unpacking", 5, handling_unit=box)])
    assert refused(act) == {("left_box", gone)}
    assert act_lists.correct_list(act, by=COORDINATOR, now=NOW) == 1
    assert lines(act) == set(rest)
    assert add(act, gone, kit(gone))[0] == "recorded"  # it lies beside the box: scanned by itself
    assert sign(act) == "ACT-2026-00001"


def test_a_unit_put_into_a_listed_box_is_named_and_nothing_is_signed() -> None:
    (box, inside), act, [late] = boxed(2), draft(), stocked(1)
    open_box(act, box)
    queue([scan(late, "packing", 6, handling_unit=box)])
    assert refused(act) == {("in_box", late)}
    act_lists.correct_list(act, by=COORDINATOR, now=NOW)
    assert lines(act) == {*inside, late}
    sign(act)


def test_a_unit_that_somebody_else_handed_over_is_named_with_its_holder() -> None:
    act, codes = draft(), stocked(2)
    for code in codes:
        add(act, code, kit(code))
    queue([scan(codes[0], "accepting", 5, receiver="EX", act="A-1", second_identifier="X")])
    found = act_lists.changes_since(act, COORDINATOR)
    assert found == [act_lists.Change("gone", codes[0], "", "handed_over", "Example")]
    assert refused(act) == {("gone", codes[0])}
    with pytest.raises(ListChanged):
        paper_acts.print_act(act, by=COORDINATOR, now=NOW)
    assert item(codes[1]).status == "in_stock"
    act_lists.correct_list(act, by=COORDINATOR, now=NOW)
    assert sign(act) == "ACT-2026-00001"  # what was refused has used up no number
    assert {item(code).custodian for code in codes} == {"EX", "EX-USER"}


def test_an_act_of_which_every_unit_is_gone_leaves_no_act() -> None:
    act, codes = draft(), stocked(2)
    for code in codes:
        add(act, code, kit(code))
    queue([scan(code, "accepting", 5, receiver="EX", act="A-1") for code in codes])
    assert refused(act) == {("gone", code) for code in codes}
    acts.drop_act(act, by=COORDINATOR)
    assert db.session.scalars(select(HandoverAct.id)).all() == []
    assert db.session.scalars(select(ActLine.item)).all() == []


def test_who_signs_signs_the_list_that_was_shown() -> None:
    act, codes = draft(), stocked(3)
    for code in codes[:2]:
        add(act, code, kit(code))
    assert refused(act, [codes[0]]) == {("added", codes[1])}
    assert refused(act, codes) == {("taken_off", codes[2])}
    assert sign(act, codes[:2])


def test_the_ledger_has_the_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever else may have been looked at, a unit that the ledger refuses stops the whole act."""
    act, codes = draft(), stocked(2)
    for code in codes:
        add(act, code, kit(code))
    queue([scan(codes[0], "accepting", 5, receiver="EX", act="A-1")])
    monkeypatch.setattr("tracker.services.acts.changes", lambda *_, **__: [])
    assert refused(act) == {("gone", codes[0])}
    assert item(codes[1]).status == "in_stock"


def test_a_printed_list_is_final() -> None:
    act, [code] = draft(), stocked(1)
    add(act, code, kit(code))
    paper_acts.print_act(act, by=COORDINATOR, now=NOW)
    queue([scan(code, "accepting", 5, receiver="EX", act="A-1")])
    for change in (act_lists.correct_list, lambda act, *, by, now: acts.drop_act(act, by=by)):
        with pytest.raises(Conflict):
            change(act, by=COORDINATOR, now=NOW)
    with pytest.raises(ListChanged):
        sign(act)
