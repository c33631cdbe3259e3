"""Stock counts: opened with what should be there, closed with what was; nothing moves by itself."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from tracker.db import db, transaction
from tracker.domain.permissions import Action, Actor, Scope
from tracker.domain.scans import Outcome, Scan
from tracker.errors import Conflict, InvalidValue, NotAllowed, NotFound
from tracker.models import (
    CountExpected,
    Discrepancy,
    Event,
    Item,
    Label,
    Location,
    Sighting,
    StockCount,
)
from tracker.services.discrepancies import opened
from tracker.services.numbering import next_number

IN_STOCK = ("in_stock", "packed")


def open_count(location: str, *, by: Actor, now: datetime) -> str:
    """Begin to count a location: what should be there now is written down. The count's number.

    Raises NotAllowed (somebody else's warehouse), InvalidValue, Conflict (it is being counted).
    """
    _allow(by, location)
    with transaction() as session:
        place = session.get(Location, location, with_for_update=True)  # one opens at a time
        if place is None or place.kind == "site":
            raise InvalidValue("Choose a warehouse or hub.", field="location")
        running = select(StockCount.number).where(
            StockCount.location == location, StockCount.closed_at.is_(None)
        )
        if session.scalar(running) is not None:
            raise Conflict("This place is being counted already: join that count.")
        number = next_number(session, "count_sheet", now)
        session.add(StockCount(number=number, location=location, opened_by=by.ref, opened_at=now))
        session.flush()
        items = session.scalars(
            select(Item.id).where(Item.location == location, Item.status.in_(IN_STOCK))
        ).all()
        if items:
            session.execute(
                insert(CountExpected), [{"count": number, "item": item} for item in items]
            )
    return number


def note_sighting(number: str, outcome: Outcome, scan: Scan, *, by: Actor, now: datetime) -> None:
    """A scan of the count was kept: what it saw. Noted again, it is the same sighting."""
    with transaction() as session:
        count = session.get(StockCount, number)
        if count is None or count.closed_at is not None:
            return
        for code, item, event in _seen(session, outcome, scan):
            known = select(Sighting.id).where(Sighting.count == number, Sighting.code == code)
            if session.scalar(known) is None:
                session.add(
                    Sighting(
                        count=number, code=code, item=item, event=event, seen_by=by.ref, seen_at=now
                    )
                )


def forget_sighting(number: str, event: str) -> None:
    """The scan was undone."""
    with transaction() as session:
        shares = select(Event.id).where(Event.via == event)
        session.execute(
            delete(Sighting).where(
                Sighting.count == number,
                (Sighting.event == event) | Sighting.event.in_(shares),
            )
        )


def close_count(number: str, *, by: Actor, now: datetime) -> None:
    """End a count: what is missing or should not be here becomes a discrepancy for a person.

    No unit changes its state. Raises NotAllowed, NotFound, Conflict (closed already).
    """
    with transaction() as session:
        count = session.get(StockCount, number, with_for_update=True)
        if count is None:
            raise NotFound
        _allow(by, count.location)
        if count.closed_at is not None:
            raise Conflict
        expected = set(
            session.scalars(select(CountExpected.item).where(CountExpected.count == number))
        )
        seen = {
            row.item: row.event
            for row in session.execute(
                select(Sighting.item, Sighting.event).where(
                    Sighting.count == number, Sighting.item.is_not(None)
                )
            )
        }
        missing = _still_here(session, expected - seen.keys(), count.location)
        rows = [
            opened((f"item:{item}", item, "short", event), now, {"count": number})
            for item, event in missing.items()
        ]
        rows += [
            opened((f"item:{item}", item, "over", seen[item]), now, {"count": number})
            for item in sorted(seen.keys() - expected)
        ]
        if rows:
            session.execute(insert(Discrepancy), [{**row, "raised_by": by.ref} for row in rows])
        if missing:
            session.execute(update(Item).where(Item.id.in_(list(missing))).values(sought=True))
        count.closed_by, count.closed_at = by.ref, now


def _still_here(session: Session, items: set[int], location: str) -> dict[int, str]:
    """Those of `items` that should still be at `location`, each with its newest event."""
    rows = session.execute(
        select(Item.id, Item.last_event, Event.id.label("first"))
        .join(Event, Event.subject == "item:" + Item.id.cast(Event.subject.type))
        .where(
            Item.id.in_(list(items)),
            Item.location == location,
            Item.status.in_(IN_STOCK),
            Event.seq == 1,
        )
    )
    return {row.id: row.last_event or row.first for row in rows}


def _seen(session: Session, outcome: Outcome, scan: Scan) -> list[tuple[str, int | None, str]]:
    """(code, item, event) of every unit that a scan saw: a box shows all that lies in it."""
    if outcome.item is not None:
        item = session.scalar(select(Item.id).where(Item.code == outcome.item["code"]))
        return [(outcome.item["code"], item, scan.id)]
    shares = session.execute(
        select(Event.id, Item.id.label("item"), Item.code)
        .join(Item, Event.subject == "item:" + Item.id.cast(Event.subject.type))
        .where(Event.via == scan.id)
    ).all()
    if shares or _is_box(session, scan.code):
        return [(row.code, row.item, row.id) for row in shares]
    return [(scan.code, None, scan.id)]


def _is_box(session: Session, code: str) -> bool:
    box = session.scalar(select(Label.handling_unit).where(Label.code == code))
    return box is not None


def _allow(by: Actor, location: str) -> None:
    reach = by.scope(Action.SCAN_STOCK)
    if reach is None or (reach is not Scope.ALL and location not in by.locations):
        raise NotAllowed


def running_count(location: str) -> str | None:
    """The number of the count that is open at a location."""
    return db.session.scalar(
        select(StockCount.number).where(
            StockCount.location == location, StockCount.closed_at.is_(None)
        )
    )
