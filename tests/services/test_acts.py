"""A handover act: listed by scanning, signed once, many units, one paper."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import pypdfium2
import pytest
from flask import Flask
from sqlalchemy import select

from labels.codes import new_codes
from tests.services.builders import (
    BOB,
    COORDINATOR,
    NOW,
    item,
    lay_world,
    new_blanks,
    new_units,
    queue,
    scan,
)
from tracker.db import db, transaction
from tracker.domain.permissions import Actor, Role
from tracker.errors import Conflict, InvalidValue, NotAllowed
from tracker.models import ActLine, Discrepancy, Document, Event, HandoverAct, Identifier
from tracker.services import act_lists, acts
from tracker.services.acts import Signed
from tracker.services.evidence import evidence_content, keep_within
from tracker.services.papers import act_papers

CHARLIE = Actor("account:5", Role.FIELD, frozenset({"EX-SITE-1", "WH-1"}))
AT_THE_SITE = Actor("account:6", Role.FIELD, frozenset({"EX-SITE-1"}))
EAN = "4006381333931"
DRAWN = json.dumps([[[0.1, 0.2], [0.5, 0.8], [0.9, 0.3]]])
GIVER, RECEIVER = Signed("Alice Example", "keeper", DRAWN), Signed("Bob Example", "chief", DRAWN)


@pytest.fixture(autouse=True)
def world(app: Flask) -> None:
    lay_world()


def stocked(many: int) -> list[str]:
    codes = new_units(many, kits=True)
    queue([scan(code, "receiving", 1, location="WH-1") for code in codes])
    return codes


def kit(code: str) -> str:
    return f"KITEX{item(code).id:07d}"


def draft(**said: Any) -> int:
    told = {"giver": "EX", "receiver": "EX-USER", "purpose": "A spare link.", **said}
    return acts.make_act(told, by=COORDINATOR, now=NOW)


def add(act: int, code: str, second: str | None = None, by: Actor = COORDINATOR) -> tuple[str, str]:
    """Scan a unit for an act: what the bench is told."""
    told = act_lists.add_line(act, code, second, by=by, now=NOW)
    return told.sort, told.word


def listed(many: int) -> tuple[int, list[str]]:
    act, codes = draft(), stocked(many)
    for code in codes:
        assert add(act, code, kit(code)) == ("recorded", "on_the_act")
    return act, codes


def sign(act: int) -> str:
    return acts.sign_act(act, GIVER, RECEIVER, by=COORDINATOR, now=NOW)


def test_one_act_hands_over_any_number_of_units() -> None:
    act, codes = listed(30)
    assert sign(act) == "ACT-2026-00001"
    assert {item(code).status for code in codes} == {"handed_over"}
    assert {item(code).custodian for code in codes} == {"EX-USER"}
    bodies = db.session.scalars(select(Event.body).where(Event.step == "accepting")).all()
    assert len(bodies) == 30
    assert all('"act":"ACT-2026-00001"' in body for body in bodies)
    assert db.session.scalars(select(Discrepancy.kind)).all() == []


def test_nothing_changes_hands_before_it_is_signed_by_both() -> None:
    act, codes = listed(2)
    assert {item(code).status for code in codes} == {"in_stock"}
    nobody = Signed("", "", DRAWN)
    unsigned = Signed("Bob Example", "chief", "[]")
    for giver, receiver in ((nobody, RECEIVER), (GIVER, unsigned), (GIVER, nobody)):
        with pytest.raises(InvalidValue):
            acts.sign_act(act, giver, receiver, by=COORDINATOR, now=NOW)
    db.session.rollback()
    assert {item(code).status for code in codes} == {"in_stock"}
    assert sign(act) == "ACT-2026-00001"  # what was refused has used up no number


def test_signing_that_stops_half_way_has_signed_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    act, codes = listed(3)

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("tracker.services.acts.record_within", stop)
        with pytest.raises(KeyboardInterrupt):
            sign(act)
    assert {item(code).status for code in codes} == {"in_stock"}
    row = db.session.get(HandoverAct, act)
    assert row is not None
    assert (row.state, row.number, row.giver_signature) == ("draft", None, None)
    assert sign(act) == "ACT-2026-00001"
    assert {item(code).status for code in codes} == {"handed_over"}
    with pytest.raises(Conflict):
        sign(act)
    handed = select(Event.id).where(Event.step == "accepting")
    assert len(db.session.scalars(handed).all()) == 3


def test_what_an_older_version_left_half_signed_is_signed_to_the_end() -> None:
    act, codes = listed(3)
    with transaction() as session:
        row = session.get(HandoverAct, act)
        assert row is not None
        row.number = "ACT-2026-00009"
        for side in ("giver", "receiver"):
            sha = keep_within(session, DRAWN.encode(), "signature", by=COORDINATOR, now=NOW)
            setattr(row, f"{side}_person", "Alice Example")
            setattr(row, f"{side}_position", "keeper")
            setattr(row, f"{side}_signature", sha)
    begun = scan(codes[0], "accepting", 9, receiver="EX-USER", act="ACT-2026-00009",
                 second_identifier=kit(codes[0]))  # fmt: skip
    queue([replace(begun, id=acts.scan_id(act, item(codes[0]).id))])
    assert sign(act) == "ACT-2026-00009"
    assert {item(code).status for code in codes} == {"handed_over"}
    handed = select(Event.id).where(Event.step == "accepting")
    assert len(db.session.scalars(handed).all()) == 3
    assert db.session.scalars(select(Discrepancy.kind)).all() == []


def test_a_label_alone_is_no_possession() -> None:
    act, [code, other] = draft(), stocked(2)
    assert add(act, code)[0] == "pair"
    assert add(act, code, kit(other)) == ("refused", "wrong_serial")
    assert add(act, code, code) == ("refused", "wrong_serial")
    assert add(act, code, EAN) == ("refused", "product_barcode")
    assert add(act, kit(code))[0] == "recorded"
    assert add(act, code, kit(code))[0] == "again"


def test_what_cannot_be_handed_over_is_refused() -> None:
    act, [code] = draft(), stocked(1)
    queue([scan(code, "decommissioning", 2)])
    queue([scan(code, "destroying", 3, report="R")])
    assert add(act, kit(code)) == ("refused", "cannot_be_handed_over")


def test_what_is_no_unit_of_ours_cannot_be_a_line() -> None:
    act, [blank], [strange] = draft(), new_blanks(1), list(new_codes(1))
    assert add(act, "EXNOBODY1") == ("refused", "unit_unknown")
    assert add(act, EAN) == ("refused", "product_barcode")
    assert add(act, blank) == ("refused", "label_blank")
    assert add(act, strange) == ("refused", "unit_unknown")
    assert db.session.scalars(select(ActLine.item)).all() == []


def test_a_number_that_only_looks_like_a_product_s_is_the_unit_s_that_carries_it() -> None:
    act, [code] = draft(), stocked(1)
    with transaction() as session:
        number = {"scheme": "asset_tag", "value": EAN, "read_at": NOW, "live": True}
        session.add(Identifier(item=item(code).id, **number))
    assert add(act, EAN) == ("recorded", "on_the_act")


def test_a_unit_that_was_never_received_is_listed_when_a_person_insists() -> None:
    act, [code] = draft(), new_units(1, kits=True)
    told = act_lists.add_line(act, code, kit(code), by=COORDINATOR, now=NOW)
    assert (told.sort, told.word, told.gap) == ("refused", "never_scanned", ("receiving",))
    told = act_lists.add_line(act, code, kit(code), by=COORDINATOR, now=NOW, confirm=True)
    assert told.sort == "recorded"
    sign(act)
    assert item(code).status == "handed_over"
    assert db.session.scalars(select(Discrepancy.kind)).all() == ["gap"]


def test_a_signed_act_takes_no_more_and_gives_nothing_back() -> None:
    act, codes = listed(1)
    sign(act)
    [more] = stocked(1)
    assert add(act, kit(more))[1] == "act_signed"
    with pytest.raises(Conflict):
        act_lists.remove_line(act, item(codes[0]).id, by=COORDINATOR)


def test_the_paper_carries_every_unit_the_value_both_names_and_never_the_site() -> None:
    act, codes = listed(5)
    row = db.session.get(HandoverAct, act)
    assert row is not None
    with pytest.raises(Conflict):
        act_papers.issue_act(act, by=COORDINATOR, now=NOW)
    number = sign(act)
    issued = act_papers.issue_act(act, by=COORDINATOR, now=NOW)
    assert (issued.number, issued.version) == (number, 1)
    content, _ = evidence_content(issued.sha256)
    text = "\n".join(
        page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(io.BytesIO(content))
    )
    assert all(kit(code) in text for code in codes)
    for words in (number, "Alice Example", "Bob Example", "цивільного", "без вартості"):
        assert words in text
    again = act_papers.issue_act(act, by=COORDINATOR, now=NOW)
    assert (again.number, again.version) == (number, 2)
    assert db.session.scalars(select(Document.version)).all() == [1, 2]


def test_a_field_team_may_a_warehouse_may_not() -> None:
    act = acts.make_act(
        {"giver": "EX", "receiver": "EX-USER", "purpose": "A spare link.", "site": "EX-SITE-1"},
        by=CHARLIE,
        now=NOW,
    )
    [code] = stocked(1)
    assert add(act, kit(code), by=AT_THE_SITE)[:2] == ("refused", "unit_unknown")
    assert add(act, kit(code), by=CHARLIE)[0] == "recorded"
    assert add(act, kit(code), by=BOB)[1] == "not_allowed"
    with pytest.raises(NotAllowed):
        acts.make_act({}, by=BOB, now=NOW)


@pytest.mark.parametrize(
    "said", [{"receiver": "EX"}, {"giver": ""}, {"purpose": " "}, {"site": "WH-1"}]
)
def test_an_act_says_who_and_what_for(said: dict[str, str]) -> None:
    with pytest.raises(InvalidValue):
        draft(**said)
