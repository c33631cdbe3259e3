"""One verb, one transaction: of several at once one wins, and a stop half-way leaves nothing."""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unicodedata import normalize

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import func, select

from tests.racing import at_once
from tests.services.builders import (
    COORDINATOR,
    NOW,
    broken_chains,
    item,
    lay_world,
    new_units,
    queue,
    scan,
)
from tracker.db import db
from tracker.domain.permissions import Actor, Role
from tracker.errors import Conflict, DoesNotFit, Refusal
from tracker.ledger.rebuilding import rebuild
from tracker.models import (
    Discrepancy,
    Document,
    Event,
    HandoverAct,
    Label,
    Proposal,
    Release,
    Upload,
)
from tracker.services import (
    act_lists,
    acts,
    decisions,
    labels,
    losses,
    paper_acts,
    proposals,
    releases,
    uploads,
)
from tracker.services.evidence import keep_evidence
from tracker.services.papers import issuing

PEOPLE = [Actor(f"account:{number}", Role.COORDINATOR) for number in range(20, 24)]
LATER = NOW + timedelta(hours=1)

Verb = Callable[[Actor], object]


@pytest.fixture(autouse=True)
def world(app: Flask) -> None:
    lay_world()


def stocked(many: int = 1) -> list[str]:
    codes = new_units(many, kits=True)
    queue([scan(code, "receiving", 1, location="WH-1") for code in codes])
    return codes


def two_claims() -> tuple[str, int, str]:
    """A unit said to be at two sites: its code, the case, the scan that does not fit."""
    [code] = stocked()
    odd = scan(code, "deploying", 9, location="EX-SITE-2")
    signed = scan(code, "accepting", 3, act="A-1", receiver="EX-USER")
    queue([signed, scan(code, "deploying", 5, location="EX-SITE-1"), odd])
    case = select(Discrepancy.id).where(Discrepancy.event == odd.id, Discrepancy.kind == "misfit")
    return code, db.session.scalars(case).one(), odd.id


def lost() -> tuple[str, int, str]:
    """A unit reported lost: its code and number, the report."""
    [code] = stocked()
    number = losses.report_loss(
        "lost", [code], "The lorry was empty when it came.", by=COORDINATOR, now=NOW
    )
    return code, item(code).id, number


def proposed() -> tuple[str, int]:
    """A unit that somebody wants to write off: its code, the proposal."""
    code, number, _ = lost()
    return code, proposals.propose_write_off(number, "It is gone.", by=COORDINATOR, now=NOW)


def written_off() -> str:
    code, proposal = proposed()
    proposals.approve(proposal, by=PEOPLE[0], now=LATER)
    return code


def draft() -> int:
    [code] = stocked()
    said = {"giver": "EX", "receiver": "EX-USER", "purpose": "A spare link."}
    act = acts.make_act(said, by=COORDINATOR, now=NOW)
    number = f"KITEX{item(code).id:07d}"
    assert act_lists.add_line(act, code, number, by=COORDINATOR, now=NOW).sort == "recorded"
    return act


def photographed() -> str:
    """The SHA-256 of a photo of a unit."""
    [code] = stocked()
    drawn = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(drawn, "JPEG")
    sha = keep_evidence(drawn.getvalue(), "photo", by=COORDINATOR, now=NOW)
    queue([scan(code, "inspecting", 2, location="WH-1", evidence=(sha,))])
    return sha


def told(app: Flask, verb: Verb) -> Counter[str]:
    """What each of several people was told who did the same in the same moment."""

    def work(number: int) -> str:
        try:
            verb(PEOPLE[number])
        except Refusal as problem:
            return type(problem).__name__
        return "done"

    answers = Counter(at_once([app] * len(PEOPLE), work))
    db.session.rollback()
    db.session.expire_all()
    return answers


def many(*of: object) -> int:
    return db.session.scalar(select(func.count()).where(*of)) or 0  # type: ignore[arg-type]


