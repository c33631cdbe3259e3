"""Papers filled in: what each document says, read from the tables, issued and kept.

The drawing is in `tracker.papers`, the numbering in `services.documents`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import func, select, update

from labels.codes import show
from tracker.clock import day_in_kyiv
from tracker.db import db, transaction
from tracker.domain.permissions import Action, Actor
from tracker.errors import Conflict, NotAllowed, NotFound
from tracker.models import (
    ActLine,
    CountExpected,
    Document,
    HandoverAct,
    Item,
    Location,
    PackingLine,
    Party,
    Proposal,
    ReceivingVerdict,
    Sighting,
    StockCount,
)
from tracker.papers import (
    count_sheet,
    handover_act,
    loss_report,
    packing_list,
    received_note,
    waybill,
)
from tracker.papers.parts import Leg, Line, Side, Signature, Title
from tracker.papers.words import REASONS, SCHEMES, VERDICTS
from tracker.queries import consignments, losses, proposals
from tracker.queries.paper_lines import PaperLine, paper_lines
from tracker.services.documents import Issued, issue
from tracker.services.evidence import strokes_of

Remarks = Mapping[int, tuple[str, str]]


def issue_packing_list(ref: str, *, by: Actor, now: datetime) -> Issued:
    """Issue a consignment's packing list, or its next version."""
    whole = _journey(ref, by, now)
    lines = lines_of(_items_of(ref))
    if not lines:
        raise Conflict("Nothing is on this consignment yet.")
    row = whole.row
    tops = _tops(whole)

    def compose(title: Title) -> bytes:
        return packing_list.write(
            packing_list.PackingList(
                title=title,
                consignment=ref,
                consignor=_side(row.consignor),
                consignee=_side(row.consignee),
                carrier=_side(row.carrier),
                waybill=row.waybill or "",
                origin=_place(row.origin),
                destination=_place(row.destination),
                seals=[seal.number for seal in whole.seals],
                packages=len(tops),
                lines=lines,
            )
        )

    number = _number_of("packing_list", ref)
    return issue("packing_list", ref, compose, by=by, now=now, number=number)


def issue_waybill(ref: str, *, by: Actor, now: datetime) -> Issued:
    """Issue a consignment's waybill, or its next version."""
    whole = _journey(ref, by, now)
    row = whole.row
    lines = lines_of(_items_of(ref))
    tops = _tops(whole)

    def compose(title: Title) -> bytes:
        return waybill.write(
            waybill.Waybill(
                title=title,
                consignment=ref,
                carriers_number=row.waybill or "",
                consignor=_side(row.consignor),
                consignee=_side(row.consignee),
                carrier=_side(row.carrier),
                origin=_place(row.origin),
                destination=_place(row.destination),
                eta_on=row.eta_on,
                aid_code=row.aid_code or "",
                aid_declared_on=row.aid_declared_on,
                aid_coded_on=row.aid_coded_on,
                legs=[
                    Leg(
                        _place(leg.origin),
                        _place(leg.destination),
                        whole.parties[leg.carrier].name if leg.carrier else "",
                        leg.vehicle or "",
                        leg.departs_on,
                        leg.arrives_on,
                    )
                    for leg in whole.legs
                ],
                seals=[seal.number for seal in whole.seals],
                packages=len(tops),
                lines=lines,
            )
        )

    number = _number_of("waybill", ref)
    return issue("waybill", ref, compose, by=by, now=now, number=number)


def issue_received_note(ref: str, *, by: Actor, now: datetime) -> Issued:
    """Issue the goods-received note of a consignment; before counting is over an interim one."""
    whole = _journey(ref, by, now)
    words = {row.item: row for row in consignments.last_words(ref) if row.item}
    expected = set(_items_of(ref))
    if words:
        odd = {item: row for item, row in words.items() if row.verdict != "good"}
        good = [item for item, row in words.items() if row.verdict == "good"]
        sums = whole.sum
        assert sums is not None
        counted, told = sums.counted, dict(sums.by_verdict)
    else:
        missing = {row.id for row in consignments.missing_units(ref, limit=100_000)}
        odd, good = {}, sorted(expected - missing)
        counted, told = len(good), {"good": len(good), "short": len(missing)}
    remarks = {item: _remark(row) for item, row in odd.items()}
    odd_lines, good_lines = lines_of(odd, remarks), lines_of(good)

    def compose(title: Title) -> bytes:
        return received_note.write(
            received_note.ReceivedNote(
                title=title,
                consignment=ref,
                consignor=_side(whole.row.consignor),
                consignee=_side(whole.row.consignee),
                place=_place(whole.row.destination),
                expected=len(expected),
                counted=counted,
                sums=[(*VERDICTS[word], told[word]) for word in VERDICTS if told.get(word)],
                seals=[_seal(seal.number, seal.whole) for seal in whole.seals],
                odd=odd_lines,
                good=good_lines,
                is_final=whole.row.state in ("received", "closed"),
            )
        )

    number = _number_of("received_note", ref)
    return issue("received_note", ref, compose, by=by, now=now, number=number)


