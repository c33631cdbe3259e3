"""Whether a scan may be made, what it lacks and what is odd about it, decided from the scan itself.

Flags must not depend on the item's state: a late scan has to be flagged as it would have been
in time. Only the live guard (`missing_live`) looks at where the unit stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, select
from sqlalchemy.engine import Connection

from labels.codes import CodeError, parse
from tracker.domain.bodies import stamp
from tracker.domain.clocks import OLDEST, When
from tracker.domain.consignments import LOADING
from tracker.domain.custody import Folded, Verdict
from tracker.domain.discrepancies import Detail
from tracker.domain.lifecycle import (
    ARRIVING_STEPS,
    DECLARING_ERROR,
    SETTING_OUT_STEPS,
    STEPS,
    Leaving,
    Need,
)
from tracker.domain.occurrences import Occurrence
from tracker.domain.permissions import Action, Actor, Scope
from tracker.domain.scans import Flag, Mode, Scan
from tracker.errors import NeedMissing, PaperSaysOtherwise, Refusal
from tracker.ledger import loading, named_acts
from tracker.ledger.events import Place, Setting, inspection_flags
from tracker.ledger.loading import Box, Loaded, Unit
from tracker.ledger.named_acts import ACCEPTING, ActList
from tracker.models import Consignment, Label, Location, Party

NOTHING = "nothing"
"""What a second identifier names that is nobody's."""

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
    consignments: Mapping[str, str]
    acts: Mapping[str, ActList]
    parties: frozenset[str]
    boxes: dict[str, Box]
    found: Loaded

    @classmethod
    def load(cls, connection: Connection, scans: Sequence[Scan], found: Loaded) -> References:
        """One query for each sort of reference that the scans use at all."""
        places = {scan.location for scan in scans if scan.location}
        places |= {scan.bound_for for scan in scans if scan.bound_for}
        journeys = {scan.consignment for scan in scans if scan.consignment}
        parties = {scan.receiver for scan in scans if scan.receiver}
        boxes = {scan.handling_unit for scan in scans if scan.handling_unit}
        known = {}
        if places:
            rows = connection.execute(_PLACES, {"refs": list(places)})
            known = {row.ref: _place(row) for row in rows}
            known |= _labelled(connection, places - known.keys())
        return cls(
            known,
            _states(connection, journeys),
            named_acts.load(connection, scans),
            _existing(connection, _PARTIES, parties),
            loading.boxes_by_label(connection, found, boxes) if boxes else {},
            found,
        )

    def within(self, places: Callable[[str], bool], journeys: Callable[[str], bool]) -> References:
        """Those that somebody may name who reaches these places and consignments only."""
        return replace(
            self,
            places={text: one for text, one in self.places.items() if places(one.ref)},
            consignments={ref: state for ref, state in self.consignments.items() if journeys(ref)},
        )

    def place(self, scan: Scan) -> Place | None:
        """The location a scan names, if there is one."""
        return self.places.get(scan.location) if scan.location else None

    def bound_for(self, scan: Scan) -> Place | None:
        """The site of the act that a scan hands over by."""
        return self.places.get(scan.bound_for) if scan.bound_for else None

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
_PLACE = (Location.ref, Location.kind, Location.commitment, Location.premises)
_PLACES = select(*_PLACE).where(Location.ref.in_(_REFS))
_CONSIGNMENTS = select(Consignment.ref, Consignment.state).where(Consignment.ref.in_(_REFS))
_PARTIES = select(Party.ref).where(Party.ref.in_(_REFS))


def _existing(connection: Connection, query: Select[str], refs: set[str]) -> frozenset[str]:
    if not refs:
        return frozenset()
    return frozenset(connection.scalars(query, {"refs": list(refs)}))


def _states(connection: Connection, refs: set[str]) -> dict[str, str]:
    """The state of each consignment that there is."""
    if not refs:
        return {}
    return {row.ref: row.state for row in connection.execute(_CONSIGNMENTS, {"refs": list(refs)})}


_LABELLED = (
    select(Label.code, *_PLACE)
    .join(Location, Location.ref == Label.location)
    .where(Label.code.in_(_REFS))
)


def _place(row: Any) -> Place:
    return Place(row.ref, row.kind, row.commitment, row.premises)