def is_whole() -> bool:
    found = rebuild(now=LATER)
    return broken_chains() == [] and found["items"] == [] and found["discrepancies"] == []


# Several at once


def test_of_all_who_decide_a_case_at_once_one_does(app: Flask) -> None:
    code, case, odd = two_claims()

    def decide(by: Actor) -> None:
        decisions.decide(case, "They called: it is there.", odd, by=by, now=LATER)

    assert told(app, decide) == {"done": 1, "Conflict": 3}
    assert many(Event.step == "settling") == 1
    assert many(Event.declares == odd) == 1
    assert item(code).location == "EX-SITE-1"
    assert is_whole()


def test_of_all_who_find_a_lost_unit_at_once_one_does(app: Flask) -> None:
    code, number, report = lost()

    def reverse(by: Actor) -> None:
        losses.reverse(report, number, "WH-2", by=by, now=LATER)

    assert told(app, reverse) == {"done": 1, "DoesNotFit": 3}
    assert many(Event.step == "finding") == 1
    assert item(code).status == "in_stock"
    assert many(Discrepancy.state == "open") == 0
    assert is_whole()


def test_of_two_who_approve_and_two_who_refuse_one_decides(app: Flask) -> None:
    code, proposal = proposed()

    def decide(by: Actor) -> None:
        verb = proposals.approve if int(by.ref[-1]) % 2 else proposals.refuse
        verb(proposal, by=by, now=LATER)

    assert told(app, decide) == {"done": 1, "Conflict": 3}
    approved = db.session.scalars(select(Proposal.approved)).one()
    assert item(code).status == ("written_off" if approved else "lost")
    assert many(Event.step == "decommissioning") == approved
    assert is_whole()


def test_of_all_who_ask_for_the_write_off_act_at_once_one_gets_it(app: Flask) -> None:
    written_off()

    def issue(by: Actor) -> None:
        issuing.issue_write_off(by=by, now=LATER)

    assert told(app, issue) == {"done": 1, "Conflict": 3}
    number = db.session.scalars(select(Document.number)).one()
    assert db.session.scalars(select(Proposal.act)).all() == [number]


def test_of_all_who_print_an_act_at_once_each_gets_the_same_number(app: Flask) -> None:
    act = draft()
    numbers: set[str] = set()

    def print_it(by: Actor) -> None:
        numbers.add(paper_acts.print_act(act, by=by, now=LATER).number)

    assert told(app, print_it) == {"done": 4}
    assert numbers == {"ACT-2026-00001"}
    assert sorted(db.session.scalars(select(Document.version))) == [1, 2, 3, 4]


def test_of_all_who_propose_a_photo_at_once_one_does(app: Flask) -> None:
    sha = photographed()
    words = {"text_en": "On a roof.", "text_uk": "На даху."}

    def propose(by: Actor) -> None:
        releases.propose_photo("EX-1", sha, **words, by=by, now=LATER)

    assert told(app, propose) == {"done": 1, "Conflict": 3}

    def approve(by: Actor) -> None:
        one = db.session.scalars(select(Release.id)).one()
        releases.approve_photo(one, by=by, now=LATER)

    answers = told(app, approve)
    assert answers["done"] == 1
    assert answers["Conflict"] + answers["OwnEvent"] == 3


def test_all_who_replace_a_label_at_once_get_one_each_and_the_unit_wears_the_last(
    app: Flask,
) -> None:
    [code] = stocked()

    def replace(by: Actor) -> None:
        labels.replace(code, by=by, now=LATER)

    assert told(app, replace) == {"done": 4}
    assert many(Label.state == "blank") == 0
    assert many(Label.state == "bound", Label.item == item(code).id) == 1
    assert broken_chains() == []


# A stop half-way


class Stop(Exception):
    """The server stops here."""