def _remark(row: ReceivingVerdict) -> tuple[str, str]:
    """What is wrong with a unit, and why, in Ukrainian and in English; a note stands once."""
    said = VERDICTS[row.verdict]
    why = REASONS.get(row.reason or "", ("", ""))
    if why == said:
        why = ("", "")
    uk = "; ".join(part for part in (said[0], why[0], row.note) if part)
    return uk, "; ".join(part for part in (said[1], why[1]) if part)


def is_issued(act: int) -> bool:
    """Whether an act has its paper."""
    found = select(Document.id).where(Document.about == f"act:{act}").limit(1)
    return db.session.scalar(found) is not None


def issue_act(act: int, *, by: Actor, now: datetime) -> Issued:
    """Issue an act under its own number; to be signed by hand where nobody has signed it yet.

    Raises Conflict while it has no number.
    """
    if not by.may(Action.SCAN_FIELD):
        raise NotAllowed
    row = db.session.get(HandoverAct, act)
    if row is None:
        raise NotFound
    if row.number is None:
        raise Conflict("The act is not signed yet.")
    items = db.session.scalars(select(ActLine.item).where(ActLine.act == act)).all()
    lines = lines_of(items)
    giver, giver_signed = _signed(row, "giver", "Передав", "handed over by")
    receiver, receiver_signed = _signed(row, "receiver", "Прийняв", "accepted by")

    def compose(title: Title) -> bytes:
        return handover_act.write(
            handover_act.HandoverAct(
                title=title,
                giver=giver,
                receiver=receiver,
                purpose=row.purpose,
                commission=commission_of(row.commission),
                lines=lines,
                signatures=(giver_signed, receiver_signed),
            )
        )

    return issue("handover_act", f"act:{act}", compose, by=by, now=now, number=row.number)


def _signed(row: HandoverAct, side: str, uk: str, en: str) -> tuple[Side, Signature]:
    """One side of an act, and what it signed."""
    person = getattr(row, f"{side}_person") or ""
    position = getattr(row, f"{side}_position") or ""
    named = _side(getattr(row, side), person, position)
    assert named is not None
    strokes = strokes_of(getattr(row, f"{side}_signature"))
    return named, Signature(uk, en, person, position, row.signed_at, strokes)


def issue_count_sheet(number: str, *, by: Actor, now: datetime) -> Issued:
    """Issue the result of a closed count under its own number."""
    if not by.may(Action.SCAN_STOCK):
        raise NotAllowed
    count = db.session.get(StockCount, number)
    if count is None:
        raise NotFound
    if count.closed_at is None:
        raise Conflict("The count is still open.")
    opened_at, closed_at = count.opened_at, count.closed_at
    expected = set(
        db.session.scalars(select(CountExpected.item).where(CountExpected.count == number))
    )
    seen = {
        item
        for item in db.session.scalars(select(Sighting.item).where(Sighting.count == number))
        if item is not None
    }
    unknown = db.session.scalars(
        select(Sighting.code).where(Sighting.count == number, Sighting.item.is_(None))
    ).all()
    found, missing = lines_of(expected & seen), lines_of(expected - seen)
    unexpected = lines_of(seen - expected)
    unexpected += [Line(code, "Невідомий код", "Unknown code") for code in sorted(unknown)]

    def compose(title: Title) -> bytes:
        return count_sheet.write(
            count_sheet.CountSheet(
                title=title,
                place=_place(count.location),
                opened_at=opened_at,
                closed_at=closed_at,
                expected=len(expected),
                found=found,
                missing=missing,
                unexpected=unexpected,
            )
        )

    return issue("count_sheet", number, compose, by=by, now=now, number=number)


