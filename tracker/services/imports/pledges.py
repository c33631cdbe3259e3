"""Importing pledges, and revising what was pledged."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker.db import transaction
from tracker.domain.permissions import Action, Actor
from tracker.domain.sheets import Change, ImportReport, Rows
from tracker.domain.texts import fitting
from tracker.errors import InvalidValue, NotAllowed, NotFound
from tracker.models import Party, Pledge, PledgeLine, Product, Revision
from tracker.services.imports.importing import Import, Progress, among, importing, records

WHOLE = ("donor", "pledged_on", "purpose", "legal_basis", "note", "source")
"""Columns that hold for a pledge as a whole; the others are its line's."""

LARGEST_QUANTITY = 10_000_000


def import_pledges(
    rows: Rows, *, by: Actor, now: datetime, dry_run: bool = False, progress: Progress | None = None
) -> ImportReport:
    """Add pledges and lines that are new, update those that changed. Raises ImportRefused.

    A changed quantity is a revision, kept with its history.
    """
    with importing("pledges", rows, by, dry_run) as (session, work):
        work.must_exist(session, "donor", Party.ref, "party")
        work.must_exist(session, "product", Product.ref, "product")
        pledges, lines = _known(session, rows)
        said: dict[str, tuple[int, dict[str, Any]]] = {}
        with session.no_autoflush:
            for line, row in work.unique("pledge", "product"):
                changes = _keep_pledge(session, work, line, row, pledges, said)
                stored = lines.get((row["pledge"], row["product"]))
                if stored is None:
                    session.add(PledgeLine(pledge=row["pledge"], **_line_of(row)))
                    work.report.added += 1
                    work.report.changed += changes
                else:
                    changes += _keep_line(session, work, line, row, stored, by, now)
                    work.count(changes)
                if progress:
                    progress(1)
        work.refuse_if_faulty()
    return work.report


def revise(
    pledge: str, product: str, quantity: int, *, reason: str, by: Actor, now: datetime
) -> Revision:
    """Change how many of `product` are pledged; what it was is kept, with who, when and why.

    Raises NotAllowed, NotFound, TooLong, and InvalidValue for a quantity that is none or the same,
    for a product that the pledge has no line of, or without a reason.
    """
    if not by.may(Action.EDIT_PLEDGES):
        raise NotAllowed
    reason = fitting(" ".join(reason.split()), 500, "reason")
    if len(reason) < 3:
        raise InvalidValue("Say in a sentence why the quantity changes.", field="reason")
    if type(quantity) is not int or not 0 <= quantity <= LARGEST_QUANTITY:
        raise InvalidValue("A whole number from 0 to 10,000,000.", field="quantity")
    with transaction() as session:
        line = session.scalars(
            select(PledgeLine)
            .where(PledgeLine.pledge == pledge, PledgeLine.product == product)
            .with_for_update()
        ).one_or_none()
        if line is None:
            if session.get(Pledge, pledge) is None:
                raise NotFound
            raise InvalidValue("Choose a line of this pledge.", field="line")
        if line.quantity == quantity:
            raise InvalidValue("This is the quantity already.", field="quantity")
        revision = _revise(session, line, quantity, reason, by, now)
    return revision


def _revise(
    session: Session, line: PledgeLine, quantity: int, reason: str, by: Actor, now: datetime
) -> Revision:
    revision = Revision(
        pledge_line=line.id,
        quantity_before=line.quantity,
        quantity_after=quantity,
        revised_at=now,
        revised_by=by.ref,
        reason=reason,
    )
    line.quantity = quantity
    session.add(revision)
    return revision


def _known(
    session: Session, rows: Rows
) -> tuple[dict[str, Pledge], dict[tuple[str, str], PledgeLine]]:
    refs = {row["pledge"] for _, row in records(rows)}
    pledges = session.scalars(select(Pledge).where(among(session, Pledge.ref, refs)))
    lines = session.scalars(select(PledgeLine).where(among(session, PledgeLine.pledge, refs)))
    return (
        {pledge.ref: pledge for pledge in pledges},
        {(line.pledge, line.product): line for line in lines},
    )


def _keep_pledge(
    session: Session,
    work: Import,
    line: int,
    row: dict[str, Any],
    pledges: dict[str, Pledge],
    said: dict[str, tuple[int, dict[str, Any]]],
) -> list[Change]:
    """The pledge as a whole, once; its further rows must say the same of it."""
    ref = row["pledge"]
    whole = {name: row[name] for name in WHOLE if name in row}
    first = said.setdefault(ref, (line, whole))
    if first[0] != line:
        for name, value in whole.items():
            if value != first[1][name]:
                work.rows.fault(line, name, f"line {first[0]} says another {name} of {ref}")
        return []
    if ref in pledges:
        return work.compare(line, ref, pledges[ref], whole)
    pledges[ref] = Pledge(ref=ref, **whole)
    session.add(pledges[ref])
    return []


def _line_of(row: dict[str, Any]) -> dict[str, Any]:
    columns = ("product", "quantity", "unit_value", "currency")
    return {name: row[name] for name in columns if name in row}


def _keep_line(
    session: Session,
    work: Import,
    line: int,
    row: dict[str, Any],
    stored: PledgeLine,
    by: Actor,
    now: datetime,
) -> list[Change]:
    subject = f"{row['pledge']} {row['product']}"
    wanted = _line_of(row)
    quantity, before = wanted.pop("quantity"), stored.quantity
    changes = work.compare(line, subject, stored, wanted)
    if quantity != before:
        _revise(session, stored, quantity, f"Import of {work.rows.file}"[:500], by, now)
        changes.append(Change(line, subject, "quantity", before, quantity))
    return changes
