"""A maker's number lets a stranger add a terminal to an account: the ledger proves it, unsaid."""

from __future__ import annotations

import itertools
import json
from hashlib import sha256
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import text

from tests.services.builders import (
    NOW,
    broken_chains,
    lay_world,
    new_units,
    queue,
    scan,
)
from tracker.db import db
from tracker.domain.bodies import stamp
from tracker.domain.records import STATING
from tracker.domain.scans import Outcome, Scan
from tracker.ledger import verification
from tracker.ledger.checkpoints import notary
from tracker.ledger.events import scan_digest
from tracker.models import Discrepancy, Event, Identifier, Opening

STRANGE = "KITEX9999999"


@pytest.fixture
def scans(app: Flask) -> list[Scan]:
    """One scan of each kind that holds a maker's number, and one that holds none."""
    lay_world()
    first, second, third = new_units(3, kits=True)
    kits = dict(db.session.query(Identifier.item, Identifier.value).all())
    db.session.rollback()
    made = [
        scan(kits[1], "receiving", 1, location="WH-1"),
        scan(second, "receiving", 2, location="WH-1", second_identifier=kits[2]),
        scan(kits[3], "receiving", 3, location="WH-1", second_identifier=third),
        scan(STRANGE, "receiving", 4, location="WH-1"),
        scan(first, "counting", 5, location="WH-1"),
    ]
    outcomes = queue(made)
    assert [one.result for one in outcomes] == [*["recorded"] * 3, "unknown_code", "recorded"]
    return made


def bodies() -> list[str]:
    db.session.rollback()
    return [row.body for row in db.session.query(Event.body).order_by(Event.position)]


def told() -> list[str]:
    """What verification says of the events."""
    db.session.rollback()
    return [str(problem) for problem in verification.verify(notary()).problems]


def numbers() -> list[str]:
    db.session.rollback()
    return [STRANGE, *db.session.scalars(db.select(Identifier.value))]


def test_no_number_stands_anywhere_in_the_ledger(scans: list[Scan]) -> None:
    everything = [*bodies(), *(row.subject for row in db.session.query(Event.subject))]
    assert [number for number in numbers() if any(number in one for one in everything)] == []
    assert sum('"numbers"' in body for body in bodies()) == 4
    assert broken_chains() == []


def test_no_number_is_found_by_trying(scans: list[Scan]) -> None:
    """Who has the whole ledger knows all of a scan but the number, and tries every number."""
    for body in filter(lambda one: '"numbers"' in one, bodies()):
        said = json.loads(body)
        made = next(one for one in scans if one.id == said["id"])
        held = {said["scan"], *said["numbers"].values()}
        tried = set[str]()
        for code, second in itertools.product(
            {*numbers(), made.code}, {*numbers(), made.second_identifier}
        ):
            whole: list[object] = [made.id, code, made.step, stamp(made.occurred_at), None, "WH-1"]
            whole += [None, None, second, *[None] * 5, [], None, None, None]
            tries = [json.dumps(whole, ensure_ascii=False), code, str(second), made.id + code]
            tried.update(sha256(one.encode()).hexdigest() for one in tries)
        assert scan_digest(made, None).hex() in tried, "the trier knows how a scan is told"
        assert held.isdisjoint(tried)


def test_a_scan_that_holds_no_number_needs_no_salt(scans: list[Scan]) -> None:
    db.session.rollback()
    of_scans = db.select(Opening.event).join(Event, Event.id == Opening.event)
    opened = set(db.session.scalars(of_scans.where(Event.step != STATING)))
    assert opened == {one.id for one in scans[:4]}


def test_the_same_scan_sent_again_is_the_same_and_another_number_is_a_conflict(
    scans: list[Scan],
) -> None:
    assert [one.result for one in queue(scans)] == ["duplicate"] * 5
    assert not any(one.flags for one in queue(scans))
    first = scans[0]
    other = Scan(first.id, "KITEX0000003", first.step, first.occurred_at, location="WH-1")
    [answer] = queue([other])
    assert (answer.result, answer.flags) == ("duplicate", ("conflict",))
    within = Scan(str(uuid4()), "KITEX0000001", "counting", first.occurred_at, location="WH-1")
    again: list[Outcome] = queue([within, within])
    assert [(one.result, one.flags) for one in again] == [("recorded", ()), ("duplicate", ())]


def test_a_strange_number_is_told_to_who_settles_it(scans: list[Scan]) -> None:
    db.session.rollback()
    [case] = db.session.query(Discrepancy).filter_by(kind="unknown_code")
    assert json.loads(case.detail)["code"] == STRANGE
    assert STRANGE not in case.subject


def test_verification_holds_each_number_against_the_unit(scans: list[Scan]) -> None:
    assert told() == []


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ("UPDATE identifier SET item = 3 - item WHERE item < 3", "of another unit"),
        ("UPDATE opening SET salt = '00000000000000000000000000000000'", "of another unit"),
        ("DELETE FROM opening", "is gone"),
    ],
)
def test_what_no_longer_proves_the_unit_is_named(scans: list[Scan], change: str, word: str) -> None:
    db.session.execute(text(change))
    db.session.commit()
    assert any(word in problem for problem in told())


def test_a_number_that_was_replaced_since_still_proves_the_unit(scans: list[Scan]) -> None:
    db.session.query(Identifier).update({"live": False})
    db.session.add(Identifier(item=1, scheme="kit", value="KITEX0000077", read_at=NOW))
    db.session.commit()
    assert told() == []
