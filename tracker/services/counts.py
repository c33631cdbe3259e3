"""Stock counts: opened with what should be there, closed with what was; nothing moves by itself.

The sightings are the ledger's (`ledger.counts`): every scan that counts at the place is one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import Select, false, insert, literal, select, update
from sqlalchemy.orm import Session

from tracker.db import db, transaction
from tracker.domain.permissions import Action, Actor, Scope
from tracker.errors import BoxNotAnswered, Conflict, InvalidValue, NotAllowed, NotFound
from tracker.ledger import count_cases
from tracker.ledger.counts import may_be_of
from tracker.ledger.record import patiently
from tracker.ledger.stating import act_as
from tracker.models import CountDoor, CountExpected, Item, Location, Sighting, StockCount
from tracker.queries import counts as queries
from tracker.queries import reach, stories
from tracker.queries.counts import IN_STOCK, Split
from tracker.services.papers.numbering import next_number

PART = 1000


def open_count(location: str, *, by: Actor, now: datetime) -> str:
    """Begin to count a place at one of its doors: what should be at any of them is written down.

    Returns the count's number. Raises NotAllowed (somebody else's warehouse), InvalidValue,
    Conflict (it is being counted, be it from another door).
    """
    _allow(by, {location})
    return patiently(partial(_open, location, by, now))


def _open(location: str, by: Actor, now: datetime) -> str:
    with transaction() as session:
        act_as(session, by.ref)
        doors = _doors(session, location)
        if session.scalar(running_at(doors)) is not None:
            raise Conflict("This place is being counted already: join that count.")
        number = next_number(session, "count_sheet", now)
        session.add(StockCount(number=number, location=location, opened_by=by.ref, opened_at=now))
        session.flush()
        session.add_all(CountDoor(count=number, location=door) for door in doors)
        here = select(literal(number), Item.id, false()).where(
            Item.location.in_(doors), Item.status.in_(IN_STOCK)
        )
        session.execute(insert(CountExpected).from_select(["count", "item", "gone"], here))
    return number


def _doors(session: Session, location: str) -> Sequence[str]:
    """All locations that are one place with a location.

    The door and the whole are locked, in this order: one opens at a time, and nobody says meanwhile
    what counts as one place (`services.locations`).
    """
    place = session.get(Location, location, with_for_update=True)
    if place is None or place.kind == "site":
        raise InvalidValue("Choose a warehouse or hub.", field="location")
    if place.premises is not None:
        session.get(Location, place.premises, with_for_update=True)
    whole = place.premises or location
    query = select(Location.ref).where((Location.ref == whole) | (Location.premises == whole))
    return session.scalars(query.order_by(Location.ref)).all()


def close_count(
    number: str, *, by: Actor, now: datetime, inside: Mapping[str, bool] | None = None
) -> None:
    """End a count: what is missing or should not be here becomes a discrepancy for a person.

    `inside` answers, for each box that was scanned closed and of which units were seen one by one
    all the same, whether the others are in it. Nothing is moved. Raises NotAllowed, NotFound,
    Conflict (closed already) and BoxNotAnswered.
    """
    patiently(partial(_close, number, by, now, inside or {}))


def _close(number: str, by: Actor, now: datetime, inside: Mapping[str, bool]) -> None:
    with transaction() as session:
        act_as(session, by.ref)
        count = reach.one(session, StockCount, number, by, lock=True)
        if count is None:
            raise NotFound
        _allow(by, queries.doors_of(session.connection(), number))
        if count.closed_at is not None:
            raise Conflict("This count is closed already.")
        found = queries.split(count)
        if found.doubts:
            _keep_answers(session, number, found, inside)
            found = queries.split(count)
        _write_off_the_list(session, number, found)
        connection = session.connection()
        count_cases.found(connection, [*found.alone, *found.boxed])
        count_cases.missed(connection, number, found.missing, by.ref, now)
        odd = {item: found.first[item] for item in found.unexpected}
        count_cases.unexpected(connection, number, "over", odd, by.ref, now)
        damaged = _newly_damaged(session, found)
        count_cases.unexpected(connection, number, "damaged", damaged, by.ref, now)
        count.closed_by, count.closed_at = by.ref, now


def _keep_answers(session: Session, number: str, found: Split, inside: Mapping[str, bool]) -> None:
    """Write down whether units that nobody saw by themselves are in their open boxes."""
    asked = [doubt.box for doubt in found.doubts if doubt.box not in inside]
    if asked:
        raise BoxNotAnswered(boxes=asked)
    for doubt in found.doubts:
        session.execute(
            update(Sighting)
            .where(Sighting.count == number, Sighting.handling_unit == doubt.box)
            .where(Sighting.item.in_(doubt.rest))
            .values(inside=inside[doubt.box])
        )


def _write_off_the_list(session: Session, number: str, found: Split) -> None:
    """What left while the count was open was not missed by it."""
    for start in range(0, len(found.gone), PART):
        session.execute(
            update(CountExpected)
            .where(CountExpected.count == number)
            .where(CountExpected.item.in_(found.gone[start : start + PART]))
            .values(gone=True)
        )


def _newly_damaged(session: Session, found: Split) -> dict[int, str]:
    """{item: the scan} of units that were said to be damaged, and were not known to be."""
    said = {item: said.event for item, said in found.said.items() if said.condition}
    known = stories.known_before(session.connection(), said)
    return {item: event for item, event in said.items() if known[item].condition == "good"}


def _allow(by: Actor, doors: Collection[str]) -> None:
    """Who may count at one door of a place may count the place."""
    reach = by.scope(Action.SCAN_STOCK)
    if reach is None or (reach is not Scope.ALL and by.locations.isdisjoint(doors)):
        raise NotAllowed


def running_at(doors: Collection[str]) -> Select[str]:
    """The number of a count that is open at one of the doors."""
    return (
        select(StockCount.number)
        .join(CountDoor, CountDoor.count == StockCount.number)
        .where(CountDoor.location.in_(doors), StockCount.closed_at.is_(None))
        .limit(1)
    )


def running_count(location: str) -> str | None:
    """The number of the count that is open at a location, begun at whichever door of its place."""
    return db.session.scalar(running_at([location]))


def may_name(number: str, made_at: datetime) -> bool:
    """Whether a scan that was made at a moment may name a count: not one begun long after it."""
    opened_at = db.session.scalar(select(StockCount.opened_at).where(StockCount.number == number))
    return opened_at is not None and may_be_of(opened_at, made_at)


def was_open(location: str | None, at: datetime) -> bool:
    """Whether a location was being counted at a moment."""
    found = db.session.scalar(
        select(StockCount.number)
        .join(CountDoor, CountDoor.count == StockCount.number)
        .where(CountDoor.location == location, StockCount.opened_at <= at)
        .where(StockCount.closed_at.is_(None) | (StockCount.closed_at > at))
        .limit(1)
    )
    return found is not None
