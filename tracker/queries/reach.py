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
from sqlalchemy.orm import Session

from tracker.db import db, is_sqlite
from tracker.domain.bodies import Body
from tracker.domain.permissions import Action, Actor, Scope
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

NO_JOURNEY = ("announced",)
"""Statuses in which a unit may come to any warehouse, where nobody has said how it travels."""


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


def _works_there(reader: Actor) -> bool:
    """Whether the reader works at its places (a warehouse), and has not only tasks there."""
    return reader.scope(Action.READ_ITEMS) is Scope.OWN


def _journeys(reader: Actor) -> Numbers:
    """References of journeys that end at the reader's places; at places of work, also those that
    begin there."""
    places = reader.locations
    ends = [Consignment.destination.in_(places)]
    legs = [Leg.destination.in_(places)]
    if _works_there(reader):
        ends.append(Consignment.origin.in_(places))
        legs.append(Leg.origin.in_(places))
    there = select(Leg.consignment).where(or_(*legs))
    return select(Consignment.ref).where(or_(*ends, Consignment.ref.in_(there)))


def open_journeys(reader: Actor) -> Numbers:
    """Those of `_journeys` that are not over."""
    return _journeys(reader).where(Consignment.state != "closed")


def _unit_numbers(reader: Actor) -> Any:
    """Numbers of the units in reach, each part of them by an index of its own."""
    places = reader.locations
    parts = [
        select(Item.id).where(Item.location.in_(places)),
        select(Item.id).where(Item.consignment.in_(_journeys(reader))),
    ]
    if _works_there(reader):
        parts += _bound_for_anywhere()
    else:
        parts += _tasks(reader)
    return union(*parts)


def _bound_for_anywhere() -> list[Numbers]:
    """Units of which nobody has said where they go: any warehouse may be the one."""
    untold = select(Consignment.ref).where(Consignment.destination.is_(None))
    return [
        select(Item.id).where(Item.status.in_(NO_JOURNEY), Item.consignment.is_(None)),
        select(Item.id).where(Item.consignment.in_(untold), Item.location.is_(None)),
        select(Item.id).where(
            Item.status == "in_transit", Item.consignment.is_(None), Item.bound_for.is_(None)
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
    return Consignment.ref.in_(_journeys(reader))


def _boxes(reader: Actor) -> Condition:
    """Boxes in which, or on which, something in reach lies; at places of work also empty ones."""
    held = select(Item.handling_unit).where(_units(reader), Item.handling_unit.is_not(None))
    up = select(HandlingUnit.code, HandlingUnit.parent).where(HandlingUnit.code.in_(held))
    above = up.cte("above", recursive=True)
    parents = select(HandlingUnit.code, HandlingUnit.parent)
    above = above.union(parents.join(above, HandlingUnit.code == above.c.parent))
    within = HandlingUnit.code.in_(select(above.c.code))
    return or_(within, _is_empty()) if _works_there(reader) else within


def _is_empty() -> Condition:
    """Whether nothing lies in a box or stands on it: then it may be filled anywhere."""
    inner = HandlingUnit.__table__.alias("inner_box")
    holds = exists(select(Item.id).where(Item.handling_unit == HandlingUnit.code))
    return ~holds & ~exists(select(inner.c.code).where(inner.c.parent == HandlingUnit.code))


def _acts(reader: Actor) -> Condition:
    """Acts for the reader's places, its own, and those of units in reach that name no site."""
    lines = select(ActLine.act).where(ActLine.item.in_(_unit_numbers(reader)))
    return or_(
        HandoverAct.site.in_(reader.locations),
        HandoverAct.made_by == reader.ref,
        and_(HandoverAct.site.is_(None), HandoverAct.id.in_(lines)),
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
    doors = select(CountDoor.count).where(CountDoor.location.in_(reader.locations))
    return or_(StockCount.location.in_(reader.locations), StockCount.number.in_(doors))


def _documents(reader: Actor) -> Condition:
    """Papers of what is in reach."""
    acts = select(literal("act:") + cast(HandoverAct.id, String)).where(_acts(reader))
    return or_(
        Document.about.in_(acts),
        Document.about.in_(_journeys(reader)),
        Document.about.in_(select(LossReport.number).where(_losses(reader))),
        Document.about.in_(select(StockCount.number).where(_counts(reader))),
    )


def _discrepancies(reader: Actor) -> Condition:
    """Cases of what is in reach, and those that the reader's own scans opened."""
    own = exists(select(Event.id).where(Event.id == Discrepancy.event, Event.by == reader.ref))
    boxes = select(literal("unit:") + HandlingUnit.code).where(_boxes(reader))
    return or_(
        Discrepancy.item.in_(_unit_numbers(reader)),
        and_(Discrepancy.item.is_(None), Discrepancy.consignment.in_(_journeys(reader))),
        and_(Discrepancy.item.is_(None), Discrepancy.subject.in_(boxes)),
        and_(Discrepancy.item.is_(None), own),
    )


def _locations(reader: Actor) -> Condition:
    """The reader's places; at places of work also the other ends of their journeys."""
    if not _works_there(reader):
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
    return or_(Location.ref.in_(reader.locations), named)


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
_OF_ANOTHERS_ACT = frozenset({"bound_for", "bound_area"})


def shown(body: Body, reader: Actor) -> Body:
    """An event of a unit in reach as the reader may see it: what was made at somebody else's site
    tells neither where that is nor what was written and photographed there."""
    if not is_bounded(reader):
        return body
    hidden: frozenset[str] = frozenset()
    if body.get("at_site") and body.get("location") not in reader.locations:
        hidden = _OF_A_SITE
    elif body.get("bound_for") not in (None, *reader.locations):
        hidden = _OF_ANOTHERS_ACT
    told = {name: said for name, said in body.items() if name not in hidden}
    return cast_to(Body, told)


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
