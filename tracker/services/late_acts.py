"""Acts and photos of a device whose access had ended: set aside, until a person judges the acts;
and acts that name a party or a site that nobody here knows.

They are what late scans are (`late_scans`): neither lost nor believed. A photo is taken from such
a device only if something that it signed names it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import select, update

from tracker.db import db, transaction
from tracker.domain.permissions import Action, Actor, Role
from tracker.errors import Conflict, InvalidValue, NotAllowed, SignatureWrong
from tracker.ledger.record import patiently
from tracker.ledger.signatures import act_is_signed
from tracker.models import Device, Event, HandoverAct, LateAct, LateScan
from tracker.services import signed_acts
from tracker.services.devices import has_ended
from tracker.services.discrepancies import in_words
from tracker.services.late_scans import decided


def set_aside(device: Device, text: str, signature: str, now: datetime) -> signed_acts.Kept | None:
    """Keep an act apart; what it is as kept, where it came before the access ended.

    Raises SignatureWrong, InvalidValue for an act that cannot be read, Conflict for another text
    under the same id.
    """
    if device.public_key is None or not act_is_signed(text, signature, device.public_key):
        raise SignatureWrong
    uid = signed_acts.id_of(text)
    before = signed_acts.kept_before(uid, text)
    if before is not None:
        return before
    with transaction() as session:
        row = session.get(LateAct, uid)
        if row is not None and row.said != text:
            raise Conflict("Another act has this id.")
        if row is None:
            row = LateAct(id=uid, device=device.id, said=text, signature=signature, came_at=now)
            session.add(row)
    return None


def keep_or_set_aside(
    text: str, signature: str, *, by: Actor, now: datetime
) -> signed_acts.Kept | None:
    """Keep an act that was signed on a phone; None: it is set aside.

    An act that names a party or a site that is not known here (it was taken off the books while
    the phone had no network) is signed all the same: it waits for a person, as late ones do.
    Raises what else `signed_acts.keep_with_paper` raises.
    """
    try:
        return signed_acts.keep_with_paper(text, signature, by=by, now=now)
    except InvalidValue as refusal:
        device = db.session.get(Device, int(by.ref.removeprefix("device:"))) if by.key else None
        if device is None or refusal.extra.get("field") not in signed_acts.NAMED:
            raise
        return set_aside(device, text, signature, now)


def hand_over(
    device: Device, maker: Actor, text: str, signature: str, now: datetime
) -> signed_acts.Kept | None:
    """Keep an act that `device` exported and somebody else brings; None: it is set aside.

    Raises what `signed_acts.keep_with_paper` raises.
    """
    if has_ended(device, now):
        return set_aside(device, text, signature, now)
    return keep_or_set_aside(text, signature, by=maker, now=now)


def judge(
    device: Device,
    ids: Sequence[str],
    *,
    keep: bool,
    decision: str,
    by: Actor,
    now: datetime,
) -> int:
    """Decide about late acts of one device; how many were kept, or refused, by this decision.

    A kept one is the device's own act and gets its number now. What somebody else has judged
    meanwhile stays as it is. Raises NotAllowed, InvalidValue (no reason, or an act that cannot be
    kept: those before it are).
    """
    if not by.may(Action.SETTLE_DISCREPANCY):
        raise NotAllowed
    decision = in_words(decision)
    maker = Actor(f"device:{device.id}", Role(device.role), key=device.public_key)
    waiting = select(LateAct).where(
        LateAct.device == device.id, LateAct.id.in_(ids), LateAct.state == "waiting"
    )
    rows = [(row.id, row.said, row.signature) for row in db.session.scalars(waiting)]
    verdict = decided(keep, decision, by, now)
    judged = 0
    for uid, text, signature in rows:
        said = signed_acts.read_signed(text, signature, maker) if keep else None
        ours, kept = patiently(partial(_judge, uid, text, said, verdict, (maker, by)))
        judged += ours
        if said is not None and kept is not None:
            signed_acts.give_paper(kept, said, by=maker, now=now)
    return judged


def _judge(
    uid: str,
    text: str,
    said: dict[str, Any] | None,
    verdict: dict[str, Any],
    who: tuple[Actor, Actor],
) -> tuple[bool, signed_acts.Kept | None]:
    """Whether the act waited still, and what it is as kept if it is to be (`said`).

    `who` made it, and who decides: what that person reaches it may name.
    """
    maker, decider = who
    with transaction() as session:
        waits = update(LateAct).where(LateAct.id == uid, LateAct.state == "waiting")
        ours = session.execute(waits.values(verdict)).rowcount == 1  # type: ignore[attr-defined]
        if not ours or said is None:
            return ours, None
        return True, signed_acts.keep_act_within(
            session, said, text, by=maker, within=decider, now=verdict["decided_at"]
        )


def names_photo(device: Device, signed: str, sha: str) -> bool:
    """Whether the scan or act with the id `signed`, of this device, names the photo `sha`."""
    mine = f"device:{device.id}"
    texts = (
        select(LateScan.said).where(LateScan.id == signed, LateScan.device == device.id),
        select(LateAct.said).where(LateAct.id == signed, LateAct.device == device.id),
        select(Event.body).where(Event.id == signed, Event.by == mine),
        select(HandoverAct.said).where(HandoverAct.uid == signed, HandoverAct.made_by == mine),
    )
    found = (db.session.scalar(text) for text in texts)
    return any(f'"{sha}"' in text for text in found if text)
