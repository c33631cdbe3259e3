"""What the senders of a chunk reach, and whether a scan of theirs may be about what it names.

Who works or has tasks at some places only reaches the units that are there, or bound for there. A
scan of anything else is kept as one of a code that names nothing: with the places and journeys that
its maker had (`within`), so that the fold lets it in once the story says that the unit was there.
For a code that names nothing the database is asked the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property

from sqlalchemy import exists, or_, select
from sqlalchemy.engine import Connection

from labels.codes import is_canonical
from tracker.domain.bodies import Reach
from tracker.domain.lifecycle import STEPS, Journey
from tracker.domain.occurrences import Key, Occurrence
from tracker.domain.permissions import Actor
from tracker.domain.reaching import may_come_anywhere, reached
from tracker.domain.scans import Mode, Scan
from tracker.ledger import checks, refolding
from tracker.ledger.checks import NOTHING, References
from tracker.ledger.events import Row, Setting
from tracker.ledger.loading import Box, Loaded, Unit
from tracker.ledger.named_acts import ACCEPTING, is_uid
from tracker.models import ActLine, Event, HandlingUnit, HandoverAct, Item, Label
from tracker.queries import reach, stories

NO_ITEM, NO_EVENT = 0, "00000000-0000-0000-0000-000000000000"


class Sender:
    """What one sender reaches: their places, and the journeys that end there, asked when needed.

    Of who works there also those that begin there, and those that may end anywhere.
    """

    def __init__(self, connection: Connection, by: Actor) -> None:
        self._connection, self._by = connection, by

    def works_at(self, place: str | None) -> bool:
        """Whether a place is one of theirs; nothing is asked where it is one by name."""
        return place is not None and (place in self._by.locations or place in self.places)

    @cached_property
    def places(self) -> frozenset[str]:
        """Their places; of who works there also the other doors of the premises."""
        if not reach.works_there(self._by):
            return self._by.locations
        return frozenset(self._connection.scalars(reach.places(self._by)))

    @cached_property
    def journeys(self) -> frozenset[str]:
        """References of the open consignments that end at the places, or begin there."""
        return frozenset(self._connection.scalars(reach.open_journeys(self._by)))

    @cached_property
    def coming(self) -> frozenset[str]:
        """Those of them that end there."""
        return frozenset(self._connection.scalars(reach.journeys_here(self._by)))

    @cached_property
    def untold(self) -> frozenset[str] | None:
        """Open consignments that may end anywhere; None for who has only tasks at the places."""
        if not reach.works_there(self._by):
            return None
        return frozenset(self._connection.scalars(reach.untold_journeys()))

    def is_on(self, journey: str) -> bool:
        """Whether a consignment is one that they may load or receive."""
        return journey in self.journeys or journey in (self.untold or ())

    def ask(self) -> None:
        """Ask for places and journeys, in one order whatever was scanned."""
        _ = self.places, self.journeys, self.untold

    def said(self) -> Reach:
        """As the body of an event holds it."""
        told: Reach = {"places": sorted(self.places), "journeys": sorted(self.journeys)}
        if self.untold is not None:
            told["untold"] = sorted(self.untold)
        return told


class Reaches:
    """The reach of each sender, asked once."""

    def __init__(self, connection: Connection, scans: Iterable[Scan], found: Loaded) -> None:
        self._connection = connection
        self._known: dict[str, Sender] = {}
        self._seen: dict[tuple[str, bool], References] = {}
        scans = list(scans)
        self._mine: dict[tuple[str, bool], frozenset[str]] = {}
        # One for each scan, so that the question does not tell how many of them name a box.
        named = (found.by_code.get(scan.code) for scan in scans)
        self._scanned = [one.code if isinstance(one, Box) else "" for one in named]
        self._boxes = sorted({scan.handling_unit for scan in scans if scan.handling_unit})
        self._acts = sorted({scan.act for scan in scans if scan.act and scan.step == ACCEPTING})

    def of(self, setting: Setting) -> Sender | None:
        """What the sender reaches; None for who reaches everything, and where a person decides."""
        by = setting.by
        if setting.approved_by is not None or not reach.is_bounded(by):
            return None
        if by.ref not in self._known:
            self._known[by.ref] = Sender(self._connection, by)
        return self._known[by.ref]

    def seen(self, refs: References, setting: Setting) -> References:
        """What of a chunk's references the sender may name: others are as what never was."""
        within = self.of(setting)
        if within is None:
            return refs
        is_late = setting.mode is not Mode.LIVE
        key = (setting.by.ref, is_late)
        if key not in self._seen:
            mine = refs.within(within.works_at, within.is_on)
            boxes, acts = self._boxes_of(setting.by, is_late=is_late), self._acts_of(setting.by)
            self._seen[key] = replace(
                mine,
                boxes={name: box for name, box in mine.boxes.items() if box.code in boxes},
                acts={name: act for name, act in mine.acts.items() if name in acts},
            )
        return self._seen[key]

    def blind(self, refs: References, setting: Setting) -> References:
        """The same for a scan whose code names nothing, or nothing in reach."""
        within = self.of(setting)
        return (
            refs if within is None else replace(self.seen(refs, setting), acts={}, found=Loaded())
        )

    def _boxes_of(self, by: Actor, *, is_late: bool) -> frozenset[str]:
        """Codes of the boxes that scans may name as what something is put into."""
        if not self._boxes:
            return frozenset()
        mine = self._of_box(by, is_late=is_late)
        named = Label.code.in_(self._boxes)
        found = select(HandlingUnit.code).join(Label, Label.handling_unit == HandlingUnit.code)
        return frozenset(self._connection.scalars(found.where(named, mine)))

    def _of_box(self, by: Actor, *, is_late: bool) -> reach.Condition:
        """Whether a box is in reach now; what was scanned long ago may be of one that was."""
        mine = reach.of(HandlingUnit, by)
        return or_(mine, reach.box_was_here(by)) if is_late else mine

    def _acts_of(self, by: Actor) -> frozenset[str]:
        """Names of the acts in reach that scans hand over under."""
        if not self._acts:
            return frozenset()
        uids = [name for name in self._acts if is_uid(name)]
        named = or_(HandoverAct.number.in_(self._acts), HandoverAct.uid.in_(uids))
        asked = select(HandoverAct.number, HandoverAct.uid).where(named, reach.of(HandoverAct, by))
        return frozenset(name for row in self._connection.execute(asked) for name in row if name)

    def holds(
        self,
        scan: Scan,
        key: Key | None,
        target: Unit | Box | None,
        setting: Setting,
        inside: Iterable[Unit],
        rows: list[Row],
    ) -> bool:
        """Whether a scan is of what its sender reached then; `key` None: this is now.

        `target` None: the code names nothing, and the same is asked. Of a box it is what lies in
        it, `inside`, that is reached.
        """
        within = self.of(setting)
        if within is None:
            return target is not None
        unit = target if isinstance(target, Unit) else None
        near = [unit.state] if unit is not None and not _is_past(unit, key) else []
        near += [one.state for one in inside]
        if any(state.location in setting.by.locations for state in near):
            return True
        within.ask()
        if any(reached(state, within, None, None) for state in near):
            return True
        if unit is None:
            self._ask_of_nothing(scan, key)
        by_unit = unit is not None and self._was_reached(unit, key, within, setting.by, rows)
        by_box = self._box_is_reached(target, setting.by, is_late=key is not None)
        return self._is_on_act(scan, target, within) or by_unit or by_box

    def _was_reached(
        self, unit: Unit, key: Key | None, within: Sender, by: Actor, rows: list[Row]
    ) -> bool:
        if key is None and not unit.refold:
            hand = self._maker(unit.state.last[2] if unit.state.last else NO_EVENT, unit.new)
            return reached(unit.state, within, by.ref, hand)
        state, hand = refolding.before(self._connection, unit, key, rows)
        return reached(state, within, by.ref, hand)

    def _ask_of_nothing(self, scan: Scan, key: Key | None) -> None:
        """What `_was_reached` asks, for a code that names no unit."""
        if key is None:
            self._maker(NO_EVENT, ())
        else:
            stories.load_nothing(self._connection, scan.code)

    def _maker(self, event: str, new: Iterable[Occurrence]) -> str | None:
        mine = next((one.by for one in new if one.id == event), None)
        return mine or self._connection.scalar(select(Event.by).where(Event.id == event))

    def _box_is_reached(self, target: Unit | Box | None, by: Actor, *, is_late: bool) -> bool:
        """Whether a box is in reach; asked once for all scans, whatever they name."""
        key = (by.ref, is_late)
        if key not in self._mine:
            asked = select(HandlingUnit.code).where(
                HandlingUnit.code.in_(self._scanned), self._of_box(by, is_late=is_late)
            )
            self._mine[key] = frozenset(self._connection.scalars(asked))
        return isinstance(target, Box) and target.code in self._mine[key]

    def _is_on_act(self, scan: Scan, target: Unit | Box | None, within: Sender) -> bool:
        """Whether an act for one of the sender's sites lists what is handed over."""
        if scan.step != ACCEPTING or not within.places:
            return False
        item = target.item if isinstance(target, Unit) else NO_ITEM
        box = target.code if isinstance(target, Box) else ""
        there = select(HandlingUnit.code).where(
            or_(HandlingUnit.code == box, HandlingUnit.parent == box)
        )
        packed = select(Item.id).where(Item.handling_unit.in_(there))
        listed = exists(
            select(ActLine.act)
            .join(HandoverAct, HandoverAct.id == ActLine.act)
            .where(
                or_(ActLine.item == item, ActLine.item.in_(packed)),
                HandoverAct.site.in_(within.places),
            )
        )
        return bool(self._connection.scalar(select(listed)))

    def is_before(self, scan: Scan, setting: Setting, refs: References) -> Sender | None:
        """The reach of who receives or counts, at their own place and standing before it, what is
        out of their reach: it counts all the same.

        By its label: a maker's number names nothing out of reach, or it could be guessed.
        """
        within, step, place = self.of(setting), STEPS.get(scan.step), refs.place(scan)
        if within is None or within.untold is None or step is None or place is None:
            return None
        comes = step.journey is Journey.ARRIVES or step.observes
        is_here = comes and scan.sighted is not False and is_canonical(scan.code)
        return within if is_here else None

    def second(self, scan: Scan, unit: Unit, refs: References, setting: Setting) -> str | None:
        """The subject that a second identifier names, as far as the sender reaches that."""
        told, within = checks.second(scan, unit, refs), self.of(setting)
        if within is None or told in (None, unit.subject):
            return told
        within.ask()
        named = refs.found.by_code.get(scan.second_identifier or "")
        near = [named] if isinstance(named, Unit) else refs.found.contents(named)
        here = any(reached(one.state, within, None, None) for one in near)
        return told if here else NOTHING

    def may_label(self, unit: Unit, setting: Setting) -> bool:
        """Whether the sender may give a unit another label: it is there, or may just be coming."""
        within = self.of(setting)
        if within is None or within.works_at(unit.state.location):
            return True
        if unit.state.consignment in within.coming:
            return unit.state.location is None
        return within.untold is not None and may_come_anywhere(unit.state, within.untold)


def _is_past(unit: Unit, key: Key | None) -> bool:
    """Whether a scan at `key` is older than what is known of a unit."""
    last = unit.state.last
    return unit.refold or (key is not None and last is not None and key < last)