def _labelled(connection: Connection, texts: Set[str]) -> dict[str, Place]:
    """Places by the codes on their own labels: a shelf is scanned to say where."""
    codes = {}
    for text in texts:
        with suppress(CodeError):
            codes[text] = parse(text)
    if not codes:
        return {}
    rows = connection.execute(_LABELLED, {"refs": list(set(codes.values()))})
    named = {row.code: _place(row) for row in rows}
    return {text: named[code] for text, code in codes.items() if code in named}


def permitted(scan: Scan, by: Actor, makers: Mapping[str, str]) -> bool:
    """Whether `by` may ever record such a scan; of an error only, in some roles, what they made.

    A place that is not theirs is to them no place (`References.within`).
    """
    if scan.step != DECLARING_ERROR:
        return by.may_scan(scan.step, None)
    reach = by.scope(Action.DECLARE_ERROR)
    maker = makers.get(scan.declares or "")
    return reach is Scope.ALL or (reach is Scope.OWN and maker in (None, by.ref))


def flags(scan: Scan, setting: Setting, when: When, refs: References) -> tuple[str, ...]:
    """Everything odd about a scan itself, as flag names in a fixed order."""
    found: list[str] = []
    if when.doubtful or _cannot_be(scan, setting):
        found.append(Flag.CLOCK.value)
    odd = _strays(scan, refs) or _hides_where(scan, setting.by) or missing(scan, refs)
    if odd or (scan.act and _is_beside_an_act(scan, setting, refs)):
        found.append(Flag.INCOMPLETE.value)
    found.extend(inspection_flags(scan))
    if scan.reason == Flag.UNREADABLE:
        found.append(Flag.UNREADABLE.value)
    if scan.answers and f"box_elsewhere:{scan.handling_unit}" in scan.answers:
        found.append(Flag.ELSEWHERE.value)
    if scan.confirm and setting.mode == Mode.LIVE:
        found.append(Flag.CONFIRMED.value)
    if scan.answers and _says_unopened(scan, refs):
        found.append(Flag.UNOPENED.value)
    if _is_after_its_label(scan, when, refs):
        found.append(Flag.REVOKED.value)
    return tuple(found)


def _cannot_be(scan: Scan, setting: Setting) -> bool:
    """Whether a scan says that it was made after it was sent, or more than a year before."""
    if setting.sent_at is None:
        return setting.now - scan.occurred_at > OLDEST
    waited = setting.sent_at - scan.occurred_at
    return waited > OLDEST or waited < timedelta(seconds=-2)


def _says_unopened(scan: Scan, refs: References) -> bool:
    """Whether who scans a box has answered that what was not seen of it lies inside, unopened.

    It stands in the ledger then, and nobody is asked for those units again.
    """
    box = refs.found.by_code.get(scan.code)
    arrives = scan.step in ARRIVING_STEPS
    return arrives and isinstance(box, Box) and partly_seen(box) in scan.answers


def partly_seen(box: Box) -> str:
    """The key of the question whether what was not seen of a box lies inside."""
    return f"partly_seen:{box.code}"


def _hides_where(scan: Scan, by: Actor) -> bool:
    """Whether somebody who may scan at some places only does not say at which: it may be none of
    theirs."""
    if scan.location:
        return False
    step = STEPS.get(scan.step)
    return bool(step and step.is_done_there and by.is_bound_to_places)


def _is_beside_an_act(scan: Scan, setting: Setting, refs: References) -> bool:
    """Whether a scan names an act that does not name it, or a person one that nobody knows."""
    unknown = setting.mode is Mode.LIVE and _act_is_unknown(scan, refs)
    return unknown or not _is_on_its_act(scan, refs)


def _act_is_unknown(scan: Scan, refs: References) -> bool:
    """Whether a scan hands over under an act that is not on the books, or not yet."""
    return scan.step == ACCEPTING and scan.act not in refs.acts


def _is_on_its_act(scan: Scan, refs: References) -> bool:
    """Whether the act that something is handed over under names it, and all that lies in it, where
    that act is on the books."""
    act = refs.acts.get(scan.act or "")
    if act is None:
        return True
    named = refs.found.by_code.get(scan.code)
    if isinstance(named, Box):
        return act.names(scan, [unit.item for unit, _ in refs.found.inside(named)])
    return act.names(scan, [named.item] if named else [])


