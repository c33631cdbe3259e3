"""Discrepancies: opened and healed by what the fold says, settled by people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from tracker.clock import day_in_kyiv
from tracker.db import transaction
from tracker.domain.permissions import Action, Actor
from tracker.errors import Conflict, InvalidValue, NotAllowed, NotFound, OwnEvent
from tracker.models import Discrepancy, Event, Item
from tracker.services.units import Unit
from tracker.services.writing import tell

DAYS_TO_SETTLE = 7
SETTLING = "settling"
"""The step of a decision, on the story of its case: `case:17`."""

Found = tuple[str, int | None, str, str]
"""(subject, item, kind, event id)."""


def opened(found: Found, now: datetime, detail: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The row of a discrepancy that is open from `now`, due a week later."""
    subject, item, kind, event = found
    return {
        "subject": subject,
        "item": item,
        "kind": kind,
        "event": event,
        "consignment": (detail or {}).get("consignment"),
        "detail": json.dumps(detail or {}, ensure_ascii=False, sort_keys=True),
        "state": "open",
        "opened_at": now,
        "due_on": day_in_kyiv(now) + timedelta(days=DAYS_TO_SETTLE),
    }


_INSERT = insert(cast(Table, Discrepancy.__table__))


def keep(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Insert newly opened discrepancies."""
    if rows:
        connection.execute(_INSERT, rows)


def keep_once(connection: Connection, row: dict[str, Any]) -> None:
    """Insert a newly opened discrepancy, unless the same is known."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    connection.execute(dialect.insert(Discrepancy).values(row).on_conflict_do_nothing())


def align(connection: Connection, wanted: Mapping[int, frozenset[tuple[str, str]]],
          details: Mapping[tuple[str, str], Mapping[str, Any]], now: datetime) -> int:  # fmt: skip
    """Make the discrepancies of refolded items what the fold says: {item: {(kind, event)}}.

    Those that are new are opened; open ones that the fold no longer finds are healed; healed ones
    that are back are opened again; those a person settled stay settled. Returns how many changed.
    """
    known: dict[tuple[int, str, str], Any] = {}
    raised = set()  # by a person, who has said the same: theirs stands
    query = select(
        Discrepancy.id, Discrepancy.item, Discrepancy.kind, Discrepancy.event, Discrepancy.state,
        Discrepancy.raised_by,
    ).where(Discrepancy.item.in_(list(wanted)), Discrepancy.kind.in_(FOLDED))  # fmt: skip
    for row in connection.execute(query):
        if row.raised_by is None:
            known[row.item, row.kind, row.event] = row
        else:
            raised.add((row.item, row.kind, row.event))
    rows, reopen = [], []
    for item, pairs in wanted.items():
        for kind, event in sorted(pairs):
            row = known.pop((item, kind, event), None)
            if row is None and (item, kind, event) not in raised:
                found = (f"item:{item}", item, kind, event)
                rows.append(opened(found, now, details.get((kind, event))))
            elif row is not None and row.state == "healed":
                reopen.append(row.id)
    heal = [row.id for row in known.values() if row.state == "open"]
    keep(connection, rows)
    _set_state(connection, heal, "healed")
    _set_state(connection, reopen, "open")
    return len(rows) + len(heal) + len(reopen)


FOLDED = (
    "gap", "misfit", "wrong_serial", "clock", "label_only", "loss", "suspected_diversion",
    "damaged", "over",
)  # fmt: skip
"""Kinds that the fold finds; others, and those a person raised, are closed by who knows of them."""


def _set_state(connection: Connection, ids: list[int], state: str) -> None:
    if ids:
        connection.execute(update(Discrepancy).where(Discrepancy.id.in_(ids)).values(state=state))


def heal_unknown_codes(connection: Connection, codes: Iterable[str]) -> None:
    """A label was bound: the scans that waited under its code are no longer unknown."""
    subjects = [f"code:{code}" for code in codes]
    connection.execute(
        update(Discrepancy)
        .where(Discrepancy.subject.in_(subjects), Discrepancy.state == "open")
        .values(state="healed")
    )


PRESENT = frozenset({"receiving", "finding", "packing", "unpacking", "counting", "accepting"})
"""Steps after which a unit that was short is there."""

_SHORT = select(
    Discrepancy.id, Discrepancy.item, Discrepancy.opened_at, Discrepancy.consignment
).where(
    Discrepancy.item.in_(bindparam("items", expanding=True)),
    Discrepancy.kind == "short",
    Discrepancy.state == "open",
)


_FOUND = (
    update(cast(Table, Item.__table__)).where(Item.id == bindparam("number")).values(sought=False)
)


def heal_short(connection: Connection, moved: Iterable[Unit]) -> None:
    """Close the shortages of those units that somebody missed and that a scan now shows.

    A late scan that received a unit closes the shortage of its consignment whenever it was made;
    that of a stock count only a scan made after the count.
    """
    seen = {
        unit.item: max(event.effective_at for event in unit.new)
        for unit in moved
        if unit.sought and any(event.step in PRESENT for event in unit.new)
    }
    if not seen:
        return
    rows = connection.execute(_SHORT, {"items": list(seen)}).all()
    found = [row for row in rows if row.consignment or seen[row.item] > row.opened_at]
    _set_state(connection, [row.id for row in found], "healed")
    still = {row.item for row in rows} - {row.item for row in found}
    here = [{"number": item} for item in seen if item not in still]
    if here:
        connection.execute(_FOUND, here)


def settle(
    discrepancy: int, decision: str, *, by: Actor, now: datetime, wrong: str | None = None
) -> None:
    """A person decides about an open discrepancy, in words; the ledger keeps it as an event.

    `wrong` is the event that the decision calls wrong, if it does.

    Raises NotAllowed, NotFound, OwnEvent (one's own scan opened it), Conflict (no longer open)
    and InvalidValue (no words).
    """
    with transaction() as session:
        settle_within(session, discrepancy, decision, by=by, now=now, wrong=wrong)


def settle_within(
    session: Session,
    discrepancy: int,
    decision: str,
    *,
    by: Actor,
    now: datetime,
    wrong: str | None = None,
) -> Discrepancy:
    """`settle` inside the caller's transaction; the discrepancy."""
    if not by.may(Action.SETTLE_DISCREPANCY):
        raise NotAllowed
    decision = in_words(decision)
    row = session.execute(
        select(Discrepancy).where(Discrepancy.id == discrepancy).with_for_update()
    ).scalar_one_or_none()
    if row is None:
        raise NotFound
    maker = session.scalar(select(Event.by).where(Event.id == row.event))
    if by.ref in (maker, row.raised_by):
        raise OwnEvent
    if row.state != "open":
        raise Conflict
    row.state, row.decision, row.settled_by, row.settled_at = "settled", decision, by.ref, now
    row.wrong = wrong
    told = {"kind": row.kind, "about": row.subject, "event": row.event, "decision": decision}
    told |= {"wrong": wrong} if wrong else {}
    tell(session, f"case:{row.id}", SETTLING, told, by.ref, now)
    return row


def take(discrepancy: int, *, by: Actor) -> None:
    """Become the owner of an open discrepancy: the one who answers for settling it."""
    if not by.may(Action.SETTLE_DISCREPANCY):
        raise NotAllowed
    with transaction() as session:
        row = session.get(Discrepancy, discrepancy)
        if row is None:
            raise NotFound
        row.owner = by.ref


def in_words(decision: str) -> str:
    """What a person wrote about a decision, without blanks around it.

    Raises InvalidValue for fewer than 3 characters or more than 1,000.
    """
    decision = decision.strip()
    if not 3 <= len(decision) <= 1000:
        raise InvalidValue("Say in a sentence what was decided and why.", field="decision")
    return decision
