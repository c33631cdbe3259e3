"""Boxes on pallets: which handling unit stood in which other one, and when.

A box packed onto a pallet gets an event on its own chain; its units are not touched. What happens
to the pallet then happens to every box that stood on it at that moment, and so to their units:
worked out from both chains, so that it does not matter in which order the scans arrive.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.engine import Connection

from tracker.domain.custody import Key, Occurrence
from tracker.domain.lifecycle import DECLARING_ERROR
from tracker.models import Event, HandlingUnit
from tracker.services.events import Row, moment

Body = dict[str, Any]

NESTING = ("packing", "unpacking")
DEEPEST = 8  # boxes in boxes

_SUBJECTS: BindParameter[Any] = bindparam("subjects", expanding=True)
_BODIES = select(Event.subject, Event.body).where(Event.subject.in_(_SUBJECTS))
_CODES: BindParameter[Any] = bindparam("codes", expanding=True)
_tree = select(HandlingUnit.code, HandlingUnit.parent).where(HandlingUnit.code.in_(_CODES))
_tree_cte = _tree.cte("tree", recursive=True)
_TREE = select(
    _tree_cte.union(
        select(HandlingUnit.code, HandlingUnit.parent).join(
            _tree_cte, HandlingUnit.parent == _tree_cte.c.code
        )
    )
)


@dataclass(frozen=True, slots=True)
class Stay:
    """A box stood in `parent` after the scan `since` and until the scan `until` (None: still)."""

    parent: str
    since: Key
    until: Key | None


def nests(step: str, into: str | None) -> bool:
    """Whether a scan of a box with this step puts the box itself into, or takes it out of, one."""
    return step in NESTING and into is not None


def children(connection: Connection, codes: Collection[str]) -> dict[str, str]:
    """Every handling unit that stands in one of `codes` now, however deep, with what it is in."""
    rows = connection.execute(_TREE, {"codes": list(codes)})
    return {row.code: row.parent for row in rows if row.parent is not None}


def stays(bodies: Iterable[Body]) -> list[Stay]:
    """Where a box stood, from the events of its own chain, in the order of time."""
    void = {body["declares"] for body in bodies if body["step"] == DECLARING_ERROR}
    moves = sorted(
        (key_of(body), body["step"], body["handling_unit"])
        for body in bodies
        if nests(body["step"], body.get("handling_unit")) and body["id"] not in void
    )
    found: list[Stay] = []
    here: tuple[str, Key] | None = None
    for key, step, into in moves:
        if here:
            found.append(Stay(*here, key))
        here = (into, key) if step == "packing" else None
    if here:
        found.append(Stay(*here, None))
    return found


def key_of(body: Body) -> Key:
    """Where an event stands in the order of the fold."""
    return moment(body["effective_at"]), body.get("device_seq") or 0, body["id"]


class Chains:
    """The events of handling units, read as they are needed, with those not written yet.

    With `before` only what had been recorded by that moment.
    """

    def __init__(
        self, connection: Connection, pending: Iterable[Row], before: datetime | None = None
    ):
        self._connection = connection
        self._bodies = _BODIES.where(Event.recorded_at < before) if before else _BODIES
        self._pending = [row for row in pending if row["subject"].startswith("unit:")]
        self._own: dict[str, list[Body]] = {}

    def load(self, codes: Collection[str]) -> None:
        """Read the chains of `codes`, and of everything that they ever stood in."""
        wanted = set(codes) - self._own.keys()
        while wanted:
            self._read(wanted)
            parents = {stay.parent for code in wanted for stay in stays(self._own[code])}
            wanted = parents - self._own.keys()

    def _read(self, codes: Collection[str]) -> None:
        subjects = {f"unit:{code}": code for code in codes}
        self._own.update({code: [] for code in codes})
        for subject, body in self._connection.execute(self._bodies, {"subjects": list(subjects)}):
            self._own[subjects[subject]].append(json.loads(body))
        for row in self._pending:
            if row["subject"] in subjects:
                self._own[subjects[row["subject"]]].append(json.loads(row["body"]))

    def own(self, code: str) -> list[Body]:
        """The events of one chain."""
        self.load([code])
        return self._own[code]

    def stood_in(self, code: str, above: str, key: Key) -> bool:
        """Whether `code` stood in `above`, directly or not, at the moment `key`."""
        for _ in range(DEEPEST):
            here = [
                stay.parent
                for stay in stays(self.own(code))
                if stay.since < key and (stay.until is None or key < stay.until)
            ]
            if not here or here[0] == above:
                return bool(here)
            [code] = here
        return False

    def happened(self, code: str, above: tuple[str, ...] = ()) -> list[Body]:
        """What happened to the contents of `code`: its own events, and those of what it stood in.

        Nothing stands in itself: a circle of boxes is broken where it closes.
        """
        own = self.own(code)
        told = [body for body in own if not nests(body["step"], body.get("handling_unit"))]
        if len(above) < DEEPEST:
            for stay in stays(own):
                if stay.parent != code and stay.parent not in above:
                    told.extend(_during(stay, self.happened(stay.parent, (*above, code))))
        return list({body["id"]: body for body in told}.values())


NOWHERE = "-"
"""A handling unit in which nothing lies: what is done via it concerns no unit."""


def placed(events: Sequence[Occurrence], chains: Chains) -> list[Occurrence]:
    """The events of a story, each share of a pallet's scan held against the boxes' chains.

    A box that turns out not to have stood on the pallet then has no part in what was done to it.
    """
    return [
        replace(event, via=NOWHERE)
        if event.above and event.via and not chains.stood_in(event.via, event.above, event.key)
        else event
        for event in events
    ]


def _during(stay: Stay, bodies: Iterable[Body]) -> list[Body]:
    """Events within a stay; and every word that one of them was wrong, whenever it was said."""
    inside = [
        body
        for body in bodies
        if body["step"] != DECLARING_ERROR
        and stay.since < key_of(body)
        and (stay.until is None or key_of(body) < stay.until)
    ]
    ids = {body["id"] for body in inside}
    wrong = [body for body in bodies if body.get("declares") in ids]
    return [*inside, *wrong]


def is_inside(code: str, box: str, parents: Mapping[str, str]) -> bool:
    """Whether `code` is `box` or stands in it, by `parents` ({box: what it is in})."""
    for _ in range(DEEPEST):
        if code == box:
            return True
        if code not in parents:
            return False
        code = parents[code]
    return False
