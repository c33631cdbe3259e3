"""A handover act: listed by scanning, signed once, many units, one paper."""

from __future__ import annotations

import io
import json
from typing import Any

import pypdfium2
import pytest
from flask import Flask
from sqlalchemy import select

from tests.services.builders import BOB, COORDINATOR, NOW, item, lay_world, new_units, queue, scan
from tracker.db import db
from tracker.domain.permissions import Actor, Role
from tracker.errors import Conflict, InvalidValue, NotAllowed
from tracker.models import Discrepancy, Document, Event, HandoverAct
from tracker.services import acts, ledger, paperwork
from tracker.services.acts import Signed
from tracker.services.evidence import evidence_content

CHARLIE = Actor("account:5", Role.FIELD, frozenset({"EX-SITE-1"}))
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


def listed(many: int) -> tuple[int, list[str]]:
    act, codes = draft(), stocked(many)
    for code in codes:
        told = acts.add_line(act, code, kit(code), by=COORDINATOR, now=NOW)
        assert told == ("recorded", "on_the_act", code)
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


def test_signing_that_stopped_half_way_goes_on_under_the_same_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    act, codes = listed(3)

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(ledger, "record", stop)
        with pytest.raises(KeyboardInterrupt):
            sign(act)
    assert {item(code).status for code in codes} == {"in_stock"}
    assert sign(act) == "ACT-2026-00001"
    assert {item(code).status for code in codes} == {"handed_over"}
    with pytest.raises(Conflict):
        sign(act)
    handed = select(Event.id).where(Event.step == "accepting")
    assert len(db.session.scalars(handed).all()) == 3


def test_a_label_alone_is_no_possession() -> None:
    act, [code, other] = draft(), stocked(2)
    assert acts.add_line(act, code, None, by=COORDINATOR, now=NOW)[0] == "pair"
    wrong = acts.add_line(act, code, kit(other), by=COORDINATOR, now=NOW)
    assert wrong[:2] == ("refused", "wrong_serial")
    twice = acts.add_line(act, code, code, by=COORDINATOR, now=NOW)
    assert twice[:2] == ("refused", "wrong_serial")
    assert acts.add_line(act, kit(code), None, by=COORDINATOR, now=NOW)[0] == "recorded"
    assert acts.add_line(act, code, kit(code), by=COORDINATOR, now=NOW)[0] == "again"


def test_what_cannot_be_handed_over_is_refused() -> None:
    act, [code] = draft(), stocked(1)
    queue([scan(code, "decommissioning", 2)])
    queue([scan(code, "destroying", 3, report="R")])
    told = acts.add_line(act, kit(code), None, by=COORDINATOR, now=NOW)
    assert told[:2] == ("refused", "cannot_be_handed_over")
    unknown = acts.add_line(act, "EXNOBODY1", None, by=COORDINATOR, now=NOW)
    assert unknown[:2] == ("refused", "unit_unknown")


def test_a_signed_act_takes_no_more_and_gives_nothing_back() -> None:
    act, codes = listed(1)
    sign(act)
    [more] = stocked(1)
    assert acts.add_line(act, kit(more), None, by=COORDINATOR, now=NOW)[1] == "act_signed"
    with pytest.raises(Conflict):
        acts.remove_line(act, item(codes[0]).id, by=COORDINATOR)


def test_the_paper_carries_every_unit_the_value_both_names_and_never_the_site() -> None:
    act, codes = listed(5)
    row = db.session.get(HandoverAct, act)
    assert row is not None
    with pytest.raises(Conflict):
        paperwork.issue_act(act, by=COORDINATOR, now=NOW)
    number = sign(act)
    issued = paperwork.issue_act(act, by=COORDINATOR, now=NOW)
    assert (issued.number, issued.version) == (number, 1)
    content, _ = evidence_content(issued.sha256)
    text = "\n".join(
        page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(io.BytesIO(content))
    )
    assert all(kit(code) in text for code in codes)
    for words in (number, "Alice Example", "Bob Example", "цивільного", "без вартості"):
        assert words in text
    again = paperwork.issue_act(act, by=COORDINATOR, now=NOW)
    assert (again.number, again.version) == (number, 2)
    assert db.session.scalars(select(Document.version)).all() == [1, 2]


def test_a_field_team_may_a_warehouse_may_not() -> None:
    act = acts.make_act(
        {"giver": "EX", "receiver": "EX-USER", "purpose": "A spare link.", "site": "EX-SITE-1"},
        by=CHARLIE,
        now=NOW,
    )
    [code] = stocked(1)
    assert acts.add_line(act, kit(code), None, by=CHARLIE, now=NOW)[0] == "recorded"
    assert acts.add_line(act, kit(code), None, by=BOB, now=NOW)[1] == "not_allowed"
    with pytest.raises(NotAllowed):
        acts.make_act({}, by=BOB, now=NOW)


@pytest.mark.parametrize(
    "said", [{"receiver": "EX"}, {"giver": ""}, {"purpose": " "}, {"site": "WH-1"}]
)
def test_an_act_says_who_and_what_for(said: dict[str, str]) -> None:
    with pytest.raises(InvalidValue):
        draft(**said)
