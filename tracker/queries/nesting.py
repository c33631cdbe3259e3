"""Boxes on pallets: which handling unit stood in which other one, and what reached its contents.

A box packed onto a pallet gets an event on its own chain; its units are not touched. What happens
to the pallet then happens to every box that stands on it, and so to the units of these: a box is
folded as a unit is (`domain.containers`), and a scan of the pallet reaches what lies in the box
exactly when the box's own story does not call it outside. So it does not matter in which order the
scans arrive.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.engine import Connection

from tracker.domain.bodies import Body, occurrence
from tracker.domain.custody import Folded, fold
from tracker.domain.lifecycle import DECLARING_ERROR
from tracker.domain.occurrences import Holder, Occurrence
from tracker.models import Event, HandlingUnit

NESTING = ("packing", "unpacking")
DEEPEST = 8  # boxes in boxes
A_BOX = Holder(box=True)

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


def nests(step: str, into: str | None) -> bool:
    """Whether a scan of a box with this step puts the box itself into, or takes it out of, one."""
    return step in NESTING and into is not None


def children(connection: Connection, codes: Collection[str]) -> dict[str, str]:
    """Every handling unit that stands in one of `codes` now, however deep, with what it is in."""
    rows = connection.execute(_TREE, {"codes": list(codes)})
    return {row.code: row.parent for row in rows if row.parent is not None}


class Chains:
    """The events of handling units, read as they are needed, with those not written yet.

    `pending` are rows of events that this transaction has still to write. With `before` only what
    had been recorded by that moment.
    """

    def __init__(
        self,
        connection: Connection,
        pending: Iterable[Mapping[str, Any]] = (),
        before: datetime | None = None,
    ):
        self._connection = connection
        self._bodies = _BODIES.where(Event.recorded_at < before) if before else _BODIES
        self._pending = [row for row in pending if row["subject"].startswith("unit:")]
        self._own: dict[str, list[Body]] = {}
        self._standing: dict[str, Folded] = {}

    def load(self, codes: Collection[str]) -> None:
        """Read the chains of `codes`, and of everything that they ever stood in."""
        wanted = set(codes) - self._own.keys()
        while wanted:
            self._read(wanted)
            wanted = {into for code in wanted for into in self._into(code)} - self._own.keys()

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

    def _into(self, code: str) -> set[str]:
        """Everything that the box was ever put into."""
        own = self._own[code]
        return {body["handling_unit"] for body in own if nests(*_move(body))} - {code}

    def standing(self, code: str) -> Folded:
        """The box's own story: what it stands in now, and which scans of that reached it."""
        if code not in self._standing:
            self._standing[code] = self._fold(code, ())
        return self._standing[code]

    def _fold(self, code: str, above: tuple[str, ...]) -> Folded:
        """The story of a box. Nothing stands in itself: a circle is broken where it closes."""
        story = [
            occurrence(body)
            for body in self.own(code)
            if body["step"] not in NESTING or nests(*_move(body))
        ]
        if len(above) < DEEPEST:
            for into in sorted(self._into(code) - set(above)):
                story += [_from(into, body) for body in self._happened(into, (*above, code))]
        return fold(story, whose=A_BOX)

    def reached(self, code: str, scan: str) -> bool:
        """Whether `scan`, of something that the box `code` stood in, is about what lies in it."""
        verdicts = self.standing(code).verdicts
        found = (verdicts.get(f"{into} {scan}") for into in self._into(code))
        return any(verdict is not None and verdict.concerns for verdict in found)

    def happened(self, code: str) -> list[Body]:
        """What happened to the contents of `code`: its own events, and those that reached it."""
        return self._happened(code, ())

    def _happened(self, code: str, above: tuple[str, ...]) -> list[Body]:
        told = {body["id"]: body for body in self.own(code) if not nests(*_move(body))}
        if len(above) < DEEPEST:
            verdicts = (self.standing(code) if not above else self._fold(code, above)).verdicts
            for into in sorted(self._into(code) - set(above)):
                for body in self._happened(into, (*above, code)):
                    if verdicts[f"{into} {body['id']}"].concerns:
                        told[body["id"]] = body
        return [
            body
            for body in told.values()
            if body["step"] != DECLARING_ERROR or body.get("declares") in told
        ]


def _move(body: Body) -> tuple[str, str | None]:
    return body["step"], body.get("handling_unit")


def _from(into: str, body: Body) -> Occurrence:
    """What happened to `into`, as the story of a box reads it that may have stood in it then.

    The same may have reached it by two ways, of which one counts.
    """
    event = occurrence(body)
    declares = f"{into} {event.declares}" if event.declares else None
    return replace(event, id=f"{into} {event.id}", via=into, handling_unit=None, declares=declares)


NOWHERE = "-"
"""A handling unit in which nothing lies: what is done via it concerns no unit."""


def placed(events: Sequence[Occurrence], chains: Chains) -> list[Occurrence]:
    """The events of a story, each share of a pallet's scan held against the boxes' own stories.

    A box that turns out not to have stood on the pallet then has no part in what was done to it.
    """
    return [
        replace(event, via=NOWHERE)
        if event.above and event.via and not chains.reached(event.via, event.cause or "")
        else event
        for event in events
    ]


def is_inside(code: str, box: str, parents: Mapping[str, str]) -> bool:
    """Whether `code` is `box` or stands in it, by `parents` ({box: what it is in})."""
    for _ in range(DEEPEST):
        if code == box:
            return True
        if code not in parents:
            return False
        code = parents[code]
    return False
