"""Signed acts held against the ledger: what of each is booked, and the case of what is not.

Both change without anybody touching the act: a late scan comes, a blank label is bound, a record is
declared wrong. So `tracker worker` looks again (`follow_all`), and the paper of an act is issued
anew when what it says of the ledger has changed.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from tracker.db import db
from tracker.domain.bodies import Body, derived_id
from tracker.domain.booked_acts import Balance, balance
from tracker.domain.custody import Folded
from tracker.domain.discrepancies import Detail, UnbookedLine
from tracker.domain.permissions import SYSTEM
from tracker.ledger import discrepancies
from tracker.ledger.named_acts import ACCEPTING, is_uid
from tracker.models import ActLine, Discrepancy, Event, HandoverAct
from tracker.queries import acts as queries
from tracker.queries import stories
from tracker.services.act_texts import read_text

NOT_BOOKED = "not_booked"
TOLD = 100  # lines that a case names
_CASE = UUID("0c0f3a9e-54f0-4f5e-9b57-3a4d7e8e6b21")
"""The name space of the cases of acts that no phone has given an id."""


def balance_of(act: HandoverAct) -> Balance:
    """What of a signed act the ledger has booked by now."""
    connection = db.session.connection()
    said = read_text(act.said) if act.said is not None else {}
    codes = said["codes"] if said else _listed_codes(act)
    named = queries.named_by(set(codes), SYSTEM)
    names = queries.signed_as(act)
    boxed = _moved_with_boxes({one.box for one in named.values() if one.box}, names)
    boxed += _moved_beside(act, names)
    items = {one.item for one in named.values() if one.item is not None}
    bodies = stories.bodies_of(connection, sorted(items | {item for item, _ in boxed}))
    folded = stories.fold_bodies(connection, bodies)
    verdicts = {
        item: {
            _kind(folded[item], body, act.receiver)
            for body in bodies[item]
            if body["step"] == ACCEPTING and body.get("act") in names
        }
        for item in items
    }
    moved = {item for item, share in boxed if _is_booked(folded[item], share)}
    return balance(codes, named, verdicts, moved, said.get("units"))


def _listed_codes(act: HandoverAct) -> list[str]:
    lines = select(ActLine.code).where(ActLine.act == act.id)
    return list(db.session.scalars(lines.order_by(ActLine.added_at, ActLine.item)))


def keep_case_within(session: Session, act: int, *, now: datetime) -> tuple[Balance, bool]:
    """Open, change or heal the case of an act inside the caller's transaction.

    What is booked, and whether that has changed.
    """
    row = session.get(HandoverAct, act, with_for_update=True)
    assert row is not None
    told = balance_of(row)
    _list_found_units(session, row, told, now)
    case = session.scalars(
        select(Discrepancy).where(
            Discrepancy.subject == f"act:{act}", Discrepancy.kind == NOT_BOOKED
        )
    ).first()
    detail = _detail(row, told)
    if case is None:
        if told.is_whole:
            return told, False
        opened = discrepancies.opened(_found(row), now, detail) | {"raised_by": row.made_by}
        discrepancies.keep(session.connection(), [opened])
        return told, True
    if case.state == "settled":
        return told, False
    state = "healed" if told.is_whole else "open"
    said = json.dumps(detail, ensure_ascii=False, sort_keys=True)
    changed = (case.state, case.detail) != (state, said)
    case.state, case.detail = state, said
    return told, changed


def to_follow() -> list[int]:
    """Acts whose booking may have changed: a case is open, or a scan under them fits no more, or
    was declared wrong."""
    cases = select(Discrepancy.subject).where(
        Discrepancy.kind == NOT_BOOKED, Discrepancy.state == "open"
    )
    found = {int(subject.removeprefix("act:")) for subject in db.session.scalars(cases)}
    misfits = (
        select(Event.body)
        .join(Discrepancy, Discrepancy.event == Event.id)
        .where(Discrepancy.kind == "misfit", Discrepancy.state == "open", Event.step == ACCEPTING)
    )
    wrong, declaring = aliased(Event), aliased(Event)
    voided = (
        select(wrong.body)
        .join(declaring, declaring.declares == wrong.id)
        .where(wrong.step == ACCEPTING)
    )
    bodies = [*db.session.scalars(misfits), *db.session.scalars(voided)]
    names = {json.loads(body).get("act") for body in bodies} - {None}
    by_number = select(HandoverAct.id).where(HandoverAct.number.in_(names))
    by_uid = select(HandoverAct.id).where(HandoverAct.uid.in_(filter(is_uid, names)))
    known = {*db.session.scalars(by_number), *db.session.scalars(by_uid)}
    judged = select(Discrepancy.subject).where(
        Discrepancy.kind == NOT_BOOKED,
        Discrepancy.state == "settled",
        Discrepancy.subject.in_(f"act:{one}" for one in known),
    )
    return sorted(
        found | (known - {int(one.removeprefix("act:")) for one in db.session.scalars(judged)})
    )


def _found(row: HandoverAct) -> discrepancies.Found:
    return f"act:{row.id}", None, NOT_BOOKED, row.uid or str(uuid5(_CASE, str(row.id)))


def _detail(row: HandoverAct, told: Balance) -> Detail:
    """What a person needs to judge: which lines, and why each is not booked."""
    odd: list[UnbookedLine] = [
        {"line": place, "code": line.code, "why": line.doubt} for place, line in told.unbooked
    ]
    return {
        "act": row.number,
        "act_id": row.id,
        "code": row.number,
        "signed": len(told.lines),
        "unbooked": len(odd),
        "lines": odd[:TOLD],
        "miscounted": told.miscounted,
        "unsigned": list(queries.codes_of(told.unsigned)),
    }


def _list_found_units(session: Session, row: HandoverAct, told: Balance, now: datetime) -> None:
    """A code that named nothing when the act came may be a unit's by now: it is a line then."""
    if row.said is None:
        return
    listed = set(session.scalars(select(ActLine.item).where(ActLine.act == row.id)))
    for line in told.lines:
        if line.item is not None and line.item not in listed:
            listed.add(line.item)
            said = {"code": line.code, "added_by": row.made_by, "added_at": now}
            session.add(ActLine(act=row.id, item=line.item, **said))
    row.strays = "\n".join(line.code for line in told.lines if line.item is None)


