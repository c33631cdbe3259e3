"""One scan at the bench: a card, a place, a box, a unit, a maker's barcode; and what it made.

The bench says what is being done and where; every scan after that is read here, recorded by the
ledger where it is of a unit or a box, and answered in words that a page can show at once. The
answer holds the bench's next setting, so that scans which waited in the page for the server are
read in their order.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import or_, select

from tracker.db import db
from tracker.domain import bench as words
from tracker.domain.bench import Bench
from tracker.domain.clocks import Exchange
from tracker.domain.keyboards import pressed
from tracker.domain.lifecycle import (
    ARRIVING_STEPS,
    SETTING_OUT_STEPS,
    STEPS,
    Leaving,
    Need,
)
from tracker.domain.permissions import Action, Actor
from tracker.domain.scans import Flag, Mode, Outcome, Result, Scan
from tracker.domain.sscc import read_sscc
from tracker.errors import Conflict, InvalidValue, LabelInUse
from tracker.ledger.record import record
from tracker.models import Event, HandlingUnit, Label, Location
from tracker.queries import counts as count_queries
from tracker.queries import reach
from tracker.queries.counts import Books
from tracker.queries.handling_units import box_by_sscc
from tracker.services import act_lists, counts, packing
from tracker.services.asking import is_open_box, record_answered, taken_out_beside
from tracker.services.codes import read_scanned

_BESIDE = UUID("6a1f0c1e-2f6b-4c57-8f0a-7f7d0c1a9b32")
"""The name space of what is taken back beside a scan."""


@dataclass(frozen=True, slots=True)
class Read:
    """One text that a scanner sent: made when, sent when, kept all the same if it does not fit.

    `first` is the label that was scanned before it, where it is sent once more; `answer` the key of
    a question that was answered with yes.
    """

    id: str
    text: str
    made_at: datetime
    sent_at: datetime
    confirm: bool = False
    first: str | None = None
    answer: str | None = None
    exchange: Exchange | None = None


@dataclass(slots=True)
class Answer:
    """What became of it. `sort` decides colour, shape and sound:

    `recorded`, `again` (said before), `gap` (kept, but something does not fit), `refused` (not
    kept; `allowed` says what would fit), `unknown` (kept under a code that names nothing yet),
    `setting` (the bench does something else now), `pair` (the maker's barcode is awaited), `undone`
    and `unreadable`. `word` says more, and `repaired` what was done to read it: names of messages
    for the page; `books` is where the ledger had a unit that a count did not expect.
    """

    sort: str
    bench: Bench
    word: str = ""
    code: str | None = None
    outcome: Outcome | None = None
    listed: act_lists.Listed | None = None
    box: dict[str, Any] | None = None
    undo: str | None = None
    repaired: str = ""
    books: Books | None = None
    extra: dict[str, Any] = field(default_factory=dict)


def take(read: Read, bench: Bench, *, by: Actor, now: datetime) -> Answer:
    """Read one scan and do what it says. Never raises for what a scanner may send."""
    said = words.card(read.text) or words.card(pressed(read.text))
    if said is not None:
        return _close(bench, by, now) if said == "close" else _card(said, bench)
    try:
        code, repaired = _code(read.text, by)
    except InvalidValue as problem:
        return Answer("unreadable", bench, word=str(problem.detail))
    answer = _take(code, read, bench, by, now)
    answer.repaired = repaired
    return answer


def _take(code: str, read: Read, bench: Bench, by: Actor, now: datetime) -> Answer:
    """What a code means at this bench."""
    place, box, blank = _named(code, by)
    if place is not None:
        there = _joined(replace(bench, location=place))
        return Answer("setting", there, word="location", code=place)
    if bench.doing is None:
        return Answer("refused", bench, word="nothing_doing", code=code)
    if bench.doing == "packing":
        if blank:
            return _new_box(code, bench, by, now)
        if box is not None and _becomes_container(box, bench):
            return _container(box, bench)
    if bench.doing == "handover":
        return _to_act(code, box, read, bench, by, now)
    if read.first is not None:
        bench = replace(bench, first=read.first)
    elif bench.first is not None and (box is not None or _is_label(code)):
        # The label in hand waits for its maker's barcode, and another label is none.
        sort, word = ("pair", "") if code == bench.first else ("refused", "barcode_first")
        return Answer(sort, bench, word=word, code=bench.first)
    elif bench.pair and box is None and _is_label(code):
        return Answer("pair", replace(bench, first=code), code=code)
    return _record(code, read, bench, by, now)


def _declare(id_: str, event: str, code: str, now: datetime) -> Scan:
    return Scan(id_, code, "declaring_error", now, declares=event, reason="did_not_occur")


def undo(event: str, code: str, read: Read, bench: Bench, *, by: Actor, now: datetime) -> Answer:
    """Declare one's own scan of the last minute an error: it did not happen.

    With it goes what the same yes recorded, and what only said it again; to have been seen twice is
    no mistake in a count, where each is taken back by itself.
    """
    query = select(Event.by, Event.recorded_at, Event.subject, Event.step, Event.position)
    row = db.session.execute(query.where(Event.id == event)).first()
    if row is None or row.by != by.ref or now - row.recorded_at > words.UNDO:
        return Answer("refused", bench, word="too_late_to_undo", code=code)
    again = select(Event.id).where(
        Event.subject == row.subject,
        Event.step == row.step,
        Event.by == by.ref,
        Event.position > row.position,
    )
    said_again = db.session.scalars(again).all() if row.step != "counting" else ()
    beside = [one for one in (*said_again, taken_out_beside(event)) if one]
    ids = {event: read.id} | {one: str(uuid5(_BESIDE, f"{read.id} {one}")) for one in beside}
    scans = [_declare(id_, wrong, code, now) for wrong, id_ in ids.items()]
    outcome, *_ = record(scans, sent_at=now, mode=Mode.LIVE, by=by, now=now)
    if outcome.result not in (Result.RECORDED, Result.DUPLICATE):
        return Answer("refused", bench, word="too_late_to_undo", code=code, outcome=outcome)
    return Answer("undone", bench, code=code, outcome=outcome)


def _card(said: str, bench: Bench) -> Answer:
    if said == "damaged":
        return Answer("setting", replace(bench, condition="damaged"), word="damaged")
    if said == "done":
        nothing = Bench(location=bench.location)
        return Answer("setting", nothing, word="done")
    if said in ("undo", "yes", "no"):
        return Answer("setting", bench, word=said)
    changed = Bench(doing=said, location=bench.location, pair=bench.pair, answers=bench.answers)
    if _is_of_a_consignment(said):
        changed = replace(changed, consignment=bench.consignment)
    return Answer("setting", _joined(changed), word="doing")


def _is_of_a_consignment(step: str) -> bool:
    """Whether a step may be done to what goes out, or comes, with the bench's consignment."""
    return step in SETTING_OUT_STEPS | ARRIVING_STEPS


def _joined(bench: Bench) -> Bench:
    """`bench`, if it counts, in the count that is open at its place."""
    if bench.doing != "counting":
        return bench
    running = counts.running_count(bench.location) if bench.location else None
    return replace(bench, count=running)


def _close(bench: Bench, by: Actor, now: datetime) -> Answer:
    """The box that is being packed is full."""
    if bench.box is None:
        return Answer("refused", bench, word="no_box")
    with suppress(Conflict):  # somebody has closed it already
        packing.close_unit(bench.box, by=by, now=now)
    return Answer("setting", replace(bench, box=None), word="closed", code=bench.box)


def _code(text: str, by: Actor) -> tuple[str, str]:
    """The code in what was scanned, a box's own by its SSCC; and what was repaired to read it."""
    number = read_sscc(text)
    if number is not None:
        box = box_by_sscc(number, by)
        if box is not None:
            return box, ""
    return read_scanned(text)


def _named(code: str, by: Actor) -> tuple[str | None, str | None, bool]:
    """(location, handling unit, whether the label is blank) of a label's code, of what is in
    reach."""
    places = select(Location.ref).where(reach.of(Location, by))
    boxes = select(HandlingUnit.code).where(reach.of(HandlingUnit, by))
    row = db.session.execute(
        select(Label.location, Label.handling_unit, Label.state).where(
            Label.code == code,
            or_(Label.location.is_(None), Label.location.in_(places)),
            or_(Label.handling_unit.is_(None), Label.handling_unit.in_(boxes)),
        )
    ).first()
    return (row.location, row.handling_unit, row.state == "blank") if row else (None, None, False)


def _is_label(code: str) -> bool:
    return db.session.scalar(select(Label.item).where(Label.code == code)) is not None


def _becomes_container(box: str, bench: Bench) -> bool:
    """Whether a box that is scanned while packing is packed into from now on.

    A box goes onto the pallet that is being packed; anything else is the next container.
    """
    if bench.box is None or bench.box == box:
        return True
    rows = db.session.execute(
        select(HandlingUnit.code, HandlingUnit.kind).where(HandlingUnit.code.in_([box, bench.box]))
    )
    kinds = {row.code: row.kind for row in rows}
    return not (kinds.get(bench.box) == "pallet" and kinds.get(box) == "box")


def _container(box: str, bench: Bench) -> Answer:
    closed = db.session.scalar(select(HandlingUnit.closed_at).where(HandlingUnit.code == box))
    if closed is not None:
        return Answer("refused", bench, word="box_closed", code=box, extra={"reopen": box})
    return Answer("setting", replace(bench, box=box), word="container", code=box)


def _new_box(code: str, bench: Bench, by: Actor, now: datetime) -> Answer:
    """A blank label on an empty box: packed into from now on."""
    try:
        packing.make_from_blank(code, "box", by=by, now=now)
    except LabelInUse:
        return Answer("refused", bench, word="label_in_use", code=code)
    return Answer("setting", replace(bench, box=code), word="new_box", code=code)


def _to_act(
    code: str, box: str | None, read: Read, bench: Bench, by: Actor, now: datetime
) -> Answer:
    """A unit of a handover act, or all of a box: listed now, handed over when the act is signed."""
    if bench.act is None:
        return Answer("refused", bench, word="no_act", code=code)
    first = read.first or bench.first
    if box is not None:
        if first is not None:
            return Answer("refused", bench, word="barcode_first", code=first)
        told = act_lists.add_box(bench.act, box, confirm=read.confirm, by=by, now=now)
    else:
        label, second = (first, code) if first else (code, None)
        told = act_lists.add_line(bench.act, label, second, confirm=read.confirm, by=by, now=now)
    waits = code if told.sort == "pair" else None
    if told.word == "product_barcode":  # the right barcode is awaited still
        waits = bench.first
    answer = Answer(told.sort, replace(bench, first=waits), word=told.word, code=told.code)
    answer.listed = told
    if told.gap and first is not None:
        answer.extra = {"text": read.text, "first": first}
    return answer


def _record(code: str, read: Read, bench: Bench, by: Actor, now: datetime) -> Answer:
    assert bench.doing is not None
    step = words.DOING[bench.doing]
    bench = _joined(bench)
    made_at = read.made_at + (now - read.sent_at)
    lacking = _lacking(bench, by)
    if lacking == "no_count" and counts.was_open(bench.location, made_at):
        lacking = ""  # it waited in the page while the count was closed, and is still one of it
    if lacking:
        begin = {"begin": bench.location} if lacking == "no_count" else {}
        return Answer("refused", bench, word=lacking, code=code, extra=begin)
    if step in SETTING_OUT_STEPS and is_open_box(code, by) and not read.confirm:
        return Answer("refused", bench, word="box_open", code=code, extra={"close": code})
    scan = Scan(
        read.id,
        bench.first or code,
        step,
        read.made_at,
        location=bench.location,
        consignment=bench.consignment if _is_of_a_consignment(step) else None,
        handling_unit=bench.box if Need.HANDLING_UNIT in STEPS[step].needs else None,
        second_identifier=code if bench.first and code != bench.first else None,
        report=_count_of(bench, made_at) if step == "counting" else None,
        condition=bench.condition,
        reason=bench.reason,
        evidence=(bench.photo,) if bench.photo else (),
        confirm=read.confirm,
    )
    if read.answer:
        kept = (*(one for one in bench.answers if one != read.answer), read.answer)
        bench = replace(bench, answers=kept[-words.MOST_ANSWERS :])
    mode = Mode.LIVE if read.sent_at - read.made_at < words.LIVE else Mode.QUEUED
    sent: dict[str, Any] = {"sent_at": read.sent_at, "exchange": read.exchange, "mode": mode}
    outcome = record_answered(scan, bench.answers, **sent, by=by, now=now)
    answer = Answer(_sort(outcome), bench, code=scan.code, outcome=outcome)
    if outcome.receipt is not None:
        answer.bench = replace(bench, condition=None, reason=None, photo=None, first=None)
        answer.undo = read.id if answer.sort != "again" else None
        if step == "counting":
            _stand(answer, read.id)
    elif bench.first is not None:  # not kept: the next label begins anew
        answer.bench = replace(bench, first=None)
        answer.extra = {"text": read.text, "first": bench.first}
    return answer


def _count_of(bench: Bench, made_at: datetime) -> str | None:
    """The count that is open, unless the scan waited in the page since long before it began."""
    return bench.count if bench.count and counts.may_name(bench.count, made_at) else None


def _stand(answer: Answer, event: str) -> None:
    """What a scan was to the count: green only for a unit that should be here and is new to it."""
    found = count_queries.standing(event)
    if found is None or answer.sort not in ("recorded", "gap"):
        return
    if found.kind == "again" and answer.sort == "recorded":
        answer.sort = "again"
    elif found.kind == "unexpected":
        answer.sort, answer.word = "gap", "expected_elsewhere"
        answer.books = found.books


def _lacking(bench: Bench, by: Actor) -> str:
    """What must be said before the first scan; empty if nothing."""
    if bench.location is None and bench.doing != "handover":
        return "no_location"
    if bench.doing == "counting" and bench.count is None:
        return "no_count"
    row = STEPS[words.DOING[bench.doing]] if bench.doing else None
    if row and row.leaving is Leaving.ENTERS and bench.box is None:
        return "no_box"
    if row and Need.CONSIGNMENT in row.needs and bench.consignment is None:
        return "no_consignment"
    if not by.may(Action.SCAN_STOCK):
        return "not_allowed"
    return ""


def _sort(outcome: Outcome) -> str:
    if outcome.result is Result.DUPLICATE:
        return "again"
    if outcome.result is Result.UNKNOWN_CODE:
        return "unknown"
    if outcome.result in (Result.REFUSED, Result.FORBIDDEN, Result.INVALID):
        return "refused"
    if Flag.BEFORE_COUNT in outcome.flags:
        return "gap"
    if Flag.REPEAT in outcome.flags:
        return "again"
    return "gap" if outcome.discrepancy or outcome.gap or not outcome.units else "recorded"
