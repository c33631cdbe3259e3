"""Importing locations: warehouses in the clear, sites sealed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker.domain.permissions import Actor
from tracker.domain.places import oblast_of
from tracker.domain.sheets import Change, ImportReport, Rows
from tracker.errors import Sealed
from tracker.models import Location
from tracker.services.imports.importing import Import, Progress, among, importing, records
from tracker.services.sites import FACTS, seal_site, unseal

_CLEAR = ("kind", "sector", "oblast", "name_en", "name_uk")


def import_locations(
    rows: Rows,
    *,
    by: Actor,
    key: str | None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Add the locations that are new and update those that changed. Raises ImportRefused.

    Of a site only reference, sector and oblast are stored in the clear, the rest is sealed with
    `key`; so are addresses and contacts of other places. The report tells no sealed fact, only
    that it changed.
    """
    with importing("locations", rows, by, dry_run) as (session, work):
        refs = [row["location"] for _, row in records(rows)]
        known = {
            place.ref: place
            for place in session.scalars(select(Location).where(among(session, Location.ref, refs)))
        }
        for line, row in work.unique("location"):
            try:
                _keep(session, work, line, row, known.get(row["location"]), key)
            except Sealed as refusal:
                rows.fault(line, "location", f"{refusal.detail} Its details can not be sealed.")
            if progress:
                progress(1)
    return work.report


def _keep(
    session: Session,
    work: Import,
    line: int,
    row: dict[str, Any],
    known: Location | None,
    key: str | None,
) -> None:
    ref, (clear, facts) = row["location"], _parted(row)
    if known is None:
        session.add(Location(ref=ref, **clear))
        session.flush()
        if facts:
            seal_site(session, ref, facts, key=key)
        work.report.added += 1
        return
    if known.kind == "site" and clear["kind"] != "site":
        work.rows.fault(line, "kind", f"{ref} is a site, whose details stay sealed; it stays one")
        return
    changes = work.compare(line, ref, known, clear)
    sealed = unseal(session, ref, key) if known.commitment else {}
    absent = {name: fact for name, fact in sealed.items() if name not in row}
    differ = sorted(name for name in FACTS if name in row and facts.get(name) != sealed.get(name))
    if differ:
        session.flush()
        seal_site(session, ref, {**absent, **facts}, key=key)
        changes += [Change(line, ref, f"{name} (sealed)", None, None) for name in differ]
    work.count(changes)


def _parted(row: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """What of a row is stored in the clear, and what is sealed."""
    facts = {name: row[name] for name in FACTS if row.get(name) is not None}
    katottg = row["katottg"]
    oblast = oblast_of(katottg) if katottg else None
    clear = {name: row.get(name) for name in _CLEAR}
    clear["oblast"] = oblast.pcode if oblast else None
    if row["kind"] == "site":
        clear["name_en"] = clear["name_uk"] = None
    else:
        del facts["name_en"], facts["name_uk"]
        if oblast and katottg == oblast.katottg:
            del facts["katottg"]
    return clear, facts