def issue_loss_report(number: str, *, by: Actor, now: datetime) -> Issued:
    """Issue a loss report under its own number."""
    if not by.may(Action.REPORT_LOSS):
        raise NotAllowed
    found = losses.report(number)
    if found is None:
        raise NotFound
    lines = lines_of([unit.id for unit in found.units])

    def compose(title: Title) -> bytes:
        return loss_report.write(
            loss_report.LossReport(
                title=title,
                kind=found.row.kind,
                happened_on=found.row.happened_on,
                circumstances=found.row.circumstances,
                authority=found.row.authority or "",
                consignment=found.row.consignment or "",
                lines=lines,
                evidence=found.evidence,
            )
        )

    return issue("loss_report", number, compose, by=by, now=now, number=number)


def issue_write_off(*, by: Actor, now: datetime) -> Issued:
    """Issue one act for every unit that two people have written off and no act names yet."""
    if not by.may(Action.WRITE_OFF):
        raise NotAllowed
    approved = proposals.without_act()
    if not approved:
        raise Conflict("No unit was written off since the last act.")
    remarks = {row.item: (row.reason, "") for row in approved}
    lines = lines_of(remarks, remarks)

    def compose(title: Title) -> bytes:
        return loss_report.write_off(loss_report.WriteOffAct(title, lines))

    issued = issue("write_off_act", "write-offs", compose, by=by, now=now)
    with transaction() as session:
        session.execute(
            update(Proposal)
            .where(Proposal.id.in_([row.id for row in approved]))
            .values(act=issued.number)
        )
    return issued


def commission_of(text: str) -> list[tuple[str, str]]:
    """(name, position) from lines of `name; position`."""
    told = []
    for line in text.splitlines():
        name, _, position = line.partition(";")
        if name.strip():
            told.append((name.strip(), position.strip()))
    return told


def _journey(ref: str, by: Actor, now: datetime) -> consignments.Whole:
    if not (by.may(Action.EDIT_CONSIGNMENTS) or by.may(Action.SCAN_STOCK)):
        raise NotAllowed
    whole = consignments.consignment(ref, day_in_kyiv(now))
    if whole is None:
        raise NotFound
    return whole


def _tops(whole: consignments.Whole) -> set[str]:
    """What a carrier counts: pallets, and boxes that stand on none."""
    return {one.parent or one.code for one in whole.packages if one.code}


def _items_of(ref: str) -> list[int]:
    """What a consignment should bring: its list, or before that is fixed what is on it."""
    listed = db.session.scalars(
        select(PackingLine.item).where(PackingLine.consignment == ref)
    ).all()
    if listed:
        return list(listed)
    return list(db.session.scalars(select(Item.id).where(Item.consignment == ref)))


def lines_of(items: Collection[int], remarks: Remarks | None = None) -> list[Line]:
    """Units as papers list them, by box and number, each with what is remarked of it."""
    return [_line(line, (remarks or {}).get(line.item, ("", ""))) for line in paper_lines(items)]


def _line(line: PaperLine, remark: tuple[str, str]) -> Line:
    return Line(
        show(line.code),
        line.name_uk,
        line.name_en,
        tuple((SCHEMES.get(scheme, scheme.upper()), value) for scheme, value in line.numbers),
        line.box,
        line.value,
        line.currency,
        *remark,
    )


def _side(ref: str | None, person: str | None = None, position: str | None = None) -> Side | None:
    party = db.session.get(Party, ref) if ref else None
    if party is None:
        return None
    return Side(party.name, party.code or "", party.address or "", person or "", position or "")


def _place(ref: str | None) -> str:
    """A warehouse by reference and name; a site is never named on paper."""
    place = db.session.get(Location, ref) if ref else None
    if place is None:
        return ""
    return f"{place.ref} · {place.name_uk}" if place.name_uk else place.ref


def _seal(number: str, whole: bool | None) -> str:
    if whole is None:
        return number
    return f"{number}: {'ціла · whole' if whole else 'зірвана · broken'}"


def _number_of(kind: str, about: str) -> str | None:
    """The number under which a paper of this kind was issued before."""
    return db.session.scalar(
        select(func.min(Document.number)).where(Document.kind == kind, Document.about == about)
    )
