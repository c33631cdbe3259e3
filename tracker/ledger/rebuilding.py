"""Folding every story anew: it changes nothing, unless the rules are newer than the stored states.

`rebuild` puts right what was changed past the ledger, `dry_run` only tells what it would put right,
and `apply_rules` does it once after the rules of the fold (`domain.rules`) have changed. Units are
read by the thousand, each part in a transaction of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime

from flask import current_app
from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from tracker.clock import day_in_kyiv
from tracker.db import db, is_sqlite, transaction
from tracker.domain.disclosure import SAID_ONLINE, known_until
from tracker.domain.discrepancies import Detail
from tracker.domain.rules import RULES, Change, Reasons, reasons
from tracker.errors import Refusal
from tracker.ledger import arrivals, checks, discrepancies, loading, tallies
from tracker.ledger.events import Row
from tracker.ledger.loading import Unit
from tracker.ledger.recounting import Recount
from tracker.ledger.refolding import refold
from tracker.ledger.writing import insert_events, write_states
from tracker.models import Event, FoldRules, HandlingUnit, Item
from tracker.queries import log
from tracker.queries.donors import Discretion, newest_discretions
from tracker.queries.nesting import Chains

Progress = Callable[[int], None]
PART = 1000
NAMED = 10
"""How many units are named under each kind; all are counted, and what fits no kind is all named."""
PASSES = 5
REVIEW = f"rules-{RULES}"
"""The review batch of the cases that this version of the rules opens in old stories."""


@dataclass(slots=True)
class Found:
    """What a rebuild changed, or would change.

    `units` were folded, and `shares` of what happened to their boxes were added that they lacked;
    of `arrivals` it was kept otherwise, or not at all, what became of them on their consignments.
    The states of `changed` differ: `kinds` counts why (one unit may have several reasons), `named`
    holds codes of each; `unnamed` has what fits no kind: a code, and for each member of the state
    what was stored and what is folded. `opened`, `healed` and `reopened` count discrepancies by
    kind, `boxes` names those that stand in another or none, `tallies` donors' counts that are
    corrected, as `pledge measure`; `items` and `cases` name what differs, where that was asked for.
    `deleted` names units and boxes that have a story and no row: nothing makes those anew.
    """

    units: int = 0
    shares: int = 0
    arrivals: int = 0
    changed: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    named: dict[str, list[str]] = field(default_factory=dict)
    unnamed: list[tuple[str, dict[str, tuple[object, object]]]] = field(default_factory=list)
    opened: Counter[str] = field(default_factory=Counter)
    healed: Counter[str] = field(default_factory=Counter)
    reopened: Counter[str] = field(default_factory=Counter)
    boxes: list[str] = field(default_factory=list)
    tallies: list[str] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    cases: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether anything differs."""
        cases = self.opened or self.healed or self.reopened
        kept = self.changed or self.shares or self.arrivals or self.boxes or self.tallies
        return bool(kept or cases or self.deleted)

    def differs(self, code: str, why: Reasons) -> None:
        """A unit's state is another."""
        self.changed += 1
        for kind in why.kinds:
            self.kinds[kind] += 1
            names = self.named.setdefault(kind, [])
            names += [code] if len(names) < NAMED else []
        if Change.UNNAMED in why.kinds:
            self.unnamed.append((code, why.unnamed))

    def settles(self, differ: discrepancies.Misaligned) -> None:
        """Discrepancies open, heal, open again."""
        self.opened.update(found[2] for found in differ.new)
        self.healed.update(one.kind for one in differ.gone)
        self.reopened.update(one.kind for one in differ.back)


