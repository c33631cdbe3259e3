"""What a live scan is asked before it is kept: one question, answered by the person who looks.

A question is part of the refusal: `kind`, a `key` under which a client may remember the answer for
the rest of the same box or place, and what the sentence names. A place is named only to who may
see it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, bindparam, or_, select
from sqlalchemy.engine import Connection

from tracker.domain import lifecycle
from tracker.domain.custody import State, Verdict
from tracker.domain.occurrences import Occurrence
from tracker.domain.permissions import Action, Actor, Scope, scannable
from tracker.domain.receiving import How
from tracker.domain.scans import Question, Scan
from tracker.errors import DoesNotFit, PartlySeen, Refusal, StandsElsewhere, StillInABox
from tracker.ledger import checks
from tracker.ledger.checks import References
from tracker.ledger.events import Place
from tracker.ledger.loading import Box, Unit
from tracker.models import HandlingUnit, Item, Product
from tracker.queries.arrivals import arrivals_of

MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Judged:
    """One event of a live scan, and what the fold would make of it."""

    unit: Unit
    event: Occurrence
    after: State
    verdict: Verdict


def of_one(judged: Judged, by: Actor, connection: Connection) -> Iterator[Refusal]:
    """What there is to ask about one unit's event, what comes first first."""
    unit, verdict = judged.unit, judged.verdict
    if verdict.kind in ("gap", "misfit"):
        yield _does_not_fit(judged, by)
    left = judged.after.left
    if left is not None and left[1] == judged.event.id and verdict.concerns:
        yield _still_in_a_box(left[0], unit.state, by, connection)
    if verdict.known is not None:
        yield _elsewhere(judged.event, verdict.known, by)


def of_a_stranger(event: Occurrence) -> Refusal:
    """What is asked about what somebody has before them and the ledger has out of their reach: the
    same whatever it says of it."""
    return _elsewhere(event, None, None)


def of_box(
    box: Box, judged: Sequence[Judged], by: Actor, connection: Connection
) -> Iterator[Refusal]:
    """What there is to ask about the scan of a box: each thing once, for all units in it."""
    for one in judged:
        if one.verdict.kind in ("gap", "misfit"):
            yield _does_not_fit(one, by)
            break
    for one in judged:
        if one.verdict.known is not None:
            yield _elsewhere(one.event, one.verdict.known, by)
            break
    partly = _partly_seen(box, judged, connection)
    if partly:
        yield partly


def of_container(scan: Scan, refs: References, by: Actor, connection: Connection) -> Refusal | None:
    """What there is to ask about what something is packed into, and about a box that is packed:
    whether it is open, and whether it is here at all."""
    parent, target = refs.box(scan), refs.found.by_code.get(scan.code)
    step = lifecycle.STEPS.get(scan.step)
    if step is None or step.leaving is not lifecycle.Leaving.ENTERS or parent is None:
        return None
    boxes = [parent.code, *([target.code] if isinstance(target, Box) else [])]
    place = refs.place(scan)
    for code in boxes:
        named = connection.execute(_NAMED_BOX, {"box": code}).one()
        inside = connection.execute(_INSIDE, {"box": code}).all()
        key = f"box_closed:{code}"
        if code == parent.code and named.closed_at and key not in scan.answers:
            question = {"kind": "box_closed", "key": key, "box": code, "name": named.name or code}
            return StandsElsewhere(f"{named.name or code} is closed. Open it?", question=question)
        away = [row for row in inside if _is_away(row, place)]
        key = f"box_elsewhere:{code}"
        if away and key not in scan.answers:
            known = None if away[0].status == _UNDER_WAY else _shown(away[0].location, by)
            question = {"kind": "box_elsewhere", "key": key, "box": code}
            question |= {"name": named.name or code, **({"place": known} if known else {})}
            said = f"The ledger has {named.name or code} elsewhere. Is it here?"
            return StandsElsewhere(said, question=question)
    return None


_UNDER_WAY = "in_transit"
_BOX: BindParameter[str] = bindparam("box")
_NAMED_BOX = select(HandlingUnit.name, HandlingUnit.closed_at).where(HandlingUnit.code == _BOX)
_INSIDE = (
    select(Item.status, Item.location, Item.area)
    .outerjoin(HandlingUnit, HandlingUnit.code == Item.handling_unit)
    .where(or_(Item.handling_unit == _BOX, HandlingUnit.parent == _BOX))
    .distinct()
)


