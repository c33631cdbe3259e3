"""The goods-received note: what came of a consignment, as the ledger has it when it is issued."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select

from tracker.db import db
from tracker.domain.permissions import Actor
from tracker.domain.receiving import How
from tracker.models import HandlingUnit, Location, PackingLine
from tracker.papers import received_note
from tracker.papers.parts import Title
from tracker.papers.received_note import ReceivedNote
from tracker.papers.words import A_SITE, NO_PLACE, REASONS, SAID, UNASKED, UNOPENED, VERDICTS
from tracker.queries import consignments
from tracker.queries.standings import Standing, Unit
from tracker.services.papers.documents import Issued, issue
from tracker.services.papers.issuing import journey_of, lines_of, number_of, place_of, side_of
from tracker.services.receiving import keep_verdicts

Said = tuple[str, str]
"""The same in Ukrainian and in English."""
Counts = list[tuple[str, str, int]]


def issue_received_note(ref: str, *, by: Actor, now: datetime) -> Issued:
    """Issue the goods-received note of a consignment; before counting is over an interim one.

    It says what the ledger says at that moment: where verdicts have changed since receiving was
    concluded, they are kept with it.
    """
    journey_of(ref, by, now)

    def compose(title: Title) -> bytes:
        whole = journey_of(ref, by, now)
        if whole.row.state in ("received", "closed"):
            session = db.session()
            keep_verdicts(session, ref, whole.standing, by=by, now=now)
        return received_note.write(note_of(title, whole))

    number = number_of("received_note", ref)
    return issue("received_note", ref, compose, by=by, now=now, number=number)


def note_of(title: Title, whole: consignments.Whole) -> ReceivedNote:
    """What the note of a consignment says as it stands."""
    row, found = whole.row, whole.standing
    received, lacking = _sums(found)
    unasked = {item for one in found.questions for item in one.unseen}
    units = found.units.values()
    fine = {unit.item for unit in units if unit.verdict in ("good", "with_box")} - unasked
    closed = {item for item in fine if found.units[item].arrival.how is How.WITH_BOX}
    odd = {unit.item: _remark(unit, unasked) for unit in units if unit.item not in fine}
    boxes = _boxes(row.ref)
    return ReceivedNote(
        title=title,
        consignment=row.ref,
        consignor=side_of(row.consignor),
        consignee=side_of(row.consignee),
        place=place_of(row.destination),
        expected=found.sum.expected,
        counted=found.sum.counted,
        sums=received,
        lacking=sum(many for _, _, many in lacking),
        reasons=lacking,
        seals=[_seal(seal.number, seal.whole) for seal in whole.seals],
        odd=lines_of(odd, odd),
        good=lines_of(fine - closed, boxes=boxes),
        unopened=lines_of(closed, boxes=boxes),
        is_final=row.state in ("received", "closed"),
    )


def _sums(found: Standing) -> tuple[Counts, Counts]:
    """What was received and what was not, by verdict; a word without a scan is no receipt."""
    units = found.units.values()
    spoken = sum(unit.said is not None for unit in units)
    came = _counted(unit.verdict for unit in units if unit.arrival.came)
    rest = [unit.verdict for unit in units if not unit.arrival.came and unit.said is None]
    return came, [*_counted(rest), *([(*SAID, spoken)] if spoken else [])]


def _counted(words: Iterable[str]) -> Counts:
    many = Counter(words)
    return [(*VERDICTS[word], many[word]) for word in VERDICTS if many[word]]


def _remark(unit: Unit, unasked: set[int]) -> Said:
    """What is wrong with a unit, where it is and why; a person's note as it was written."""
    said = [VERDICTS[unit.verdict]]
    if unit.said is not None:
        said.append(SAID)
    elif unit.arrival.other is not None:
        said.append(
            (
                f"прийнято з відправленням {unit.arrival.other}",
                f"received with {unit.arrival.other}",
            )
        )
    elif unit.verdict in ("elsewhere", "not_sent"):
        said.append(_where(unit.place))
    elif unit.item in unasked:
        said.append(UNASKED)
    elif unit.arrival.how is How.WITH_BOX:
        said.append(UNOPENED)
    if unit.verdict == "over" and unit.arrival.condition != "good":
        said.append(VERDICTS["damaged"])
    reason = REASONS.get(unit.reason or "")
    if reason is not None and reason not in said:
        said.append(reason)
    note = [unit.said.note] if unit.said is not None and unit.said.note else []
    return "; ".join([uk for uk, _ in said] + note), "; ".join(en for _, en in said)


def _where(ref: str | None) -> Said:
    """A warehouse by its reference; of a site only that it is one."""
    place = db.session.get(Location, ref) if ref else None
    if place is None:
        return NO_PLACE
    return A_SITE if place.kind == "site" else (place_of(ref), place.ref)


def _boxes(ref: str) -> dict[int, str]:
    """{item: the name of the box it is in by the packing list}."""
    rows = db.session.execute(
        select(PackingLine.item, HandlingUnit.name)
        .join(HandlingUnit, HandlingUnit.code == PackingLine.handling_unit)
        .where(PackingLine.consignment == ref)
    )
    return {row.item: row.name or "" for row in rows}


def _seal(number: str, whole: bool | None) -> str:
    if whole is None:
        return number
    return f"{number}: {'ціла · whole' if whole else 'зірвана · broken'}"
