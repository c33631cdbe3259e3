"""Handover acts that were signed on a phone, perhaps days ago and without a network.

The phone sends the act as one text that its key has signed, strokes and all. It is kept as it
came, gets its number, and its paper is issued. The units' own scans come beside it and name the
act by its id; so an act whose scans are late, or the other way about, is still whole.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tracker.db import db, transaction
from tracker.domain.permissions import Action, Actor
from tracker.errors import Conflict, InvalidValue, NotAllowed, SignatureWrong
from tracker.models import ActLine, HandoverAct, Identifier, Label, Location, Party
from tracker.services import paper_acts, paperwork
from tracker.services.acts import MOST_UNITS
from tracker.services.codes import read_code
from tracker.services.events import stamp
from tracker.services.evidence import keep_within
from tracker.services.numbering import next_number
from tracker.services.signatures import act_is_signed

LONGEST_TEXT = 1_000_000
SIDES = ("giver", "receiver")


@dataclass(frozen=True, slots=True)
class Kept:
    """An act as the server knows it now; `strays` are the codes on it that name no unit yet."""

    act: int
    number: str
    strays: tuple[str, ...]


def keep_with_paper(text: str, signature: str, *, by: Actor, now: datetime) -> Kept:
    """Keep an act that both sides have signed on a phone, and issue its paper.

    The same text twice is one act, with one number. `text` is JSON: `id`, `made_at`, `giver`,
    `receiver`, `site`, `purpose`, of each side `person`, `position` and `strokes`, the `lines`
    (`scan`, `code`, `second`), `photos` and, if the phone read it there, the number of the printed
    act that was signed (`paper`). Raises NotAllowed, SignatureWrong, InvalidValue, and Conflict for
    another text under the same id.
    """
    said = read_signed(text, signature, by)
    kept = kept_before(said["id"], text)
    if kept is None:
        try:
            with transaction() as session:
                kept = keep_act_within(session, said, text, by=by, now=now)
        except IntegrityError:  # another request with the same act was faster
            kept = kept_before(said["id"], text)
            if kept is None:
                raise
    give_paper(kept, said, by=by, now=now)
    return kept


def read_signed(text: str, signature: str, by: Actor) -> dict[str, Any]:
    """What an act says, if it is by whom it claims. Raises what `keep_with_paper` raises."""
    if not by.may(Action.SCAN_FIELD):
        raise NotAllowed
    if by.key is not None and not act_is_signed(text, signature, by.key):
        raise SignatureWrong
    return _read(text)


def keep_act_within(
    session: Session, said: dict[str, Any], text: str, *, by: Actor, now: datetime
) -> Kept:
    """Keep an act that was read inside the caller's transaction, if it is not kept yet."""
    before = kept_before(said["id"], text)
    if before is not None:
        return before
    row = _row(session, said, text, by, now)
    strays = _lines(session, row.id, said, by, now)
    row.strays = "\n".join(strays)
    row.number, row.state = next_number(session, "handover_act", now), "signed"
    session.flush()
    if said["paper"]:
        paper_acts.link(session, row, said["paper"], by, now)
    return Kept(row.id, row.number, strays)


def give_paper(kept: Kept, said: dict[str, Any], *, by: Actor, now: datetime) -> None:
    """Issue the paper of an act that has none yet, and look for a printed one in its photos."""
    if paperwork.is_issued(kept.act):
        return
    for sha in said["photos"]:
        paper_acts.look_for_paper(sha, by=by, now=now)
    paperwork.issue_act(kept.act, by=by, now=now)


def kept_before(uid: str, text: str) -> Kept | None:
    """The act with this id, if it is kept already. Raises Conflict if it has another text."""
    row = db.session.scalars(select(HandoverAct).where(HandoverAct.uid == uid)).first()
    if row is None:
        return None
    if row.said != text:
        raise Conflict("Another act has this id.")
    return Kept(row.id, row.number or "", tuple(row.strays.split()))


def id_of(text: str) -> str:
    """The id of an act that can be kept. Raises InvalidValue for any other text."""
    return str(_read(text)["id"])


def _row(
    session: Session, said: dict[str, Any], text: str, by: Actor, now: datetime
) -> HandoverAct:
    for side in SIDES:
        if session.get(Party, said[side]) is None:
            raise InvalidValue("Choose who gives and who receives.", field=side)
    site = said["site"]
    if site is not None and session.get(Location, site) is None:
        raise InvalidValue("There is no such site.", field="site")
    row = HandoverAct(
        uid=said["id"],
        said=text,
        state="draft",
        giver=said["giver"],
        receiver=said["receiver"],
        site=site,
        purpose=said["purpose"],
        commission="",
        photos="\n".join(said["photos"]),
        made_by=by.ref,
        made_at=now,
        signed_at=min(datetime.fromisoformat(said["made_at"]), now),
    )
    session.add(row)
    session.flush()
    for side in SIDES:
        setattr(row, f"{side}_person", said[f"{side}_person"])
        setattr(row, f"{side}_position", said[f"{side}_position"])
        strokes = said[f"{side}_strokes"]
        if strokes:
            sha = keep_within(session, json.dumps(strokes).encode(), "signature", by=by, now=now)
            setattr(row, f"{side}_signature", sha)
    return row


def _lines(
    session: Session, act: int, said: dict[str, Any], by: Actor, now: datetime
) -> tuple[str, ...]:
    """The units of the act; the codes that name none, which their own scans bring up."""
    codes = list(dict.fromkeys(said["codes"]))
    worn = select(Label.code, Label.item).where(Label.code.in_(codes), Label.item.is_not(None))
    carried = select(Identifier.value, Identifier.item).where(
        Identifier.value.in_(codes), Identifier.live
    )
    items = {row[0]: row[1] for query in (carried, worn) for row in session.execute(query)}
    named: dict[int, str] = {}
    for code in codes:
        if (item := items.get(code)) is not None:
            named.setdefault(item, code)
    for item, code in named.items():
        session.add(ActLine(act=act, item=item, code=code, added_by=by.ref, added_at=now))
    return tuple(code for code in codes if code not in items)


def _read(text: str) -> dict[str, Any]:
    if len(text) > LONGEST_TEXT:
        raise InvalidValue("The act is too long.")
    try:
        said = json.loads(text)
        read: dict[str, Any] = {
            "id": str(UUID(said["id"])),
            "made_at": stamp(datetime.fromisoformat(said["made_at"])),
            "site": _text(said.get("site") or "", 32) or None,
            "purpose": _text(said["purpose"], 500),
            "photos": [_text(one, 64) for one in said.get("photos", [])][:20],
            "paper": _text(said.get("paper") or "", 32) or None,
            "codes": [read_code(_text(line["code"], 200)) for line in said["lines"]],
        }
        for side in SIDES:
            read[side] = _text(said[side], 32)
            read[f"{side}_person"] = _text(said[f"{side}_person"], 120)
            read[f"{side}_position"] = _text(said[f"{side}_position"], 120)
            read[f"{side}_strokes"] = said.get(f"{side}_strokes")
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise InvalidValue("The act is not complete.") from None
    if not 0 < len(read["codes"]) <= MOST_UNITS:
        raise InvalidValue("There is no unit on the act yet.")
    signed = all(read[f"{side}_strokes"] for side in SIDES)
    if not signed and not read["photos"]:
        raise InvalidValue("Both sides sign, or the signed paper is photographed.")
    return read


def _text(value: Any, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest:
        raise ValueError
    return " ".join(value.split())
