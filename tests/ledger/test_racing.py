"""Several writers at once: one unit, one id, one box. Nothing lost, nothing twice.

Each race is run in one server, whose writers wait for each other, and between several servers on
one database, which meet only there.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.conftest import migrated_app
from tests.racing import at_once
from tests.services.builders import (
    COORDINATOR,
    NOW,
    broken_chains,
    item,
    kept_ids,
    lay_world,
    live,
    new_blanks,
    new_boxes,
    new_units,
    queue,
    scan,
)
from tracker.db import db
from tracker.domain.bench import Bench
from tracker.domain.scans import Outcome, Scan
from tracker.errors import Conflict
from tracker.ledger.chunk import Sent
from tracker.ledger.rebuilding import rebuild
from tracker.ledger.record import _keep
from tracker.models import Event
from tracker.services import counts
from tracker.services.bench import Read, take

WRITERS = 6


Servers = list[Flask]


@pytest.fixture(params=["one server", pytest.param("a server for each", marks=pytest.mark.slow)])
def servers(request: pytest.FixtureRequest, app: Flask, database_url: str) -> Iterator[Servers]:
    """For each writer the application in which it works."""
    lay_world()
    if request.param == "one server":
        yield [app] * WRITERS
        return
    several = [migrated_app(app.config["HOME"], database_url) for _ in range(WRITERS)]
    yield several
    for one in several:
        with one.app_context():
            db.engine.dispose()


def test_all_scans_of_one_unit_are_kept_in_one_chain(servers: Servers) -> None:
    [code] = new_units(1)
    mine = [
        [scan(code, "receiving", 10 * n + k, location="WH-1") for k in range(8)]
        for n in range(WRITERS)
    ]
    at_once(servers, lambda number: [live(one) for one in mine[number]])
    assert {one.id for part in mine for one in part} <= kept_ids()
    assert item(code).seq == 1 + 8 * WRITERS
    assert broken_chains() == []
    assert rebuild(now=NOW)["items"] == []


def test_the_same_scan_sent_by_all_at_once_is_one_event(servers: Servers) -> None:
    codes = new_units(20)
    batch = [scan(code, "receiving", 1, location="WH-1") for code in codes]
    answers = at_once(servers, lambda _: queue(batch))
    results = Counter(outcome.result.value for part in answers for outcome in part)
    assert results == {"recorded": 20, "duplicate": 20 * (WRITERS - 1)}
    receipts = {(outcome.id, outcome.receipt) for part in answers for outcome in part}
    assert len(receipts) == 20
    db.session.rollback()
    of_units = select(func.count()).where(Event.subject.startswith("item:"))
    assert db.session.scalar(of_units) == 40


def test_of_all_who_open_a_count_of_one_place_at_once_one_does(servers: Servers) -> None:
    def work(_: int) -> str:
        try:
            return counts.open_count("WH-1", by=COORDINATOR, now=NOW)
        except Conflict:
            return "it is being counted"

    told = sorted(at_once(servers, work))
    assert told == ["CNT-2026-00001", *["it is being counted"] * (WRITERS - 1)]


def test_of_two_people_who_ship_the_same_unit_one_is_told_so(servers: Servers) -> None:
    [code] = new_units(1)
    queue([scan(code, "receiving", 1, location="WH-1")])
    mine = [scan(code, "shipping", 2 + n, consignment="EX-C-1") for n in range(WRITERS)]
    answers = at_once(servers, lambda number: [live(mine[number])])
    told = Counter(
        "repeat" if "repeat" in outcome.flags else outcome.result.value
        for part in answers
        for outcome in part
    )
    assert told["recorded"] >= 1
    assert told["recorded"] + told["repeat"] + told["refused"] == WRITERS
    assert item(code).status == "in_transit"
    assert broken_chains() == []


def test_boxes_and_units_scanned_at_once_leave_every_chain_whole(servers: Servers) -> None:
    codes, [box] = new_units(6), new_boxes(1)
    queue([scan(code, "receiving", 1, location="WH-1") for code in codes])
    queue([scan(code, "packing", 2, handling_unit=box) for code in codes])

    def work(number: int) -> list[Outcome]:
        mine: list[Scan] = [scan(box, "shipping", 10 + number, consignment="EX-C-1")]
        mine += [scan(code, "receiving", 20 + number, location="WH-2") for code in codes]
        order = mine if number % 2 else mine[::-1]
        return queue(order)

    answers = at_once(servers, work)
    assert all(outcome.receipt for part in answers for outcome in part)
    assert broken_chains() == []
    assert rebuild(now=NOW)["items"] == []


def test_what_is_wrong_with_one_batch_fails_no_other(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batches that wait are written together; where that fails, each is tried by itself."""
    lay_world()
    codes = new_units(WRITERS)
    mine = [scan(code, "receiving", 1, location="WH-1") for code in codes]
    spoilt, keep, sizes = mine[3].id, _keep, []

    def write(sent: Sequence[Sent]) -> list[Outcome]:
        sizes.append(len(sent))
        if len(sizes) == 1:
            waiting = app.extensions["kittrail_write_queue"]._queue
            until = time.monotonic() + 30
            while len(waiting) < WRITERS - 1 and time.monotonic() < until:
                time.sleep(0.01)
        if spoilt in {one.id for one, _ in sent}:
            raise RuntimeError("spoilt")
        return keep(sent)

    monkeypatch.setattr("tracker.ledger.record._keep", write)

    def work(number: int) -> list[Outcome]:
        try:
            return [live(mine[number])]
        except RuntimeError:
            return []

    answers = at_once([app] * WRITERS, work)
    assert sizes[:2] == [1, WRITERS - 1], "those who waited were not written together"
    assert [bool(part) for part in answers] == [number != 3 for number in range(WRITERS)]
    assert kept_ids() >= {one.id for one in mine} - {spoilt}
    assert spoilt not in kept_ids()