def _moved_with_boxes(boxes: Collection[str], names: set[str]) -> list[tuple[int, str]]:
    """(item, share) of what may have moved when a listed box itself was scanned under the act."""
    connection, found = db.session.connection(), []
    for box in sorted(boxes):
        scanned = select(Event.id, Event.body).where(
            Event.subject == f"unit:{box}", Event.step == ACCEPTING
        )
        for event, body in db.session.execute(scanned):
            if json.loads(body).get("act") in names:
                inside = stories.ever_inside(connection, box).items
                found += [(item, derived_id(event, item)) for item in sorted(inside)]
    return found


def _moved_beside(act: HandoverAct, names: set[str]) -> list[tuple[int, str]]:
    """(item, scan) of what the phone that made the act scanned under it, on its list or not."""
    if not act.made_by.startswith("device:"):
        return []
    scanned = select(Event.id, Event.subject, Event.body).where(
        Event.by == act.made_by,
        Event.device_seq.is_not(None),
        Event.via.is_(None),
        Event.step == ACCEPTING,
        Event.subject.startswith("item:"),
    )
    return [
        (int(subject.removeprefix("item:")), event)
        for event, subject, body in db.session.execute(scanned)
        if json.loads(body).get("act") in names
    ]


def _kind(folded: Folded, body: Body, receiver: str) -> str:
    """What the fold says of a scan under the act; to another receiver it is none of this act's."""
    kind = folded.verdicts[body["id"]].kind
    return kind if body.get("receiver") in (None, receiver) or kind == "void" else "misfit"


def _is_booked(folded: Folded, share: str) -> bool:
    verdict = folded.verdicts.get(share)
    return verdict is not None and verdict.kind in ("fits", "gap")
