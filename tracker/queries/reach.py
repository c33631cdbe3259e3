"""What each reader reaches, as conditions on rows: the one place that says so.

A permission says whether a role may do a thing at all (`domain.permissions`); reach says of which
objects. Every list, page, answer and export asks its rows with `of(...)`, and every single object
with the same condition beside its key, in the same statement: what is out of reach is answered as
what never was, because the database gives the same, no row.

Whose scope is `own` works at places: reached is what stands there, comes from there or is bound
for there. Whose scope is `assigned` has tasks at places: what stands there, what is on its way
there, and what it has in its own hands. Everybody else reaches all of it, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from typing import cast as cast_to

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    inspect,
    literal,
    or_,
    select,
    true,
    type_coerce,
    union,
)
from sqlalchemy.orm import Session, aliased

from tracker.db import db, is_sqlite
from tracker.domain.bodies import Body
from tracker.domain.discrepancies import Detail
from tracker.domain.lifecycle import Status
from tracker.domain.permissions import Action, Actor, Scope
from tracker.domain.reaching import GOING, STORED
from tracker.models import (
    ActLine,
    Arrival,
    Consignment,
    CountDoor,
    Discrepancy,
    Document,
    Event,
    HandlingUnit,
    HandoverAct,
    Item,
    Leg,
    Location,
    LossLine,
    LossReport,
    Party,
    Pledge,
    StockCount,
)

Row = TypeVar("Row")
Condition = ColumnElement[bool]
Numbers = Select[Any]


def of(kind: type[Any], reader: Actor) -> Condition:
    """The condition on rows of `kind` (a model) that `reader` reaches; a KeyError for what the
    table does not hold."""
    noun = TABLE[kind]
    scope = reader.scope(noun.action)
    if scope is None:
        return false()
    if scope in (Scope.ALL, Scope.MASKED):
        return true()
    return noun.reached(reader)


def one(
    session: Session,
    kind: type[Row],
    key: Any,
    reader: Actor,
    *,
    lock: bool | dict[str, Any] = False,
) -> Row | None:
    """The row of `kind` with this key, if it is in reach, perhaps locked; None for what never was.

    One statement decides both, so the answer and the time it takes are the same.
    """
    [column] = inspect(kind).primary_key
    query = select(kind).where(column == key, of(kind, reader))
    if lock:
        said = lock if isinstance(lock, dict) else {}
        query = query.with_for_update(of=kind, **said).execution_options(populate_existing=True)
    return session.scalars(query).first()


def is_bounded(reader: Actor) -> bool:
    """Whether this reader reaches some units only."""
    return reader.scope(Action.READ_ITEMS) in (Scope.OWN, Scope.ASSIGNED)


def works_there(reader: Actor) -> bool:
    """Whether the reader works at its places (a warehouse), and has not only tasks there."""
    return reader.scope(Action.READ_ITEMS) is Scope.OWN


def places(reader: Actor) -> Any:
    """References of the reader's places; at places of work, also the other doors of their
    premises."""
    own = reader.locations
    if not works_there(reader):
        return own
    whole = select(func.coalesce(Location.premises, Location.ref)).where(Location.ref.in_(own))
    doors = or_(Location.ref.in_(own), Location.ref.in_(whole), Location.premises.in_(whole))
    return select(Location.ref).where(doors)


def _journeys(reader: Actor) -> Numbers:
    """References of journeys that end at the reader's places; at places of work, also those that
    begin there."""
    here = places(reader)
    ends = [Consignment.destination.in_(here)]
    legs = [Leg.destination.in_(here)]
    if works_there(reader):
        ends.append(Consignment.origin.in_(here))
        legs.append(Leg.origin.in_(here))
    there = select(Leg.consignment).where(or_(*legs))
    return select(Consignment.ref).where(or_(*ends, Consignment.ref.in_(there)))


def open_journeys(reader: Actor) -> Numbers:
    """Those of `_journeys` that are not over."""
    return _journeys(reader).where(_IS_OPEN)


def journeys_here(reader: Actor) -> Numbers:
    """References of journeys that are not over and end at the reader's places."""
    there = select(Leg.consignment).where(Leg.destination.in_(places(reader)))
    ends = or_(Consignment.destination.in_(places(reader)), Consignment.ref.in_(there))
    return select(Consignment.ref).where(ends, _IS_OPEN)


def untold_journeys() -> Numbers:
    """References of journeys that are not over, and of which nobody has said where they end."""
    return select(Consignment.ref).where(Consignment.destination.is_(None), _IS_OPEN)


_IS_OPEN = Consignment.state != "closed"


def _unit_numbers(reader: Actor) -> Any:
    """Numbers of the units in reach, each part of them by an index of its own."""
    parts = [
        select(Item.id).where(Item.location.in_(places(reader))),
        select(Item.id).where(Item.consignment.in_(_journeys(reader))),
    ]
    if works_there(reader):
        parts += _bound_for_anywhere()
    else:
        parts += _tasks(reader)
    return union(*parts)