@contextmanager
def stopped(monkeypatch: pytest.MonkeyPatch, where: str) -> Iterator[None]:
    """The server stops at the call of a name of a service, in here."""

    def stop(*_: object, **__: object) -> None:
        raise Stop

    with monkeypatch.context() as broken:
        broken.setattr(f"tracker.services.{where}", stop)
        with pytest.raises(Stop):
            yield
    db.session.expire_all()


def test_a_decision_is_not_kept_without_what_it_declares(monkeypatch: pytest.MonkeyPatch) -> None:
    code, case, odd = two_claims()
    with stopped(monkeypatch, "decisions.record_within"):
        decisions.decide(case, "They called.", odd, by=PEOPLE[0], now=LATER)
    assert db.session.get_one(Discrepancy, case).state == "open"
    assert many(Event.step == "settling") == 0
    apart = normalize("NFD", "Їй подзвонили.")  # as some keyboards send it
    decisions.decide(case, apart, odd, by=PEOPLE[0], now=LATER)
    assert item(code).location == "EX-SITE-1"
    assert db.session.get_one(Discrepancy, case).decision == "Їй подзвонили."


def test_a_write_off_act_is_not_kept_without_its_units(monkeypatch: pytest.MonkeyPatch) -> None:
    written_off()
    with stopped(monkeypatch, "papers.issuing.update"):
        issuing.issue_write_off(by=PEOPLE[0], now=LATER)
    assert db.session.scalars(select(Document.number)).all() == []
    assert issuing.issue_write_off(by=PEOPLE[0], now=LATER).number == "WOF-2026-00001"


def test_an_act_has_no_number_without_its_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    act = draft()
    with stopped(monkeypatch, "papers.act_papers.issue_within"):
        paper_acts.print_act(act, by=COORDINATOR, now=LATER)
    assert db.session.get_one(HandoverAct, act).number is None


def test_a_finding_closes_its_case_or_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    code, number, report = lost()
    with stopped(monkeypatch, "losses.update"):
        losses.reverse(report, number, "WH-2", by=COORDINATOR, now=LATER)
    assert many(Event.step == "finding") == 0
    assert item(code).status == "lost"


def test_a_replaced_label_leaves_no_blank_one(monkeypatch: pytest.MonkeyPatch) -> None:
    [code] = stocked()
    before = many(Label.code.is_not(None))
    with stopped(monkeypatch, "labels.record_within"):
        labels.replace(code, by=COORDINATOR, now=LATER)
    assert many(Label.code.is_not(None)) == before


def test_an_approval_that_the_ledger_refuses_decides_nothing() -> None:
    _, number, report = lost()
    proposal = proposals.propose_write_off(number, "It is gone.", by=COORDINATOR, now=NOW)
    losses.reverse(report, number, "EX-SITE-1", by=COORDINATOR, now=NOW + timedelta(minutes=30))
    with pytest.raises(DoesNotFit):
        proposals.approve(proposal, by=PEOPLE[0], now=LATER)
    assert db.session.scalars(select(Proposal.decided_at)).all() == [None]
    proposals.refuse(proposal, by=PEOPLE[0], now=LATER)
    with pytest.raises(Conflict):
        proposals.approve(proposal, by=PEOPLE[1], now=LATER)


def test_a_photo_that_came_whole_before_a_stop_is_kept_when_it_is_sent_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(drawn, "JPEG")
    content = drawn.getvalue()
    sha, size = hashlib.sha256(content).hexdigest(), len(content)
    how: dict[str, Any] = {"size": size, "by": COORDINATOR, "now": NOW}
    with stopped(monkeypatch, "uploads.name_within"):
        uploads.take_piece(sha, content, offset=0, **how)
    assert many(Upload.sha256 == sha) == 0
    assert uploads.progress_of(sha, COORDINATOR) == uploads.Progress(size, False)
    assert uploads.take_piece(sha, b"", offset=size, **how) == uploads.Progress(size, True)
    assert many(Upload.kept_as.is_not(None)) == 1
