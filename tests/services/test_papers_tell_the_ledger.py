"""Every paper of a consignment says what the ledger says at that moment, whatever happened.

The papers' plain values are held against the folded stories of their units, read without the code
that makes the papers: a note's good units were seen by themselves at the destination, what lies on
its other lists was not, what is under way is on none. `TRACKER_TEST_JOURNEYS` says how many random
journeys are told (10,000 take some hours; the suite tells a few).
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from labels.codes import show
from tests.services.builders import NOW, lay_world
from tests.services.journeys import FROM, TO, Journey, unopened_at
from tests.services.told_units import AWAY, STANDS, Unit, shows
from tracker.db import db, transaction
from tracker.domain.bench import Bench
from tracker.domain.permissions import SYSTEM
from tracker.ledger import arrivals
from tracker.ledger.rebuilding import rebuild
from tracker.models import Discrepancy, Item, Location, PackingLine, Passage
from tracker.papers import packing_list, received_note, waybill
from tracker.papers.parts import Line, Title
from tracker.papers.received_note import ReceivedNote
from tracker.papers.words import SAID, UNASKED, VERDICTS
from tracker.queries import bench, consignments, stories
from tracker.services.papers.received_notes import note_of

JOURNEYS = int(os.environ.get("TRACKER_TEST_JOURNEYS", "12"))
BATCH = 50
WORDS = {said: word for word, (said, _) in VERDICTS.items()}
MOMENT = timedelta(milliseconds=1)


class Ledger:
    """The units of a journey as the ledger has them now."""

    def __init__(self, journey: Journey, ref: str):
        connection = db.session.connection()
        rows = connection.execute(select(Item.id, Item.code).where(Item.code.in_(journey.codes)))
        numbers = {row.id: row.code for row in rows}
        self.told = stories.events_and_folds(connection, list(numbers))
        said = unopened_at(ref)
        self.units = {}
        for number, (events, folded) in self.told.items():
            by_id = {event.id: event for event in events}
            told = [(by_id[name], verdict) for name, verdict in folded.verdicts.items()]
            code = show(numbers[number])
            self.units[code] = Unit(code, ref, told, folded.state, said.get(number))
        left = select(Passage.happened_at).where(
            Passage.consignment == ref, Passage.kind == "dispatched"
        )
        when = connection.scalar(left)
        known = when and stories.folded(connection, list(numbers), before=when + MOMENT)
        self.boxes = {
            show(code): (known or {number: self.told[number][1]})[number].state.handling_unit or ""
            for number, code in numbers.items()
        }
        lines = select(PackingLine.item).where(PackingLine.consignment == ref)
        self.listed = {show(numbers[item]) for item in connection.scalars(lines)}

    def agrees(self) -> None:
        """What is kept beside the events is what they tell."""
        assert arrivals.rebuild(db.session.connection(), self.told) == set()


def codes(lines: Any) -> set[str]:
    found = [line.code for line in lines]
    assert len(found) == len(set(found)), "a unit stands on a paper once"
    return set(found)


def words_of(note: ReceivedNote) -> dict[str, str]:
    """{unit: its verdict} as the note says it."""
    told = dict.fromkeys(codes(note.good), "good") | dict.fromkeys(codes(note.unopened), "with_box")
    assert len(told) == len(note.good) + len(note.unopened)
    for line in note.odd:
        assert line.code not in told
        told[line.code] = WORDS[line.remark_uk.partition(";")[0]]
    return told


def check_note(note: ReceivedNote, ledger: Ledger) -> None:
    told = words_of(note)
    came = {code: word for code, word in told.items() if word in CAME}
    over = {code for code, word in told.items() if word == "over"}
    assert told.keys() - over == ledger.listed or not ledger.listed
    assert note.expected == len(told) - len(over)
    assert (note.counted, note.lacking) == (len(came), len(told) - len(came))
    assert sum(many for _, _, many in note.sums) == note.counted
    assert sum(many for _, _, many in note.reasons) == note.lacking
    for code, word in told.items():
        CHECKS[word](ledger.units[code])
    for code in came:
        check_condition(ledger.units[code], told[code])
    for code in ledger.listed:
        check_state(ledger.units[code], told[code])
    check_unasked(note, ledger, told)


CAME = ("good", "with_box", "damaged", "wrong_serial", "unreadable_label", "over")


def is_good(unit: Unit) -> None:
    assert any(event.location == TO for event in unit.looks), "somebody looked at it here"
    assert unit.receipts or unit.undone, "and it is on its way no more"


def is_with_box(unit: Unit) -> None:
    boxed = [event for event in unit.receipts if event.via and event.location == TO]
    assert boxed, "the box that it lay in was scanned here"
    here = unit.here_since(boxed[0])
    looked = [event for event in here if shows(event) and event.via is None and event.location]
    late = looked and unit.is_late(looked[0]) and looked[0].step != "receiving"
    assert late or looked == [], "nobody looked at it while it was received"


def has_come(unit: Unit) -> None:
    assert unit.receipts or unit.undone
    assert any(event.location == TO for event in (*unit.receipts, *unit.looks))


def is_short(unit: Unit) -> None:
    assert unit.sent is not None, "it was sent"
    if unit.undoing is None:
        assert unit.receipts == [], "and nothing shows it since"
    else:
        placed = [unit.undoing, *unit.after_undoing]
        assert all(event.location is None for event in placed), "nobody said where it is"


def is_elsewhere(unit: Unit) -> None:
    seen = [event for event in (*unit.receipts, *unit.looks) if event.location != TO or
            (event.consignment not in (None, unit.ref))]  # fmt: skip
    assert seen, "it was seen at another place, or as of another consignment"


def is_not_sent(unit: Unit) -> None:
    stayed = [event for event in (*unit.receipts, *unit.looks) if event.location == FROM]
    left = [event for event in unit.after_undoing if event.step in AWAY]
    believed = unit.undoing is None or unit.undoing.location == FROM or left
    assert stayed or (unit.undone and believed)


CHECKS = {
    "good": is_good,
    "with_box": is_with_box,
    "damaged": has_come,
    "wrong_serial": has_come,
    "unreadable_label": has_come,
    "over": has_come,
    "short": is_short,
    "elsewhere": is_elsewhere,
    "not_sent": is_not_sent,
}


def check_condition(unit: Unit, word: str) -> None:
    """While it stands where it was received, the ledger's condition is the note's."""
    if unit.has_gone_on or word in ("over", "wrong_serial"):
        return
    moved = [event for event, _ in unit.since if shows(event) and event.location not in (TO, None)]
    departed = [event for event, verdict in unit.since if event.step in AWAY and
                verdict.kind in ("fits", "gap")]  # fmt: skip
    if not moved and not departed:
        assert (word == "damaged") == (unit.state.condition != "good"), unit.state


def check_state(unit: Unit, word: str) -> None:
    """What the ledger has on the way is received by no note; what stands here and came is."""
    status, state = unit.state.status, unit.state
    assert status is not None
    if status.value == "in_transit" and state.consignment == unit.ref:
        assert word == "short"
    here = status.value in STANDS and state.location == TO
    named = [event.consignment for event in unit.receipts if event.step == "receiving"]
    if here and unit.sent is not None and {*named} <= {None, unit.ref}:
        assert word in CAME or all(event.location != TO for event in unit.receipts), word


def check_unasked(note: ReceivedNote, ledger: Ledger, told: dict[str, str]) -> None:
    """Of a box that was looked into, what nobody saw is never simply with its box."""
    groups: dict[str, Counter[str]] = {}
    answered = set()
    for code, word in told.items():
        if word not in CAME:
            continue
        unit = ledger.units[code]
        scans = [event for event in unit.receipts if event.via and event.step == "receiving"
                 and event.location == TO]  # fmt: skip
        if scans and not unit.has_gone_on:
            cause = scans[-1].cause or ""
            groups.setdefault(cause, Counter())[word] += not all(map(unit.is_late, unit.looks))
            if {"unopened", "confirmed"} & {*scans[-1].flags}:
                answered.add(cause)
    flagged = {line.code for line in note.odd if UNASKED[0] in line.remark_uk}
    for cause, many in groups.items():
        if many["good"] and cause not in answered:
            for code in codes(note.unopened):
                shares = [event.cause for event in ledger.units[code].receipts if event.via]
                assert not shares or shares[-1] != cause, (code, many, flagged)


def check_numbers(journey: Journey, note: ReceivedNote) -> None:
    """Page, bench and list give the note's numbers; the cases are those of the note."""
    whole = consignments.consignment(journey.ref, NOW.date(), SYSTEM)
    assert whole is not None
    total = whole.standing.sum
    over = total.over
    assert sum(total.four) == total.expected + over == note.expected + over
    assert total.counted == note.counted
    assert whole.journey.expected == note.expected
    assert whole.journey.expected - whole.journey.missing == note.counted - over
    receiving = Bench(doing="receiving", consignment=journey.ref, location=TO)
    assert bench.tally(receiving) == (note.counted - over, note.expected)
    assert bench.unopened(receiving) == total.with_box
    if whole.row.state == "received":
        open_cases = select(Discrepancy.subject).where(
            Discrepancy.consignment == journey.ref,
            Discrepancy.kind == "short",
            Discrepancy.state == "open",
        )
        short = {unit.item for unit in whole.standing.units.values() if unit.verdict == "short"}
        cases = {int(one.partition(":")[2]) for one in db.session.scalars(open_cases)}
        assert cases == short, "each shortage has its case, and no other"
        asked = select(Discrepancy.subject).where(
            Discrepancy.consignment == journey.ref,
            Discrepancy.kind == "partly_seen",
            Discrepancy.state == "open",
        )
        boxes = {f"unit:{one.box}" for one in whole.standing.questions}
        assert {*db.session.scalars(asked)} == boxes


