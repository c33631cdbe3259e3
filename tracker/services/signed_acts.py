"""Handover acts that were signed on a phone, perhaps days ago and without a network.

The phone sends the act as one text that its key has signed, strokes and all. It is kept as it
came, gets its number, and its paper is issued. The units' own scans come beside it and name the
act by its id; so an act whose scans are late, or the other way about, is still whole.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tracker.db import db, transaction
from tracker.domain.bodies import moment
from tracker.domain.booked_acts import Balance, Line
from tracker.domain.permissions import SYSTEM, Action, Actor
from tracker.errors import Conflict, InvalidValue, NotAllowed, SignatureWrong
from tracker.ledger.clocks import moment_of
from tracker.ledger.named_acts import heal_missing
from tracker.ledger.record import patiently
from tracker.ledger.signatures import act_is_signed
from tracker.models import ActLine, HandoverAct, Location, Party
from tracker.queries import reach
from tracker.queries.acts import named_by
from tracker.services import booked_acts, paper_acts
from tracker.services.act_texts import SIDES, read_text
from tracker.services.evidence import keep_within
from tracker.services.papers import act_papers
from tracker.services.papers.numbering import next_number

NAMED = (*SIDES, "site")
"""What an act names that has to be on the books, as the refusals of `keep_with_paper` call it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An act as the server knows it now; `strays` are the codes on it that name no unit yet, and
    `unbooked` the signed lines that the ledger has not booked, each with its number.
    """

    act: int
    number: str
    strays: tuple[str, ...]
    unbooked: tuple[tuple[int, Line], ...] = ()

    def told(self) -> dict[str, Any]:
        """The act as a phone is told of it."""
        odd = [{"line": at, "code": line.code, "why": line.doubt} for at, line in self.unbooked]
        return {"number": self.number, "strays": list(self.strays), "unbooked": odd}


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
    return give_paper(kept, said, by=by, now=now)


def read_signed(text: str, signature: str, by: Actor) -> dict[str, Any]:
    """What an act says, if it is by whom it claims. Raises what `keep_with_paper` raises."""
    if not by.may(Action.SCAN_FIELD):
        raise NotAllowed
    if by.key is not None and not act_is_signed(text, signature, by.key):
        raise SignatureWrong
    return read_text(text) | {"device_signature": signature if by.key is not None else None}


def keep_act_within(
    session: Session,
    said: dict[str, Any],
    text: str,
    *,
    by: Actor,
    now: datetime,
    within: Actor | None = None,
) -> Kept:
    """Keep an act that was read inside the caller's transaction, if it is not kept yet.

    It may name what its maker reaches, or who has decided that it is kept (`within`): to a phone a
    site of somebody else is none, and so is a unit there.
    """
    before = kept_before(said["id"], text)
    if before is not None:
        return before
    reader = within or by
    row = _row(session, said, text, (by, reader), now)
    strays = _lines(session, row.id, said, (by, reader), now)
    row.strays = "\n".join(strays)
    row.number, row.state = next_number(session, "handover_act", now), "signed"
    session.flush()
    heal_missing(session.connection(), said["id"])
    if said["paper"]:
        paper_acts.link(session, row, said["paper"], by, now)
    return Kept(row.id, row.number, strays)


def give_paper(kept: Kept, said: dict[str, Any], *, by: Actor, now: datetime) -> Kept:
    """Look for a printed act in the photos of one that came just now, and issue its paper."""
    if not act_papers.is_issued(kept.act):
        for sha in said["photos"]:
            paper_acts.look_for_paper(sha, by=by, now=now)
    return follow(kept, by=by, now=now)


def follow(kept: Kept, *, by: Actor, now: datetime) -> Kept:
    """Hold a kept act against the ledger: its case, and its paper where that says other than it
    did. The act with what of it is not booked.
    """
    told, _ = patiently(partial(_follow, kept.act, by, now))
    strays = tuple(dict.fromkeys(line.code for line in told.lines if line.item is None))
    return Kept(kept.act, kept.number, strays, tuple(told.unbooked))


def follow_all(*, now: datetime) -> int:
    """Look again at acts whose booking may have changed (`tracker worker`); how many had."""
    acts = booked_acts.to_follow()
    return sum(patiently(partial(_follow, act, SYSTEM, now))[1] for act in acts)


def _follow(act: int, by: Actor, now: datetime) -> tuple[Balance, bool]:
    """An act's case and its paper, in one transaction; what is booked, and whether that changed."""
    with transaction() as session:
        told, changed = booked_acts.keep_case_within(session, act, now=now)
        session.flush()
        if changed or not act_papers.is_issued(act):
            act_papers.issue_act_within(session, act, by=by, now=now)
        return told, changed


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
    return str(read_text(text)["id"])


def _row(
    session: Session, said: dict[str, Any], text: str, whose: tuple[Actor, Actor], now: datetime
) -> HandoverAct:
    by, reader = whose
    for side in SIDES:
        if session.get(Party, said[side]) is None:
            raise InvalidValue("Choose who gives and who receives.", field=side)
    site = said["site"]
    if site is not None and reach.one(session, Location, site, reader) is None:
        raise InvalidValue("There is no such site.", field="site")
    row = HandoverAct(
        uid=said["id"],
        said=text,
        device_signature=said["device_signature"],
        state="draft",
        giver=said["giver"],
        receiver=said["receiver"],
        site=site,
        purpose=said["purpose"],
        commission="",
        photos="\n".join(said["photos"]),
        made_by=by.ref,
        made_at=now,
        signed_at=moment_of(session.connection(), moment(said["made_at"]), by.ref, now),
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
    session: Session, act: int, said: dict[str, Any], whose: tuple[Actor, Actor], now: datetime
) -> tuple[str, ...]:
    """The units of the act; the codes that name none, which their own scans bring up."""
    by, reader = whose
    codes = list(dict.fromkeys(said["codes"]))
    named = named_by(codes, reader)
    items: dict[int, str] = {}
    for code in codes:
        if code in named and (item := named[code].item) is not None:
            items.setdefault(item, code)
    for item, code in items.items():
        session.add(ActLine(act=act, item=item, code=code, added_by=by.ref, added_at=now))
    return tuple(code for code in codes if code not in named or named[code].item is None)
