"""A packing list names what travels and nothing that stays; a pallet is no box in its sums."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import pypdfium2
import pytest
from flask import Flask
from sqlalchemy import update

from labels.codes import new_codes, show
from tests.services.builders import (
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
from tracker.db import db, transaction
from tracker.domain.permissions import SYSTEM
from tracker.ledger.announcing import NewItem, announce
from tracker.models import HandlingUnit, Label
from tracker.queries import consignments as queries
from tracker.queries import loads
from tracker.services import consignments
from tracker.services.evidence import evidence_content
from tracker.services.papers import contents, issuing

ALICE = COORDINATOR
LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def world(app: Flask) -> None:
    lay_world()


def made() -> str:
    places = {"origin": "WH-1", "destination": "WH-2", "consignor": "EX", "consignee": "EX-USER"}
    return consignments.make_consignment(places, by=ALICE, now=NOW)


def boxed(many: int, name: str, *, on: str | None = None) -> tuple[list[str], str]:
    """Units in a box of this name, in stock; the box stands on a pallet."""
    codes, [box] = new_units(many), new_boxes(1)
    call(box, name)
    queue([scan(code, "receiving", 1, location="WH-1") for code in codes])
    queue([scan(code, "packing", 2, handling_unit=box) for code in codes])
    if on:
        queue([scan(box, "packing", 3, handling_unit=on)])
    return codes, box


def call(box: str, name: str, kind: str = "box") -> None:
    with transaction() as session:
        session.execute(
            update(HandlingUnit).where(HandlingUnit.code == box).values(name=name, kind=kind)
        )


def pallet(name: str) -> str:
    [code] = new_boxes(1)
    call(code, name, "pallet")
    return code


def load(ref: str, *codes: str) -> None:
    queue([scan(code, "shipping", 10, consignment=ref) for code in codes])


def paper(ref: str, issue: Any = issuing.issue_packing_list) -> str:
    """The words of the packing list, or another paper, as it is issued now."""
    db.session.rollback()
    return words(evidence_content(issue(ref, by=ALICE, now=LATER).sha256)[0])


def words(content: bytes) -> str:
    pages = pypdfium2.PdfDocument(io.BytesIO(content))
    text = " ".join(page.get_textpage().get_text_range() for page in pages)
    return " ".join(text.split())


def packages(ref: str) -> list[tuple[str | None, int, int]]:
    """(name, units, boxes on it) of what the page lists."""
    db.session.rollback()
    return [(one.name, one.units, len(one.inside)) for one in loads.packages(ref)]


def test_a_unit_that_is_loaded_by_itself_is_listed_loose_and_its_box_stays() -> None:
    ref, (codes, box) = made(), boxed(3, "BOX-STAYS")
    load(ref, codes[0])
    text = paper(ref)
    assert "BOX-STAYS" not in text
    assert f"— {show(codes[0])}" in text
    assert all(show(code) not in text for code in codes[1:])
    assert "loose units 1" in text
    assert packages(ref) == [(None, 1, 0)]
    consignments.tell(ref, "dispatched", by=ALICE, now=NOW)
    assert "BOX-STAYS" not in paper(ref)
    assert "loose units 1" in paper(ref, issuing.issue_waybill)
    rest = words(contents.contents_paper(box, by=ALICE, now=NOW, anyway=True))
    assert (show(codes[0]) in rest, show(codes[1]) in rest) == (False, True)


def test_a_pallet_is_no_box_in_the_sums() -> None:
    ref, stand = made(), pallet("PALLET-EX")
    boxed(4, "BOX-A", on=stand)
    boxed(3, "BOX-B", on=stand)
    direct, loose = new_units(2)
    queue([scan(code, "receiving", 1, location="WH-1") for code in (direct, loose)])
    queue([scan(direct, "packing", 2, handling_unit=stand)])
    load(ref, stand, loose)
    assert packages(ref) == [("PALLET-EX", 8, 2), (None, 1, 0)]
    text = paper(ref)
    for said in ("packages 1 ", "boxes 2 ", "loose units 1 ", "units 9 "):
        assert said in text, (said, text)
    assert "packages 1 " in paper(ref, issuing.issue_waybill)


def test_a_box_that_leaves_its_pallet_behind_does_not_take_it_along() -> None:
    ref, stand = made(), pallet("PALLET-STAYS")
    _, box = boxed(2, "BOX-A", on=stand)
    boxed(2, "BOX-B", on=stand)
    load(ref, box)
    text = paper(ref)
    assert ("BOX-A" in text, "BOX-B" in text, "PALLET-STAYS" in text) == (True, False, False)
    assert packages(ref) == [("BOX-A", 2, 0)]
    assert "packages 1 " in text


def test_what_was_planned_and_is_not_loaded_is_on_no_list() -> None:
    ref = made()
    goes, _ = planned(ref, 2, "BOX-GOES"), planned(ref, 3, "BOX-LEFT", on=pallet("PALLET-LEFT"))
    text = paper(ref)
    assert ("BOX-LEFT" in text, "packages 2 " in text) == (True, True)
    assert "Drawn up before loading" in text
    load(ref, goes)
    text = paper(ref)
    assert ("BOX-GOES" in text, "BOX-LEFT" in text, "before loading" in text) == (
        True,
        False,
        False,
    )
    whole = queries.consignment(ref, NOW.date(), SYSTEM)
    assert whole is not None
    assert (whole.not_loaded, packages(ref)) == (3, [("BOX-GOES", 2, 0)])
    consignments.tell(ref, "dispatched", by=ALICE, now=NOW)
    assert "BOX-LEFT" not in paper(ref)


def planned(ref: str, many: int, name: str, *, on: str | None = None) -> str:
    """A box that a manifest puts on the consignment, received where the journey begins."""
    codes, [box] = list(new_codes(many)), new_boxes(1)
    call(box, name)
    with transaction() as session:
        units = [NewItem(code, "EX-1", 1, "EX-TERM", code.lower(), box, ref) for code in codes]
        numbers = announce(session, units, by=SYSTEM, now=NOW - timedelta(days=30))
        labels = zip(codes, numbers, strict=True)
        session.add_all(Label(code=code, state="bound", item=number) for code, number in labels)
    queue([scan(box, "receiving", 1, location="WH-1")])
    if on:
        queue([scan(box, "packing", 3, handling_unit=on)])
    return box


def test_what_was_opened_on_arrival_stays_on_the_list_as_it_left() -> None:
    ref, stand = made(), pallet("PALLET-EX")
    codes, box = boxed(2, "BOX-A", on=stand)
    load(ref, stand)
    consignments.tell(ref, "dispatched", by=ALICE, now=NOW)
    before = paper(ref)
    queue([scan(stand, "receiving", 30, location="WH-2", consignment=ref)])
    queue([scan(box, "unpacking", 31, handling_unit=stand, location="WH-2")])
    queue([scan(codes[0], "unpacking", 32, handling_unit=box, location="WH-2")])
    assert item(codes[0]).handling_unit is None
    after = paper(ref)
    assert ("BOX-A" in before, "BOX-A" in after) == (True, True)
    assert packages(ref) == [("PALLET-EX", 2, 1)]
    assert after.count("BOX-A") == before.count("BOX-A") == 2


def test_two_cartons_on_which_the_same_is_written_are_two_on_paper() -> None:
    ref, (_, first), (_, second) = made(), boxed(2, "Картон 1"), boxed(1, "Картон 1")
    load(ref, first, second)
    text = paper(ref)
    # A narrow column breaks its lines, also at a code's hyphen, which the reader then leaves out.
    squeezed = re.sub(r"\W", "", text)
    assert squeezed.count(f"Картон1{first}") == 2
    assert squeezed.count(f"Картон1{second}") == 1
    assert "packages 2 " in text
    assert [one.twin for one in loads.packages(ref)] == [True, True]


def test_a_unit_that_was_taken_out_is_on_no_contents_list() -> None:
    codes, box = boxed(2, "BOX-A")
    live(scan(codes[0], "unpacking", 20, handling_unit=box))
    db.session.rollback()
    text = words(contents.contents_paper(box, by=ALICE, now=NOW, anyway=True))
    assert (show(codes[0]) in text, show(codes[1]) in text) == (False, True)
