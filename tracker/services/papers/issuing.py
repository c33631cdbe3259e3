"""Papers filled in: what each document says, read from the tables, issued and kept.

The drawing is in `tracker.papers`, the numbering in `services.papers.documents`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime
from functools import partial

from sqlalchemy import func, select, update

from labels.codes import show
from tracker.clock import day_in_kyiv
from tracker.db import db, transaction
from tracker.domain.permissions import Action, Actor
from tracker.errors import Conflict, NotAllowed, NotFound
from tracker.ledger.record import patiently
from tracker.models import (
    Document,
    Location,
    Party,
    Proposal,
)
from tracker.papers import (
    loss_report,
    packing_list,
    waybill,
)
from tracker.papers.parts import Leg, Line, Side, Title
from tracker.papers.words import SCHEMES
from tracker.queries import consignments, loads, losses, proposals
from tracker.queries.loads import Load
from tracker.queries.paper_lines import PaperLine, paper_lines
from tracker.queries.standings import box_names
from tracker.services.papers.documents import Issued, issue, issue_within

Remarks = Mapping[int, tuple[str, str]]


def issue_packing_list(ref: str, *, by: Actor, now: datetime) -> Issued:
    """Issue a consignment's packing list, or its next version."""
    whole = journey_of(ref, by, now)
    load = loads.load(ref)
    lines = lines_of(load.items, boxes=_named(load))
    if not lines:
        raise Conflict("Nothing is on this consignment yet.")
    row = whole.row

    def compose(title: Title) -> bytes:
        return packing_list.write(
            packing_list.PackingList(
                title=title,
                consignment=ref,
                consignor=side_of(row.consignor),
                consignee=side_of(row.consignee),
                carrier=side_of(row.carrier),
                waybill=row.waybill or "",
                origin=place_of(row.origin),
                destination=place_of(row.destination),
                seals=[seal.number for seal in whole.seals],
                packages=len(load.packages),
                lines=lines,
                boxes=len(load.real_boxes),
                loose=len(load.loose),
                is_plan=load.is_plan,
            )
        )

    number = number_of("packing_list", ref)
    return issue("packing_list", ref, compose, by=by, now=now, number=number)


def issue_waybill(ref: str, *, by: Actor, now: datetime) -> Issued:
    """Issue a consignment's waybill, or its next version."""
    whole = journey_of(ref, by, now)
    row = whole.row
    load = loads.load(ref)
    lines = lines_of(load.items, boxes=_named(load))

    def compose(title: Title) -> bytes:
        return waybill.write(
            waybill.Waybill(
                title=title,
                consignment=ref,
                carriers_number=row.waybill or "",
                consignor=side_of(row.consignor),
                consignee=side_of(row.consignee),
                carrier=side_of(row.carrier),
                origin=place_of(row.origin),
                destination=place_of(row.destination),
                eta_on=row.eta_on,
                aid_code=row.aid_code or "",
                aid_declared_on=row.aid_declared_on,
                aid_coded_on=row.aid_coded_on,
                legs=[
                    Leg(
                        place_of(leg.origin),
                        place_of(leg.destination),
                        whole.parties[leg.carrier].name if leg.carrier else "",
                        leg.vehicle or "",
                        leg.departs_on,
                        leg.arrives_on,
                    )
                    for leg in whole.legs
                ],
                seals=[seal.number for seal in whole.seals],
                packages=len(load.packages),
                lines=lines,
                loose=len(load.loose),
            )
        )

    number = number_of("waybill", ref)
    return issue("waybill", ref, compose, by=by, now=now, number=number)


def issue_loss_report(number: str, *, by: Actor, now: datetime) -> Issued:
    """Issue a loss report under its own number."""
    if not by.may(Action.REPORT_LOSS):
        raise NotAllowed
    found = losses.report(number, by)
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
    return patiently(partial(_issue_write_off, by, now))


def _issue_write_off(by: Actor, now: datetime) -> Issued:
    """The act and what names it, in one transaction: no unit is on two acts."""
    with transaction() as session:
        free = select(Proposal.id).where(Proposal.approved.is_(True), Proposal.act.is_(None))
        session.execute(free.order_by(Proposal.id).with_for_update())
        approved = proposals.without_act()
        if not approved:
            raise Conflict("No unit was written off since the last act.")
        remarks = {row.item: (row.reason, "") for row in approved}
        lines = lines_of(remarks, remarks)

        def compose(title: Title) -> bytes:
            return loss_report.write_off(loss_report.WriteOffAct(title, lines))

        issued = issue_within(session, "write_off_act", "write-offs", compose, by=by, now=now)
        named = Proposal.id.in_([row.id for row in approved])
        session.execute(update(Proposal).where(named).values(act=issued.number))
    return issued


def journey_of(ref: str, by: Actor, now: datetime) -> consignments.Whole:
    """A consignment whole, for who may issue its papers. Raises NotAllowed and NotFound."""
    if not (by.may(Action.EDIT_CONSIGNMENTS) or by.may(Action.SCAN_STOCK)):
        raise NotAllowed
    whole = consignments.consignment(ref, day_in_kyiv(now), by)
    if whole is None:
        raise NotFound
    return whole


def _named(load: Load) -> dict[int, str]:
    """{item: what its box is called on paper} of what travels; empty for a loose unit.

    Two boxes on which the same is written, as of two deliveries, are told apart by their codes.
    """
    written = box_names(load.tops)
    many = Counter(written.values())
    names = {
        code: f"{name} · {show(code)}" if many[name] > 1 else name for code, name in written.items()
    }
    return {item: names[box] if box else "" for item, box in load.boxes.items()}


def lines_of(
    items: Collection[int],
    remarks: Remarks | None = None,
    boxes: Mapping[int, str] | None = None,
) -> list[Line]:
    """Units as papers list them, by box and number, each with what is remarked of it.

    `boxes` names those that they came in, where that is what the paper is about.
    """
    lines = [line_of(line, remarks or {}, boxes or {}) for line in paper_lines(items)]
    return sorted(lines, key=lambda line: line.box) if boxes else lines


def line_of(line: PaperLine, remarks: Remarks, boxes: Mapping[int, str]) -> Line:
    """A unit as papers list it, with its remark and the box that it came in, if one is named."""
    return Line(
        show(line.code),
        line.name_uk,
        line.name_en,
        tuple((SCHEMES.get(scheme, scheme.upper()), value) for scheme, value in line.numbers),
        boxes.get(line.item, line.box),
        line.value,
        line.currency,
        *remarks.get(line.item, ("", "")),
    )


def side_of(ref: str | None, person: str | None = None, position: str | None = None) -> Side | None:
    """A party as papers name it."""
    party = db.session.get(Party, ref) if ref else None
    if party is None:
        return None
    return Side(party.name, party.code or "", party.address or "", person or "", position or "")


def place_of(ref: str | None) -> str:
    """A warehouse by reference and name; a site is never named on paper."""
    place = db.session.get(Location, ref) if ref else None
    if place is None:
        return ""
    return f"{place.ref} · {place.name_uk}" if place.name_uk else place.ref


def number_of(kind: str, about: str) -> str | None:
    """The number under which a paper of this kind was issued before."""
    return db.session.scalar(
        select(func.min(Document.number)).where(Document.kind == kind, Document.about == about)
    )