def _bound_for_anywhere() -> list[Numbers]:
    """Units of which nobody has said where they are or go (`reaching.may_come_anywhere`)."""
    nowhere = and_(Item.location.is_(None), Item.status.in_(GOING | STORED))
    unsaid = and_(or_(nowhere, Item.status == Status.RETURNING), Item.bound_for.is_(None))
    return [
        select(Item.id).where(unsaid, Item.consignment.is_(None)),
        select(Item.id).where(
            or_(nowhere, Item.status == Status.RETURNING), Item.consignment.in_(untold_journeys())
        ),
    ]


def _tasks(reader: Actor) -> list[Numbers]:
    """Units that an act brings to the reader's places, and those in its own hands."""
    draft = select(HandoverAct.id).where(
        HandoverAct.site.in_(reader.locations), HandoverAct.state == "draft"
    )
    handed_over = Item.status == "handed_over"
    return [
        select(Item.id).where(handed_over, Item.bound_for.in_(reader.locations)),
        select(ActLine.item).where(ActLine.act.in_(draft)),
        select(Item.id)
        .join(Event, Event.id == _newest_event())
        .where(handed_over, Event.by == reader.ref),
    ]


def _newest_event() -> ColumnElement[Any]:
    """A unit's newest event as the events' key has it: a UUID, which SQLite keeps undivided."""
    if is_sqlite(db.session()):
        return type_coerce(func.replace(Item.last_event, "-", ""), Event.id.type)
    return cast(Item.last_event, Event.id.type)


def _units(reader: Actor) -> Condition:
    return Item.id.in_(_unit_numbers(reader))


def _consignments(reader: Actor) -> Condition:
    """Journeys from and to the reader's places; at places of work also those that may end there."""
    own = Consignment.ref.in_(_journeys(reader))
    if not works_there(reader):
        return own
    return or_(own, and_(Consignment.destination.is_(None), _IS_OPEN))


def _boxes(reader: Actor) -> Condition:
    """Boxes in which, or on which, something in reach lies; at places of work also empty ones."""
    held = select(Item.handling_unit).where(_units(reader), Item.handling_unit.is_not(None))
    up = select(HandlingUnit.code, HandlingUnit.parent).where(HandlingUnit.code.in_(held))
    above = up.cte("above", recursive=True)
    parents = select(HandlingUnit.code, HandlingUnit.parent)
    above = above.union(parents.join(above, HandlingUnit.code == above.c.parent))
    within = HandlingUnit.code.in_(select(above.c.code))
    return or_(within, _is_empty()) if works_there(reader) else within


def box_was_here(reader: Actor) -> Condition:
    """Whether a box was ever scanned, or filled, at the reader's places of work."""
    if not works_there(reader) or not reader.locations:
        return false()
    here = (Event.body.contains(f'"location":"{one}"', autoescape=True) for one in reader.locations)
    of_it = or_(
        Event.subject == literal("unit:") + HandlingUnit.code,
        Event.handling_unit == HandlingUnit.code,
    )
    return exists(select(Event.id).where(of_it, or_(*here)))


def _is_empty() -> Condition:
    """Whether nothing lies in a box or stands on it: then it may be filled anywhere."""
    inner = HandlingUnit.__table__.alias("inner_box")
    lies = or_(Item.handling_unit == HandlingUnit.code, Item.left_box == HandlingUnit.code)
    holds = exists(select(Item.id).where(lies))
    return ~holds & ~exists(select(inner.c.code).where(inner.c.parent == HandlingUnit.code))


def _acts(reader: Actor) -> Condition:
    """Acts for the reader's places, its own, and those of units in reach that name no site.

    Places of work hand over for other sites: an act is theirs by its units alone.
    """
    lines = select(ActLine.act).where(ActLine.item.in_(_unit_numbers(reader)))
    named = HandoverAct.id.in_(lines)
    return or_(
        HandoverAct.site.in_(reader.locations),
        HandoverAct.made_by == reader.ref,
        named if works_there(reader) else and_(HandoverAct.site.is_(None), named),
    )


def _losses(reader: Actor) -> Condition:
    """The reader's own reports, and those of nothing but what is in reach."""
    far = exists(
        select(LossLine.item).where(
            LossLine.report == LossReport.number, LossLine.item.not_in(_unit_numbers(reader))
        )
    )
    return or_(LossReport.reported_by == reader.ref, ~far)


def _counts(reader: Actor) -> Condition:
    doors = select(CountDoor.count).where(CountDoor.location.in_(places(reader)))
    return or_(StockCount.location.in_(places(reader)), StockCount.number.in_(doors))


def _documents(reader: Actor) -> Condition:
    """Papers of what is in reach."""
    acts = select(literal("act:") + cast(HandoverAct.id, String)).where(_acts(reader))
    return or_(
        Document.about.in_(acts),
        Document.about.in_(select(Consignment.ref).where(_consignments(reader))),
        Document.about.in_(select(LossReport.number).where(_losses(reader))),
        Document.about.in_(select(StockCount.number).where(_counts(reader))),
    )


