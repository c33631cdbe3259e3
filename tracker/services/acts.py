"""Handover acts: listed by scanning, signed once by both sides, kept as paper and in the ledger.

The units change hands when the act is signed, all with the same number. What was signed has
happened: its scans are evidence, and the ledger keeps them whatever it thought of the units.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from tracker.db import db, transaction
from tracker.domain.lifecycle import Status, missing_steps
from tracker.domain.permissions import Action, Actor
from tracker.domain.scans import Mode, Scan
from tracker.errors import Conflict, InvalidValue, NotAllowed, NotFound
from tracker.models import ActLine, HandoverAct, Identifier, Item, Label, Location, Party, Product
from tracker.services import ledger
from tracker.services.evidence import keep_within
from tracker.services.numbering import next_number

ACCEPTING = "accepting"
MOST_UNITS = 2000
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
        for name in ("giver", "receiver"):
            if session.get(Party, said.get(name) or "") is None:
                raise InvalidValue("Choose who gives and who receives.", field=name)
        if said["giver"] == said["receiver"]:
            raise InvalidValue("Giver and receiver are two.", field="receiver")
        site = said.get("site") or None
        place = session.get(Location, site) if site else None
        if site and (place is None or place.kind != "site"):
            raise InvalidValue("There is no such site.", field="site")
        purpose = (said.get("purpose") or "").strip()
        if not 3 <= len(purpose) <= 500:
            raise InvalidValue("Say in a sentence what the units are for.", field="purpose")
        act = HandoverAct(
            giver=said["giver"],
            receiver=said["receiver"],
            site=site,
            purpose=purpose,
            commission=(said.get("commission") or "").strip()[:2000],
            made_by=by.ref,
            made_at=now,
        )
        session.add(act)
        session.flush()
        return act.id


def add_line(
    act: int, code: str, second: str | None, *, by: Actor, now: datetime
) -> tuple[str, str, str]:
    """Put the scanned unit on the act: (sort, word, the unit's code) for the bench's answer.

    A terminal needs its maker's barcode beside our label, or alone; `pair` asks for it. A unit
    that cannot be handed over from where it stands is refused.
    """
    if not by.may(Action.SCAN_FIELD):
        return "refused", "not_allowed", code
    with transaction() as session:
        row = session.get(HandoverAct, act, with_for_update=True)
        if row is None or row.state != "draft" or row.number is not None:
            return "refused", "act_signed", code
        unit = _unit(session, code)
        if unit is None:
            return "refused", "unit_unknown", code
        if session.get(ActLine, (act, unit.id)) is not None:
            return "again", "on_the_act", unit.code
        is_terminal = session.scalar(
            select(Product.kind == "satellite_terminal").where(Product.ref == unit.product)
        )
        if is_terminal and code in (unit.code, *_labels(session, unit.id)):
            if second is None:
                return "pair", "", unit.code
            other = _unit(session, second)
            if other is None or other.id != unit.id or second in _labels(session, unit.id):
                return "refused", "wrong_serial", unit.code
        if missing_steps(Status(unit.status) if unit.status else None, ACCEPTING) is None:
            return "refused", "cannot_be_handed_over", unit.code
        many = session.scalar(select(func.count()).where(ActLine.act == act)) or 0
        if many >= MOST_UNITS:
            return "refused", "act_full", unit.code
        session.add(
            ActLine(
                act=act,
                item=unit.id,
                code=code,
                second_identifier=second,
                added_by=by.ref,
                added_at=now,
            )
        )
    return "recorded", "on_the_act", unit.code


def remove_line(act: int, item: int, *, by: Actor) -> None:
    """Take a unit off an act that is not signed. Raises NotAllowed and Conflict."""
    if not by.may(Action.SCAN_FIELD):
        raise NotAllowed
    with transaction() as session:
        _draft(session, act)
        session.execute(delete(ActLine).where(ActLine.act == act, ActLine.item == item))


def sign_act(act: int, giver: Signed, receiver: Signed, *, by: Actor, now: datetime) -> str:
    """Both sides have signed: the act gets its number, and its units change hands.

    If the server stops half-way, signing again goes on where it stopped, under the same number.
    Raises NotAllowed, NotFound, Conflict (signed already) and InvalidValue (no units, no names).
    """
    if not by.may(Action.SCAN_FIELD):
        raise NotAllowed
    with transaction() as session:
        row = session.get(HandoverAct, act, with_for_update=True)
        if row is None:
            raise NotFound
        if row.state == "signed":
            raise Conflict("The act is signed already.")
        if not session.scalar(select(func.count()).where(ActLine.act == act)):
            raise InvalidValue("There is no unit on the act yet.")
        if row.giver_signature is None:
            _keep_signatures(session, row, giver, receiver, by, now)
        if row.number is None:
            row.number = next_number(session, "handover_act", now)
        number = row.number
    _hand_over(act, by, now)
    with transaction() as session:
        row = session.get(HandoverAct, act, with_for_update=True)
        assert row is not None
        if row.state != "signed":
            row.state, row.signed_at = "signed", now
    return number


def _keep_signatures(
    session: Session,
    row: HandoverAct,
    giver: Signed,
    receiver: Signed,
    by: Actor,
    now: datetime,
) -> None:
    for side, signed in (("giver", giver), ("receiver", receiver)):
        person, position = signed.person.strip()[:120], signed.position.strip()[:120]
        if len(person) < 3 or not position:
            raise InvalidValue("Say who signs, and as what.", field=f"{side}_person")
        sha = keep_within(session, signed.strokes.encode(), "signature", by=by, now=now)
        setattr(row, f"{side}_person", person)
        setattr(row, f"{side}_position", position)
        setattr(row, f"{side}_signature", sha)


def _hand_over(act: int, by: Actor, now: datetime) -> None:
    row = db.session.execute(
        select(
            HandoverAct.number, HandoverAct.receiver, HandoverAct.giver_signature,
            HandoverAct.receiver_signature,
        ).where(HandoverAct.id == act)
    ).one()  # fmt: skip
    lines = db.session.execute(
        select(ActLine.item, ActLine.code, ActLine.second_identifier)
        .where(ActLine.act == act)
        .order_by(ActLine.item)
    )
    scans = [
        Scan(
            str(uuid5(_HANDED_OVER, f"{act} {item}")),
            code,
            ACCEPTING,
            now,
            receiver=row.receiver,
            act=row.number,
            second_identifier=second,
            evidence=(row.giver_signature, row.receiver_signature),
        )
        for item, code, second in lines
    ]
    ledger.record(scans, sent_at=now, mode=Mode.QUEUED, by=by, now=now)


def _draft(session: Session, act: int) -> HandoverAct:
    row = session.get(HandoverAct, act, with_for_update=True)
    if row is None:
        raise NotFound
    if row.state != "draft" or row.number is not None:
        raise Conflict("The act is signed already.")
    return row


def _unit(session: Session, code: str) -> Any | None:
    """The item that a label's code or a maker's number names."""
    columns = (Item.id, Item.code, Item.product, Item.status)
    worn = select(*columns).join(Label, Label.item == Item.id).where(Label.code == code)
    carried = (
        select(*columns)
        .join(Identifier, Identifier.item == Item.id)
        .where(Identifier.value == code, Identifier.live)
    )
    return session.execute(worn).first() or session.execute(carried).first()


def _labels(session: Session, item: int) -> set[str]:
    return set(session.scalars(select(Label.code).where(Label.item == item)))
