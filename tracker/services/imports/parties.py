"""Importing parties."""

from __future__ import annotations

from sqlalchemy import select

from tracker.domain.permissions import Actor
from tracker.domain.sheets import ImportReport, Rows
from tracker.models import Party
from tracker.services.imports.importing import Progress, among, importing, records


def import_parties(
    rows: Rows, *, by: Actor, dry_run: bool = False, progress: Progress | None = None
) -> ImportReport:
    """Add the parties that are new and update those that changed. Raises ImportRefused."""
    with importing("parties", rows, by, dry_run) as (session, work):
        refs = [row["party"] for _, row in records(rows)]
        known = {
            party.ref: party
            for party in session.scalars(select(Party).where(among(session, Party.ref, refs)))
        }
        for line, row in work.unique("party"):
            ref = row.pop("party")
            if ref in known:
                work.count(work.compare(line, ref, known[ref], row))
            else:
                session.add(Party(ref=ref, **row))
                work.report.added += 1
            if progress:
                progress(1)
    return work.report
