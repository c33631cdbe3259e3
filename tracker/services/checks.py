"""Whether a scan may be made, what it lacks and what is odd about it, decided from the scan itself.

Flags must not depend on the item's state: a late scan has to be flagged as it would have been
in time. Only the live guard (`missing_live`) looks at where the unit stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, select
from sqlalchemy.engine import Connection

from labels.codes import CodeError, parse
from tracker.domain.custody import Folded, Occurrence, Verdict
from tracker.domain.lifecycle import DECLARING_ERROR, STEPS, Need
from tracker.domain.permissions import Action, Actor, Scope
from tracker.domain.scans import Flag, Mode, Scan
from tracker.models import Consignment, Label, Location, Party
from tracker.services import units
from tracker.services.events import Place, Setting, inspection_flags, stamp
from tracker.services.units import Box, Loaded, Unit

OLDEST = timedelta(days=366)
"""A scan that says it is older than this when it is sent has a wrong clock."""

SAID_BY_SCAN = {
    Need.LOCATION: "location",
    Need.SITE: "location",
    Need.HANDLING_UNIT: "handling_unit",
    Need.RECEIVER: "receiver",
    Need.ACT: "act",
    Need.REPORT: "report",
    Need.FINDINGS: "findings",
}


@dataclass(frozen=True, slots=True)
class References:
    """What the references in a chunk's scans name."""

    places: dict[str, Place]
    consignments: frozenset[str]
    parties: frozenset[str]
    boxes: dict[str, Box]
    found: Loaded

    @classmethod
    def load(cls, connection: Connection, scans: Sequence[Scan], found: Loaded) -> References:
        """One query for each sort of reference that the scans use at all."""
        places = {scan.location for scan in scans if scan.location}
        journeys = {scan.consignment for scan in scans if scan.consignment}
        parties = {scan.receiver for scan in scans if scan.receiver}
        boxes = {scan.handling_unit for scan in scans if scan.handling_unit}
        known = {}
        if places:
            rows = connection.execute(_PLACES, {"refs": list(places)})
            known = {row.ref: Place(row.ref, row.kind, row.commitment) for row in rows}
            known |= _labelled(connection, places - known.keys())
        return cls(
            known,
            _existing(connection, _CONSIGNMENTS, journeys),
            _existing(connection, _PARTIES, parties),
            units.boxes_by_label(connection, found, boxes) if boxes else {},
            found,
        )

    def place(self, scan: Scan) -> Place | None:
        """The location a scan names, if there is one."""
        return self.places.get(scan.location) if scan.location else None

    def box(self, scan: Scan) -> Box | None:
        """The handling unit a scan names as a container, if there is one."""
        return self.boxes.get(scan.handling_unit) if scan.handling_unit else None

    def known(self, scan: Scan) -> Scan:
        """The scan with only references that exist; a box by its own code."""
        box = self.box(scan)
        consignment = scan.consignment if scan.consignment in self.consignments else None
        receiver = scan.receiver if scan.receiver in self.parties else None
        unit = box.code if box else None
        if (consignment, receiver, unit) == (scan.consignment, scan.receiver, scan.handling_unit):
            return scan
        return replace(scan, consignment=consignment, receiver=receiver, handling_unit=unit)


_REFS: BindParameter[Any] = bindparam("refs", expanding=True)
_PLACES = select(Location.ref, Location.kind, Location.commitment).where(Location.ref.in_(_REFS))
_CONSIGNMENTS = select(Consignment.ref).where(Consignment.ref.in_(_REFS))
_PARTIES = select(Party.ref).where(Party.ref.in_(_REFS))


def _existing(connection: Connection, query: Select[str], refs: set[str]) -> frozenset[str]:
    if not refs:
        return frozenset()
    return frozenset(connection.scalars(query, {"refs": list(refs)}))


_LABELLED = (
    select(Label.code, Location.ref, Location.kind, Location.commitment)
    .join(Location, Location.ref == Label.location)
    .where(Label.code.in_(_REFS))
)


def _labelled(connection: Connection, texts: Set[str]) -> dict[str, Place]:
    """Places by the codes on their own labels: a shelf is scanned to say where."""
    codes = {}
    for text in texts:
        with suppress(CodeError):
            codes[text] = parse(text)
    if not codes:
        return {}
    rows = connection.execute(_LABELLED, {"refs": list(set(codes.values()))})
    named = {row.code: Place(row.ref, row.kind, row.commitment) for row in rows}
    return {text: named[code] for text, code in codes.items() if code in named}


