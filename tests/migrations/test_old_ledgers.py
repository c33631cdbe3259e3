"""Ledgers of older versions: they migrate, fit, and are folded anew by the newer rules, once.

Whatever that changes is listed by its kind, with its number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, inspect, select, text

from tests.migrations.old_ledgers import MADE, NAMES, OldLedgers, within
from tracker.clock import day_in_kyiv
from tracker.db import db
from tracker.domain.disclosure import BY_ITSELF, SAID_ONLINE, Counts
from tracker.domain.lifecycle import Rung
from tracker.domain.permissions import Actor, Role
from tracker.domain.portfolios import pledge
from tracker.domain.scans import Mode, Scan
from tracker.domain.unit_proofs import RUNGS
from tracker.errors import Refusal
from tracker.ledger import recounting
from tracker.ledger.checkpoints import notary
from tracker.ledger.rebuilding import (
    REVIEW,
    Found,
    apply_rules,
    dry_run,
    rebuild,
    rules_are_due,
)
from tracker.ledger.record import record
from tracker.ledger.verification import verify
from tracker.models import Discrepancy, FoldRules, HandlingUnit, Item, Tally
from tracker.queries.donors import Discretion, DonorView, portfolio_view
from tracker.services.exports.donor_units import units_known

PLEDGES = ("PL-2022-11", "PL-EX-NET")
TODAY = day_in_kyiv(MADE)
DELAY = 3
NOTHING: dict[str, list[str]] = {"items": [], "boxes": [], "discrepancies": [], "tallies": []}
NOTHING["deleted"] = []

LISTED: dict[str, dict[str, Any]] = {
    "demonstration-0015": {
        "units": 163,
        "changed": 80,
        "kinds": {
            "not_online": 62, "not_dragged": 5, "left_box": 4, "place_dropped": 4, "proposed": 2,
            "apart": 2, "counted": 2, "place_filled": 1, "condition": 1,
        },
        "opened": {"left_box": 3, "elsewhere": 3, "second_person": 2},
        "healed": {"gap": 8},
        "boxes": 1,
    },
    "oldest-0001": {
        "units": 163,
        "changed": 59,
        "kinds": {
            "not_online": 47, "left_box": 4, "place_dropped": 4, "proposed": 2, "not_dragged": 1,
            "place_filled": 1, "condition": 1,
        },
        "opened": {"second_person": 2, "left_box": 2, "elsewhere": 1, "damaged": 1},
        "healed": {"gap": 4},
        "boxes": 0,
    },
}  # fmt: skip
"""What the newer rules change in each: known from the stories that were told in it."""


ENGINES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    """Which old ledger."""
    return str(request.param)


@pytest.fixture(autouse=True, params=ENGINES)
def old(
    request: pytest.FixtureRequest, old_ledgers: OldLedgers, name: str, tmp_path: Path
) -> Iterator[Flask]:
    """It is migrated, and its stories are still as the older rules folded them."""
    with old_ledgers.taken(name, request.param, tmp_path) as app, within(app):
        yield app


def listed(found: Found) -> dict[str, Any]:
    """What is told of it, without names."""
    return {
        "units": found.units,
        "changed": found.changed,
        "kinds": {str(kind): number for kind, number in found.kinds.items()},
        "opened": dict(found.opened),
        "healed": dict(found.healed),
        "boxes": len(found.boxes),
    }


def rows() -> dict[str, list[tuple[Any, ...]]]:
    """Everything that is kept."""
    db.session.rollback()
    tables = [one for one in inspect(db.engine).get_table_names() if not one.startswith("item_se")]
    return {
        table: sorted(map(tuple, db.session.execute(text(f'SELECT * FROM "{table}"'))), key=repr)
        for table in tables
    }


def states() -> dict[str, dict[str, Any]]:
    """The stored states, by code."""
    db.session.rollback()
    kept = [column for column in Item.__table__.c if column.name not in ("seq", "head")]
    return {row.code: dict(row._mapping) for row in db.session.execute(select(*kept))}


def cases() -> Counter[tuple[str, str]]:
    """How many discrepancies there are, by kind and state."""
    db.session.rollback()
    counted = select(Discrepancy.kind, Discrepancy.state, func.count()).group_by(
        Discrepancy.kind, Discrepancy.state
    )
    return Counter({(kind, state): number for kind, state, number in db.session.execute(counted)})


def test_an_old_ledger_migrates_and_every_event_fits(name: str) -> None:
    report = verify(notary())
    assert report.fits, report.problems
    assert report.events == report.logged == report.witnessed > 1000
    assert rules_are_due()
    apply_rules(now=MADE)
    assert verify(notary()).fits


def test_a_dry_run_lists_what_would_change_by_kind_and_changes_nothing(name: str) -> None:
    before = rows()
    found = dry_run(now=MADE)
    assert listed(found) == LISTED[name]
    assert found.unnamed == []
    assert {len(names) for names in found.named.values()} == {
        min(number, 10) for number in found.kinds.values()
    }
    assert rows() == before


def test_what_is_applied_is_what_was_listed_and_nothing_else(name: str) -> None:
    listed_before = listed(dry_run(now=MADE))
    stored, were = states(), cases()
    found = apply_rules(now=MADE)
    assert found is not None
    assert listed(found) == listed_before == LISTED[name]
    folded, are = states(), cases()
    changed = {code for code in stored if stored[code] != folded[code]}
    assert len(changed) == found.changed
    assert {code for names in found.named.values() for code in names} <= changed
    opened = {kind: are[kind, "open"] - were[kind, "open"] for kind in found.opened}
    assert opened == dict(found.opened)
    healed = {kind: are[kind, "healed"] - were[kind, "healed"] for kind in found.healed}
    assert healed == dict(found.healed)
    assert are.total() - were.total() == found.opened.total()


def test_each_change_is_what_its_kind_says(name: str) -> None:
    stored = states()
    found = apply_rules(now=MADE)
    assert found is not None
    folded = states()
    for code in found.named["proposed"]:
        assert (stored[code]["status"], folded[code]["status"]) == ("written_off", "in_stock")
        assert folded[code]["proposed_by"] == "system:demonstration"
    for code in found.named["left_box"]:
        assert stored[code]["handling_unit"] is not None is folded[code]["handling_unit"]
    for code in found.named["not_online"]:
        assert stored[code]["online_at"] is not None is folded[code]["online_at"]
        terminal = folded[code]["pledge"] == "PL-2022-11"
        assert folded[code]["working_at"] == (stored[code]["online_at"] if terminal else None)
    for code in found.named["place_dropped"]:
        assert (stored[code]["location"], folded[code]["location"]) == ("KRAK-B", None)
    for code in found.named["place_filled"]:
        assert stored[code]["location"] is None is not folded[code]["location"]
    for code in found.named["condition"]:
        assert (stored[code]["condition"], folded[code]["condition"]) == ("good", "damaged")
    for code in found.named.get("counted", []):
        assert (stored[code]["location"], folded[code]["location"]) == ("LVIV-1", "KYIV-1")
    written_off = [code for code, state in folded.items() if state["status"] == "written_off"]
    assert len(written_off) == 1, "the one that two people wrote off"


def test_a_second_rebuild_changes_nothing(name: str) -> None:
    apply_rules(now=MADE)
    before = rows()
    assert apply_rules(now=MADE) is None
    assert rebuild(now=MADE) == NOTHING
    assert not dry_run(now=MADE)
    assert rows() == before
    assert db.session.get(FoldRules, 2) is not None


def test_what_newer_rules_open_is_one_review_and_no_alarm(name: str) -> None:
    alarms = set(db.session.scalars(select(Discrepancy.id).where(Discrepancy.state == "open")))
    found = apply_rules(now=MADE)
    assert found is not None
    db.session.rollback()
    reviewed = db.session.scalars(select(Discrepancy).where(Discrepancy.review.is_not(None))).all()
    assert {row.review for row in reviewed} == {REVIEW}
    assert Counter(row.kind for row in reviewed) == found.opened
    assert {row.due_on for row in reviewed} == {TODAY + timedelta(days=90)}
    assert alarms.isdisjoint(row.id for row in reviewed)
    elsewhere = [row for row in reviewed if row.kind == "elsewhere"]
    assert all('"known": "' in row.detail for row in elsewhere), "what a person needs to judge"


@pytest.mark.parametrize("name", ["demonstration-0015"])
def test_a_box_that_left_its_pallet_stands_on_none(name: str) -> None:
    found = apply_rules(now=MADE)
    assert found is not None
    [code] = found.boxes
    box = db.session.get(HandlingUnit, code)
    assert box is not None
    assert box.parent is None
    subject = select(Discrepancy.kind).where(Discrepancy.subject == f"unit:{code}")
    assert list(db.session.scalars(subject)) == ["left_box"]


# Donors' counts


def view(ref: str, today: date) -> DonorView:
    db.session.rollback()
    found = portfolio_view(
        pledge(ref), today=today, installation=Discretion(DELAY, 5), month=today.replace(day=1)
    )
    assert found is not None
    return found


def proved(counts: Counts) -> dict[str, int]:
    return {step.rung.value: step.units for step in counts.ladder if step.units}


def days_from_now() -> Iterator[date]:
    return (TODAY + timedelta(days=number) for number in range(DELAY + 2))


def test_donors_read_the_same_in_counts_and_lists_from_the_first_day(name: str) -> None:
    """The counts of days that nobody has seen yet are made anew as they were known."""
    apply_rules(now=MADE)
    for today in days_from_now():
        for ref in PLEDGES:
            counts = view(ref, today).counts
            units = list(units_known(ref, counts.until))
            assert Counter(unit.stage for unit in units) == Counter(
                {stage: number for stage, number in counts.stages.items() if number}
            )
            reached: Counter[str] = Counter()
            for unit in units:
                top = max((at for at, day in enumerate(unit.days) if day), default=-1)
                for at, rung in enumerate(RUNGS):
                    is_proved = unit.days[at] is not None if rung in BY_ITSELF else at <= top
                    reached[rung.value] += is_proved
            assert Counter(proved(counts)) == +reached


def test_no_donor_reads_on_line_of_what_a_person_said(name: str) -> None:
    seen = {ref: proved(view(ref, TODAY).counts) for ref in PLEDGES}
    assert seen["PL-EX-NET"]["online"] == 2, "rolls of cable"
    apply_rules(now=MADE)
    for ref in PLEDGES:
        now = view(ref, TODAY).counts
        assert all(step.newest_on is None for step in now.ladder if step.rung is Rung.ONLINE)
        assert now.proved(Rung.ONLINE) == 0, "nor of what was only inspected"
        assert now.said_online > 0
    terminals = view("PL-2022-11", TODAY).counts
    assert terminals.proved(Rung.WORKING) == seen["PL-2022-11"]["online"]
    cable = view("PL-EX-NET", TODAY).counts
    assert (cable.proved(Rung.WORKING), cable.said_online) == (0, 2)


def test_what_was_told_of_earlier_days_stays_as_it_was_told(name: str) -> None:
    earlier = TODAY - timedelta(days=DELAY + 1)
    told = view("PL-2022-11", TODAY).counts_at(earlier)
    assert proved(told)["online"] > 0
    apply_rules(now=MADE)
    assert view("PL-2022-11", TODAY).counts_at(earlier) == told


# Misfortunes


def test_interrupted_before_its_end_it_goes_on_where_it_was(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as power:
        power.setattr(recounting.Recount, "corrections", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            apply_rules(now=MADE)
    assert rules_are_due()
    said = select(func.sum(Tally.change)).where(Tally.measure == SAID_ONLINE)
    assert db.session.scalar(said) is None
    apply_rules(now=MADE)
    assert not rules_are_due()
    assert rebuild(now=MADE) == NOTHING
    assert db.session.scalar(said) == LISTED[name]["kinds"]["not_online"]
    kept = db.session.scalars(select(Discrepancy.kind).where(Discrepancy.review == REVIEW))
    assert Counter(kept) == LISTED[name]["opened"]


TELLER = Actor("system:demonstration", Role.COORDINATOR)


def scan_one(code: str) -> None:
    made = Scan(str(uuid4()), code, "counting", MADE, location="LVIV-1")
    record([made], sent_at=MADE, mode=Mode.QUEUED, by=TELLER, now=MADE)


def test_a_scan_that_comes_in_meanwhile_is_counted_once(name: str) -> None:
    code = db.session.scalar(select(Item.code).where(Item.status == "in_stock").limit(1))
    assert code is not None
    came: list[int] = []

    def meanwhile(units: int) -> None:
        if not came:
            scan_one(code)
        came.append(units)

    apply_rules(now=MADE, progress=meanwhile)
    assert sum(came) == 2 * 163, "folded again, because of the scan"
    assert rebuild(now=MADE) == NOTHING
    assert verify(notary()).fits


@pytest.mark.parametrize("name", ["oldest-0001"])
def test_where_scans_never_stop_it_says_to_stop_the_server(name: str) -> None:
    code = db.session.scalar(select(Item.code).limit(1))
    assert code is not None
    with pytest.raises(Refusal, match="Stop the server"):
        apply_rules(now=MADE, progress=lambda _units: scan_one(code))
    assert rules_are_due()
    apply_rules(now=MADE)
    assert rebuild(now=MADE) == NOTHING
