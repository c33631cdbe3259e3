"""Blank labels, binding, replacing: the ledger tells which label a unit wore when."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from labels.codes import new_code, show
from tests.services.builders import (
    BOB,
    COORDINATOR,
    NOTHING_DIFFERS,
    NOW,
    broken_chains,
    item,
    lay_world,
    new_blanks,
    new_units,
    queue,
    scan,
)
from tracker.db import db
from tracker.domain.permissions import Actor, Role
from tracker.errors import InvalidValue, LabelInUse, NotAllowed, NotFound, UnitUnknown
from tracker.ledger import binding
from tracker.ledger.checkpoints import notary, sequence, sign_checkpoint
from tracker.ledger.loading import Loaded
from tracker.ledger.rebuilding import rebuild
from tracker.ledger.verification import verify
from tracker.models import Event, Label
from tracker.queries import labels as known
from tracker.queries.items import find_items, item_by_code
from tracker.services import labels


@pytest.fixture(autouse=True)
def _world(app: Flask) -> None:
    lay_world()


def label(code: str) -> Label:
    db.session.rollback()
    found = db.session.get(Label, code)
    assert found is not None
    db.session.refresh(found)
    return found


def unit() -> tuple[str, str]:
    """The code of a new unit, and its maker's number."""
    [code] = new_units(1, kits=True)
    number = item(code).id
    return code, f"KITEX{number:07d}"


def bodies(code: str, step: str) -> list[dict[str, object]]:
    subject = f"item:{item(code).id}"
    kept = select(Event.body).where(Event.subject == subject, Event.step == step)
    return [json.loads(body) for body in db.session.scalars(kept)]


def test_a_batch_counts_its_labels_as_they_are_bound_and_replaced() -> None:
    number = labels.make_blanks(5, by=COORDINATOR, now=NOW)
    made = known.batch(number)
    assert made is not None
    assert (made.many, made.made_by, made.made_at) == (5, "account:1", NOW)
    assert (made.bound, made.revoked, made.unused) == (0, 0, 5)
    first, second, *_ = (row.code for row in known.labels_of_batch(number))
    _, kit = unit()
    labels.bind(first, kit, by=COORDINATOR, now=NOW)
    labels.bind(second, kit, by=COORDINATOR, now=NOW + timedelta(minutes=1))
    made = known.batch(number)
    assert made is not None
    assert (made.bound, made.revoked, made.unused) == (1, 1, 3)
    assert [one.number for one in known.batches()] == [number]


@pytest.mark.parametrize("many", [0, -1, 10_001])
def test_a_batch_has_a_reasonable_size(many: int) -> None:
    with pytest.raises(InvalidValue):
        labels.make_blanks(many, by=COORDINATOR, now=NOW)
    assert known.batches() == []


@pytest.mark.parametrize("role", [Role.FIELD, Role.AUDITOR, Role.DONOR, Role.ADMIN])
def test_who_may_not_print_labels_makes_replaces_and_binds_none(role: Role) -> None:
    stranger = Actor("account:9", role)
    code, kit = unit()
    [blank] = new_blanks(1)
    with pytest.raises(NotAllowed):
        labels.make_blanks(5, by=stranger, now=NOW)
    with pytest.raises(NotAllowed):
        labels.replace(code, by=stranger, now=NOW)
    with pytest.raises(NotAllowed):
        labels.label_of_place("WH-1", by=stranger)
    with pytest.raises(NotAllowed):
        labels.bind(blank, kit, by=stranger, now=NOW)
    assert label(blank).state == "blank"
    assert item(code).code == code


def test_binding_takes_the_two_scans_in_either_order_and_twice_is_once() -> None:
    for swapped in (False, True):
        old, kit = unit()
        [blank] = new_blanks(1)
        pair = (kit, blank) if swapped else (blank, kit)
        assert labels.bind(*pair, by=BOB, now=NOW) == blank
        assert labels.bind(*pair, by=BOB, now=NOW) == blank
        assert (label(blank).state, label(old).state) == ("bound", "revoked")
        assert (label(old).replaced_by, label(old).revoked_at) == (blank, NOW)
        assert item(old).code == item(blank).code == blank
        [told] = bodies(blank, "commissioning")
        assert (told["code"], told["replaces"], told["by"]) == (blank, [old], BOB.ref)
    assert broken_chains() == []


def test_a_label_of_another_unit_is_not_bound_again() -> None:
    (mine, _), (_, other) = unit(), unit()
    for taken in (mine, new_code()):
        with pytest.raises(LabelInUse):
            labels.bind(taken, other, by=COORDINATOR, now=NOW)
    [blank] = new_blanks(1)
    with pytest.raises(UnitUnknown):
        labels.bind(blank, "EXNOBODY1", by=COORDINATOR, now=NOW)
    with pytest.raises(UnitUnknown):
        labels.bind(blank, mine, by=COORDINATOR, now=NOW)
    assert label(blank).state == "blank"


def test_a_replaced_label_and_the_new_one_lead_to_the_same_unit() -> None:
    code, _ = unit()
    queue([scan(code, "receiving", 1, location="WH-1")])
    new = labels.replace(code, by=BOB, now=NOW)
    newer = labels.replace(code, by=BOB, now=NOW + timedelta(minutes=1))
    for worn in (code, new, newer):
        found = item_by_code(worn, COORDINATOR)
        assert found is not None
        assert found.code == newer
        for part in (worn, worn[:3], worn[2:8]):
            assert [row.code for row in find_items(COORDINATOR, q=part).rows] == [newer], part
        whole = find_items(COORDINATOR, q=worn, fragments=False).rows
        assert [row.code for row in whole] == [newer]
    assert [label(one).state for one in (code, new, newer)] == ["revoked", "revoked", "bound"]
    assert [label(one).replaced_by for one in (code, new)] == [new, newer]