def permitted(scan: Scan, by: Actor, refs: References, makers: Mapping[str, str]) -> bool:
    """Whether `by` may record the scan; of an error only, in some roles, what they made."""
    if scan.step != DECLARING_ERROR:
        place = refs.place(scan)
        return by.may_scan(scan.step, place.ref if place else scan.location)
    reach = by.scope(Action.DECLARE_ERROR)
    maker = makers.get(scan.declares or "")
    return reach is Scope.ALL or (reach is Scope.OWN and maker in (None, by.ref))


def flags(scan: Scan, setting: Setting, refs: References) -> tuple[str, ...]:
    """Everything odd about a scan itself, as flag names in a fixed order."""
    found: list[str] = []
    if scan.occurred_at > setting.sent_at + timedelta(seconds=2) or (
        setting.sent_at - scan.occurred_at > OLDEST
    ):
        found.append(Flag.CLOCK.value)
    if missing(scan, setting, refs) or _strays(scan, refs):
        found.append(Flag.INCOMPLETE.value)
    found.extend(inspection_flags(scan))
    if scan.reason == Flag.UNREADABLE:
        found.append(Flag.UNREADABLE.value)
    if scan.confirm and setting.mode == Mode.LIVE:
        found.append(Flag.CONFIRMED.value)
    if _is_after_its_label(scan, setting, refs):
        found.append(Flag.REVOKED.value)
    return tuple(found)


def _is_after_its_label(scan: Scan, setting: Setting, refs: References) -> bool:
    """Whether the scanned label had been replaced when it was scanned, and not only by now."""
    if scan.code not in refs.found.revoked:
        return False
    replaced_at = refs.found.revoked[scan.code]
    return replaced_at is None or setting.effective_at(scan) > replaced_at


def second(scan: Scan, unit: Unit | None, refs: References) -> str | None:
    """The subject that a second identifier names, `nothing` if none, None if none was given.

    A label proves no possession, neither the scanned one nor another: one of the two scans must
    be a maker's barcode. Which was scanned first does not matter.
    """
    makers = refs.found.identifiers
    if scan.second_identifier is None:
        return unit.subject if unit is not None and scan.code in makers else None
    named = refs.found.by_code.get(scan.second_identifier)
    if named is None:
        return "nothing"
    if named is unit and makers.isdisjoint((scan.code, scan.second_identifier)):
        return None
    return named.subject


def missing(scan: Scan, setting: Setting, refs: References) -> list[str]:
    """Needs of the step that the scan itself does not meet."""
    step = STEPS.get(scan.step)
    lacking = []
    for need in step.needs if step else ():
        if need is Need.SECOND_PERSON and setting.approved_by is None:
            lacking.append(need.value)
        name = SAID_BY_SCAN.get(need)
        if name is None:
            continue
        place = refs.place(scan)
        met = bool(getattr(scan, name))
        if need is Need.LOCATION:
            met = place is not None
        elif need is Need.SITE:
            met = place is not None and place.kind == "site"
        elif need is Need.HANDLING_UNIT:
            met = refs.box(scan) is not None or scan.step == "unpacking"
        if not met:
            lacking.append(need.value)
    return lacking


def _strays(scan: Scan, refs: References) -> bool:
    """Whether the scan names something that does not exist."""
    return bool(
        (scan.location and not refs.place(scan))
        or (scan.consignment and scan.consignment not in refs.consignments)
        or (scan.receiver and scan.receiver not in refs.parties)
        or (scan.handling_unit and not refs.box(scan))
    )


def missing_live(scan: Scan, setting: Setting, unit: Unit, refs: References) -> list[str]:
    """What the person in front of the unit should still say; the unit's own plan counts."""
    lacking = missing(scan, setting, refs)
    step = STEPS.get(scan.step)
    planned = scan.consignment in refs.consignments or unit.state.consignment
    if step and Need.CONSIGNMENT in step.needs and not planned:
        lacking.append(Need.CONSIGNMENT.value)
    return lacking


def detail(verdict: Verdict, event: Occurrence) -> dict[str, Any]:
    """What a person needs to judge a discrepancy: the step and the steps that were not seen."""
    told: dict[str, Any] = {"step": event.step}
    if event.consignment:
        told["consignment"] = event.consignment
    if verdict.missing:
        told["missing"] = list(verdict.missing)
    return told


def add_details(
    details: dict[tuple[str, str], dict[str, Any]], story: Sequence[Occurrence], folded: Folded
) -> None:
    """The same for everything that the fold finds in a whole story, where nothing is said yet."""
    events = {event.id: event for event in story}
    for kind, event in folded.discrepancies:
        if event in events and (kind, event) not in details:
            details[kind, event] = detail(folded.verdicts[event], events[event])


def content(scan: Scan) -> dict[str, Any]:
    """Another content under a known id, as evidence for the discrepancy."""
    return {
        "code": scan.code,
        "step": scan.step,
        "occurred_at": stamp(scan.occurred_at),
        "location": scan.location,
        "note": scan.note,
    }