@dataclass(frozen=True, slots=True)
class _Pass:
    """One reading of all stories. `review` is what opened cases say beside; `all_names` keeps the
    code of each unit that differs, which only who expects few may ask for."""

    now: datetime
    found: Found
    recount: Recount
    writes: bool = True
    review: discrepancies.Row | None = None
    all_names: bool = False

    def fold_all(self, progress: Progress | None) -> None:
        """Boxes first, then units; each part in its own transaction."""
        box: str | None = ""
        while box is not None:
            with self._part() as connection:
                box = self._fold_boxes(connection, box)
        last: int | None = 0
        while last is not None:
            with self._part() as connection:
                numbers = connection.scalars(_NEXT_ITEMS, {"last": last}).all()
                self._fold_units(connection, numbers)
            last = numbers[-1] if numbers else None
            if progress:
                progress(len(numbers))

    @contextmanager
    def _part(self) -> Iterator[Connection]:
        if self.writes:
            with transaction() as session:
                yield session.connection()
        else:
            with db.engine.connect() as connection:
                yield connection

    def _fold_units(self, connection: Connection, numbers: Sequence[int]) -> None:
        units = loading.by_number(connection, loading.Loaded(), numbers)
        shares: list[Row] = []
        stories = refold(connection, units, shares, self.now)
        wanted: dict[int, frozenset[tuple[str, str]]] = {}
        details: dict[tuple[str, str], Detail] = {}
        for unit in units:
            events, folded = stories[unit.item]
            wanted[unit.item] = folded.discrepancies
            checks.add_details(details, events, folded)
            why = reasons(unit.before, folded, events, unit.holder)
            if why is not None:
                self.found.differs(unit.code, why)
        differ = discrepancies.compare(connection, wanted)
        misled = arrivals.rebuild(connection, stories, writes=self.writes)
        self.found.units += len(units)
        self.found.shares += len(shares)
        self.found.arrivals += len(misled)
        self.found.settles(differ)
        if self.all_names:
            self.found.items += [u.code for u in units if u.state != u.before or u.item in misled]
            self.found.cases += [unit.code for unit in units if unit.subject in differ.subjects]
        if self.writes:
            self._write(connection, units, shares)
            discrepancies.put_right(connection, differ, details, self.now, self.review)
        self.recount.add(connection, units)

    def _write(self, connection: Connection, units: Sequence[Unit], shares: list[Row]) -> None:
        told = {row["subject"] for row in shares}
        if shares:
            insert_events(connection, shares)
        write_states(connection, [u for u in units if u.state != u.before or u.subject in told])

    def _fold_boxes(self, connection: Connection, last: str) -> str | None:
        """The next boxes that were ever said to stand in another; the last one's code."""
        rows = connection.execute(_NEXT_BOXES, {"last": last}).all()
        chains = Chains(connection)
        chains.load([row.code for row in rows])
        wanted = {}
        for row in rows:
            state = chains.standing(row.code).state
            wanted[f"unit:{row.code}"] = state.cases
            if state.handling_unit != row.parent:
                self.found.boxes.append(row.code)
                if self.writes:
                    said = {"box": row.code, "inside": state.handling_unit}
                    connection.execute(_STANDS_IN, said)
        differ = discrepancies.compare_boxes(connection, wanted)
        self.found.settles(differ)
        if self.all_names:
            self.found.cases += sorted(name.partition(":")[2] for name in differ.subjects)
        if self.writes:
            discrepancies.put_right(connection, differ, {}, self.now, self.review)
        return rows[-1].code if rows else None


_NEXT_ITEMS = select(Item.id).where(Item.id > bindparam("last")).order_by(Item.id).limit(PART)
_NEXT_BOXES = (
    select(HandlingUnit.code, HandlingUnit.parent)
    .where(
        HandlingUnit.code > bindparam("last"),
        select(Event.position)
        .where(Event.subject == "unit:" + HandlingUnit.code, Event.handling_unit.is_not(None))
        .exists(),
    )
    .order_by(HandlingUnit.code)
    .limit(PART)
)
_STANDS_IN = (
    update(HandlingUnit)
    .where(HandlingUnit.code == bindparam("box"))
    .values(parent=bindparam("inside"))
)


