"""Honest histories, with scans missing and bad clocks: what is asked for nothing?

Units come to a hub, are packed into boxes, travel, are received with their box or one by one, are
counted, handed over, deployed, inspected. Nobody lies, and everything stands where the story says.
`python -m tests.domain.simulation` prints, for several shares of missing scans and bad clocks, how
many units have a case "elsewhere", how many of these are false (the same scans with right clocks
have none), and how many are said to have left their box.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from tracker.domain.custody import Folded, fold
from tracker.domain.occurrences import Occurrence

START = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
NO_PLACE = 0.08  # of the scans name no place
PREMISES = {"EX-SITE-1-B": "EX-SITE-1", "BORDER-HUB": "BORDER"}
OFF = timedelta(hours=12)  # in the mean, half of the scans of a bad clock
IN_A_BOX = 8
ROWS = ((0.0, 0.0), (0.05, 0.0), (0.20, 0.0), (0.0, 0.15), (0.05, 0.15), (0.20, 0.15))


@dataclass(frozen=True)
class Told:
    """One scan as it happened: what it was of (`unit 3` or `box`), and on which device."""

    of: str
    event: Occurrence
    device: int


class Journey:
    """A box of units on its way, and every scan that was made of it."""

    def __init__(self, chance: random.Random) -> None:
        self.chance, self.now, self.told = chance, START, list[Told]()
        self.units = [f"unit {n}" for n in range(IN_A_BOX)]

    def scan(self, of: str, step: str, location: str | None = None, **said: object) -> None:
        """The next scan, some minutes later."""
        self.now += timedelta(minutes=self.chance.uniform(1, 30))
        if location and step not in ("receiving", "deploying", "counting"):
            location = None if self.chance.random() < NO_PLACE else location
        area = PREMISES.get(location or "", location)
        event = Occurrence(
            f"{len(self.told):04d}",
            step,
            self.now,
            location=location,
            area=area,
            at_site=bool(location and location.startswith("EX-SITE")),
            **said,  # type: ignore[arg-type]
        )
        self.told.append(Told(of, event, self.chance.randrange(6)))

    def wait(self, days: float) -> None:
        """Nothing is scanned for some days."""
        self.now += timedelta(days=days)

    def play(self) -> list[Told]:
        """From the hub to the sites."""
        for unit in self.units:
            self.scan(unit, "receiving", "HUB")
        for unit in self.units:
            self.scan(unit, "packing", "HUB", handling_unit="BOX")
        self.wait(2)
        self.scan("box", "shipping", "HUB", consignment="EX-C")
        self.wait(1)
        self.scan("box", "entering_exiting", self.chance.choice(["BORDER", "BORDER-HUB"]))
        self.wait(1)
        one_by_one = self.chance.random() < 0.5
        for unit in self.units if one_by_one else []:
            self.scan(unit, "receiving", "WH")
        self.scan("box", "receiving", "WH")
        self.wait(2)
        for unit in self.units:
            if self.chance.random() < 0.3:
                self.scan(unit, "counting", "WH")
            if self.chance.random() < 0.7:
                self.scan(unit, "unpacking", "WH")
        self.wait(3)
        for unit in self.units:
            self._use(unit, self._onward(unit))
        return self.told

    def _onward(self, unit: str) -> str:
        """Some go on by themselves to another warehouse; where the unit is then."""
        if self.chance.random() < 0.8:
            return "WH"
        self.scan(unit, "unpacking", "WH")
        self.scan(unit, "shipping", "WH", consignment="EX-D")
        self.wait(1)
        self.scan(unit, "receiving", "WH-2")
        return "WH-2"

    def _use(self, unit: str, here: str) -> None:
        site = self.chance.choice(["EX-SITE-1", "EX-SITE-2"])
        bound_for = (site, site) if self.chance.random() < 0.5 else None
        self.scan(unit, "accepting", here, receiver="EX-USER", bound_for=bound_for)
        self.wait(1)
        door = f"{site}-B" if site == "EX-SITE-1" and self.chance.random() < 0.3 else site
        self.scan(unit, "deploying", door)
        if self.chance.random() < 0.4:
            self.wait(5)
            self.scan(unit, "inspecting", site)


def stories(
    told: list[Told], chance: random.Random, missing: float, bad_clocks: float
) -> Iterator[tuple[Folded, Folded]]:
    """Each unit's folded story as the ledger would have it: with the clocks as they are, and right.

    A share of what happened to the box belongs to whoever a scan that came put into it.
    """
    bad = {device for device in range(6) if chance.random() < bad_clocks}
    came, right = [], []
    for one in told:
        if chance.random() < missing:
            continue
        off = timedelta()
        if one.device in bad and chance.random() < 0.5:
            off = chance.choice((-1, 1)) * OFF * chance.expovariate(1)
        came.append(
            replace(one, event=replace(one.event, effective_at=one.event.effective_at + off))
        )
        right.append(one)
    for unit in sorted({one.of for one in told} - {"box"}):
        yield fold(_of(unit, came)), fold(_of(unit, right))


def _of(unit: str, told: list[Told]) -> list[Occurrence]:
    story = [Occurrence("new", "announcing", START), *(o.event for o in told if o.of == unit)]
    if any(event.step == "packing" for event in story):
        story += [replace(o.event, via="BOX", cause=o.event.id) for o in told if o.of == "box"]
    return story


@dataclass
class Row:
    """What one pair of shares gave, in units."""

    units: int = 0
    elsewhere: int = 0
    false: int = 0
    left_box: int = 0


def simulate(units: int, missing: float, bad_clocks: float, seed: int = 1) -> Row:
    """Fold the stories of some thousand units."""
    chance, row = random.Random(seed), Row()
    while row.units < units:
        told = Journey(chance).play()
        for folded, right in stories(told, chance, missing, bad_clocks):
            kinds = {kind for kind, _ in folded.discrepancies}
            row.units += 1
            row.elsewhere += "elsewhere" in kinds
            row.false += "elsewhere" in kinds - {kind for kind, _ in right.discrepancies}
            row.left_box += "left_box" in kinds
    return row


def main(units: int) -> None:
    """Print the table."""
    print("| scans missing | bad clocks | elsewhere, all | of them false | left_box |")
    print("|---|---|---|---|---|")
    for missing, bad_clocks in ROWS:
        row = simulate(units, missing, bad_clocks)
        parts = (
            missing,
            bad_clocks,
            *(n / row.units for n in (row.elsewhere, row.false, row.left_box)),
        )
        print("| " + " | ".join(f"{100 * part:.2f} %" for part in parts) + " |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 3200)
