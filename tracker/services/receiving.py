"""Receiving a consignment: what was counted is held against what was expected.

The scans are the ledger's. Here a person concludes: every expected unit gets a verdict, what is
missing becomes a discrepancy that goes back to the consignor, and what turns up later changes the
verdict. Verdicts are never changed, only followed by others.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import Session

from tracker.db import transaction
from tracker.domain.permissions import Action, Actor
from tracker.domain.receiving import REASONS, VERDICTS, Seen, Sum, add_up, verdict
from tracker.errors import Conflict, DoesNotFit, InvalidValue, NotAllowed, NotFound
from tracker.models import Consignment, Discrepancy, Event, Item, PackingLine, ReceivingVerdict
from tracker.services.consignments import fix_packing_list, passed, verdicts_of
from tracker.services.discrepancies import opened

MISSING = ("announced", "in_transit", "lost", "stolen", "destroyed", "written_off")
"""Statuses of a unit that nobody has received, where no scan says otherwise."""

OPENS = {
    "short": "short",
    "damaged": "damaged",
    "wrong_serial": "wrong_serial",
    "unreadable_label": "misfit",
}
"""The discrepancy that a verdict opens where no scan has."""


def conclude(ref: str, *, by: Actor, now: datetime) -> Sum:
    """Say that counting is over: each expected unit gets its verdict; how it adds up.

    What is missing is a discrepancy from now on, which whoever concluded cannot settle. Done again
    after more was found, it adds the verdicts that changed. Raises NotAllowed, NotFound and
    DoesNotFit (it has not arrived, or brings nothing).
    """
    if not by.may(Action.SCAN_STOCK):
        raise NotAllowed
    with transaction() as session:
        row = session.get(Consignment, ref, with_for_update=True)
        if row is None:
            raise NotFound
        if row.state not in ("arrived", "received"):
            raise DoesNotFit("Say first that the consignment has arrived.")
        fix_packing_list(session, ref)
        found = assess(session, ref)
        if not found:
            raise DoesNotFit("Nothing was expected with this consignment, and nothing came.")
        _keep_changes(session, ref, found, by, now)
        if row.state == "arrived":
            passed(session, row, "received", by, now)
        expected = _expected(session, ref)
        return add_up(set(expected), ((item, one["verdict"]) for item, one in found.items()))


def say(
    ref: str,
    item: int,
    said: str,
    *,
    reason: str | None,
    note: str | None,
    by: Actor,
    now: datetime,
) -> None:
    """A person's own word about a unit of a consignment; it counts until another is said.

    What is not good is a discrepancy from now on. Raises NotAllowed, NotFound and InvalidValue.
    """
    if not by.may(Action.SCAN_STOCK):
        raise NotAllowed
    if said not in VERDICTS or said == "over" or reason not in (None, *REASONS):
        raise InvalidValue("This is no verdict.", field="verdict")
    with transaction() as session:
        if item not in _expected(session, ref):
            raise NotFound
        code = session.scalar(select(Item.code).where(Item.id == item)) or ""
        row = {"verdict": said, "reason": reason, "note": (note or "").strip()[:500] or None}
        _insert(session, ref, item, code, row, by, now)
        if said in OPENS:
            _open(session, ref, [item], OPENS[said], by, now)


def close(ref: str, *, by: Actor, now: datetime) -> None:
    """The consignment is done with. Raises DoesNotFit while a unit has no verdict, and Conflict
    while a shortage waits for somebody's decision.
    """  # fmt: skip
    if not by.may(Action.EDIT_CONSIGNMENTS):
        raise NotAllowed
    with transaction() as session:
        row = session.get(Consignment, ref, with_for_update=True)
        if row is None:
            raise NotFound
        if row.state != "received":
            raise DoesNotFit("Receiving must be concluded first.")
        judged = {item for item, _ in verdicts_of(session, ref)}
        if _expected(session, ref).keys() - judged:
            raise DoesNotFit("Some expected units have no verdict yet: conclude the receiving.")
        waits = select(Discrepancy.id).where(
            Discrepancy.consignment == ref, Discrepancy.state == "open"
        )
        if session.scalar(waits.limit(1)) is not None:
            raise Conflict("Discrepancies of this consignment are open: settle them first.")
        passed(session, row, "closed", by, now)


def assess(session: Session, ref: str) -> dict[int, dict[str, Any]]:
    """What the ledger says of every unit that was expected or came: {item: verdict and why}."""
    expected = _expected(session, ref)
    seen = _seen(session, ref)
    found: dict[int, dict[str, Any]] = {}
    for item in expected.keys() | seen.keys():
        one = seen.get(item)
        word = verdict(item in expected, one)
        if word == "short" and expected[item] not in MISSING:
            word = "good"  # it was handed on, or received without naming the consignment
        found[item] = {
            "verdict": word,
            "reason": one.reason if one else None,
            "event": one.event if one else None,
        }
    return found


def _expected(session: Session, ref: str) -> dict[int, str | None]:
    """The units of the packing list, each with the status that it has now."""
    rows = session.execute(
        select(Item.id, Item.status)
        .join(PackingLine, PackingLine.item == Item.id)
        .where(PackingLine.consignment == ref)
    )
    return {row.id: row.status for row in rows}


def _seen(session: Session, ref: str) -> dict[int, Seen]:
    """The newest receiving of each unit that names this consignment, or is of its packing list.

    A scan that names none counts if it was made after the unit had last been shipped.
    """
    subject = "item:" + Item.id.cast(Event.subject.type)
    here = (
        select(Item.id.label("item"), Item.shipped_at, Event.id, Event.body, Event.effective_at)
        .join(Event, Event.subject == subject)
        .where(Event.step == "receiving")
    )
    listed = here.join(PackingLine, PackingLine.item == Item.id).where(
        PackingLine.consignment == ref
    )
    others = here.where(
        Event.id.in_(
            select(Discrepancy.event).where(
                Discrepancy.consignment == ref, Discrepancy.kind == "over"
            )
        )
    )
    rows = [*session.execute(listed), *session.execute(others)]
    found: dict[int, Seen] = {}
    wrong = _wrong(session, ref)
    for row in sorted(rows, key=lambda row: row.effective_at):
        body = json.loads(row.body)
        named = body.get("consignment")
        since = row.shipped_at is None or row.effective_at > row.shipped_at
        if named == ref or (named is None and since):
            seen = Seen(row.id, body.get("condition"), body.get("reason"), row.id in wrong)
            found[row.item] = seen
    return found


def _wrong(session: Session, ref: str) -> set[str]:
    """Events whose second identifier named another unit."""
    query = select(Discrepancy.event).where(
        Discrepancy.consignment == ref, Discrepancy.kind == "wrong_serial"
    )
    return set(session.scalars(query))


def _keep_changes(
    session: Session, ref: str, found: Mapping[int, Mapping[str, Any]], by: Actor, now: datetime
) -> None:
    """Write the verdicts that are new or other than before; open what is short."""
    before = {item: row for (item, _), row in verdicts_of(session, ref).items()}
    rows = session.execute(select(Item.id, Item.code).where(Item.id.in_(list(found))))
    codes = {row.id: row.code for row in rows}
    short = []
    for item, one in sorted(found.items()):
        known = before.get(item)
        if known is None or _is_news(known.verdict, one["verdict"]):
            _insert(session, ref, item, codes[item], one, by, now)
            if one["verdict"] == "short":
                short.append(item)
    _open(session, ref, short, "short", by, now)


def _is_news(before: str, now: str) -> bool:
    """Whether what the ledger says now overrules the last word on a unit.

    A person's word stands, also on a unit that no scan has seen; only that the unit turns up, or
    that one called good was never seen, changes it.
    """
    if now == "short":
        return before == "good"
    return before == "short"


def _insert(
    session: Session,
    ref: str,
    item: int,
    code: str,
    one: Mapping[str, Any],
    by: Actor,
    now: datetime,
) -> None:
    session.execute(
        insert(ReceivingVerdict).values(
            consignment=ref, item=item, code=code, said_by=by.ref, said_at=now, **one
        )
    )


def _open(
    session: Session, ref: str, items: list[int], kind: str, by: Actor, now: datetime
) -> None:
    """A discrepancy for each unit; the next scan of one that is short will look for it."""
    if not items:
        return
    rows = session.execute(select(Item.id, Item.last_event).where(Item.id.in_(items)))
    last = {row.id: row.last_event for row in rows}
    first = {
        int(subject.partition(":")[2]): event
        for subject, event in session.execute(
            select(Event.subject, Event.id).where(
                Event.subject.in_([f"item:{item}" for item in items]), Event.seq == 1
            )
        )
    }
    known = set(
        session.scalars(
            select(Discrepancy.item).where(
                Discrepancy.item.in_(items),
                Discrepancy.kind == kind,
                or_(
                    Discrepancy.consignment == ref,
                    Discrepancy.event.in_([last[item] or first[item] for item in items]),
                ),
            )
        )
    )
    new = [item for item in items if item not in known]
    if new:
        session.execute(
            insert(Discrepancy),
            [
                opened(
                    (f"item:{item}", item, kind, last[item] or first[item]),
                    now,
                    {"consignment": ref},
                )
                | {"raised_by": by.ref}
                for item in new
            ],
        )
    if kind == "short":
        session.execute(update(Item).where(Item.id.in_(items)).values(sought=True))
