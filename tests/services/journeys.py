"""Random journeys of consignments, and what the ledger says of them when a paper is issued.

A journey is told as people and phones tell it: boxes and pallets loaded and received whole or by
the unit, live and asked, or queued and late; damage stated, shippings undone, records declared
wrong, units seen where they should have left or at a third place. `Journey.go` tells one, and
calls `check` with each paper as it is issued.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from tests.services.builders import (
    COORDINATOR,
    NOW,
    item,
    new_boxes,
    new_units,
)
from tests.services.builders import scan as scan_at
from tracker.db import db, transaction
from tracker.domain.permissions import Actor, Role
from tracker.domain.scans import KEPT, Mode, Outcome, Scan
from tracker.errors import Conflict, DoesNotFit
from tracker.ledger.record import record
from tracker.models import HandlingUnit, ReceivingVerdict
from tracker.services import consignments, receiving
from tracker.services.papers import issuing, received_notes

FROM, TO, ASIDE = "WH-1", "WH-2", "WH-3"
SECOND = Actor("account:8", Role.COORDINATOR)
Check = Callable[["Journey"], None]


def unopened_at(ref: str) -> dict[int | None, datetime]:
    """{unit: when somebody first concluded that it came in a box which nobody had opened}."""
    unopened = ReceivingVerdict.handling_unit.is_not(None)
    rows = db.session.execute(
        select(ReceivingVerdict.item, func.min(ReceivingVerdict.said_at))
        .where(ReceivingVerdict.consignment == ref, unopened)
        .group_by(ReceivingVerdict.item)
    )
    return dict(iter(rows))


@dataclass
class Journey:
    """One consignment from WH-1 to WH-2, another onward to WH-3, and the units on them."""

    seed: int
    check: Check
    minute: int = 0
    codes: list[str] = field(default_factory=list)
    boxes: list[str] = field(default_factory=list)
    pallets: list[str] = field(default_factory=list)
    kept: list[Scan] = field(default_factory=list)
    late: list[Scan] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        places = {"origin": FROM, "destination": TO}
        self.ref = consignments.make_consignment(places, by=COORDINATOR, now=NOW)
        onward = {"origin": TO, "destination": ASIDE}
        self.onward = consignments.make_consignment(onward, by=COORDINATOR, now=NOW)

    @property
    def now(self) -> Any:
        """The moment of the newest scan."""
        return NOW - timedelta(days=1) + timedelta(minutes=self.minute)

    def perhaps(self, chance: float) -> bool:
        return self.dice.random() < chance

    def go(self) -> None:
        """The whole journey."""
        self.pack()
        self.load()
        self.papers("packing_list", "waybill")
        try:
            consignments.tell(self.ref, "dispatched", by=COORDINATOR, now=self.tick())
        except DoesNotFit:  # nothing was loaded after all
            return
        self.papers("packing_list")
        self.leave_behind()
        consignments.tell(self.ref, "arrived", by=COORDINATOR, now=self.tick(), location=TO)
        self.receive()
        self.papers("received_note")
        self.conclude()
        self.papers("received_note", "packing_list")
        self.afterwards()
        self.papers("received_note", "waybill")
        self.conclude()
        self.papers("received_note")

    def tick(self) -> Any:
        self.minute += 1
        return self.now

    # What people do

    def pack(self) -> None:
        """Units in stock, some of them in boxes, some of these on a pallet, some damaged."""
        self.codes = new_units(self.dice.randint(3, 8), kits=True)
        made = new_boxes(3)
        self.boxes, self.pallets = made[: self.dice.randint(0, 2)], made[2:]
        with transaction() as session:
            pallet = update(HandlingUnit).where(HandlingUnit.code.in_(self.pallets))
            session.execute(pallet.values(kind="pallet"))
        for code in self.codes:
            self.queue(code, "receiving", location=FROM)
        for code in self.codes:
            if self.boxes and self.perhaps(0.75):
                said: dict[str, Any] = {"condition": "damaged"} if self.perhaps(0.1) else {}
                box = self.dice.choice(self.boxes)
                self.queue(code, "packing", location=FROM, handling_unit=box, **said)
        for box in self.boxes:
            if self.perhaps(0.4):
                self.queue(box, "packing", handling_unit=self.pallets[0])

    def load(self) -> None:
        """By the pallet, the box or the unit; some of it undone or declared wrong."""
        things = [*self.pallets, *self.boxes, *self.codes]
        for thing in things:
            if self.perhaps(0.85 if thing in self.pallets + self.boxes else 0.6):
                self.say(thing, "shipping", location=FROM, consignment=self.ref)
        for thing in self.dice.sample(things, 2):
            if self.perhaps(0.15):
                self.undo(thing)
        self.take_back(0.15)

    def leave_behind(self) -> None:
        """Some of it stands where it should have left, or is put on after all, or is lost."""
        for thing in self.dice.sample([*self.boxes, *self.codes], 2):
            what = self.dice.random()
            if what < 0.2:
                self.say(thing, "receiving", location=FROM)
            elif what < 0.3:
                self.say(thing, "shipping", location=FROM, consignment=self.ref)
            elif what < 0.4:
                self.undo(thing)
            elif what < 0.5 and thing in self.codes:
                self.queue(thing, "reporting_lost", report="EX-R")

    def undo(self, thing: str) -> None:
        """Its shipping is taken back, and it may be said that it stands there still."""
        there = {"location": FROM} if self.perhaps(0.5) else {}
        self.say(thing, "void_shipping", consignment=self.ref, **there)

    def receive(self) -> None:
        """One by one, or by the box or pallet, in any order, some of it elsewhere."""
        things = [*self.pallets, *self.boxes, *self.codes, *self.codes]
        self.dice.shuffle(things)
        for thing in things:
            if self.perhaps(0.55):
                self.arrive(thing)
        self.take_back(0.2)

    def arrive(self, thing: str) -> None:
        said: dict[str, Any] = {"location": TO, "consignment": self.ref}
        if self.perhaps(0.2):
            del said["consignment"]
        elif self.perhaps(0.05):
            said["consignment"] = self.onward
        if self.perhaps(0.1):
            said["location"] = self.dice.choice([FROM, ASIDE])
        if self.perhaps(0.1):
            said["condition"] = self.dice.choice(["damaged", "good"])
        if thing in self.codes and self.perhaps(0.1):
            other = self.dice.choice(self.codes)
            said["second_identifier"] = f"KITEX{item(other).id:07d}"
        if self.perhaps(0.05):
            said["reason"] = "unreadable_label"
        if self.perhaps(0.03):
            said["sighted"] = False
        self.say(thing, "receiving", **said)

    def afterwards(self) -> None:
        """Late scans, other words about the condition, boxes opened, units that go on."""
        while self.late:
            one = self.late.pop(self.dice.randrange(len(self.late)))
            self.keep(one, Mode.QUEUED)
            if self.perhaps(0.3):
                self.check(self)
        for _ in range(self.dice.randint(0, 6)):
            thing = self.dice.choice([*self.boxes, *self.codes])
            what = self.dice.random()
            if what < 0.35:
                self.arrive(thing)
            elif what < 0.5:
                condition = self.dice.choice(["damaged", "good", None])
                place = self.dice.choice([TO, TO, ASIDE])
                self.say(thing, "counting", location=place, condition=condition)
            elif what < 0.65:
                self.say(thing, "shipping", location=TO, consignment=self.onward)
            elif what < 0.75 and thing in self.codes and self.boxes:
                self.say(thing, "unpacking", location=TO, handling_unit=self.boxes[0])
            elif what < 0.85 and thing in self.codes:
                self.queue(thing, "reporting_lost", report="EX-R")
            else:
                self.take_back(1)
            self.check(self)

    # How it is said

    def say(self, thing: str, step: str, **said: Any) -> None:
        """Now and asked, or by a phone that was offline, which may come much later."""
        if self.perhaps(0.4):
            self.ask(thing, step, **said)
        else:
            self.queue(thing, step, late=self.perhaps(0.12), **said)

    def ask(self, thing: str, step: str, **said: Any) -> None:
        """Live: what is asked is answered with yes, kept all the same, or left."""
        self.minute += 1
        one = scan_at(thing, step, self.minute, **said)
        outcome = self.keep(one, Mode.LIVE)
        if outcome.question and self.perhaps(0.4):
            answered = {**said, "answers": (outcome.question["key"],)}
            self.keep(scan_at(thing, step, self.minute, **answered), Mode.LIVE)
        elif outcome.result not in KEPT and self.perhaps(0.4):
            self.keep(scan_at(thing, step, self.minute, **said, confirm=True), Mode.LIVE)

    def queue(self, thing: str, step: str, *, late: bool = False, **said: Any) -> None:
        self.minute += 1
        back = self.dice.choice([0, 0, 0, 1, 4]) if self.minute > 20 else 0
        one = scan_at(thing, step, self.minute - back, **said)
        if late:
            self.late.append(one)
        else:
            self.keep(one, Mode.QUEUED)

    def keep(self, one: Scan, mode: Mode) -> Outcome:
        by = self.dice.choice([COORDINATOR, SECOND])
        [outcome] = record([one], sent_at=self.now, mode=mode, by=by, now=self.now)
        if outcome.result in KEPT and one.step != "declaring_error":
            self.kept.append(one)
        return outcome

    def take_back(self, chance: float) -> None:
        """Something that was scanned is declared wrong."""
        wrong = [one for one in self.kept if one.step in ("shipping", "receiving", "packing")]
        if wrong and self.perhaps(chance):
            one = self.dice.choice(wrong)
            said: dict[str, Any] = {"declares": one.id, "reason": "did_not_occur"}
            self.queue(one.code, "declaring_error", **said)

    def conclude(self) -> None:
        try:
            receiving.conclude(self.ref, by=COORDINATOR, now=self.tick())
        except DoesNotFit:
            return
        self.check(self)

    def papers(self, *kinds: str) -> None:
        """Issue papers; whoever draws them checks them."""
        issue = {
            "packing_list": issuing.issue_packing_list,
            "waybill": issuing.issue_waybill,
            "received_note": received_notes.issue_received_note,
        }
        for kind in kinds:
            db.session.rollback()
            with suppress(Conflict):  # nothing is on it, or nothing that was not undone
                issue[kind](self.ref, by=COORDINATOR, now=self.tick())
