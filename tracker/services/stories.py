"""What the ledger already holds about some scans, items and boxes: reads for `services.chunk`."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.engine import Connection

from tracker.domain.custody import Occurrence
from tracker.domain.scans import Receipt, Scan
from tracker.models import Event, Label, Opening
from tracker.services import units
from tracker.services.events import Row, derived_id, inside, occurrence, scan_digest
from tracker.services.nesting import Chains
from tracker.services.units import Unit

Body = dict[str, Any]

_SUBJECTS: BindParameter[Any] = bindparam("subjects", expanding=True)
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_KEPT = (
    select(
        Event.id, Event.scan_digest, Opening.salt, Event.subject, Event.hash, Event.seq,
        Event.recorded_at,
    )
    .outerjoin(Opening, Opening.event == Event.id)
    .where(Event.id.in_(_IDS))
)  # fmt: skip
_MAKERS = select(Event.id, Event.by).where(Event.id.in_(_IDS))
_DECLARED = select(Event.declares).where(Event.declares.in_(_IDS))
_CHAIN_ENDS = (
    select(Event.subject, Event.seq, Event.hash)
    .where(Event.subject.in_(_SUBJECTS))
    .order_by(Event.subject, Event.seq)
)
_PUT_INSIDE = select(Event.subject).where(Event.handling_unit == bindparam("box")).distinct()
_BOUND = select(Label.item).where(
    Label.code.in_(bindparam("codes", expanding=True)), Label.item.is_not(None)
)
_BODIES = select(Event.subject, Event.body).where(Event.subject.in_(_SUBJECTS))


@dataclass(frozen=True, slots=True)
class Kept:
    """A scan that the ledger holds: what it said, where it is, and its receipt."""

    digest: bytes
    salt: str | None
    subject: str
    item: int | None
    receipt: Receipt

    def says(self, scan: Scan) -> bool:
        """Whether `scan` says the same."""
        return self.digest == scan_digest(scan, self.salt)


def kept_before(connection: Connection, ids: Collection[str]) -> dict[str, Kept]:
    """Those of `ids` that are in the ledger."""
    rows = connection.execute(_KEPT, {"ids": list(ids)})
    return {
        row.id: Kept(
            row.scan_digest,
            row.salt,
            row.subject,
            item_of(row.subject),
            Receipt(row.hash.hex(), row.seq, row.recorded_at),
        )
        for row in rows
    }


def item_of(subject: str) -> int | None:
    """The item's number in `item:7`; None for other subjects."""
    kind, _, name = subject.partition(":")
    return int(name) if kind == "item" else None


def declared(connection: Connection, ids: Collection[str]) -> set[str]:
    """Those of `ids` that an event declares wrong before they have come."""
    return set(connection.scalars(_DECLARED, {"ids": list(ids)}))


def makers(connection: Connection, ids: Collection[str]) -> dict[str, str]:
    """Who made each of the events `ids`."""
    if not ids:
        return {}
    rows = connection.execute(_MAKERS, {"ids": list(ids)})
    return {row.id: row.by for row in rows}


def code_chains(
    connection: Connection, codes: Collection[str]
) -> dict[str, tuple[int, bytes | None]]:
    """The ends of the chains of codes that name nothing: {subject: (seq, hash)}."""
    if not codes:
        return {}
    subjects = [f"code:{code}" for code in codes]
    rows = connection.execute(_CHAIN_ENDS, {"subjects": subjects})
    return {row.subject: (row.seq, row.hash) for row in rows}


def items_of(subjects: Iterable[str]) -> set[int]:
    """The items among `subjects`."""
    return {item for item in map(item_of, subjects) if item is not None}


def ever_inside(connection: Connection, box: str, pending: Iterable[Row] = ()) -> set[int]:
    """Items that any event put into the handling unit `box`, or into one that was put into it.

    Also those under a label bound since, and those of events that are not written yet.
    """
    items: set[int] = set()
    codes: list[str] = []
    waiting, known = [box], {box}
    pending = [row for row in pending if row["handling_unit"]]
    while waiting:
        here = waiting.pop()
        subjects = set(connection.scalars(_PUT_INSIDE, {"box": here}))
        subjects.update(row["subject"] for row in pending if row["handling_unit"] == here)
        items |= items_of(subjects)
        for kind, _, name in (subject.partition(":") for subject in subjects):
            if kind == "code":
                codes.append(name)
            elif kind == "unit" and name not in known:
                known.add(name)
                waiting.append(name)
    if codes:
        items.update(connection.scalars(_BOUND, {"codes": codes}))
    return items


def load(connection: Connection, items: Sequence[int]) -> dict[int, list[Occurrence]]:
    """The events of each item, and those that waited under the codes of its labels."""
    subjects = {f"item:{item}": item for item in items}
    for code, item in units.labels_of(connection, items).items():
        subjects[f"code:{code}"] = item
    story: dict[int, list[Occurrence]] = {item: [] for item in items}
    rows = connection.execute(_BODIES, {"subjects": list(subjects)})
    for subject, body in rows:
        story[subjects[subject]].append(occurrence(json.loads(body)))
    return story


def box_bodies(chains: Chains, stories: Iterable[Sequence[Occurrence]]) -> dict[str, list[Body]]:
    """What happened to every handling unit that the stories put an item into, by its code."""
    codes = {event.handling_unit for story in stories for event in story if event.handling_unit}
    chains.load(codes)
    return {code: chains.happened(code) for code in codes}


def missing_shares(
    unit: Unit, story: Sequence[Occurrence], boxes: Mapping[str, list[Body]]
) -> list[Body]:
    """Shares of box events that this item's story lacks; the fold says which it was inside for."""
    present = {event.id for event in story}
    mine = {event.handling_unit for event in story if event.handling_unit}
    return [
        inside(body, box, unit.item, unit.code)
        for box in sorted(mine)
        for body in boxes.get(box, ())
        if derived_id(body["id"], unit.item) not in present
    ]