def _discrepancies(reader: Actor) -> Condition:
    """Cases of what is in reach, and those that the reader's own scans opened."""
    made = aliased(Event)
    own = exists(select(made.id).where(made.id == Discrepancy.event, made.by == reader.ref))
    boxes = select(literal("unit:") + HandlingUnit.code).where(_boxes(reader))
    return or_(
        Discrepancy.item.in_(_unit_numbers(reader)),
        and_(Discrepancy.item.is_(None), Discrepancy.consignment.in_(_journeys(reader))),
        and_(Discrepancy.item.is_(None), Discrepancy.subject.in_(boxes)),
        and_(Discrepancy.item.is_(None), own),
    )


def _locations(reader: Actor) -> Condition:
    """The reader's places; at places of work also the other ends of their journeys."""
    if not works_there(reader):
        return Location.ref.in_(reader.locations)
    journeys = _journeys(reader)
    ends: Any = union(
        select(Consignment.origin).where(Consignment.ref.in_(journeys)),
        select(Consignment.destination).where(Consignment.ref.in_(journeys)),
        select(Leg.origin).where(Leg.consignment.in_(journeys)),
        select(Leg.destination).where(Leg.consignment.in_(journeys)),
        select(Arrival.place).where(Arrival.consignment.in_(journeys)),
    )
    named = and_(Location.kind != "site", Location.ref.in_(ends))
    return or_(Location.ref.in_(places(reader)), named)


def _parties(reader: Actor) -> Condition:
    """Who gives, receives or carries on acts and journeys in reach, and whose units are there."""
    acts, journeys = _acts(reader), _consignments(reader)
    here = Item.id.in_(_unit_numbers(reader))
    donors = select(Pledge.donor).join(Item, Item.pledge == Pledge.ref).where(here)
    legs = select(Leg.carrier).where(Leg.consignment.in_(_journeys(reader)))
    return Party.ref.in_(
        union(
            *(select(name).where(acts) for name in (HandoverAct.giver, HandoverAct.receiver)),
            *(
                select(name).where(journeys)
                for name in (Consignment.consignor, Consignment.consignee, Consignment.carrier)
            ),
            *(select(name).where(here) for name in (Item.custodian, Item.owner)),
            donors,
            legs,
        )
    )


_OF_A_SITE = frozenset(
    {"location", "area", "commitment", "bound_for", "bound_area", "note", "evidence", "statement"}
)
_OF_ANOTHERS_REACH = frozenset({"within"})
_OF_ANOTHERS_ACT = frozenset({"bound_for", "bound_area"})


def shown(body: Body, reader: Actor) -> Body:
    """An event of a unit in reach as the reader may see it: what was made at somebody else's site
    tells neither where that is nor what was written and photographed there."""
    if not is_bounded(reader):
        return body
    hidden: frozenset[str] = frozenset()
    if body.get("by") != reader.ref:
        hidden = _OF_ANOTHERS_REACH
    if body.get("at_site") and body.get("location") not in reader.locations:
        hidden |= _OF_A_SITE
    elif body.get("bound_for") not in (None, *reader.locations):
        hidden |= _OF_ANOTHERS_ACT
    told = {name: said for name, said in body.items() if name not in hidden}
    return cast_to(Body, told)


def shown_place(reader: Actor) -> ColumnElement[Any]:
    """Where a unit is, as the reader may see it: a place of work knows no civilian site."""
    if not works_there(reader):
        return cast_to("ColumnElement[Any]", Item.location)
    known = or_(Item.at_site.is_(False), Item.location.in_(places(reader)))
    return case((known, Item.location))


def told(detail: Detail, reader: Actor) -> Detail:
    """What a case in reach holds beside its event, without other people's places."""
    if not is_bounded(reader):
        return detail
    where = ("known", "missed_at", "location")
    kept = {
        name: said for name, said in detail.items() if name not in where or said in reader.locations
    }
    return cast_to(Detail, kept)


@dataclass(frozen=True, slots=True)
class Noun:
    """What is asked for: the action that lets in, and what is reached by who works at places."""

    action: Action
    reached: Callable[[Actor], Condition]


TABLE: dict[type[Any], Noun] = {
    Item: Noun(Action.READ_ITEMS, _units),
    HandlingUnit: Noun(Action.READ_ITEMS, _boxes),
    Consignment: Noun(Action.READ_CONSIGNMENTS, _consignments),
    HandoverAct: Noun(Action.READ_DOCUMENTS, _acts),
    Document: Noun(Action.READ_DOCUMENTS, _documents),
    LossReport: Noun(Action.REPORT_LOSS, _losses),
    StockCount: Noun(Action.READ_DISCREPANCIES, _counts),
    Discrepancy: Noun(Action.READ_DISCREPANCIES, _discrepancies),
    Location: Noun(Action.READ_LOCATIONS, _locations),
    Party: Noun(Action.READ_ITEMS, _parties),
}
"""Everything that is reached one by one, by its model."""
