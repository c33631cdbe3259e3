"""Readings: numbers found on units later, above all the terminal id, which no kit has printed on.

A reading is kept with its date and never overwrites another. A casing whose number changes was
repaired, or something else: a person decides.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from tracker.db import transaction
from tracker.domain.accounts import AccountError, Terminal, read_account
from tracker.domain.discrepancies import Detail
from tracker.domain.identifiers import IdentifierError, lookup_key, mask, normalise
from tracker.domain.permissions import Action, Actor
from tracker.errors import Conflict, InvalidValue, NotAllowed, NotFound
from tracker.ledger.discrepancies import opened
from tracker.models import Discrepancy, Event, Identifier, Item, Label
from tracker.services.discrepancies import settle_within
from tracker.services.imports.items import search_text

MATCHED_BY = ("kit", "dish", "router", "serial")


@dataclass(slots=True)
class Account:
    """What came of a list: how many ids were set, known, differ, are not ours; and its faults."""

    set: int = 0
    known: int = 0
    differ: int = 0
    foreign: int = 0
    faults: list[tuple[int, str]] = field(default_factory=list)


def add_reading(
    item: int, scheme: str, text: str, *, by: Actor, now: datetime
) -> tuple[str, tuple[str, ...]]:
    """Keep a number that was read on a unit: (`set`, `known` or `differs`, what was repaired).

    Another number than the unit carries is kept as a reading, and a discrepancy opens. Raises
    NotAllowed, NotFound, InvalidValue (no such number), Conflict (another unit carries it).
    """
    _allow(by)
    try:
        reading = normalise(scheme, text)
    except IdentifierError as problem:
        raise InvalidValue("This is not a number of that kind: look at it again.") from problem
    with transaction() as session:
        if session.get(Item, item, with_for_update=True) is None:
            raise NotFound
        return _keep(session, item, scheme, reading.value, by, now), reading.notes


def adopt_reading(discrepancy: int, decision: str, *, by: Actor, now: datetime) -> None:
    """Settle a number that differs: the casing was repaired, and carries what was read last.

    The number before stays as a reading. Raises what settling does, and Conflict where another
    unit has come to carry the number, or where none was read.
    """
    with transaction() as session:
        row = settle_within(session, discrepancy, decision, by=by, now=now)
        scheme = json.loads(row.detail).get("scheme")
        read = session.scalar(
            select(Identifier)
            .where(
                Identifier.item == row.item,
                Identifier.scheme == scheme,
                Identifier.live.is_(False),
            )
            .order_by(Identifier.read_at.desc(), Identifier.id.desc())
            .limit(1)
        )
        if read is None:
            raise Conflict("Another unit carries this number. Look for it before you go on.")
        holder = select(Identifier.id).where(
            Identifier.scheme == scheme, Identifier.value == read.value, Identifier.live
        )
        if session.scalar(holder) is not None:
            raise Conflict("Another unit carries this number. Look for it before you go on.")
        session.execute(
            update(Identifier)
            .where(Identifier.item == row.item, Identifier.scheme == scheme)
            .values(live=False)
        )
        session.execute(update(Identifier).where(Identifier.id == read.id).values(live=True))
        assert row.item is not None
        _make_findable(session, row.item)


def take_account(text: str, *, by: Actor, now: datetime, dry_run: bool = False) -> Account:
    """Set the terminal ids that an account's status (JSON) or list (CSV) tells.

    A terminal is ours if one of its other numbers is on a unit. Raises NotAllowed, InvalidValue.
    """
    _allow(by)
    try:
        terminals = read_account(text)
    except AccountError as problem:
        raise InvalidValue(
            "This is neither a terminal’s status (JSON) nor an account’s list of terminals (CSV).",
            field="text",
        ) from problem
    told = Account()
    with transaction() as session:
        for terminal in terminals:
            _take(session, terminal, told, by, now)
        if dry_run:
            session.rollback()
    return told


def _take(session: Session, terminal: Terminal, told: Account, by: Actor, now: datetime) -> None:
    try:
        utid = normalise("utid", terminal.numbers.get("utid", "")).value
    except IdentifierError as problem:
        told.faults.append((terminal.line, str(problem)))
        return
    items = _carriers(session, terminal)
    if not items:
        told.foreign += 1
    elif len(items) > 1:
        told.faults.append((terminal.line, "its numbers are on different units"))
    else:
        try:
            outcome = _keep(session, items.pop(), "utid", utid, by, now)
        except Conflict:
            told.faults.append((terminal.line, "another unit carries this terminal id"))
            return
        setattr(
            told,
            {"differs": "differ"}.get(outcome, outcome),
            getattr(told, {"differs": "differ"}.get(outcome, outcome)) + 1,
        )


def _carriers(session: Session, terminal: Terminal) -> set[int]:
    values = [lookup_key(terminal.numbers[one]) for one in MATCHED_BY if one in terminal.numbers]
    return set(
        session.scalars(
            select(Identifier.item).where(Identifier.value.in_(values), Identifier.live)
        )
    )


def _keep(session: Session, item: int, scheme: str, value: str, by: Actor, now: datetime) -> str:
    holder = session.scalar(
        select(Identifier.item).where(
            Identifier.scheme == scheme, Identifier.value == value, Identifier.live
        )
    )
    if holder == item:
        return "known"
    if holder is not None:
        raise Conflict("Another unit carries this number. Look for it before you go on.")
    carried = session.scalar(
        select(Identifier.value).where(
            Identifier.item == item, Identifier.scheme == scheme, Identifier.live
        )
    )
    row: dict[str, Any] = {"item": item, "scheme": scheme, "value": value, "read_at": now}
    if carried is not None:
        newest = (
            select(Identifier.value)
            .where(Identifier.item == item, Identifier.scheme == scheme)
            .order_by(Identifier.read_at.desc(), Identifier.id.desc())
            .limit(1)
        )
        if session.scalar(newest) != value:  # said again, it is the same news
            session.execute(insert(Identifier).values(**row, live=False))
            _open(session, item, scheme, value, carried, by, now)
        return "differs"
    session.execute(insert(Identifier).values(**row, live=True))
    _make_findable(session, item)
    return "set"


def _open(
    session: Session, item: int, scheme: str, value: str, carried: str, by: Actor, now: datetime
) -> None:
    """A casing with another number than before: repaired, or something else."""
    events = select(Event.id).where(Event.subject == f"item:{item}").order_by(Event.seq.desc())
    event = session.scalar(events.limit(1))
    assert event is not None, "every unit was announced"
    known = select(Discrepancy.id).where(
        Discrepancy.subject == f"item:{item}",
        Discrepancy.kind == "suspected_diversion",
        Discrepancy.event == event,
    )
    if session.scalar(known) is None:
        told: Detail = {"scheme": scheme, "carried": mask(scheme, carried)}
        told["read"] = mask(scheme, value)
        found = (f"item:{item}", item, "suspected_diversion", event)
        row = {**opened(found, now, told), "raised_by": by.ref}
        session.execute(insert(Discrepancy).values(row))


def _make_findable(session: Session, item: int) -> None:
    codes = session.scalars(select(Label.code).where(Label.item == item)).all()
    own = session.scalar(select(Item.code).where(Item.id == item))
    values = session.scalars(
        select(Identifier.value).where(Identifier.item == item, Identifier.live)
    ).all()
    every = [str(own), *(code for code in codes if code != own)]
    session.execute(
        update(Item).where(Item.id == item).values(search_text=search_text(every, values))
    )


def _allow(by: Actor) -> None:
    if not by.may(Action.SCAN_STOCK):
        raise NotAllowed
