"""Some scans, one transaction: judged, folded and written together, whoever sent them.

A chunk loads every unit its scans name in one query, takes the scans in their order, refolds the
units whose past changed (one query for all of them), and writes one bulk insert and one bulk
update. `ledger.record` is its only caller.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy.engine import Connection

from labels.codes import is_canonical
from tracker.clock import day_in_kyiv
from tracker.domain import custody, lifecycle
from tracker.domain.bodies import Body, occurrence
from tracker.domain.custody import Verdict
from tracker.domain.discrepancies import Detail
from tracker.domain.occurrences import Occurrence
from tracker.domain.permissions import Actor
from tracker.domain.scans import Flag, Mode, Outcome, Receipt, Result, Scan
from tracker.errors import DoesNotFit, NotAllowed, Refusal
from tracker.ledger import (
    arrivals,
    binding,
    checks,
    clocks,
    discrepancies,
    loading,
    named_acts,
    outcomes,
    questions,
    stories,
    tallies,
)
from tracker.ledger.events import Row, Setting, bind, body_of, row_of, salt_for, seal
from tracker.ledger.loading import Box, Unit
from tracker.ledger.questions import Judged
from tracker.ledger.reaches import Reaches, Sender
from tracker.ledger.refolding import judge, refold, stand
from tracker.ledger.signatures import statement_of
from tracker.ledger.writing import write_story
from tracker.queries import nesting
from tracker.queries import stories as queries
from tracker.queries.reach import is_bounded

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
        self.opened: list[discrepancies.Row] = []
        self.details: dict[tuple[str, str], Detail] = {}
        self.pending = outcomes.Pending()
        self.replaced: dict[str, list[str]] = {}
        self.unreached: set[str] = set()
        ids = [scan.id for scan in scans]
        self.kept = stories.kept_before(connection, ids)
        self.when = clocks.times(connection, sent, self.kept)
        codes = {scan.code for scan in scans}
        codes.update(scan.second_identifier for scan in scans if scan.second_identifier)
        bounded = [setting.by.locations for _, setting in sent if is_bounded(setting.by)]
        at = frozenset.intersection(*bounded) if bounded else None
        self.found = loading.load(connection, codes, at=at)
        # Only a queued scan can come after the word that it was wrong; asked when its unit is
        # held, because that word may just be coming.
        late = [scan.id for scan, setting in sent if setting.mode is not Mode.LIVE]
        self.declared = stories.declared(connection, late) if late else set()
        self.named = checks.References.load(connection, scans, self.found)
        self.refs, self.reaches = self.named, Reaches(connection, scans, self.found)
        named = () if self.found.alike else self.found.by_code.keys()
        self.chains = stories.code_chains(connection, codes.difference(named))
        self.makers = stories.makers(connection, [scan.declares for scan in scans if scan.declares])

    def record(self) -> list[Outcome]:
        """Take every scan and write what is kept; the outcomes in the order of the scans."""
        answers: dict[int, Outcome] = {}
        order = sorted(
            range(len(self.sent)), key=lambda place: self.sent[place][0].step != "commissioning"
        )
        for place in order:
            scan, self.setting = self.sent[place]
            self.refs = self.reaches.seen(self.named, self.setting)
            answers[place] = self._take(scan)
        self._refold()
        self._write()
        self.pending.settle(self.found.units.values(), self.verdicts)
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
        if not checks.permitted(scan, self.by, self.makers):
            return Outcome(scan.id, Result.FORBIDDEN, problem=outcomes.told(NotAllowed()))
        if scan.step == "commissioning" and scan.code in self.found.blank:
            self._bind(scan)
        target, within = self.found.by_code.get(scan.code), None
        if not self._is_reached(scan, target):
            within = self.reaches.is_before(scan, self.setting, self.refs)
            if target is None or within is None:
                return self._take_unknown(scan, target)
        assert target is not None
        if isinstance(target, Box):
            return self._take_box(scan, target, within)
        return self._take_unit(scan, target, within)

    def _is_reached(self, scan: Scan, target: Unit | Box | None) -> bool:
        """Whether the sender reaches what the scan names, or takes back a scan of their own."""
        if target and scan.declares and self.makers.get(scan.declares) == self.by.ref:
            return True
        key = None if self.live else (self.when[scan.id].at, scan.device_seq or 0, scan.id)
        there = self.found.contents(target)
        return self.reaches.holds(scan, key, target, self.setting, there, self.rows)

    def _again(self, scan: Scan) -> Outcome:
        """The id is in the ledger: the first receipt again, or a conflict of contents."""
        kept = self.kept[scan.id]
        outcome = Outcome(scan.id, Result.DUPLICATE, receipt=kept.receipt)
        target = self.found.by_code.get(scan.code)
        there, setting = self.found.contents(target), self.setting
        is_reached = self.reaches.holds(scan, None, target, setting, there, self.rows)
        if isinstance(target, Unit) and is_reached:
            outcome.item = outcomes.brief(target, self.by)
        if not kept.says(scan):
            outcome.flags, outcome.discrepancy = (Flag.CONFLICT.value,), "conflict"
            found = (kept.subject, kept.item, "conflict", scan.id)
            row = discrepancies.opened(found, self.now, checks.content(scan))
            discrepancies.keep_once(self.connection, row)
        return outcome

    def _bind(self, scan: Scan) -> None:
        """A blank label and a maker's barcode, scanned together: the label is the item's now."""
        unit = self.found.by_code.get(scan.second_identifier or "")
        if isinstance(unit, Unit) and self.reaches.may_label(unit, self.setting):
            at = self.when[scan.id].at
            self.replaced[scan.id] = binding.bind(
                self.connection, self.found, self.rows, scan.code, unit, at
            )
            discrepancies.heal_unknown_codes(self.connection, [scan.code])

    def _take_unknown(self, scan: Scan, target: Unit | Box | None) -> Outcome:
        """A code that names nothing yet, or nothing to its sender: kept under the code, until a
        label is bound to it, or the story says that the unit was in reach."""
        label = scan.code if is_canonical(scan.code) else None
        subject = f"code:{label or scan.id}"  # a maker's number stands nowhere in the ledger
        within, refs = self.reaches.of(self.setting), self.reaches.blind(self.named, self.setting)
        flags = checks.flags(scan, self.setting, self.when[scan.id], refs)
        body = self._body(scan, subject, label, flags, checks.second(scan, None, refs), within)
        if within is not None and label is not None:
            self.unreached.add(label)
        if isinstance(target, Unit) and label is not None:
            target.wait(occurrence(body, self.when[scan.id].at))
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

    def _take_unit(self, scan: Scan, unit: Unit, within: Sender | None) -> Outcome:
        """A scan of a unit; `within` where it is before its sender and was not in their reach."""
        if self.live and unit.state.last:
            clocks.follow(self.when, scan, self.setting.now, unit.state.last[0])
        flags = checks.flags(scan, self.setting, self.when[scan.id], self.refs)
        second = self.reaches.second(scan, unit, self.refs, self.setting)
        code = scan.code if is_canonical(scan.code) else unit.code
        body = self._body(scan, unit.subject, code, flags, second, within)
        if self.replaced.get(scan.id):
            body["replaces"] = self.replaced[scan.id]
        event = occurrence(body, self.when[scan.id].at)
        if self.live and not scan.confirm:
            asked = questions.of_one(self._judged(unit, event), self.by, self.connection)
            asked = asked if within is None else iter([questions.of_a_stranger(event)])
            refusal = questions.still_open(asked, scan) or self._lacking(scan, [unit])
            if refusal is not None:
                return outcomes.refused(scan, unit if within is None else None, refusal, self.by)
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
        self.pending.add(outcome, unit, scan.id, again, self.by, within)
        return outcome

    def _take_box(self, scan: Scan, box: Box, within: Sender | None) -> Outcome:
        """A scanned box: one event on its own chain, and one for every item inside, `via` it."""
        if self.live:
            known = [unit.state.last for unit, _ in self.found.inside(box)]
            moments = (last[0] for last in known if last)
            clocks.follow(self.when, scan, self.setting.now, box.last_effective_at, *moments)
        flags = checks.flags(scan, self.setting, self.when[scan.id], self.refs)
        body = self._body(scan, box.subject, scan.code, flags, within=within)
        row, at = self._row(scan, body), self.when[scan.id].at
        if nesting.nests(scan.step, body.get("handling_unit")):
            return self._nest(scan, box, row, body)
        direct = self.live and scan.step != lifecycle.DECLARING_ERROR
        rows = [*self.rows, row]
        shares = stories.shares(self.connection, self.found, box, body, rows) if direct else []
        if direct and not scan.confirm:
            judged = [self._judged(unit, event) for unit, _, event in shares]
            asked = questions.of_box(box, judged, self.by, self.connection)
            if within is not None and shares:
                asked = iter([questions.of_a_stranger(shares[0][2])])
            units = (unit for unit, _, _ in shares)
            refusal = questions.still_open(asked, scan) or self._lacking(scan, units)
            if refusal is not None:
                return outcomes.refused(scan, None, refusal, self.by)
        told = [(unit, event) for unit, _, event in shares]
        again = outcomes.said_again(told) if direct else None
        self._append_to_box(box, row, at)
        if box.parent is not None or not direct:
            self._stand([box.code])
        for unit, mine, event in shares:
            self._append(unit, row_of(mine, at), event)
        if direct:
            self._stand([code for code, into in self.found.parents.items() if into == box.code])
        else:
            self._wake_members(box)
        outcome = Outcome(scan.id, Result.RECORDED, units=0)
        outcome.receipt = self._remember(scan, row, None)
        self.pending.add_box(outcome, scan.id, again)
        return outcome

    def _nest(self, scan: Scan, box: Box, row: Row, body: Body) -> Outcome:
        """A box put onto a pallet, or taken off it: an event of the box alone.

        What happened to the pallet since concerns the box's units, if the scan comes late.
        """
        parent, at = self.refs.box(scan), self.when[scan.id].at
        assert parent is not None
        if self.live and nesting.is_inside(parent.code, box.code, self.found.parents):
            return outcomes.refused(scan, None, DoesNotFit(allowed=[]), self.by)
        refusal = self._lacking(scan, ()) if self.live and not scan.confirm else None
        if refusal is not None:
            return outcomes.refused(scan, None, refusal, self.by)
        newest = box.last_effective_at is None or at > box.last_effective_at
        self._append_to_box(box, row, at)
        self._stand([box.code])
        if not newest or (parent.last_effective_at and parent.last_effective_at >= at):
            self._wake_members(box)
        outcome = Outcome(scan.id, Result.RECORDED)
        outcome.receipt = self._remember(scan, row, None)
        return outcome

    def _stand(self, codes: Collection[str]) -> None:
        """Say anew what these boxes stand in, by their own stories and those of what is above."""
        if codes:
            stand(self.connection, self.found, codes, self.rows, self.now)

    def _append_to_box(self, box: Box, row: Row, at: datetime) -> None:
        self.rows.append(row)
        box.seq, box.touched = box.seq + 1, True
        box.head = seal(row, box.head, box.seq, self.setting.now)
        if box.last_effective_at is None or at > box.last_effective_at:
            box.last_effective_at = at

    def _wake_members(self, box: Box) -> None:
        """A scan of a box from the past concerns whatever was in it then: the refold will tell."""
        ever = queries.ever_inside(self.connection, box.code, self.rows)
        self._stand(ever.boxes)
        loading.by_number(self.connection, self.found, ever.items - self.found.units.keys())
        for item in ever.items:
            self.found.units[item].refold = True

    def _lacking(self, scan: Scan, units: Iterable[Unit]) -> Refusal | None:
        return checks.lacking_live(scan, self.setting, units, self.refs) or questions.of_container(
            scan, self.refs, self.by, self.connection
        )

    def _judged(self, unit: Unit, event: Occurrence) -> Judged:
        """What the fold would make of an event, before anything is written."""
        newest = unit.state.last is None or event.key > unit.state.last
        if newest and not unit.refold and event.step != lifecycle.DECLARING_ERROR:
            return Judged(unit, event, *custody.apply(unit.state, event, unit.holder))
        folded = judge(self.connection, unit, event, self.rows)
        return Judged(unit, event, folded.state, folded.verdicts[event.id])

    def _body(
        self,
        scan: Scan,
        subject: str,
        code: str | None,
        flags: tuple[str, ...],
        second: str | None = None,
        within: Sender | None = None,
    ) -> Body:
        place, bound_for = self.refs.place(scan), self.refs.bound_for(scan)
        known, when = self.refs.known(scan), self.when[scan.id]
        said = (subject, code, flags, place, second, bound_for)
        return body_of(known, self.setting, when, *said, within.said() if within else None)

    def _row(self, scan: Scan, body: Body) -> Row:
        salt = salt_for(scan)
        if salt is not None:
            self.salts[scan.id] = salt
        bind(body, scan, salt, statement_of(scan) if scan.signature and self.by.key else None)
        return row_of(body, self.when[scan.id].at, scan.signature)

    def _append(self, unit: Unit, row: Row, event: Occurrence) -> None:
        """Put an event at the end of the unit's chain, and onto its state when it is the newest."""
        unit.seq += 1
        unit.head = seal(row, unit.head, unit.seq, self.setting.now)
        unit.new.append(event)
        self.rows.append(row)
        newest = unit.state.last is None or event.key > unit.state.last
        if unit.state.waits or not newest or event.step == lifecycle.DECLARING_ERROR:
            unit.refold = True
        if unit.refold:
            return
        cases = unit.state.cases
        unit.state, self.verdicts[event.id] = custody.apply(unit.state, event, unit.holder)
        if cases - unit.state.cases:
            unit.refold = True  # what was open closes

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
        wanted, told = {}, refold(self.connection, again, self.rows, self.now)
        discrepancies.follow_waiting(self.connection, told.values(), self.opened)
        for item, (story, folded) in told.items():
            self.verdicts.update(folded.verdicts)
            wanted[item] = folded.discrepancies
            checks.add_details(self.details, story, folded)
        discrepancies.align(self.connection, wanted, self.details, self.now)

    def _write(self) -> None:
        """One bulk insert of events, one bulk update of items; counts and discrepancies after."""
        if not self.rows:
            return
        moved = write_story(self.connection, self.rows, self.salts, self.found, self.unreached)
        for unit in moved:
            if not unit.refold:
                new = discrepancies.of_new(unit, self.verdicts, self.details, self.now)
                self.opened.extend(new)
        discrepancies.keep(self.connection, self.opened)
        named_acts.await_missing(self.connection, self.rows, self.named.acts, self.now)
        discrepancies.heal_short(self.connection, moved)
        arrivals.keep(self.connection, moved, self.verdicts, by=self.by.ref, now=self.now)
        changes: tallies.Changes = Counter()
        for unit in moved:
            tallies.count_change(changes, unit.pledge, unit.before, unit.state)
        tallies.keep(self.connection, changes, day_in_kyiv(self.now))
