"""What the phone must know of a unit as the ledger folds it, to ask from: see known.test.js."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

from tracker.domain import custody
from tracker.domain.custody import State
from tracker.domain.lifecycle import STEPS, Status
from tracker.domain.occurrences import Occurrence
from tracker.web.words.field_words import STEPS_OF_PHONES

UNIT, BOXES = "EXUNIT", ("EXBOX-1", "EXBOX-2")
WALKS, LONGEST = 1500, 7
AT = datetime(2026, 6, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Spot:
    """What counts as one place with a location, and whether that is a civilian site."""

    premises: str
    site: bool = False


PLACES = {
    "EX-W": Spot("EX-W"),
    "EX-GATE": Spot("EX-W"),
    "EX-V": Spot("EX-V"),
    "EX-S": Spot("EX-S", site=True),
    "EX-T": Spot("EX-T", site=True),
}
TOLD = [
    {
        "ref": ref,
        "premises": None if spot.premises == ref else spot.premises,
        "kind": "site" if spot.site else "warehouse",
    }
    for ref, spot in PLACES.items()
]


def standing(status: Status, location: str | None, box: str | None = None) -> State:
    spot = PLACES.get(location or "")
    return State(
        status,
        location=location,
        area=spot.premises if spot else None,
        at_site=spot.site if spot else False,
        handling_unit=box,
    )


def event(step: str, location: str | None, number: int = 0, **more: Any) -> Occurrence:
    spot = PLACES.get(location or "")
    known = {"location": location, "area": spot.premises, "at_site": spot.site} if spot else {}
    return Occurrence(f"e{number}", step, AT + timedelta(minutes=number), **known, **more)  # type: ignore[arg-type]


def elsewhere() -> Iterator[dict[str, Any]]:
    """Every status, place and step, and where the ledger says that the unit should be instead."""
    for status, location, bound in product(Status, (None, *PLACES), (None, "EX-S", "EX-T")):
        to = (bound, bound) if bound else None
        state = replace(standing(status, location), bound_for=to)
        unit = {"status": status, "location": location, "bound_for": bound}
        for step, here in product(STEPS_OF_PHONES, PLACES):
            fits = status in STEPS[step].sources
            told = custody.contradicted(state, event(step, here), STEPS[step]) if fits else None
            yield {"scan": {"step": step, "location": here}, "unit": unit, "known": told}


def fits(state: State, step: str, occurrence: Occurrence) -> bool:
    return state.status in STEPS[step].sources or custody.says_again(state, occurrence)


def walk(chance: random.Random) -> tuple[dict[str, Any], list[dict[str, Any]], State]:
    """A unit as the server told it, scans that fit, and what the ledger folds of them."""
    status = chance.choice([Status.IN_STOCK, Status.PACKED, Status.IN_TRANSIT, Status.HANDED_OVER])
    where = None if status is Status.IN_TRANSIT else chance.choice([None, *PLACES])
    state = standing(status, where, chance.choice([None, *BOXES]))
    unit = {"code": UNIT, "status": status, "location": where, "box": state.handling_unit}
    scans: list[dict[str, Any]] = []
    for number in range(chance.randint(1, LONGEST)):
        box = chance.choice([None, None, *BOXES])
        said: dict[str, Any] = {"via": box, "sighted": chance.random() < 0.8}
        here = chance.choice([None, *PLACES])
        for step in chance.sample(STEPS_OF_PHONES, len(STEPS_OF_PHONES)):
            into = chance.choice(BOXES) if step == "packing" else None
            one = event(step, here, number, handling_unit=into, **said)
            if box and step in ("packing", "unpacking"):
                continue  # then it is the box that is put onto something
            if fits(state, step, one):
                break
        else:
            break
        state, _ = custody.apply(state, one)
        scans.append({"code": box or UNIT, "step": step, "location": here, "handling_unit": into,
                      "sighted": said["sighted"]})  # fmt: skip
    return unit, scans, state


def walks(chance: random.Random) -> Iterator[dict[str, Any]]:
    """Units, scans that fit, and what the ledger knows after them."""
    for _ in range(WALKS):
        unit, scans, state = walk(chance)
        known = [state.status, state.location, state.handling_unit, state.apart]
        yield {"unit": unit, "scans": scans, "known": known}


def made(chance: random.Random) -> dict[str, Any]:
    """All of it, and the places as a phone is told of them."""
    return {"places": TOLD, "elsewhere": list(elsewhere()), "walks": list(walks(chance))}
