"""One unit as its donor is told of it: at which stage, and on which days that was proved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tracker.domain.disclosure import STAGES
from tracker.domain.lifecycle import Rung, Status

RUNGS = tuple(Rung)
_STAGE_OF = {status: stage for stage, statuses in STAGES.items() for status in statuses}


@dataclass(frozen=True, slots=True)
class UnitProof:
    """What a donor may know of a unit: no place, no person, no hour, no maker's number.

    `code` is that of its label. `days` has, for each rung of the ladder from the lowest, the day
    (Kyiv's) of its newest proof, None where there is none.
    """

    code: str
    product_en: str
    product_uk: str
    stage: str
    days: tuple[date | None, ...]


def stage_of(status: Status, top: Rung | None) -> str:
    """The stage at which a unit counts (`disclosure.STAGES`); `top` is its highest rung."""
    if status is Status.DEPLOYED and top is Rung.INSPECTED:
        return "inspected"
    return _STAGE_OF[status]