def check_list(lines: Any, ledger: Ledger) -> None:
    """A packing list or waybill names what the ledger has on the way, and nothing that stays."""
    named = codes(lines)
    for code, unit in ledger.units.items():
        state = unit.state
        rides = state.status is not None and state.status.value == "in_transit"
        if rides and state.consignment == unit.ref and (code in ledger.listed or not ledger.listed):
            assert code in named
        stayed = unit.sent is None or (
            unit.since[-1:] and unit.since[-1][0].step == "void_shipping"
        )
        if stayed and not unit.receipts:
            assert code not in named
    for line in lines:
        assert line.box == ledger.boxes[line.code], "as it left, or as it lies until then"


@dataclass
class Papers:
    """The papers that a journey issues, each checked as it is drawn."""

    journey: Journey | None = None
    drawn: int = 0

    def draw(self, paper: Any) -> bytes:
        assert self.journey is not None
        self.drawn += 1
        ledger = Ledger(self.journey, self.journey.ref)
        ledger.agrees()
        if isinstance(paper, ReceivedNote):
            check_note(paper, ledger)
        else:
            check_list(paper.lines, ledger)
        return f"%PDF-1.4 paper {self.drawn} of {self.journey.ref}".encode()


def look(journey: Journey) -> None:
    """What a note would say just now."""
    db.session.rollback()
    whole = consignments.consignment(journey.ref, NOW.date(), SYSTEM)
    assert whole is not None
    note = note_of(Title("EX", 1, NOW, "HTTP://EX"), whole)
    ledger = Ledger(journey, journey.ref)
    ledger.agrees()
    check_note(note, ledger)
    check_numbers(journey, note)


@pytest.fixture
def papers(monkeypatch: pytest.MonkeyPatch) -> Papers:
    papers = Papers()
    for module in (packing_list, waybill, received_note):
        monkeypatch.setattr(module, "write", papers.draw)
    return papers


@pytest.mark.parametrize("batch", range((JOURNEYS + BATCH - 1) // BATCH))
def test_every_paper_says_what_the_ledger_says_at_that_moment(
    app: Flask, papers: Papers, batch: int
) -> None:
    lay_world()
    with transaction() as session:
        session.add(Location(ref="WH-3", kind="warehouse"))
    for seed in range(batch * BATCH, min(JOURNEYS, (batch + 1) * BATCH)):
        papers.journey = Journey(seed, look)
        try:
            papers.journey.go()
        except Exception as failure:
            failure.add_note(f"journey {seed}")
            raise
    assert papers.drawn > min(JOURNEYS, BATCH)
    assert not any(rebuild(now=NOW).values()), "and so do the donors' counts"


def test_the_words_of_a_note_are_told_apart() -> None:
    assert len(WORDS) == len(VERDICTS)
    assert SAID[0] not in WORDS
    assert Line("x", "", "").remark_uk == ""
