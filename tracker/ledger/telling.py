"""What one story must hold to, beside its hashes: the causes of its shares, its labels' codes.

A share is what the scan of a box says of one unit in it. It carries no signature of its own, so it
is held against its cause: an event of that box, by the same hands, that says the same. A scanned
code is held against the labels that the story says the unit wore, and these against the labels'
rows.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

from tracker.domain.bodies import Body, derived_id
from tracker.domain.chain import Json
from tracker.queries import log
from tracker.queries.stories import item_of

ANNOUNCING, COMMISSIONING, ENROLLING = "announcing", "commissioning", "enrolling"
OWN = {"via", "id", "subject", "code", "declares", "recorded_at"}
OWN |= {"signed", "statement", "signature", "numbers"}
"""Members in which a share says other than its cause."""


class Told(NamedTuple):
    """What a unit's story says of its row and of its labels' rows."""

    item: int
    pledge: str | None
    product: str | None
    label: str  # the one that it wears
    worn: set[str]  # all that it ever wore


@dataclass(slots=True)
class Story:
    """One story as verification reads it; `misfit` is asked for each event, `rest` at its end."""

    subject: str
    boxes: set[str] = field(default_factory=set)
    worn: list[tuple[str, str]] = field(default_factory=list)  # (since when, code)
    coded: list[tuple[Any, str]] = field(default_factory=list)
    shares: list[tuple[Any, str, str | None]] = field(default_factory=list)
    enrolled: bool = False
    broken: bool = False  # an event in it does not fit
    announced: Body | None = None

    def misfit(self, row: Any, body: Mapping[str, Json]) -> str | None:
        """Why an event does not fit by itself; what needs the whole story is kept for `rest`."""
        if row.step == ENROLLING and "public_key" in body:
            if self.enrolled:
                return "a device is enrolled once, and this is its second key"
            self.enrolled = True
        said = cast(Body, body)
        if said.get("handling_unit"):
            self.boxes.add(said["handling_unit"])
        if row.step == ANNOUNCING:
            self.announced = said
        self._note_code(row, said)
        return self._share(row, said) if "via" in body else None

    def _note_code(self, row: Any, body: Body) -> None:
        code = body.get("code")
        if code is None or item_of(self.subject) is None:
            return
        if row.step in (ANNOUNCING, COMMISSIONING) and "via" not in body:
            since = "" if row.step == ANNOUNCING else body["effective_at"]
            self.worn.append((since, code))
        else:
            self.coded.append((row, code))

    def _share(self, row: Any, body: Body) -> str | None:
        """Why a share is none of its cause."""
        via, item = body["via"], item_of(self.subject)
        if item is None or row.cause_body is None:
            return "what it names as its cause is no event"
        cause = cast(Body, json.loads(row.cause_body))
        above = via.get("above")
        if "via" in cause or cause["subject"] != f"unit:{above or via['unit']}":
            return "what it names as its cause is no scan of that box"
        if body["id"] != derived_id(cause["id"], item):
            return "it has not the id that its cause gives it"
        for name in sorted((cause.keys() | body.keys()) - OWN):
            if cause.get(name) != body.get(name):
                return f"it says another {name!r} than its cause"
        self.shares.append((row, via["unit"], above))
        return None

    def rest(self) -> Iterator[tuple[Any, str]]:
        """(event, why it does not fit) of what the whole story shows."""
        for row, box, above in self.shares:
            if box not in self.boxes:
                yield row, f"the unit never lay in the box {box}"
            elif above is not None and above not in log.stood_in(box):
                yield row, f"the box {box} never stood in {above}"
        worn = {code for _, code in self.worn}
        if not worn:  # announced by a version that said no code
            return
        for row, code in self.coded:
            if code not in worn:
                yield row, f"the unit never wore the label {code}"

    def told(self) -> Told | None:
        """What its rows must hold; None where the story is of no unit, or names no label."""
        item = item_of(self.subject)
        if item is None or not self.worn:
            return None
        newest = max(enumerate(self.worn), key=lambda one: (one[1][0], one[0]))[1][1]
        first: Mapping[str, object] = self.announced or {}
        pledge, product = first.get("pledge"), first.get("product")
        worn = {code for _, code in self.worn}
        return Told(item, cast("str | None", pledge), cast("str | None", product), newest, worn)


def faults(told: Collection[Told]) -> Iterator[tuple[str, str]]:
    """(story, what is wrong) where rows of units and labels say other than the units' stories."""
    numbers = [one.item for one in told]
    labels, items = log.labels_of(numbers), log.items_of(numbers)
    for one in told:
        subject, held = f"item:{one.item}", labels.get(one.item, {})
        for code in sorted(one.worn - held.keys()):
            yield subject, f"its label {code} names it no longer"
        for code in sorted(held.keys() - one.worn):
            yield subject, f"the label {code} was bound to it past the ledger"
        bound = {code for code, state in held.items() if state == "bound"}
        if bound != {one.label} and one.label in held:
            yield subject, f"it wears the label {one.label}, and its labels say otherwise"
        row = items.get(one.item)
        if row is None:
            continue  # that it was deleted is told elsewhere
        if row.code != one.label:
            yield subject, f"it wears the label {one.label}, and its row names another"
        if one.pledge and (row.pledge, row.product) != (one.pledge, one.product):
            yield subject, "it was announced for another pledge, or as another product"
