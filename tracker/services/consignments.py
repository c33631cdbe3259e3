"""Consignments: made, loaded by scans, sent on their way, told about, closed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from tracker.clock import day_in_kyiv
from tracker.db import transaction
from tracker.domain.consignments import CONCLUDED, RULES, possible
from tracker.domain.permissions import Action, Actor
from tracker.domain.scans import Mode, Scan
from tracker.domain.texts import fitting
from tracker.errors import Conflict, DoesNotFit, InvalidValue, NotAllowed, NotFound
from tracker.ledger.arrivals import follow_anew
from tracker.ledger.events import Setting
from tracker.ledger.record import record_within
from tracker.ledger.stating import act_as
from tracker.models import (
    Consignment,
    Item,
    Leg,
    Location,
    PackingLine,
    Party,
    Passage,
    Pledge,
    Seal,
)
from tracker.queries import reach
from tracker.queries.handling_units import standing_on
from tracker.queries.standings import is_listed, planned, to_list
from tracker.services.papers.numbering import next_number
from tracker.services.passages import check_day, is_repeated, is_still_held

_CROSSING = UUID("0d1c7f5a-8a53-4d1b-9a3d-2b8e5b5a7c10")
"""The name space of the scans that a border passage makes of a consignment's units."""

DETAILS = (
    "pledge",
    "consignor",
    "consignee",
    "carrier",
    "origin",
    "destination",
    "waybill",
    "eta_on",
    "aid_code",
    "aid_declared_on",
    "aid_coded_on",
    "aid_reported_on",
)
_REFERENCES = {
    "pledge": Pledge,
    "consignor": Party,
    "consignee": Party,
    "carrier": Party,
    "origin": Location,
    "destination": Location,
}
FIXED_ON_THE_WAY = frozenset({"pledge", "consignor", "consignee", "origin"})


def make_consignment(said: dict[str, Any], *, by: Actor, now: datetime) -> str:
    """A new consignment in draft; its reference, made when `said` has no `ref`.

    `said` holds any of `DETAILS`. Raises NotAllowed, Conflict (the reference is taken) and
    InvalidValue (it names what does not exist).
    """
    if not by.may(Action.EDIT_CONSIGNMENTS):
        raise NotAllowed
    details = {name: value for name, value in said.items() if name in DETAILS and value}
    with transaction() as session:
        act_as(session, by.ref)
        _check(session, details)
        ref = said.get("ref") or next_number(session, "consignment", now)
        if session.get(Consignment, ref) is not None:
            raise Conflict("There is a consignment with this reference already.")
        session.add(Consignment(ref=ref, made_at=now, **details))
    return ref


def change_consignment(ref: str, said: dict[str, Any], *, by: Actor) -> None:
    """Change what is known of a consignment.

    Who sent what to whom stays as it was once it is on its way, and its two ends once its receiving
    is concluded: the verdicts were made by them. Raises NotAllowed, NotFound,
    Conflict and InvalidValue.
    """
    if not by.may(Action.EDIT_CONSIGNMENTS):
        raise NotAllowed
    with transaction() as session:
        act_as(session, by.ref)
        row = locked(session, ref, by)
        changes = {
            name: value or None
            for name, value in said.items()
            if name in DETAILS and (value or None) != getattr(row, name)
        }
        if row.state not in ("draft", "packed") and changes.keys() & FIXED_ON_THE_WAY:
            raise Conflict("The consignment is on its way: who sends what to whom stays as it is.")
        if row.state in CONCLUDED and changes.keys() & {"origin", "destination"}:
            raise Conflict("The receiving is concluded: from where to where stays as it is.")
        _check(session, {name: value for name, value in changes.items() if value})
        for name, value in changes.items():
            setattr(row, name, value)
        if changes.keys() & {"origin", "destination"}:
            session.flush()
            follow_anew(session.connection(), [ref])


def add_leg(ref: str, said: dict[str, Any], *, by: Actor) -> None:
    """Add a part of the way: `origin`, `destination`, `carrier`, `vehicle`, dates."""
    if not by.may(Action.EDIT_CONSIGNMENTS):
        raise NotAllowed
    with transaction() as session:
        act_as(session, by.ref)
        locked(session, ref, by)
        _check(session, {name: said.get(name) for name in ("origin", "destination", "carrier")})
        if not said.get("origin") or not said.get("destination"):
            raise InvalidValue("A leg leads from one place to another.", field="origin")
        session.add(Leg(consignment=ref, **said))


def put_seal(ref: str, number: str, *, by: Actor, now: datetime) -> None:
    """Keep the number of a seal that closes the consignment. Raises Conflict for one kept."""
    if not by.may(Action.SCAN_STOCK):
        raise NotAllowed
    number = fitting(number, 40, "number").upper()
    if not number:
        raise InvalidValue("A seal has a number.", field="number")
    with transaction() as session:
        act_as(session, by.ref)
        locked(session, ref, by)
        taken = select(Seal.id).where(Seal.consignment == ref, Seal.number == number)
        if session.scalar(taken) is not None:
            raise Conflict("This seal is kept already.")
        session.add(Seal(consignment=ref, number=number, closed_by=by.ref, closed_at=now))


def look_at_seal(ref: str, seal: int, *, whole: bool, by: Actor, now: datetime) -> None:
    """Say whether a seal of a consignment was found whole. Raises NotAllowed and NotFound."""
    if not by.may(Action.SCAN_STOCK):
        raise NotAllowed
    with transaction() as session:
        act_as(session, by.ref)
        locked(session, ref, by)
        row = session.get(Seal, seal)
        if row is None or row.consignment != ref:
            raise NotFound
        row.whole, row.looked_at_by, row.looked_at = whole, by.ref, now


