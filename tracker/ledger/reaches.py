"""What the senders of a chunk reach, and whether a scan of theirs may be about what it names.

Who works or has tasks at some places only reaches the units that are there, or bound for there. A
scan of anything else is kept as one of a code that names nothing: with the places and journeys that
its maker had (`within`), so that the fold lets it in once the story says that the unit was there.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from sqlalchemy import exists, select
from sqlalchemy.engine import Connection

from tracker.domain.bodies import Reach
from tracker.domain.occurrences import Key, Occurrence
from tracker.domain.permissions import Actor
from tracker.domain.reaching import reached
from tracker.domain.scans import Scan
from tracker.ledger import refolding
from tracker.ledger.checks import References
from tracker.ledger.events import Row, Setting
from tracker.ledger.loading import Loaded, Unit
from tracker.ledger.named_acts import ACCEPTING
from tracker.models import ActLine, Event, HandoverAct
from tracker.queries import reach


class Sender:
    """What one sender reaches: their places, and the journeys that end there, asked when needed."""

    def __init__(self, connection: Connection, by: Actor) -> None:
        self._connection, self._by = connection, by
        self.places = by.locations

    @cached_property
    def journeys(self) -> frozenset[str]:
        """References of the consignments that are bound for the places."""
        return frozenset(self._connection.scalars(reach.open_journeys(self._by)))

    def said(self) -> Reach:
        """As the body of an event holds it."""
        return {"places": sorted(self.places), "journeys": sorted(self.journeys)}


class Reaches:
    """The reach of each sender, asked once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[str, Sender] = {}

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
        return refs if within is None else refs.within(within)

    def blind(self, refs: References, setting: Setting) -> References:
        """The same for a scan whose code names nothing, or nothing in reach."""
        within = self.of(setting)
        return refs if within is None else refs.within(within, found=Loaded())

    def holds(
        self, scan: Scan, key: Key | None, unit: Unit, setting: Setting, rows: list[Row]
    ) -> bool:
        """Whether a scan is of a unit that its sender reached then; `key` None: this is now."""
        within = self.of(setting)
        if within is None:
            return True
        last = unit.state.last
        if unit.refold or (key is not None and last is not None and key < last):
            state, hand = refolding.before(self._connection, unit, key, rows)
        else:
            state, hand = unit.state, None
            if not reached(state, within, None, None):
                hand = self._hand(unit)
        return reached(state, within, setting.by.ref, hand) or self._is_on_act(scan, unit, within)

    def any_of(self, scan: Scan, units: Iterable[Unit], setting: Setting) -> bool:
        """Whether the sender reaches any unit in a box that was scanned."""
        within = self.of(setting)
        return within is None or any(
            reached(unit.state, within, setting.by.ref, self._hand(unit))
            or self._is_on_act(scan, unit, within)
            for unit in units
        )

    def _hand(self, unit: Unit) -> str | None:
        return self._maker(unit.state.last[2], unit.new) if unit.state.last else None

    def _maker(self, event: str, new: Iterable[Occurrence]) -> str | None:
        mine = next((one.by for one in new if one.id == event), None)
        return mine or self._connection.scalar(select(Event.by).where(Event.id == event))

    def _is_on_act(self, scan: Scan, unit: Unit, within: Sender) -> bool:
        """Whether an act for one of the sender's sites lists what is handed over."""
        if scan.step != ACCEPTING or not within.places:
            return False
        listed = exists(
            select(ActLine.act)
            .join(HandoverAct, HandoverAct.id == ActLine.act)
            .where(ActLine.item == unit.item, HandoverAct.site.in_(within.places))
        )
        return bool(self._connection.scalar(select(listed)))