def test_one_blank_label_scanned_onto_several_units_is_bound_to_one(servers: Servers) -> None:
    codes, [blank] = new_units(WRITERS, kits=True), new_blanks(1)
    kits = [f"KITEX{item(code).id:07d}" for code in codes]
    scans = [scan(blank, "commissioning", 1, second_identifier=kit) for kit in kits]
    at_once(servers, lambda number: queue([scans[number]]))
    units = [item(code) for code in codes]
    assert [unit.code for unit in units].count(blank) == 1
    [winner] = [unit for unit in units if unit.code == blank]
    assert item(blank).id == winner.id
    told = db.session.scalars(select(Event.subject).where(Event.step == "commissioning")).all()
    assert told == [f"item:{winner.id}"] * WRITERS  # the others are kept where the label is
    others = [code for code in codes if item(code).id != winner.id]
    assert [item(code).code for code in others] == others
    assert broken_chains() == []


@pytest.mark.parametrize("step", ["receiving", "shipping"])
def test_of_all_who_scan_one_unit_at_benches_one_recorded_it_and_the_others_are_told_so(
    servers: Servers, step: str
) -> None:
    [code] = new_units(1)
    if step == "shipping":
        queue([scan(code, "receiving", 1, location="WH-1")])
    bench = Bench(doing=step, location="WH-1", consignment="EX-C-1")
    sorts: list[str] = [""] * WRITERS

    def work(number: int) -> list[Outcome]:
        read = Read(str(uuid4()), code, NOW, NOW)
        sorts[number] = take(read, bench, by=COORDINATOR, now=NOW).sort
        return []

    at_once(servers, work)
    assert sorted(sorts) == ["again"] * (WRITERS - 1) + ["recorded"]
    assert broken_chains() == []


def test_people_who_receive_the_same_boxes_at_once_count_every_unit_once(servers: Servers) -> None:
    boxes = new_boxes(3)
    codes = new_units(9)
    queue([scan(code, "receiving", 1, location="WH-1") for code in codes])
    for number, box in enumerate(boxes):
        inside = codes[3 * number : 3 * number + 3]
        queue([scan(code, "packing", 2, handling_unit=box) for code in inside])
    queue([scan(box, "shipping", 3, consignment="EX-C-1") for box in boxes])
    bench = Bench(doing="receiving", location="WH-2", consignment="EX-C-1")
    sorts: list[list[str]] = [[] for _ in range(WRITERS)]

    def work(number: int) -> list[Outcome]:
        for place in range(3):
            box = boxes[(place + number) % 3]
            read = Read(str(uuid4()), box, NOW, NOW)
            sorts[number].append(take(read, bench, by=COORDINATOR, now=NOW).sort)
        return []

    at_once(servers, work)
    told = Counter(sort for mine in sorts for sort in mine)
    assert told == {"recorded": 3, "again": 3 * (WRITERS - 1)}
    assert {item(code).status for code in codes} == {"in_stock"}
    assert broken_chains() == []
    assert rebuild(now=NOW)["items"] == []
