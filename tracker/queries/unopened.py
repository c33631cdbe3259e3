"""Boxes and pallets that came unopened: of which of them it is asked what lies inside.

Receiving ends when it is concluded. What is done with a unit afterwards, where it was received,
shows it, but not that anybody had opened its box: the verdict on it stays, and nobody is asked for
the others. Who was asked while receiving went on may still look.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import bindparam, func, select
from sqlalchemy.engine import Connection

from tracker.domain.receiving import How
from tracker.domain.scans import Flag
from tracker.models import Discrepancy, Event, ReceivingVerdict
from tracker.queries.arrivals import ARRIVALS, CAME

Group = tuple[str, str]
"""(box or pallet, the scan of it that received what lies in it)."""


@dataclass(frozen=True, slots=True)
class Question:
    """A box or pallet of which some units were seen singly and others not, and nobody was asked.

    `scan` is the newest scan of it here; `unseen` holds the numbers of those that nobody saw.
    """

    box: str
    scan: str
    seen: int
    unseen: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Boxes:
    """What is to be asked of a consignment's boxes.

    `stay` are units that were shown only by what was done with them after the verdict that their
    box came unopened: it stays.
    """

    questions: tuple[Question, ...]
    stay: frozenset[int]


@dataclass(slots=True)
class _Within:
    """Units of a group: seen singly while it was received, not seen, and shown only later.

    Of the latter, the value says whether the verdict that nobody saw them may stay: their own
    receipt is another one.
    """

    seen: set[int] = field(default_factory=set)
    unseen: set[int] = field(default_factory=set)
    later: dict[int, bool] = field(default_factory=dict)


_GROUPS = select(ARRIVALS.c.item, ARRIVALS.c.how, ARRIVALS.c.box, ARRIVALS.c.scan).where(
    ARRIVALS.c.consignment == bindparam("ref"),
    ARRIVALS.c.scan.is_not(None),
    ARRIVALS.c.how.in_(CAME),
)
_OF_IT = ReceivingVerdict.consignment == bindparam("ref")
_UNOPENED = ReceivingVerdict.handling_unit.is_not(None)
_LAST = (
    select(func.max(ReceivingVerdict.id))
    .where(_OF_IT, ReceivingVerdict.item.is_not(None))
    .group_by(ReceivingVerdict.item)
)
_STILL = select(ReceivingVerdict.item).where(ReceivingVerdict.id.in_(_LAST), _UNOPENED)
_FIRST = (
    select(ReceivingVerdict.item, func.min(ReceivingVerdict.said_at).label("said_at"))
    .where(_OF_IT, _UNOPENED)
    .group_by(ReceivingVerdict.item)
    .subquery()
)
_LATER = (
    select(ARRIVALS.c.item, Event.step, ARRIVALS.c.item.in_(_STILL).label("still"))
    .join(Event, Event.id == ARRIVALS.c.event)
    .join(_FIRST, _FIRST.c.item == ARRIVALS.c.item)
    .where(
        ARRIVALS.c.consignment == bindparam("ref"),
        ARRIVALS.c.scan.is_not(None),
        ARRIVALS.c.how == How.SINGLY.value,
        Event.effective_at > _FIRST.c.said_at,
    )
)


def boxes(connection: Connection, ref: str) -> Boxes:
    """What is to be asked of the boxes of a consignment, and what stays as it was concluded."""
    later = {
        row.item: bool(row.still) and row.step != "receiving"
        for row in connection.execute(_LATER, {"ref": ref})
    }
    groups: dict[Group, _Within] = defaultdict(_Within)
    for row in connection.execute(_GROUPS, {"ref": ref}):
        group = groups[row.box, row.scan]
        if row.item in later:
            group.later[row.item] = later[row.item]
        elif row.how == How.SINGLY.value:
            group.seen.add(row.item)
        else:
            group.unseen.add(row.item)
    partly = [key for key, group in groups.items() if group.seen and (group.unseen or group.later)]
    asked = set(partly) - _answered(connection, partly)
    settled = _settled(connection, ref) if asked else frozenset()
    stay = {
        item
        for key, group in groups.items()
        for item, stays in group.later.items()
        if stays and (key not in asked or key[0] in settled)
    }
    questions = [
        Question(*key, len(group.seen) + len(group.later), tuple(sorted(group.unseen)))
        for key, group in sorted(groups.items())
        if key in asked and group.unseen
    ]
    return Boxes(tuple(questions), frozenset(stay))


def staying(connection: Connection, ref: str) -> int:
    """How many units keep the verdict that their box came unopened, though they were seen since."""
    some = connection.execute(_LATER, {"ref": ref}).first()
    return len(boxes(connection, ref).stay) if some else 0


_ANSWERS = {Flag.UNOPENED.value, Flag.CONFIRMED.value}
_SCANS = select(Event.id, Event.body).where(Event.id.in_(bindparam("ids", expanding=True)))


def _answered(connection: Connection, groups: Collection[Group]) -> set[Group]:
    """Those of which somebody answered for what nobody saw.

    Who scanned the box with people before it, was asked and confirmed has answered.
    """
    if not groups:
        return set()
    rows = connection.execute(_SCANS, {"ids": sorted(scan for _, scan in groups)})
    answered = {
        row.id for row in rows if _ANSWERS.intersection(json.loads(row.body).get("flags", ()))
    }
    return {group for group in groups if group[1] in answered}


_SETTLED = select(Discrepancy.subject).where(
    Discrepancy.consignment == bindparam("ref"),
    Discrepancy.kind == "partly_seen",
    Discrepancy.state == "settled",
)


def _settled(connection: Connection, ref: str) -> frozenset[str]:
    """Boxes of which a person has decided what lay in them."""
    subjects = connection.scalars(_SETTLED, {"ref": ref})
    return frozenset(subject.removeprefix("unit:") for subject in subjects)