def tell(
    ref: str,
    kind: str,
    *,
    by: Actor,
    now: datetime,
    location: str | None = None,
    note: str | None = None,
    happened_on: date | None = None,
) -> None:
    """Something happened to a consignment: it was packed, sent, stopped, released, it arrived.

    When it leaves, or arrives without our having seen it leave, the list of what it should bring
    is fixed. At a border its units get a scan each, in the same transaction. A release may be told
    later: `happened_on` is the day of its paper; the same one told twice is told once. Raises
    NotAllowed, NotFound, InvalidValue and DoesNotFit.
    `received` and `closed` are told by `services.receiving`.
    """
    if kind not in RULES or kind in ("received", "closed"):
        raise NotFound
    if not (by.may(Action.EDIT_CONSIGNMENTS) or by.may(Action.SCAN_STOCK)):
        raise NotAllowed
    with transaction() as session:
        act_as(session, by.ref)
        row = locked(session, ref, by)
        if location is not None and not _may_name(session, location, by):
            raise InvalidValue("There is no such place.", field="location")
        check_day(kind, happened_on, now)
        if kind not in possible(row.state, held=row.held):
            raise DoesNotFit(allowed=list(possible(row.state, held=row.held)))
        if kind == "dispatched" and not _loaded(session, ref):
            raise DoesNotFit("Nothing is loaded: scan boxes and units onto the consignment first.")
        if kind in ("dispatched", "arrived"):
            fix_packing_list(session, ref, loaded=kind == "dispatched")
        note = fitting(note, 500, "note") or None
        day = happened_on or day_in_kyiv(now)
        if kind == "release" and is_repeated(session, ref, day, location, note):
            return
        passed(session, row, kind, by, now, location, note, happened_on)
        if kind in ("border", "customs_in") and location is not None:
            _cross(session, ref, location, by, now)


def _may_name(session: Session, place: str, by: Actor) -> bool:
    """Whether there is such a place, and who tells of it may know: of border points all do."""
    row = session.get(Location, place)
    if row is None or row.kind == "border":
        return row is not None
    return reach.one(session, Location, place, by) is not None


def passed(
    session: Session,
    row: Consignment,
    kind: str,
    by: Actor,
    now: datetime,
    location: str | None = None,
    note: str | None = None,
    happened_on: date | None = None,
) -> None:
    """Write a passage and the state that it leads to, inside the caller's transaction."""
    row.state = RULES[kind].target or row.state
    session.add(
        Passage(
            consignment=row.ref,
            kind=kind,
            location=location,
            note=note,
            happened_at=now,
            happened_on=happened_on if happened_on != day_in_kyiv(now) else None,
            told_by=by.ref,
        )
    )
    row.held = is_still_held(session, row.ref)


def fix_packing_list(session: Session, ref: str, *, loaded: bool = False) -> int:
    """Write down what the consignment should bring, once; how many units that is.

    All that its page calls expected: what was planned and nobody saw leave, and what has been
    received before anybody said that it left or arrived. Of one that is seen to leave, `loaded`,
    what is on it: what was not loaded stays.
    """
    connection = session.connection()
    if is_listed(connection, ref):
        known = select(func.count()).where(PackingLine.consignment == ref)
        return session.scalar(known) or 0
    lines = to_list(connection, ref) if loaded else planned(connection, ref)
    tops = standing_on({box for box in lines.values() if box})
    if lines:
        rows = [
            {"item": item, "handling_unit": box, "package": tops.get(box or "")}
            for item, box in lines.items()
        ]
        session.execute(insert(PackingLine), [{"consignment": ref, **row} for row in rows])
    return len(lines)


def _cross(session: Session, ref: str, border: str, by: Actor, now: datetime) -> None:
    """Every unit under way crosses with its consignment. Telling it again makes no second scan."""
    codes = session.execute(
        select(Item.id, Item.code).where(Item.consignment == ref, Item.status == "in_transit")
    ).all()
    scans = [
        Scan(
            str(uuid5(_CROSSING, f"{ref} {border} {number} {now.isoformat()}")),
            code,
            "entering_exiting",
            now,
            location=border,
            consignment=ref,
        )
        for number, code in codes
    ]
    if scans:
        session.flush()
        record_within(session, scans, Setting(by, Mode.QUEUED, now, now))


def _loaded(session: Session, ref: str) -> bool:
    query = select(Item.id).where(Item.consignment == ref, Item.status == "in_transit").limit(1)
    return session.scalar(query) is not None


def locked(session: Session, ref: str, by: Actor) -> Consignment:
    """A consignment in reach that nobody else changes until this transaction ends. Raises NotFound.

    Scans that name it meanwhile do not wait: they hold their units, for which this may wait.
    """
    row = reach.one(session, Consignment, ref, by, lock={"key_share": True})
    if row is None:
        raise NotFound
    return row


def _check(session: Session, said: dict[str, Any]) -> None:
    """Whether everything that is named exists, and no journey leads to a site in the open."""
    for name, model in _REFERENCES.items():
        ref = said.get(name)
        if not ref:
            continue
        found = session.get(model, ref)
        if found is None:
            raise InvalidValue("What is named here does not exist.", field=name)
        if isinstance(found, Location) and found.kind == "site":
            raise InvalidValue("A waybill names no site: choose a warehouse or hub.", field=name)
    for name in ("eta_on", "aid_declared_on", "aid_coded_on", "aid_reported_on"):
        if said.get(name) and not isinstance(said[name], date):
            raise InvalidValue("This is not a date.", field=name)