def rebuild(*, now: datetime, progress: Progress | None = None) -> dict[str, list[str]]:
    """Fold every story anew and put right what the stored copy says otherwise.

    Returns what differed: `items` (codes; the state, or what became of it on a consignment),
    `boxes` (codes), `discrepancies` (codes), `tallies` (`pledge measure`) and `deleted` (units and
    boxes that have a story and no row, which stays so). All must be empty: anything else was
    changed past the ledger. Donors' counts are corrected as of today.
    """
    today = day_in_kyiv(now)
    found, recount = Found(), Recount(today, today)
    _Pass(now, found, recount, all_names=True).fold_all(progress)
    with transaction() as session:
        _correct(session.connection(), recount, found)
    return {
        "items": found.items,
        "boxes": found.boxes,
        "discrepancies": found.cases,
        "tallies": found.tallies,
        "deleted": _deleted(),
    }


def dry_run(*, now: datetime, progress: Progress | None = None, all_names: bool = False) -> Found:
    """What `rebuild`, or `apply_rules` where that is due, would change. Changes nothing.

    `all_names` names every unit that differs, which only who expects few may ask for.
    """
    today = day_in_kyiv(now)
    found = Found()
    recount = Recount(_known_to_all(today) if rules_are_due() else today, today)
    _Pass(now, found, recount, writes=False, all_names=all_names).fold_all(progress)
    with db.engine.connect() as connection:
        _name(found, recount.corrections(connection))
    found.deleted = _deleted()
    return found


def _deleted() -> list[str]:
    return [f"{subject} ({label})" if label else subject for subject, label in log.orphans()]


def rules_are_due() -> bool:
    """Whether the stored states were folded by older rules than `domain.rules.RULES`."""
    return db.session.get(FoldRules, RULES) is None


def apply_rules(*, now: datetime, progress: Progress | None = None) -> Found | None:
    """Fold every story by the rules of this version, once; None where that was done before.

    What the new rules find in old stories opens as one review batch. Donors' counts change as of
    the newest day that all of them see, so that their pages, lists and exports agree at once; of
    each pledge that showed units on line only because a person said so it is kept how many.
    Interrupted, it goes on where it was. Raises Refusal where scans keep coming in meanwhile.
    """
    if not rules_are_due():
        return None
    today = day_in_kyiv(now)
    found = Found()
    for _ in range(PASSES):
        with transaction() as session:
            begun = _newest_event(session)
        recount, found.units = Recount(_known_to_all(today), today), 0
        review = discrepancies.for_review(REVIEW, now)
        _Pass(now, found, recount, review=review).fold_all(progress)
        with transaction() as session:
            if _newest_event(session) == begun:
                _keep_what_was_said(session.connection(), recount)
                _correct(session.connection(), recount, found)
                session.add(FoldRules(version=RULES, applied_at=now))
                return found
    raise Refusal("Scans kept coming in meanwhile. Stop the server, and run `tracker init` again.")


def _newest_event(session: Session) -> int:
    """The position of the newest event, when nobody else is writing one."""
    if not is_sqlite(session):
        session.execute(text("LOCK TABLE event IN SHARE MODE"))
    return int(session.scalar(select(func.max(Event.position))) or 0)


def _known_to_all(today: date) -> date:
    """The newest day that every donor's page shows."""
    delays = [one.delay_days for one in newest_discretions().values()]
    return known_until(today, max([_installation().delay_days, *delays]))


def _installation() -> Discretion:
    settings = current_app.config
    return Discretion(settings["DONOR_DELAY_DAYS"], settings["SMALL_CELL"])


def _keep_what_was_said(connection: Connection, recount: Recount) -> None:
    lost = recount.no_longer_online(connection, _installation())
    changes: tallies.Changes = Counter()
    for pledge, units in lost.items():
        changes[pledge, SAID_ONLINE] = units
    tallies.keep(connection, changes, recount.since)


def _correct(connection: Connection, recount: Recount, found: Found) -> None:
    corrections = recount.corrections(connection)
    for day, changes in corrections.items():
        tallies.keep(connection, changes, day)
    _name(found, corrections)


def _name(found: Found, corrections: dict[date, tallies.Changes]) -> None:
    wrong = {key for changes in corrections.values() for key in changes}
    found.tallies = sorted(" ".join(key) for key in wrong)
