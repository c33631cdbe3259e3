"""What the ledger already holds about some scans, items and boxes: reads for `ledger.chunk`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.engine import Connection

from tracker.domain import containers
from tracker.domain.bodies import Body, derived_id, inside, moment, occurrence
from tracker.domain.occurrences import Occurrence
from tracker.domain.scans import Receipt, Scan
from tracker.ledger.events import Row, scan_digest
from tracker.ledger.loading import Box, Loaded, Unit
from tracker.models import Event, Opening
from tracker.queries.nesting import Chains
from tracker.queries.stories import item_of

_SUBJECTS: BindParameter[Any] = bindparam("subjects", expanding=True)
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_KEPT = (
    select(
        Event.id,
        Event.scan_digest,
        Opening.salt,
        Event.subject,
        Event.hash,
        Event.seq,
        Event.recorded_at,
    )
    .outerjoin(Opening, Opening.event == Event.id)
    .where(Event.id.in_(_IDS))
)
_MAKERS = select(Event.id, Event.by).where(Event.id.in_(_IDS))
_DECLARED = select(Event.declares).where(Event.declares.in_(_IDS))
_CHAIN_ENDS = (
    select(Event.subject, Event.seq, Event.hash)
    .where(Event.subject.in_(_SUBJECTS))
    .order_by(Event.subject, Event.seq)
)


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


def shares(
    connection: Connection, found: Loaded, box: Box, body: Body, rows: Sequence[Row]
) -> list[tuple[Unit, Body, Occurrence]]:
    """What the scan of a box says of each unit that it is about: in it, or in a box on it.

    `rows` are the events that are not written yet, that of the scan among them.
    """
    there = found.inside(box)
    between = {lies_in for _, lies_in in there} - {box.code}
    if between:
        chains = Chains(connection, rows)
        chains.load(between)
        reached = {code for code in between if chains.reached(code, body["id"])}
        there = [(unit, code) for unit, code in there if code == box.code or code in reached]
    at = moment(body["effective_at"])
    told = []
    for unit, lies_in in there:
        mine = inside(body, lies_in, unit.item, unit.code)
        event = occurrence(mine, at)
        if unit.refold or containers.share(unit.state, event, in_one_step=True)[1] != "outside":
            told.append((unit, mine, event))
    return told