def _is_away(row: Any, place: Place | None) -> bool:
    """Whether what lies in a box is on its way, or at other premises than `place`."""
    if row.status == _UNDER_WAY:
        return True
    if place is None or row.location is None:
        return False
    known, here = row.area or row.location, place.area or place.ref
    return bool(row.location != place.ref and known != here)


def still_open(refusals: Iterable[Refusal], scan: Scan) -> Refusal | None:
    """The first of them whose question the scan brings no answer to.

    That a unit was taken out of its box is answered by an event of its own.
    """
    for refusal in refusals:
        question = refusal.extra.get("question")
        if not question or question["kind"] == "left_box" or question["key"] not in scan.answers:
            return refusal
    return None


def _does_not_fit(one: Judged, by: Actor) -> Refusal:
    may = scannable(by)
    fitting = [step for step in lifecycle.allowed(one.unit.state.status) if step in may]
    gap = list(one.verdict.missing)
    if not gap:
        return DoesNotFit(allowed=fitting, gap=gap)
    known = one.unit.state.location or ""
    key = f"gap:{','.join(gap)}:{known}"
    question = {"kind": "gap", "key": key, "steps": gap}
    return DoesNotFit(allowed=fitting, gap=gap, question=question)


_NAME = select(HandlingUnit.name).where(HandlingUnit.code == bindparam("box"))


def _still_in_a_box(box: str, state: State, by: Actor, connection: Connection) -> Refusal:
    name = connection.scalar(_NAME, {"box": box}) or box
    question: Question = {"kind": "left_box", "key": f"left_box:{box}", "box": box}
    question["name"] = name
    place = _shown(state.location, by)
    if place:
        question["place"] = place
    where = f", which is in {place}" if place else ""
    return StillInABox(f"It stood in {name}{where}. Taken out?", question=question)


def _elsewhere(event: Occurrence, known: str | None, by: Actor | None) -> Refusal:
    place = _shown(known, by) if by else None
    key = f"elsewhere:{place or ''}:{event.location or ''}"  # a yes serves for where it was given
    question: Question = {"kind": "elsewhere", "key": key}
    if place:
        question["place"] = place
        return StandsElsewhere(f"The ledger has it in {place}. Is it here?", question=question)
    return StandsElsewhere("The ledger has it elsewhere. Is it here?", question=question)


def _partly_seen(box: Box, judged: Sequence[Judged], connection: Connection) -> Refusal | None:
    """Of what arrives in a box, some was seen one by one before, and some not."""
    if not judged or judged[0].event.step not in lifecycle.ARRIVING_STEPS:
        return None
    unopened = _unopened(judged, connection)
    seen = [
        one
        for one in judged
        if one.unit.state.apart or (one.verdict.kind == "repeat" and one.unit.item not in unopened)
    ]
    unseen = [one.unit for one in judged if one not in seen]
    if not seen or not unseen:
        return None
    products = {unit.product for unit in unseen[:MOST_NAMED]}
    rows = connection.execute(_PRODUCTS, {"refs": list(products)})
    names = {row.ref: {"name_uk": row.name_uk, "name_en": row.name_en} for row in rows}
    question = {
        "kind": "partly_seen",
        "key": checks.partly_seen(box),
        "box": box.code,
        "seen": len(seen),
        "unseen": len(unseen),
        "units": [{"code": unit.code, **names[unit.product]} for unit in unseen[:MOST_NAMED]],
    }
    return PartlySeen(
        f"{len(seen)} of its {len(judged)} units were seen one by one, {len(unseen)} not. "
        "Are they inside, unopened?",
        question=question,
    )


def _unopened(judged: Sequence[Judged], connection: Connection) -> set[int]:
    """Those that are here already because their box was scanned, and that nobody looked at.

    Also by a scan of the same moment, which is written together with this one.
    """
    here = [one.unit.item for one in judged if one.verdict.kind == "repeat"]
    kept = arrivals_of(connection, here) if here else {}
    found = {
        item
        for item, on in kept.items()
        if any(arrival.how is How.WITH_BOX and not arrival.ended for arrival in on.values())
    }
    units = (one.unit for one in judged)
    return found | {unit.item for unit in units if any(event.via for event in unit.new)}


_PRODUCTS = select(Product.ref, Product.name_uk, Product.name_en).where(
    Product.ref.in_(bindparam("refs", expanding=True))
)


def _shown(place: str | None, by: Actor) -> str | None:
    """The place, if this reader may know that the unit is there."""
    if place is None:
        return None
    whole = by.scope(Action.READ_LOCATIONS) is Scope.ALL
    return place if whole or place in by.locations else None
