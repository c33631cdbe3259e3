"""A story for the demonstration: one real pledge on its way, told in the last sixty days.

The files beside it (`tracker/reference/demonstration`) hold published pledges and invented
serials and sites. Everything goes through the same services as in earnest, on simulated days;
the choices are made by a fixed seed, so that every demonstration tells the same story.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import select

from tracker.clock import KYIV, day_in_kyiv
from tracker.db import db
from tracker.domain.permissions import Actor, Role
from tracker.domain.scans import Mode, Scan
from tracker.ledger.record import record
from tracker.models import Discrepancy, HandlingUnit, Identifier, Item, Location, Pledge
from tracker.services import act_lists, acts, consignments, daily_counts, receiving
from tracker.services.decisions import decide
from tracker.services.discrepancies import settle

PLEDGE = "PL-2022-11"
DAYS = 60
EVENING = time(20)
TELLER = Actor("system:demonstration", Role.COORDINATOR)
SECOND = Actor("system:second-person", Role.COORDINATOR)
EXPECTED = {36: -1, 37: 0, 38: 5, 39: 9}
"""In how many days the journeys that have not arrived are expected: one is late."""
PURPOSE = "Зв’язок для цивільного об’єкта (приклад)"
STROKES = "[[[0.1,0.6],[0.25,0.2],[0.4,0.7],[0.6,0.3],[0.85,0.55]]]"
GIVER = acts.Signed("Здавач (приклад)", "комірник", STROKES)
RECEIVER = acts.Signed("Отримувач (приклад)", "відповідальна особа", STROKES)
WORKING = {"present": True, "working": True, "civilian_use": True}


@dataclass(frozen=True)
class Unit:
    """One unit of the pledge: its label, its KIT number, its journey and its box."""

    code: str
    kit: str
    consignment: str
    box: str


class Story:
    """Tells the story day by day; `said` holds how many scans were recorded.

    Days are Kyiv's, and what happened on one is sent in its evening there: at whatever hour the
    story is told, it is the same, and nothing in it is still to come.
    """

    def __init__(self, now: datetime, progress: Callable[[int], None] | None = None) -> None:
        self.today, self.progress = day_in_kyiv(now), progress
        self.chance = random.Random(20221111)  # noqa: S311 - a story, not a secret
        self.said = 0
        self.units = _units()
        self.sites = list(
            db.session.scalars(
                select(Location.ref).where(Location.kind == "site").order_by(Location.ref)
            )
        )

    def tell(self) -> None:
        """All of it, oldest first."""
        self.journey()
        placed = self.handovers()
        self.inspections(placed)
        self.what_does_not_fit()
        daily_counts.count_due_discrepancies(now=self.evening(2))
        self.settle_one()

    def evening(self, days_ago: float) -> datetime:
        """The moment (UTC) when what was done `days_ago` was sent: eight o'clock in Kyiv.

        A part of a day is hours before that. Clocks that were changed since change nothing.
        """
        today = datetime.combine(self.today, EVENING, tzinfo=KYIV)
        return (today - timedelta(days=days_ago)).astimezone(UTC)

    def record(self, days_ago: float, scans: Iterable[Scan]) -> None:
        """Record scans made `days_ago`, as phones sent them that evening."""
        made = list(scans)
        evening = self.evening(days_ago)
        for start in range(0, len(made), 500):
            part = made[start : start + 500]
            record(part, sent_at=evening, mode=Mode.QUEUED, by=TELLER, now=evening)
        self.said += len(made)
        if self.progress:
            self.progress(len(made))

    def scan(self, days_ago: float, code: str, step: str, **said: object) -> Scan:
        """One scan, some hours before the evening on which it is sent."""
        at = self.evening(days_ago) - timedelta(minutes=self.chance.randint(5, 600))
        at = at.replace(microsecond=0)
        identity = str(UUID(int=self.chance.getrandbits(128), version=4))
        return Scan(identity, code, step, at, **said)  # type: ignore[arg-type]

    def journey(self) -> None:
        """Boxes into the warehouse, onto the road, over the border, into the next warehouse."""
        boxes: dict[str, list[str]] = {}
        for unit in self.units:
            inside = boxes.setdefault(unit.consignment, [])
            if unit.box not in inside:
                inside.append(unit.box)
        for place, (consignment, codes) in enumerate(sorted(boxes.items())):
            start = 55 - place * 0.75
            self.plan(place, start, consignment)
            self.each(start, codes, "receiving", location="WAW-1")
            if place >= 38:
                continue  # the last two are still in Warsaw
            self.each(start - 4, codes, "shipping", consignment=consignment)
            self.passes(start - 4, consignment, "dispatched")
            self.passes(start - 5, consignment, "border", location="KRAK-B")
            if place < 36:  # two are on the road
                self.passes(start - 6, consignment, "release", location="KRAK-B")
                self.passes(start - 6.9, consignment, "arrived", location="LVIV-1")
                shut = self.count_out(start - 7, consignment, codes) if place == 35 else codes
                self.each(start - 7, shut, "receiving", location="LVIV-1")
                self.conclude(start - 7, consignment, done=place < 30)

    def count_out(self, days_ago: float, consignment: str, boxes: list[str]) -> list[str]:
        """A journey received unit by unit, but for its last box, which stays shut; that box."""
        *opened, shut = boxes
        codes = [u.code for u in self.units if u.consignment == consignment and u.box in opened]
        self.each(days_ago, codes, "receiving", location="LVIV-1")
        return [shut]

    def plan(self, place: int, start: float, consignment: str) -> None:
        """What is known of a journey from the beginning: who, where, when, and its aid code."""
        day = day_in_kyiv(self.evening(start))
        said = {
            "pledge": PLEDGE, "consignor": "PL", "consignee": "UA", "carrier": "ZAMMLER",
            "origin": "WAW-1", "destination": "LVIV-1", "waybill": f"CMR-EX-{place + 1:04}",
            "eta_on": day + timedelta(days=7), "aid_code": f"EX-{place + 1:06}",
            "aid_declared_on": day - timedelta(days=53), "aid_coded_on": day - timedelta(days=44),
            "aid_reported_on": day + timedelta(days=20) if place < 30 else None,
        }  # fmt: skip
        if place in EXPECTED:
            said["eta_on"] = self.today + timedelta(days=EXPECTED[place])
        consignments.change_consignment(consignment, said, by=TELLER)

    def passes(
        self, days_ago: float, consignment: str, kind: str, *, location: str | None = None
    ) -> None:
        """Something happens to a whole journey, that evening."""
        evening = self.evening(days_ago)
        consignments.tell(consignment, kind, by=TELLER, now=evening, location=location)

    def conclude(self, days_ago: float, consignment: str, *, done: bool) -> None:
        """All was counted, that evening; what is done with is closed two days later."""
        evening = self.evening(days_ago)
        receiving.conclude(consignment, by=TELLER, now=evening)
        if done:
            receiving.close(consignment, by=TELLER, now=evening + timedelta(days=2))

    def each(self, days_ago: float, codes: Sequence[str], step: str, **said: object) -> None:
        """The same step for many codes."""
        self.record(days_ago, [self.scan(days_ago, code, step, **said) for code in codes])

    def handovers(self) -> list[tuple[Unit, str]]:
        """About 900 units signed for, twelve or so to an act; most of them deployed since."""
        arrived = self.units[: 36 * 40]
        placed: list[tuple[Unit, str]] = []
        start, number = 0, 0
        while start < 900:
            pile = arrived[start : start + self.chance.randint(8, 24)]
            site, number = self.sites[number % len(self.sites)], number + 1
            days_ago = 28 - number * 0.35
            self.sign(days_ago, pile, site)
            if number % 5:
                in_use = days_ago - 1.5
                self.record(
                    in_use,
                    [
                        self.scan(
                            in_use,
                            u.code,
                            "deploying",
                            location=site,
                            second_identifier=u.kit,
                            findings={"working": True},
                        )
                        for u in pile
                    ],
                )
                placed.extend((unit, site) for unit in pile)
            start += len(pile)
        return placed

    def sign(self, days_ago: float, pile: Sequence[Unit], site: str) -> None:
        """One act: listed by its labels and KIT numbers, signed by both sides that evening."""
        evening = self.evening(days_ago)
        said = {"giver": "PL", "receiver": "UA", "site": site, "purpose": PURPOSE}
        act = acts.make_act(said, by=TELLER, now=evening)
        for unit in pile:
            act_lists.add_line(act, unit.code, unit.kit, by=TELLER, now=evening)
        acts.sign_act(act, GIVER, RECEIVER, by=TELLER, now=evening)
        self.said += len(pile)
        if self.progress:
            self.progress(len(pile))

    def inspections(self, placed: Sequence[tuple[Unit, str]]) -> None:
        """Every third deployed unit was visited."""
        for place, part in enumerate((placed[0:300:3], placed[300:600:3])):
            days_ago = 8 - place * 2
            self.record(
                days_ago,
                [
                    self.scan(days_ago, u.code, "inspecting", location=site, findings=WORKING)
                    for u, site in part
                ],
            )

    def what_does_not_fit(self) -> None:
        """What a coordinator finds on the desk in the morning."""
        late = self.units[1000:1010]
        loss = {"report": "REPORT-17", "note": "Not in the vehicle on arrival."}
        self.record(6, [self.scan(6, late[0].code, "reporting_lost", **loss)])
        self.record(
            5,
            [
                self.scan(
                    5,
                    late[1].code,
                    "deploying",
                    location=self.sites[3],
                    second_identifier=late[1].kit,
                )
            ],
        )
        self.record(5, [self.scan(5, late[0].code, "receiving", location="KYIV-1")])
        act = {"receiver": "UA", "act": "ACT-0900", "location": self.sites[4]}
        self.record(4, [self.scan(4, late[2].code, "accepting", **act)])
        self.record(4, [self.scan(4, "0EXEXEXEXEE", "receiving", location="LVIV-1")])
        other = {"second_identifier": late[4].kit, **act, "act": "ACT-0901"}
        self.record(3.5, [self.scan(3.5, late[3].code, "accepting", **other)])
        self.record(3, [self.scan(3, late[0].code, "decommissioning")])
        last = self.units[-1]  # still in Warsaw, in its box
        self.record(
            3,
            [
                self.scan(
                    3,
                    last.code,
                    "shipping",
                    consignment=self.units[-45].consignment,
                    location="WAW-1",
                )
            ],
        )
        self.not_here(late[5])

    def not_here(self, unit: Unit) -> None:
        """A phone in Kyiv counts a unit that stands in Lviv; asked, its holder says it was not."""
        wrong = self.scan(2.5, unit.code, "counting", location="KYIV-1", sighted=False)
        self.record(2.5, [wrong])
        number = db.session.scalar(select(Discrepancy.id).where(Discrepancy.event == wrong.id))
        if number is not None:
            said = "It is not in Kyiv: the line above it on the list was meant."
            decide(number, said, wrong.id, by=SECOND, now=self.evening(2))

    def settle_one(self) -> None:
        """One of them was looked into and decided."""
        number = db.session.scalar(
            select(Discrepancy.id).where(Discrepancy.kind == "label_only").order_by(Discrepancy.id)
        )
        if number is not None:
            decision = "The paper act lists its KIT number; the barcode was torn."
            settle(number, decision, by=SECOND, now=self.evening(2))


def has_pledges() -> bool:
    """Whether somebody's own pledges are here already."""
    return db.session.scalar(select(Pledge.ref).limit(1)) is not None


def _units() -> list[Unit]:
    rows = db.session.execute(
        select(Item.code, Identifier.value, Item.consignment, HandlingUnit.code)
        .join(Identifier, Identifier.item == Item.id)
        .join(HandlingUnit, HandlingUnit.code == Item.handling_unit)
        .where(Item.pledge == PLEDGE, Identifier.scheme == "kit", Identifier.live)
        .order_by(Item.id)
    )
    return [Unit(code, kit, journey or "", box) for code, kit, journey, box in rows]
