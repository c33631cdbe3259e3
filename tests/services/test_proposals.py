"""Writing a unit off: two people, one event, and nothing behind anybody's back."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.racing import at_once
from tests.services.builders import (
    BOB,
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
from tracker.errors import Conflict, DoesNotFit, InvalidValue, NotAllowed, NotFound, OwnEvent
from tracker.models import Event, Item, Proposal
from tracker.queries.proposals import open_proposals, waiting
from tracker.services.proposals import approve, propose_write_off, refuse

SECOND = Actor("account:9", Role.COORDINATOR)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def lost(app: Flask) -> tuple[str, int]:
    """A unit that was reported lost: its code and number."""
    lay_world()
    [code] = new_units(1)
    queue(
        [scan(code, "receiving", 1, location="WH-1"), scan(code, "reporting_lost", 2, report="R")]
    )
    return code, db.session.execute(select(Item.id).where(Item.code == code)).scalar_one()


def propose(number: int) -> int:
    return propose_write_off(number, "Report R of the police", by=COORDINATOR, now=NOW)


def body(code: str) -> dict[str, object]:
    db.session.rollback()
    query = select(Event.body).where(Event.step == "decommissioning")
    return dict(json.loads(db.session.scalars(query).one()))


def test_one_proposes_and_a_second_approves(lost: tuple[str, int]) -> None:
    code, number = lost
    proposal = propose(number)
    assert item(code).status == "lost"
    assert [row.code for row in open_proposals()] == [code]
    approve(proposal, by=SECOND, now=LATER)
    assert item(code).status == "written_off"
    assert waiting() == 0
    told = body(code)
    assert (told["by"], told["approved_by"]) == (COORDINATOR.ref, SECOND.ref)
    assert told["note"] == "Report R of the police"
    assert "flags" not in told
    assert broken_chains() == []


def test_nobody_approves_their_own(lost: tuple[str, int]) -> None:
    code, number = lost
    proposal = propose(number)
    with pytest.raises(OwnEvent):
        approve(proposal, by=COORDINATOR, now=LATER)
    assert item(code).status == "lost"
    refuse(proposal, by=COORDINATOR, now=LATER)
    assert waiting() == 0


def test_a_refused_proposal_is_over_and_another_may_be_made(lost: tuple[str, int]) -> None:
    code, number = lost
    first = propose(number)
    with pytest.raises(Conflict):
        propose(number)
    refuse(first, by=SECOND, now=LATER)
    with pytest.raises(Conflict):
        approve(first, by=SECOND, now=LATER)
    assert item(code).status == "lost"
    assert propose(number) != first
    decided = db.session.get(Proposal, first)
    assert decided is not None
    assert (decided.approved, decided.decided_by) == (False, SECOND.ref)


def test_a_unit_that_has_moved_meanwhile_stays(lost: tuple[str, int]) -> None:
    code, number = lost
    proposal = propose(number)
    queue([scan(code, "finding", 3, location="EX-SITE-1")])
    assert item(code).status == "handed_over"
    with pytest.raises(DoesNotFit):
        approve(proposal, by=SECOND, now=NOW + timedelta(days=1))
    assert item(code).status == "handed_over"
    assert waiting() == 1


def test_a_unit_in_use_cannot_be_proposed(app: Flask) -> None:
    lay_world()
    [code] = new_units(1)
    number = db.session.execute(select(Item.id).where(Item.code == code)).scalar_one()
    with pytest.raises(DoesNotFit):
        propose(number)


@pytest.mark.parametrize("actor", [BOB, Actor("account:7", Role.AUDITOR)])
def test_only_coordinators_write_off(lost: tuple[str, int], actor: Actor) -> None:
    _, number = lost
    with pytest.raises(NotAllowed):
        propose_write_off(number, "Because", by=actor, now=NOW)
    proposal = propose(number)
    for decide in (approve, refuse):
        with pytest.raises(NotAllowed):
            decide(proposal, by=actor, now=LATER)


def test_what_is_not_there_or_says_nothing_is_refused(lost: tuple[str, int]) -> None:
    _, number = lost
    with pytest.raises(InvalidValue):
        propose_write_off(number, "  ", by=COORDINATOR, now=NOW)
    with pytest.raises(NotFound):
        propose_write_off(10**6, "Because", by=COORDINATOR, now=NOW)
    with pytest.raises(NotFound):
        approve(10**6, by=SECOND, now=NOW)


def test_two_who_approve_at_once_make_one_event(app: Flask, lost: tuple[str, int]) -> None:
    code, number = lost
    proposal = propose(number)
    people = [Actor(f"account:{n}", Role.COORDINATOR) for n in range(20, 24)]

    def decide(number: int) -> str:
        try:
            approve(proposal, by=people[number], now=LATER)
        except (Conflict, DoesNotFit):
            return "too late"
        return "approved"

    ended = at_once([app] * len(people), decide)
    assert sorted(ended) == ["approved", *["too late"] * 3]
    assert body(code)["by"] == COORDINATOR.ref
    assert item(code).status == "written_off"