def _is_after_its_label(scan: Scan, when: When, refs: References) -> bool:
    """Whether the scanned label had been replaced when it was scanned, and not only by now."""
    if scan.code not in refs.found.revoked:
        return False
    replaced_at = refs.found.revoked[scan.code]
    return replaced_at is None or when.at > replaced_at


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
        return NOTHING
    if named is unit and makers.isdisjoint((scan.code, scan.second_identifier)):
        return None
    return named.subject


def missing(scan: Scan, refs: References) -> list[str]:
    """Needs of the step that the scan itself does not meet."""
    step = STEPS.get(scan.step)
    if step is None:
        return []
    lacking = []
    for need in step.needs:
        name = SAID_BY_SCAN.get(need)
        if name is None:
            continue
        place = refs.place(scan)
        met = bool(getattr(scan, name))
        if need is Need.LOCATION:
            met = place is not None
        elif need is Need.SITE:
            met = place is not None and place.kind == "site"
        elif need is Need.FINDINGS:
            met = "present" in (scan.findings or {})
        elif need is Need.HANDLING_UNIT:
            met = refs.box(scan) is not None or step.leaving is not Leaving.ENTERS
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


def lacking_live(
    scan: Scan, setting: Setting, units: Iterable[Unit], refs: References
) -> Refusal | None:
    """Why a live scan is not kept yet, beside what does not fit: what should still be said, or
    that the consignment has left without it."""
    told = (_missing_live(scan, setting, unit, refs) for unit in units)
    missing = next((one for one in told if one), None)
    if missing:
        return NeedMissing(missing=missing)
    if not _is_on_its_act(scan, refs) and f"not_on_act:{scan.act}" not in scan.answers:
        question = {"kind": "not_on_act", "key": f"not_on_act:{scan.act}", "act": scan.act}
        said = f"Act {scan.act} does not name it, or names another receiver. Hand it over?"
        return PaperSaysOtherwise(said, question=question)
    state = refs.consignments.get(scan.consignment or "", "draft")
    key = f"has_left:{scan.consignment}"
    if scan.step in SETTING_OUT_STEPS and state not in LOADING and key not in scan.answers:
        question = {"kind": "has_left", "key": key, "consignment": scan.consignment}
        said = f"{scan.consignment} has left. Was it loaded before?"
        return PaperSaysOtherwise(said, question=question)
    return None


def _missing_live(scan: Scan, setting: Setting, unit: Unit, refs: References) -> list[str]:
    """What the person in front of the unit should still say; the unit's own plan counts."""
    lacking = missing(scan, refs)
    step = STEPS.get(scan.step)
    planned = scan.consignment in refs.consignments or unit.state.consignment
    if step and Need.CONSIGNMENT in step.needs and not planned:
        lacking.append(Need.CONSIGNMENT.value)
    if scan.act and _act_is_unknown(scan, refs):
        lacking.append(Need.ACT.value)
    if _hides_where(scan, setting.by) and not {Need.LOCATION, Need.SITE}.intersection(lacking):
        lacking.append(Need.LOCATION.value)
    alone = setting.approved_by is None and unit.state.proposed is None
    if step and Need.SECOND_PERSON in step.needs and alone:
        lacking.append(Need.SECOND_PERSON.value)
    return lacking


def detail(verdict: Verdict, event: Occurrence) -> Detail:
    """What a person needs to judge a discrepancy: the step and the steps that were not seen."""
    told: Detail = {"step": event.step}
    if event.consignment:
        told["consignment"] = event.consignment
    if verdict.missing:
        told["missing"] = list(verdict.missing)
    if verdict.known:
        told["known"] = verdict.known
    return told


def add_details(
    details: dict[tuple[str, str], Detail], story: Sequence[Occurrence], folded: Folded
) -> None:
    """The same for everything that the fold finds in a whole story, where nothing is said yet."""
    events = {event.id: event for event in story}
    for kind, event in folded.discrepancies:
        if event in events and (kind, event) not in details:
            details[kind, event] = detail(folded.verdicts[event], events[event])


def content(scan: Scan) -> Detail:
    """Another content under a known id, as evidence for the discrepancy."""
    return {
        "code": scan.code,
        "step": scan.step,
        "occurred_at": stamp(scan.occurred_at),
        "location": scan.location,
        "note": scan.note,
    }
