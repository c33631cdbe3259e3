"""Handover acts: made in draft, and signed once by both sides for all their units.

The units change hands when the act is signed, all with the same number, in the transaction that
numbers it: an act in front of people is right as a whole, or nothing of it is signed.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from tracker.db import transaction
from tracker.domain.permissions import Action, Actor
from tracker.domain.scans import Flag, Mode, Outcome, Result, Scan
from tracker.domain.texts import fitting
from tracker.errors import Conflict, InvalidValue, NotAllowed, NotFound
from tracker.ledger import stories
from tracker.ledger.events import Setting
from tracker.ledger.named_acts import ACCEPTING
from tracker.ledger.record import patiently, record_within
from tracker.ledger.stating import act_as
from tracker.models import ActLine, HandoverAct, Item, Location, Party
from tracker.queries import reach
from tracker.services.act_lists import (
    Change,
    changes,
    open_draft,
    refuse_changed,
)
from tracker.services.evidence import keep_within
from tracker.services.papers.numbering import next_number

_HANDED_OVER = UUID("5e3e0b8e-6a5f-4d0c-8b8e-1d0a1c7f2f60")
"""The name space of the scans that signing makes: signing twice hands nothing over twice."""


@dataclass(frozen=True, slots=True)
class Signed:
    """One side of an act: who signed, as what, and the strokes as JSON."""

    person: str
    position: str
    strokes: str


def make_act(said: dict[str, Any], *, by: Actor, now: datetime) -> int:
    """A new act in draft: `giver`, `receiver`, `purpose`, perhaps `site` and `commission`.

    Raises NotAllowed and InvalidValue.
    """
    if not by.may(Action.SCAN_FIELD):
        raise NotAllowed
    with transaction() as session:
        act_as(session, by.ref)
        for name in ("giver", "receiver"):
            if session.get(Party, said.get(name) or "") is None:
                raise InvalidValue("Choose who gives and who receives.", field=name)
        if said["giver"] == said["receiver"]:
            raise InvalidValue("Giver and receiver are two.", field="receiver")
        site = said.get("site") or None
        place = reach.one(session, Location, site, by) if site else None
        if site and (place is None or place.kind != "site"):
            raise InvalidValue("There is no such site.", field="site")
        purpose = fitting(said.get("purpose"), 500, "purpose")
        if len(purpose) < 3:
            raise InvalidValue("Say in a sentence what the units are for.", field="purpose")
        act = HandoverAct(
            giver=said["giver"],
            receiver=said["receiver"],
            site=site,
            purpose=purpose,
            commission=fitting(said.get("commission"), 2000, "commission"),
            made_by=by.ref,
            made_at=now,
        )
        session.add(act)
        session.flush()
        return act.id


def drop_act(act: int, *, by: Actor) -> None:
    """Forget an act in draft that has no number. Raises NotAllowed, NotFound and Conflict."""
    if not by.may(Action.SCAN_FIELD):
        raise NotAllowed
    with transaction() as session:
        act_as(session, by.ref)
        row = open_draft(session, act, by)
        session.execute(delete(ActLine).where(ActLine.act == act))
        session.delete(row)


def sign_act(
    act: int,
    giver: Signed,
    receiver: Signed,
    *,
    by: Actor,
    now: datetime,
    shown: Collection[str] | None = None,
) -> str:
    """Both sides have signed: the act gets its number, and its units change hands.

    `shown` are the codes of the units that the signers had before them. All in one transaction:
    what is refused uses up no number. Raises NotAllowed, NotFound, Conflict (signed already),
    InvalidValue (no units, no names) and ListChanged, which says what is not as it was listed.
    """
    if not by.may(Action.SCAN_FIELD):
        raise NotAllowed
    return patiently(partial(_sign, act, giver, receiver, by, now, shown))


def _sign(
    act: int,
    giver: Signed,
    receiver: Signed,
    by: Actor,
    now: datetime,
    shown: Collection[str] | None,
) -> str:
    with transaction() as session:
        act_as(session, by.ref)
        row = reach.one(session, HandoverAct, act, by, lock=True)
        if row is None:
            raise NotFound
        if row.state == "signed":
            raise Conflict("The act is signed already.")
        if not session.scalar(select(func.count()).where(ActLine.act == act)):
            raise InvalidValue("There is no unit on the act yet.")
        done = _handed_over_before(session, act)
        refuse_changed(changes(session, act, by, shown=shown, done=done, lock=True))
        if row.giver_signature is None:
            _keep_signatures(session, row, giver, receiver, by, now)
        row.number = row.number or next_number(session, "handover_act", now)
        session.flush()
        setting = Setting(by, Mode.LIVE, now, now)
        scans = [scan for item, scan in _scans(session, row, now) if item not in done]
        _all_kept(session, act, record_within(session, scans, setting) if scans else [])
        row.state, row.signed_at = "signed", now
        return row.number


def _all_kept(session: Session, act: int, outcomes: list[Outcome]) -> None:
    """The ledger has the last word: where it refuses one unit, nothing is signed."""
    if any(one.result is Result.FORBIDDEN for one in outcomes):
        raise NotAllowed
    refused = {
        one.id for one in outcomes if one.result is not Result.RECORDED or Flag.REPEAT in one.flags
    }
    lines = session.execute(
        select(Item.id, Item.code, Item.status)
        .join(ActLine, ActLine.item == Item.id)
        .where(ActLine.act == act)
        .order_by(Item.id)
    )
    odd = [row for row in lines if scan_id(act, row.id) in refused]
    refuse_changed([Change("gone", row.code, status=row.status) for row in odd])


def _keep_signatures(
    session: Session,
    row: HandoverAct,
    giver: Signed,
    receiver: Signed,
    by: Actor,
    now: datetime,
) -> None:
    for side, signed in (("giver", giver), ("receiver", receiver)):
        person = fitting(signed.person, 120, f"{side}_person")
        position = fitting(signed.position, 120, f"{side}_position")
        if len(person) < 3 or not position:
            raise InvalidValue("Say who signs, and as what.", field=f"{side}_person")
        sha = keep_within(session, signed.strokes.encode(), "signature", by=by, now=now)
        setattr(row, f"{side}_person", person)
        setattr(row, f"{side}_position", position)
        setattr(row, f"{side}_signature", sha)


def _scans(session: Session, row: HandoverAct, now: datetime) -> list[tuple[int, Scan]]:
    """One scan for each line, with its item: what changes hands is what is listed."""
    lines = session.execute(
        select(
            ActLine.item, ActLine.code, ActLine.second_identifier, ActLine.confirmed, ActLine.box
        )
        .where(ActLine.act == row.id)
        .order_by(ActLine.item)
    )
    signatures = [sha for sha in (row.giver_signature, row.receiver_signature) if sha]
    return [
        (
            line.item,
            Scan(
                scan_id(row.id, line.item),
                line.code,
                ACCEPTING,
                now,
                receiver=row.receiver,
                act=row.number,
                bound_for=row.site,
                second_identifier=line.second_identifier,
                evidence=tuple(signatures),
                confirm=line.confirmed,
                # What came onto the list with its box nobody has seen.
                sighted=False if line.box and not line.second_identifier else None,
            ),
        )
        for line in lines
    ]


def scan_id(act: int, item: int) -> str:
    """The id of the scan by which an act hands a unit over."""
    return str(uuid5(_HANDED_OVER, f"{act} {item}"))


def _handed_over_before(session: Session, act: int) -> set[int]:
    """Items that signing handed over before it stopped half-way, as earlier versions could."""
    items = session.scalars(select(ActLine.item).where(ActLine.act == act)).all()
    ids = {scan_id(act, item): item for item in items}
    return {ids[one] for one in stories.kept_before(session.connection(), list(ids))}