def test_replacing_leaves_the_ledger_whole_and_rebuild_with_nothing_to_do() -> None:
    code, _ = unit()
    queue([scan(code, "receiving", 1, location="WH-1")])
    before = item(code).status
    new = labels.replace(code, by=COORDINATOR, now=NOW)
    queue([scan(code, "shipping", 5, consignment="EX-C-1")])
    assert before == "in_stock"
    assert item(new).status == "in_transit"
    assert broken_chains() == []
    assert rebuild(now=NOW) == NOTHING_DIFFERS
    sequence()
    sign_checkpoint(notary(), now=NOW)
    assert verify(notary()).problems == []


def test_scans_of_the_old_label_are_kept_and_flagged_only_from_its_replacement_on() -> None:
    code, _ = unit()
    new = labels.replace(code, by=COORDINATOR, now=NOW)
    before = queue([scan(code, "receiving", 1, location="WH-1")])[0]  # a day before
    assert (before.result, before.flags) == ("recorded", ())
    after = NOW + timedelta(hours=1)
    late = replace(scan(code, "shipping", consignment="EX-C-1"), occurred_at=after)
    [told] = queue([late], now=after)
    assert (told.result, told.flags) == ("recorded", ("revoked_label",))
    assert item(new).status == "in_transit"
    assert broken_chains() == []


def test_an_unknown_code_cannot_be_replaced() -> None:
    with pytest.raises(NotFound):
        labels.replace(new_code(), by=COORDINATOR, now=NOW)


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("together", [True, False])
def test_the_newest_binding_holds_in_whatever_order_the_scans_arrive(
    order: tuple[int, ...], together: bool
) -> None:
    code, kit = unit()
    blanks = new_blanks(3)
    told = [
        scan(blank, "commissioning", minutes, second_identifier=kit)
        for minutes, blank in enumerate(blanks)
    ]
    shuffled = [told[place] for place in order]
    for part in [shuffled] if together else [[one] for one in shuffled]:
        assert {outcome.result for outcome in queue(part)} == {"recorded"}
    assert item(code).code == blanks[2]
    assert [label(one).state for one in (code, *blanks)] == ["revoked"] * 3 + ["bound"]
    assert {row.code for row in find_items(COORDINATOR, q=code).rows} == {blanks[2]}
    assert broken_chains() == []
    assert rebuild(now=NOW) == NOTHING_DIFFERS


def test_a_place_has_one_label_and_a_site_none() -> None:
    code = labels.label_of_place("WH-1", by=COORDINATOR)
    assert labels.label_of_place("WH-1", by=COORDINATOR) == code
    with pytest.raises(InvalidValue):
        labels.label_of_place("EX-SITE-1", by=COORDINATOR)
    with pytest.raises(NotFound):
        labels.label_of_place("NOWHERE", by=COORDINATOR)


@pytest.mark.parametrize("spelled", [str, show])
def test_a_place_s_label_says_where_in_a_scan(spelled: Callable[[str], str]) -> None:
    shelf, elsewhere = (labels.label_of_place(ref, by=COORDINATOR) for ref in ("WH-1", "WH-2"))
    mine, other = new_units(2)
    outcomes = queue(
        [
            scan(mine, "receiving", 1, location=spelled(shelf)),
            scan(other, "receiving", 1, location=elsewhere),
        ],
        by=BOB,  # who works at WH-1 alone
    )
    assert [outcome.flags for outcome in outcomes] == [(), ("incomplete",)]
    assert item(mine).location == "WH-1"
    assert item(other).location is None


def test_a_place_s_label_is_no_unit_and_cannot_be_bound() -> None:
    shelf = labels.label_of_place("WH-1", by=COORDINATOR)
    _, kit = unit()
    with pytest.raises(LabelInUse):
        labels.bind(shelf, kit, by=COORDINATOR, now=NOW)
    told = queue([scan(shelf, "commissioning", 1, second_identifier=kit)])[0]
    assert told.result == "unknown_code"
    assert label(shelf).location == "WH-1"


def test_a_label_that_another_writer_took_meanwhile_is_judged_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As two servers meet on PostgreSQL: the second has read the label while it was blank."""
    (mine, kit), (other, _) = unit(), unit()
    [blank] = new_blanks(1)
    take, tries = binding.bind, 0

    def overtaken(connection: Connection, found: Loaded, *rest: Any) -> list[str]:
        nonlocal tries
        tries += 1
        if tries == 1:
            taken = {"state": "bound", "item": item(other).id, "bound_at": NOW}
            connection.execute(update(Label).where(Label.code == blank).values(taken))
        return take(connection, found, *rest)

    monkeypatch.setattr(binding, "bind", overtaken)
    [told] = queue([scan(blank, "commissioning", 2, second_identifier=kit)])
    assert tries == 2  # the first try was given up, and with it what the other writer did
    assert told.result == "recorded"
    assert (item(mine).code, item(other).code) == (blank, other)
    assert len(bodies(blank, "commissioning")) == 1
    assert broken_chains() == []
