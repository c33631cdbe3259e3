"""An act, its paper and the ledger name the same units, or nothing is signed: in any story."""

from __future__ import annotations

import io
import json
import random
from itertools import count
from typing import Any

import pypdfium2
import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import migrated_app
from tests.racing import at_once
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
from tracker.db import db
from tracker.errors import Conflict, InvalidValue, ListChanged
from tracker.models import ActLine, Document, Event, HandoverAct, Item
from tracker.services import act_lists, acts, booked_acts
from tracker.services.acts import Signed
from tracker.services.evidence import evidence_content
from tracker.services.papers import act_papers

DRAWN = json.dumps([[[0.1, 0.2], [0.5, 0.8], [0.9, 0.3]]])
SIDES = Signed("Alice Example", "keeper", DRAWN), Signed("Bob Example", "chief", DRAWN)
HAPPENS = {
    "packing": 5, "unpacking": 2, "accepting": 1, "reporting_lost": 1, "shipping": 1,
    "list": 5, "open": 5, "correct": 2, "look": 4,
}  # fmt: skip
"""What may happen, and how often."""
SAID: dict[str, dict[str, Any]] = {
    "accepting": {"receiver": "EX", "act": "A-1"},
    "reporting_lost": {"report": "R-1"},
    "shipping": {"consignment": "EX-C-1"},
}
STEPS = 14


@pytest.fixture(autouse=True)
def world(app: Flask) -> None:
    lay_world()


def kit(code: str) -> str:
    return f"KITEX{item(code).id:07d}"


def draft() -> int:
    told = {"giver": "EX", "receiver": "EX-USER", "purpose": "A spare link."}
    return acts.make_act(told, by=COORDINATOR, now=NOW)


def listed(act: int) -> set[str]:
    query = select(Item.code).join(ActLine, ActLine.item == Item.id).where(ActLine.act == act)
    return set(db.session.scalars(query))


def events_of(number: str) -> list[str]:
    """Codes of the units that the ledger handed over under an act, one for each event."""
    query = select(Event.body).where(Event.body.contains(f'"act":"{number}"'))
    return sorted(json.loads(body)["code"] for body in db.session.scalars(query))


def on_paper(act: int) -> str:
    issued = act_papers.issue_act(act, by=COORDINATOR, now=NOW)
    pages = pypdfium2.PdfDocument(io.BytesIO(evidence_content(issued.sha256)[0]))
    return "\n".join(page.get_textpage().get_text_range() for page in pages)


def agrees(act: int, shown: set[str]) -> None:
    """The signed act: what was shown, what is listed, what is booked, what is printed."""
    row = db.session.get(HandoverAct, act)
    assert row is not None
    db.session.refresh(row)
    assert row.number
    assert shown == listed(act) == set(events_of(row.number))
    assert len(events_of(row.number)) == len(shown)
    assert all(item(code).status == "handed_over" for code in shown)
    assert booked_acts.balance_of(row).is_whole
    words = on_paper(act)
    assert f"Усього одиниць: {len(shown)}" in words
    assert {code for code in every_code() if kit(code) in words} == shown


def every_code() -> list[str]:
    return list(db.session.scalars(select(Item.code)))


class Story:
    """A draft, six units, two boxes, and what happens to them one minute after the other."""

    def __init__(self, seed: int) -> None:
        self.chance, self.minute = random.Random(seed), count(10)
        self.codes, self.boxes, self.act = new_units(6, kits=True), new_boxes(2), draft()
        self.shown: set[str] = set()
        queue([scan(code, "receiving", 1, location="WH-1") for code in self.codes])

    def happen(self, what: str) -> None:
        code, box = self.chance.choice(self.codes), self.chance.choice(self.boxes)
        said = SAID.get(what, {})
        if what in ("packing", "unpacking"):
            said = {"handling_unit": box, "location": "WH-1"}
        if what == "list":
            act_lists.add_line(self.act, code, kit(code), by=COORDINATOR, now=NOW)
        elif what == "open":
            act_lists.add_box(self.act, box, by=COORDINATOR, now=NOW)
        elif what == "correct":
            act_lists.correct_list(self.act, by=COORDINATOR, now=NOW)
        elif what == "look":
            self.shown = listed(self.act)
        else:
            scanned = box if what == "shipping" else code
            queue([scan(scanned, what, next(self.minute), **said)])

    def sign(self) -> None:
        acts.sign_act(self.act, *SIDES, by=COORDINATOR, now=NOW, shown=self.shown)


@pytest.mark.parametrize("seed", range(8))
def test_whatever_happens_between_listing_and_signing(seed: int) -> None:
    story = Story(seed)
    for what in story.chance.choices(list(HAPPENS), list(HAPPENS.values()), k=STEPS):
        story.happen(what)
    before = {code: item(code).status for code in story.codes}
    try:
        story.sign()
    except (ListChanged, InvalidValue):
        db.session.rollback()
        assert {code: item(code).status for code in story.codes} == before
        assert db.session.scalars(select(Document.number)).all() == []
        assert db.session.scalars(select(HandoverAct.number)).all() == [None]
        story.happen("correct")
        story.happen("look")
        if not story.shown:
            return
        story.sign()
    agrees(story.act, story.shown)


def test_of_two_acts_with_one_unit_signed_in_one_moment_one_is_signed(
    app: Flask, database_url: str
) -> None:
    [both, one, other] = new_units(3, kits=True)
    queue([scan(code, "receiving", 1, location="WH-1") for code in (both, one, other)])
    mine = [draft(), draft()]
    for act, code in zip(mine, (one, other), strict=True):
        for each in (both, code):
            act_lists.add_line(act, each, kit(each), by=COORDINATOR, now=NOW)
    servers = [migrated_app(app.config["HOME"], database_url) for _ in mine]

    def sign(number: int) -> str:
        try:
            return acts.sign_act(mine[number], *SIDES, by=COORDINATOR, now=NOW)
        except ListChanged as problem:
            return str([change["unit"] for change in problem.extra["changes"]])

    told = at_once(servers, sign)
    for server in servers:
        with server.app_context():
            db.engine.dispose()
    assert sorted(told) == sorted(["ACT-2026-00001", str([both])])
    loser = told.index(str([both]))
    assert item((one, other)[loser]).status == "in_stock"
    agrees(mine[1 - loser], {both, (one, other)[1 - loser]})


def test_one_act_signed_by_two_windows_at_once_is_signed_once(
    app: Flask, database_url: str
) -> None:
    act, codes = draft(), new_units(4, kits=True)
    queue([scan(code, "receiving", 1, location="WH-1") for code in codes])
    for code in codes:
        act_lists.add_line(act, code, kit(code), by=COORDINATOR, now=NOW)
    servers = [migrated_app(app.config["HOME"], database_url) for _ in range(3)]

    def sign(_: int) -> str:
        try:
            return acts.sign_act(act, *SIDES, by=COORDINATOR, now=NOW)
        except Conflict:
            return "signed already"

    told = at_once(servers, sign)
    for server in servers:
        with server.app_context():
            db.engine.dispose()
    assert sorted(told) == ["ACT-2026-00001", "signed already", "signed already"]
    agrees(act, set(codes))
