"""Some scans, one transaction: judged, folded and written together, whoever sent them.

A chunk loads every unit its scans name in one query, takes the scans in their order, refolds the
units whose past changed (one query for all of them), and writes one bulk insert and one bulk
update. `services.ledger` is its only caller.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from labels.codes import is_canonical
from tracker.clock import day_in_kyiv
from tracker.domain import custody, lifecycle
from tracker.domain.custody import Folded, Occurrence, Verdict
from tracker.domain.permissions import Actor, scannable
from tracker.domain.scans import Flag, Mode, Outcome, Receipt, Result, Scan
from tracker.errors import DoesNotFit, NeedMissing, NotAllowed, Refusal
from tracker.services import (
    binding,
    checks,
    discrepancies,
    nesting,
    outcomes,
    stories,
    tallies,
    units,
)
from tracker.services.events import (
    Row,
    Setting,
    bind,
    body_of,
    inside,
    moment,
    occurrence,
    row_of,
    salt_for,
    seal,
    stamp,
)
from tracker.services.signatures import statement_of
from tracker.services.units import Box, Unit
from tracker.services.writing import insert_events, write_boxes, write_openings, write_states

Sent = tuple[Scan, Setting]
"""A scan, and who sent it when and how."""


class Chunk:
    """The scans of one transaction, and what they touch.

    `setting` is that of the scan which is being taken; `now` the moment of the writing.
    """

    def __init__(self, connection: Connection, sent: Sequence[Sent]):
        self.connection, self.sent = connection, sent
        self.setting = sent[-1][1]
        self.now = max(setting.now for _, setting in sent)
        scans = [scan for scan, _ in sent]
        self.rows: list[Row] = []
        self.salts: dict[str, str] = {}
        self.verdicts: dict[str, Verdict] = {}
        self.opened: list[dict[str, Any]] = []
        self.details: dict[tuple[str, str], dict[str, Any]] = {}
        self.waiting: list[tuple[Outcome, Unit, str, bool | None]] = []
        self.boxed: list[tuple[Outcome, str, bool | None]] = []
        self.replaced: dict[str, list[str]] = {}
        ids = [scan.id for scan in scans]
        self.kept = stories.kept_before(connection, ids)
        # Only a queued scan can come after the word that it was wrong.
        late = [scan.id for scan, setting in sent if setting.mode is not Mode.LIVE]
        self.declared = stories.declared(connection, late) if late else set()
        codes = {scan.code for scan in scans}
        codes.update(scan.second_identifier for scan in scans if scan.second_identifier)
        self.found = units.load(connection, codes)
        self.refs = checks.References.load(connection, scans, self.found)
        self.chains = stories.code_chains(connection, codes - self.found.by_code.keys())
        self.makers = stories.makers(connection, [scan.declares for scan in scans if scan.declares])

    def record(self) -> list[Outcome]:
        """Take every scan and write what is kept; the outcomes in the order of the scans."""
        answers: dict[int, Outcome] = {}
        order = sorted(
            range(len(self.sent)), key=lambda place: self.sent[place][0].step != "commissioning"
        )
        for place in order:
            scan, self.setting = self.sent[place]
            answers[place] = self._take(scan)
        self._refold()
        self._write()
        for outcome, unit, event, again in self.waiting:
            outcome.item = unit.brief()
            outcomes.answer(outcome, self.verdicts[event], again)
        for told, event, again in self.boxed:
            outcomes.answer_for_box(told, event, self.found.units.values(), self.verdicts, again)
        return [answers[place] for place in range(len(self.sent))]

    @property
    def by(self) -> Actor:
        """Who sent the scan that is being taken."""
        return self.setting.by

    @property
    def live(self) -> bool:
        """Whether somebody looks at the answer to the scan that is being taken."""
        return self.setting.mode is Mode.LIVE

    def _take(self, scan: Scan) -> Outcome:
        """One scan: identity first, then permission, then what it names."""
        if scan.id in self.kept:
            return self._again(scan)
        if not checks.permitted(scan, self.by, self.refs, self.makers):
            return Outcome(scan.id, Result.FORBIDDEN, problem=outcomes.told(NotAllowed()))
        if scan.step == "commissioning" and scan.code in self.found.blank:
            self._bind(scan)
        target = self.found.by_code.get(scan.code)
        if target is None:
            return self._take_unknown(scan)
        if isinstance(target, Box):
            return self._take_box(scan, target)
        return self._take_unit(scan, target)

    def _again(self, scan: Scan) -> Outcome:
        """The id is in the ledger: the first receipt again, or a conflict of contents."""
        kept = self.kept[scan.id]
        outcome = Outcome(scan.id, Result.DUPLICATE, receipt=kept.receipt)
        target = self.found.by_code.get(scan.code)
        if isinstance(target, Unit):
            outcome.item = target.brief()
        if not kept.says(scan):
            outcome.flags, outcome.discrepancy = (Flag.CONFLICT.value,), "conflict"
            found = (kept.subject, kept.item, "conflict", scan.id)
            row = discrepancies.opened(found, self.now, checks.content(scan))
            discrepancies.keep_once(self.connection, row)
        return outcome

    def _bind(self, scan: Scan) -> None:
        """A blank label and a maker's barcode, scanned together: the label is the item's now."""
        unit = self.found.by_code.get(scan.second_identifier or "")
        if isinstance(unit, Unit):
            at = self.setting.effective_at(scan)
            self.replaced[scan.id] = binding.bind(
                self.connection, self.found, self.rows, scan.code, unit, at
            )
            discrepancies.heal_unknown_codes(self.connection, [scan.code])

    def _take_unknown(self, scan: Scan) -> Outcome:
        """A code that names nothing yet: kept under the code, until a label is bound to it."""
        label = scan.code if is_canonical(scan.code) else None
        subject = f"code:{label or scan.id}"  # a maker's number stands nowhere in the ledger
        flags = checks.flags(scan, self.setting, self.refs)
        second = checks.second(scan, None, self.refs)
        place = self.refs.place(scan)
        body = body_of(self.refs.known(scan), self.setting, subject, label, flags, place, second)
        seq, head = self.chains.get(subject, (0, None))
        row = self._row(scan, body)
        self.rows.append(row)
        self.chains[subject] = (seq + 1, seal(row, head, seq + 1, self.setting.now))
        self.verdicts[scan.id] = Verdict(scan.id, "unknown", flags=flags)
        found = (subject, None, "unknown_code", scan.id)
        self.opened.append(
            discrepancies.opened(
                found,
                self.now,
                {"code": scan.code, "consignment": self.refs.known(scan).consignment},
            )
        )
        outcome = Outcome(scan.id, Result.UNKNOWN_CODE, flags=flags, discrepancy="unknown_code")
        outcome.receipt = self._remember(scan, row, None)
        return outcome

    def _take_unit(self, scan: Scan, unit: Unit) -> Outcome:
        flags = checks.flags(scan, self.setting, self.refs)
        second = checks.second(scan, unit, self.refs)
        code = scan.code if is_canonical(scan.code) else unit.code
        place = self.refs.place(scan)
        body = body_of(
            self.refs.known(scan), self.setting, unit.subject, code, flags, place, second
        )
        if self.replaced.get(scan.id):
            body["replaces"] = self.replaced[scan.id]
        event = occurrence(body, self.setting.effective_at(scan))
        if self.live and not scan.confirm:
            refusal = self._objection(scan, [(unit, event)])
            if refusal is not None:
                return outcomes.refused(scan, unit, refusal)
        if second not in (None, unit.subject):
            self.details["wrong_serial", scan.id] = {
                "second_identifier": scan.second_identifier,
                "consignment": event.consignment,
            }
        row = self._row(scan, body)
        again = outcomes.said_again([(unit, event)]) if self.live else None
        unit.refold = unit.refold or scan.id in self.declared
        self._append(unit, row, event)
        box = self.refs.box(scan)
        if box and box.seq:  # something has happened to the box, perhaps after this
            unit.refold = True
        outcome = Outcome(scan.id, Result.RECORDED)
        outcome.receipt = self._remember(scan, row, unit.item)
        self.waiting.append((outcome, unit, scan.id, again))
        return outcome

    def _take_box(self, scan: Scan, box: Box) -> Outcome:
        """A scanned box: one event on its own chain, and one for every item inside, `via` it."""
        flags = checks.flags(scan, self.setting, self.refs)
        place = self.refs.place(scan)
        body = body_of(self.refs.known(scan), self.setting, box.subject, scan.code, flags, place)
        row, at = self._row(scan, body), self.setting.effective_at(scan)
        if nesting.nests(scan.step, body.get("handling_unit")):
            return self._nest(scan, box, row, body)
        direct = self.live and scan.step != lifecycle.DECLARING_ERROR
        share = [
            (unit, inside(body, lies_in, unit.item, unit.code))
            for unit, lies_in in (self.found.inside(box) if direct else ())
        ]
        events = [(unit, occurrence(mine, at)) for unit, mine in share]
        if direct and not scan.confirm:
            refusal = self._objection(scan, events)
            if refusal is not None:
                return outcomes.refused(scan, None, refusal)
        again = outcomes.said_again(events) if direct else None
        self._append_to_box(box, row, at)
        if scan.step == lifecycle.DECLARING_ERROR:
            self._stand(box)
        for (unit, mine), (_, event) in zip(share, events, strict=True):
            self._append(unit, row_of(mine, at), event)
        if not direct:
            self._wake_members(box)
        outcome = Outcome(scan.id, Result.RECORDED, units=0)
        outcome.receipt = self._remember(scan, row, None)
        self.boxed.append((outcome, scan.id, again))
        return outcome

    def _nest(self, scan: Scan, box: Box, row: Row, body: dict[str, Any]) -> Outcome:
        """A box put onto a pallet, or taken off it: an event of the box alone.

        What happened to the pallet since concerns the box's units, if the scan comes late.
        """
        parent, at = self.refs.box(scan), self.setting.effective_at(scan)
        assert parent is not None
        if self.live and nesting.is_inside(parent.code, box.code, self.found.parents):
            return outcomes.refused(scan, None, DoesNotFit(allowed=[]))
        newest = box.last_effective_at is None or at > box.last_effective_at
        self._append_to_box(box, row, at)
        self._stand(box)
        if not newest or (parent.last_effective_at and parent.last_effective_at >= at):
            self._wake_members(box)
        outcome = Outcome(scan.id, Result.RECORDED)
        outcome.receipt = self._remember(scan, row, None)
        return outcome

    def _stand(self, box: Box) -> None:
        """Say anew what the box stands in, from the events of its chain."""
        there = nesting.stays(nesting.Chains(self.connection, self.rows).own(box.code))
        box.parent = there[-1].parent if there and there[-1].until is None else None
        self.found.place(box)

    def _append_to_box(self, box: Box, row: Row, at: datetime) -> None:
        self.rows.append(row)
        box.seq, box.touched = box.seq + 1, True
        box.head = seal(row, box.head, box.seq, self.setting.now)
        if box.last_effective_at is None or at > box.last_effective_at:
            box.last_effective_at = at

    def _wake_members(self, box: Box) -> None:
        """A scan of a box from the past concerns whatever was in it then: the refold will tell."""
        items = stories.ever_inside(self.connection, box.code, self.rows)
        units.by_number(self.connection, self.found, items - self.found.units.keys())
        for item in items:
            self.found.units[item].refold = True

    def _objection(self, scan: Scan, events: list[tuple[Unit, Occurrence]]) -> Refusal | None:
        """Why a live scan is not kept without a second word; None when it fits."""
        for unit, event in events:
            verdict = self._judge(unit, event)
            if verdict.kind in ("gap", "misfit"):
                may = scannable(self.by)
                fitting = [s for s in lifecycle.allowed(unit.state.status) if s in may]
                return DoesNotFit(allowed=fitting, gap=list(verdict.missing))
            missing = checks.missing_live(scan, self.setting, unit, self.refs)
            if missing:
                return NeedMissing(missing=missing)
        return None

    def _judge(self, unit: Unit, event: Occurrence) -> Verdict:
        newest = unit.state.last is None or event.key > unit.state.last
        if newest and not unit.refold and event.step != lifecycle.DECLARING_ERROR:
            return custody.apply(unit.state, event)[1]
        story = [*stories.load(self.connection, [unit.item])[unit.item], *unit.new, event]
        placed = nesting.placed(story, nesting.Chains(self.connection, self.rows))
        return custody.fold(placed, whose=unit.holder).verdicts[event.id]

    def _row(self, scan: Scan, body: dict[str, Any]) -> Row:
        salt = salt_for(scan)
        if salt is not None:
            self.salts[scan.id] = salt
        bind(body, scan, salt, statement_of(scan) if scan.signature and self.by.key else None)
        return row_of(body, self.setting.effective_at(scan), scan.signature)

    def _append(self, unit: Unit, row: Row, event: Occurrence) -> None:
        """Put an event at the end of the unit's chain, and onto its state when it is the newest."""
        unit.seq += 1
        unit.head = seal(row, unit.head, unit.seq, self.setting.now)
        unit.new.append(event)
        self.rows.append(row)
        newest = unit.state.last is None or event.key > unit.state.last
        if unit.refold or not newest or event.step == lifecycle.DECLARING_ERROR:
            unit.refold = True
            return
        unit.state, self.verdicts[event.id] = custody.apply(unit.state, event, unit.holder)

    def _remember(self, scan: Scan, row: Row, item: int | None) -> Receipt:
        """The receipt; and the id, so that the same scan later in this chunk is a duplicate."""
        receipt = Receipt(row["hash"].hex(), row["seq"], row["recorded_at"])
        digest, salt = row["scan_digest"], self.salts.get(scan.id)
        self.kept[scan.id] = stories.Kept(digest, salt, row["subject"], item, receipt)
        return receipt

    def _refold(self) -> None:
        """Fold anew the whole story of every unit whose past changed, with its boxes' events."""
        again = [unit for unit in self.found.units.values() if unit.refold]
        if not again:
            return
        told = stories.load(self.connection, [unit.item for unit in again])
        chains = nesting.Chains(self.connection, self.rows)
        story = {unit.item: nesting.placed([*told[unit.item], *unit.new], chains) for unit in again}
        boxes = stories.box_bodies(chains, story.values())
        wanted = {}
        for unit in again:
            folded = self._complete(unit, story[unit.item], boxes)
            unit.state = folded.state
            self.verdicts.update(folded.verdicts)
            wanted[unit.item] = folded.discrepancies
            checks.add_details(self.details, story[unit.item], folded)
        discrepancies.align(self.connection, wanted, self.details, self.now)

    def _complete(
        self, unit: Unit, story: list[Occurrence], boxes: dict[str, list[stories.Body]]
    ) -> Folded:
        """Fold a story with its shares of its boxes' events; those it was inside for are kept."""
        shares = {body["id"]: body for body in stories.missing_shares(unit, story, boxes)}
        if not shares:
            return custody.fold(story, whose=unit.holder)
        verdicts = custody.fold([*story, *map(occurrence, shares.values())]).verdicts
        mine = {
            name: body
            for name, body in shares.items()
            if "declares" not in body and verdicts[name].kind != "outside"
        }
        present = {event.id for event in story} | mine.keys()
        mine |= {name: body for name, body in shares.items() if body.get("declares") in present}
        for body in mine.values():
            body["recorded_at"] = stamp(self.now)  # the share is, not the box's event
            row = row_of(body, moment(body["effective_at"]))
            unit.seq += 1
            unit.head = seal(row, unit.head, unit.seq, self.now)
            self.rows.append(row)
        return custody.fold([*story, *map(occurrence, mine.values())], whose=unit.holder)

    def _write(self) -> None:
        """One bulk insert of events, one bulk update of items; counts and discrepancies after."""
        if not self.rows:
            return
        insert_events(self.connection, self.rows)
        write_openings(self.connection, self.salts)
        moved = [unit for unit in self.found.units.values() if unit.new or unit.refold]
        if moved:
            write_states(self.connection, moved)
        boxes = [box for box in self.found.boxes.values() if box.touched]
        if boxes:
            write_boxes(self.connection, boxes)
        for unit in moved:
            if not unit.refold:
                self._open_new(unit)
        discrepancies.keep(self.connection, self.opened)
        discrepancies.heal_short(self.connection, moved)
        changes: tallies.Changes = Counter()
        for unit in moved:
            tallies.count_change(changes, unit.pledge, unit.before, unit.state)
        tallies.keep(self.connection, changes, day_in_kyiv(self.now))

    def _open_new(self, unit: Unit) -> None:
        """Discrepancies of the events that were folded in one step."""
        for event in unit.new:
            verdict = self.verdicts[event.id]
            for kind in verdict.discrepancies if verdict.kind != "fits" or verdict.flags else ():
                found = (unit.subject, unit.item, kind, event.id)
                detail = self.details.get((kind, event.id)) or checks.detail(verdict, event)
                self.opened.append(discrepancies.opened(found, self.now, detail))
