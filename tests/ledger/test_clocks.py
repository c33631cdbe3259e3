"""Scans of devices whose clocks lie and whose batches wait: in the ledger, on both databases."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.services.builders import (
    BOB,
    NOTHING_DIFFERS,
    NOW,
    broken_chains,
    item,
    lay_world,
    live,
    new_boxes,
    new_units,
    open_discrepancies,
    queue,
    scan,
    states,
)
from tracker.db import db, transaction
from tracker.domain.clocks import Exchange
from tracker.domain.permissions import Actor, Role
from tracker.domain.scans import Mode, Outcome, Result, Scan
from tracker.ledger.rebuilding import rebuild
from tracker.ledger.record import record
from tracker.models import Device, Event

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


@dataclass
class Phone:
    """A device whose clock is behind ours by `error`; it numbers its scans."""

    number: int
    error: timedelta = timedelta(0)
    seq: int = 0
    exchange: Exchange | None = None

    @property
    def actor(self) -> Actor:
        return Actor(f"device:{self.number}", Role.COORDINATOR)

    def scan(self, code: str, step: str, at: datetime, **said: Any) -> Scan:
        """A scan that it made at `at`, our time."""
        self.seq += 1
        made = scan(code, step, device_seq=self.seq, **said)
        return replace(made, occurred_at=at - self.error)

    def asks(self, at: datetime, took: timedelta = SECOND) -> None:
        self.exchange = Exchange(at - self.error, at + took / 2, at + took - self.error)

    def send(self, *scans: Scan, left: datetime, way: timedelta = timedelta(0)) -> list[Outcome]:
        sent: dict[str, Any] = {"sent_at": left - self.error, "exchange": self.exchange}
        return record(scans, **sent, mode=Mode.QUEUED, by=self.actor, now=left + way)


@pytest.fixture
def phone(app: Flask) -> Phone:
    with app.app_context():
        lay_world()
        return enrolled()


def enrolled(error: timedelta = timedelta(0)) -> Phone:
    """Another phone, enrolled three days before NOW."""
    with transaction() as session:
        row = Device(name="Phone", role="coordinator", enrolled_at=NOW - 3 * DAY)
        row.token_hash, row.enrolled_by = uuid4().hex, "account:1"
        row.public_key = "a key that no signature is held against here"
        session.add(row)
        session.flush()
        return Phone(row.id, error)


def moments(*scans: Scan) -> list[datetime]:
    """When the scans happened, by the ledger."""
    db.session.rollback()
    rows = db.session.query(Event.id, Event.effective_at)
    told = {row.id: row for row in rows.filter(Event.id.in_([one.id for one in scans]))}
    return [told[one.id].effective_at for one in scans]


def test_a_slow_batch_does_not_swap_a_shipping_and_its_undoing(app: Flask, phone: Phone) -> None:
    with app.app_context():
        [code] = new_units(1)
        queue([scan(code, "receiving", location="WH-1")])
        shipped = phone.scan(code, "shipping", NOW, location="WH-1", consignment="EX-C-1")
        undone = phone.scan(code, "void_shipping", NOW + 8 * SECOND)
        [slow] = phone.send(shipped, left=NOW, way=20 * SECOND)
        assert slow.flags == ("clock",)  # it was 20 s on the way, or 20 s behind
        phone.send(undone, left=NOW + 28 * SECOND)
        assert moments(shipped, undone) == [NOW + 20 * SECOND, NOW + 20 * SECOND]
        assert item(code).status == "packed"
        assert rebuild(now=NOW) == NOTHING_DIFFERS


def test_batches_that_overtake_each_other_keep_the_device_s_order(app: Flask, phone: Phone) -> None:
    with app.app_context():
        [code] = new_units(1)
        queue([scan(code, "receiving", location="WH-1")])
        first = phone.scan(code, "shipping", NOW, location="WH-1", consignment="EX-C-1")
        phone.error = HOUR  # somebody set the clock between the two
        second = phone.scan(code, "void_shipping", NOW + 8 * SECOND)
        phone.send(second, left=NOW + 9 * SECOND)
        phone.error = timedelta(0)
        phone.send(first, left=NOW + 2 * HOUR, way=SECOND)
        one, other = moments(first, second)
        assert one <= other
        assert item(code).status == "packed"


@pytest.mark.parametrize("year", [1, 1970, 2016, 2080, 2101, 9999])
def test_no_clock_makes_a_scan_unacceptable(app: Flask, phone: Phone, year: int) -> None:
    with app.app_context():
        codes = new_units(4)
        queue([scan(code, "receiving", location="WH-1") for code in codes])
        phone.asks(NOW)
        good = phone.scan(codes[0], "counting", NOW, location="WH-1")
        strange = datetime(year, 6, 1, tzinfo=NOW.tzinfo)
        odd = phone.scan(codes[1], "counting", NOW + HOUR, location="WH-1")
        odd = replace(odd, occurred_at=strange)  # the clock was mended before it was sent
        told = phone.send(good, odd, left=NOW + 2 * HOUR)
        assert [one.result for one in told] == [Result.RECORDED] * 2
        assert [one.flags for one in told] == [(), ("clock",)]
        soonest, at = moments(good, odd)
        assert soonest <= at <= NOW + 2 * HOUR
        phone.error = NOW + 3 * HOUR - strange  # it fell again, and is wrong when it is sent
        odd = phone.scan(codes[2], "counting", NOW + 3 * HOUR, location="WH-1")
        [told_too] = phone.send(odd, left=NOW + 4 * HOUR)
        assert (told_too.result, told_too.flags) == (Result.RECORDED, ("clock",))
        assert moments(odd) == [NOW + 3 * HOUR]
        phone.error = timedelta(0)
        phone.asks(NOW + 5 * HOUR)
        last = phone.scan(codes[3], "counting", NOW + 6 * HOUR, location="WH-1")
        [mended] = phone.send(last, left=NOW + 7 * HOUR)
        assert mended.flags == ()
        kinds = [(place, kind) for place, kind, _, _ in open_discrepancies(codes)]
        assert kinds == [(1, "clock"), (2, "clock")]
        assert rebuild(now=NOW) == NOTHING_DIFFERS
        assert broken_chains() == []


def test_a_first_scan_of_1970_happened_after_the_phone_was_enrolled(
    app: Flask, phone: Phone
) -> None:
    with app.app_context():
        [code] = new_units(1)
        phone.asks(NOW)
        odd = phone.scan(code, "receiving", NOW - 400 * DAY, location="WH-1")
        phone.send(odd, left=NOW + HOUR)
        assert moments(odd) == [NOW - 3 * DAY]


def test_one_moment_in_one_batch_is_told_in_the_batch_s_order(app: Flask, phone: Phone) -> None:
    with app.app_context():
        codes = new_units(20)
        received = [scan(code, "receiving", location="WH-1") for code in codes]
        counted = [scan(code, "counting", location="WH-2") for code in codes]
        pairs = [one for pair in zip(received, counted, strict=True) for one in pair]
        queue(pairs)
        assert {item(code).location for code in codes} == {"WH-2"}
        assert rebuild(now=NOW) == NOTHING_DIFFERS


def test_a_server_that_ran_ahead_still_takes_what_it_offers(app: Flask, phone: Phone) -> None:
    """Its clock was a day ahead, and has been put right: everybody stands before the units now."""
    with app.app_context():
        one, *boxed = new_units(3)
        [box] = new_boxes(1)
        tomorrow = NOW + DAY
        ahead: dict[str, Any] = {"by": BOB, "now": tomorrow}
        for code in (one, *boxed):
            made = replace(scan(code, "receiving", location="WH-1"), occurred_at=tomorrow)
            assert live(made, **ahead).result is Result.RECORDED
        for code in boxed:
            made = scan(code, "packing", handling_unit=box, location="WH-1")
            live(replace(made, occurred_at=tomorrow), **ahead)
        for code in (one, box):
            shipping = scan(code, "shipping", location="WH-1", consignment="EX-C-1")
            told = live(replace(shipping, occurred_at=NOW + HOUR), by=BOB, now=NOW + HOUR)
            assert (told.result, told.discrepancy) == (Result.RECORDED, None)
            assert told.problem is None
        assert {item(code).status for code in (one, *boxed)} == {"in_transit"}
        assert rebuild(now=NOW) == NOTHING_DIFFERS


def test_a_brought_file_is_timed_by_what_is_known_of_the_clock(app: Flask, phone: Phone) -> None:
    with app.app_context():
        codes = new_units(2)
        phone.error = HOUR
        unknown = phone.scan(codes[0], "receiving", NOW, location="WH-1")
        told = record([unknown], sent_at=None, mode=Mode.QUEUED, by=phone.actor, now=NOW + DAY)
        assert told[0].flags == ("clock",)
        phone.asks(NOW + DAY - HOUR)
        phone.send(phone.scan(codes[0], "counting", NOW + DAY, location="WH-1"), left=NOW + DAY)
        later = phone.scan(codes[1], "receiving", NOW + 2 * DAY, location="WH-1")
        told = record([later], sent_at=None, mode=Mode.QUEUED, by=phone.actor, now=NOW + 3 * DAY)
        assert told[0].flags == ()
        assert abs(moments(later)[0] - (NOW + 2 * DAY)) < SECOND


STEPS = ("shipping", "void_shipping", "packing", "unpacking", "counting", "inspecting")


@dataclass(frozen=True)
class Journey:
    """(phone, unit, step) of what happened, ten seconds apart; where each phone's queue is cut, how
    long each batch waits and is on its way, in seconds."""

    told: list[tuple[int, int, str]]
    cuts: list[bool]
    waits: list[int]
    ways: list[float]
    errors: list[int]


def lists(of: st.SearchStrategy[Any], many: int) -> st.SearchStrategy[list[Any]]:
    return st.lists(of, min_size=many, max_size=many)


@st.composite
def journeys(draw: st.DrawFn) -> Journey:
    many = draw(st.integers(1, 10))
    one = st.tuples(st.integers(0, 1), st.integers(0, 1), st.sampled_from(STEPS))
    return Journey(
        draw(lists(one, many)),
        draw(lists(st.booleans(), many)),
        draw(lists(st.integers(0, 900), many)),
        draw(lists(st.floats(0, 3600), many)),
        draw(lists(st.integers(-3600, 3600), 2)),
    )


def play(
    journey: Journey, phones: list[Phone], codes: list[str], box: str, *, at_once: bool
) -> None:
    """Let the phones scan what happened, and their batches come in the order of their ways."""
    queues: list[list[tuple[Scan, datetime]]] = [[], []]
    batches: list[tuple[datetime, datetime, Phone, list[Scan]]] = []
    for number, (who, unit, step) in enumerate(journey.told):
        at = NOW + number * 10 * SECOND
        said = {"location": "WH-1", "consignment": "EX-C-1" if step == "shipping" else None,
                "handling_unit": box if step == "packing" else None}  # fmt: skip
        queues[who].append((phones[who].scan(codes[unit], step, at, **said), at))
        if at_once or journey.cuts[number] or number == len(journey.told) - 1:
            for phone, waiting in zip(phones, queues, strict=True):
                if waiting and (at_once or phone is phones[who] or number == len(journey.told) - 1):
                    wait = timedelta(0) if at_once else journey.waits[number] * SECOND
                    way = timedelta(0) if at_once else timedelta(seconds=journey.ways[number])
                    left = at + wait
                    batches.append((left + way, left, phone, [one for one, _ in waiting]))
                    waiting.clear()
    for came, left, phone, scans in sorted(batches, key=lambda one: one[0]):
        told = phone.send(*scans, left=left, way=came - left)
        assert not any("clock" in one.flags for one in told)


def timeless(codes: list[str], box: str) -> list[list[object]]:
    """The states of two units without their moments; this world's box by another name."""
    told = states(codes, ["one", "other"]).values()
    return [
        ["box" if value == box else value for value in values if not isinstance(value, datetime)]
        for values in told
    ]


@pytest.mark.slow
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(journey=journeys())
def test_no_way_changes_a_state_once_an_exchange_was_prompt(app: Flask, journey: Journey) -> None:
    with app.app_context():
        lay_world()
        worlds = []
        for at_once in (True, False):
            phones = [enrolled(error * SECOND) for error in journey.errors]
            codes, [box] = new_units(2), new_boxes(1)
            queue([scan(code, "receiving", location="WH-1") for code in codes])
            for phone in phones:
                phone.asks(NOW - HOUR)
            play(journey, phones, codes, box, at_once=at_once)
            cases = sorted((place, kind) for place, kind, _, _ in open_discrepancies(codes))
            worlds.append((timeless(codes, box), cases))
        assert worlds[0] == worlds[1]
        assert broken_chains() == []


def test_what_a_batch_repeats_happened_once(app: Flask, phone: Phone) -> None:
    with app.app_context():
        [code] = new_units(1)
        received = scan(code, "receiving", 3, location="WH-1")
        queue([received, received])
        assert moments(received) == [received.occurred_at]
