"""What donors take along: put together from the view and its statement, written, and prepared.

A small export is made while the donor waits. One with many units is asked for, made by `tracker
worker`, and kept for a day in TRACKER_HOME/exports; whoever may see the pledge may fetch it.
"""

from __future__ import annotations

import io
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from flask import current_app
from sqlalchemy import select, update

from tracker.clock import day_in_kyiv, end_of_day_in_kyiv
from tracker.db import end_reading, transaction
from tracker.domain.disclosure import newest_month
from tracker.domain.portfolios import Kind, Portfolio
from tracker.domain.unit_proofs import UnitProof
from tracker.errors import NotFound
from tracker.exports import book, document, hxl, report, workbook
from tracker.exports.parcel import FORMS, WITH_UNITS, Export, Head, Progress, Statement
from tracker.models import PreparedExport
from tracker.queries import donor_exports, donors
from tracker.queries.donors import Discretion, DonorView
from tracker.services.exports.donor_units import units_known

KEPT = timedelta(hours=24)
FORGOTTEN = timedelta(minutes=30)
"""After so long without an end, an export that was begun is begun again."""

STEP = 2_000  # units between two words about progress


def compose(
    view: DonorView, *, language: str, now: datetime, progress: Progress | None = None
) -> Export:
    """The export of a view, with what it says of itself at `now`.

    Units are listed of one pledge alone, and not where only totals may be shown.
    """
    until = view.counts.until
    head = donor_exports.head_before(end_of_day_in_kyiv(until))
    ledger = Head(head.size, head.root, day_in_kyiv(head.signed_at)) if head else None
    server = current_app.config["HOST"]
    said = Statement(now, until, view.delay_days, view.small_cell, ledger, server, language)
    return Export(view, said, _units(view, progress) if lists_units(view) else None)


def lists_units(view: DonorView) -> bool:
    """Whether an export of this view has one row for every unit."""
    return view.portfolio.kind is Kind.PLEDGE and not view.totals_only


def _units(view: DonorView, progress: Progress | None) -> Callable[[], Iterator[UnitProof]]:
    return lambda: units_known(view.portfolio.ref, view.counts.until, progress)


def is_large(view: DonorView, form: str) -> bool:
    """Whether it takes too long to be made while somebody waits."""
    if form not in WITH_UNITS or not lists_units(view):
        return False
    return view.counts.units > int(current_app.config["EXPORT_AT_ONCE"])


def has_form(view: DonorView, form: str) -> bool:
    """Whether there is such an export of this view at all."""
    return form in FORMS and (form != "units.csv" or lists_units(view))


def made(export: Export, form: str) -> bytes:
    """The whole export at once."""
    out = io.BytesIO()
    write(export, form, out)
    return out.getvalue()


def write(export: Export, form: str, out: BinaryIO) -> None:
    """Write the export in a form (`told.FORMS`) to `out`; the same export, the same bytes."""
    if form == "xlsx":
        workbook.write(export, out)
    elif form == "pdf":
        out.write(report.write(export))
    elif form == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "export.sqlite"
            book.write(export, file)
            with file.open("rb") as told:
                shutil.copyfileobj(told, out)
    else:
        pieces = {
            "csv": hxl.write_figures,
            "units.csv": hxl.write_units,
            "json": document.write,
        }
        out.writelines(pieces[form](export))


def view_at(portfolio: Portfolio, now: datetime) -> DonorView:
    """A portfolio as it may be shown at `now`, past what is kept in memory. Raises NotFound."""
    settings = current_app.config
    today = day_in_kyiv(now)
    view = donors.portfolio_view(
        portfolio,
        today=today,
        installation=Discretion(settings["DONOR_DELAY_DAYS"], settings["SMALL_CELL"]),
        month=newest_month(today, settings["DONOR_PLACE_LAG_DAYS"]),
    )
    if view is None:
        raise NotFound
    return view


def ask_for(view: DonorView, form: str, *, language: str, now: datetime) -> None:
    """Have an export prepared, unless it is there or on its way already."""
    pledge, until = view.portfolio.ref, view.counts.until
    known = donor_exports.prepared(pledge, form, language, until)
    if known is not None and known.state != "failed":
        return
    with transaction() as session:
        session.add(
            PreparedExport(
                pledge=pledge,
                form=form,
                language=language,
                known_until=until,
                name=secrets.token_hex(16),
                state="asked",
                units=view.counts.units,
                done=0,
                asked_at=now,
            )
        )


def file_of(prepared: PreparedExport) -> Path:
    """Where a prepared export's file is kept."""
    return folder() / prepared.name


def folder() -> Path:
    """Where prepared exports are kept; made when it is needed."""
    kept = Path(current_app.config["HOME"]) / "exports"
    kept.mkdir(mode=0o700, exist_ok=True, parents=True)
    return kept


def prepare_next(*, now: datetime) -> bool:
    """Make the export that was asked for first; whether there was one.

    What it is asked for stays the same: a pledge whose day has gone on since is made as of now.
    """
    number = _begin(now) if donor_exports.is_any_waiting(now - FORGOTTEN) else None
    if number is None:
        return False
    try:
        _prepare(number, now)
    except BaseException:
        _say(number, state="failed")
        raise
    return True


def _begin(now: datetime) -> int | None:
    with transaction() as session:
        waiting = (PreparedExport.state == "asked") | (
            (PreparedExport.state == "begun") & (PreparedExport.begun_at < now - FORGOTTEN)
        )
        row = session.scalar(
            select(PreparedExport)
            .where(waiting)
            .order_by(PreparedExport.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if row is None:
            return None
        row.state, row.begun_at, row.done = "begun", now, 0
        return row.id


def _prepare(number: int, now: datetime) -> None:
    session = end_reading()
    row = session.get_one(PreparedExport, number)
    view = view_at(Portfolio(Kind.PLEDGE, row.pledge), now)
    told = 0

    def progress(done: int, _: int) -> None:
        nonlocal told
        if done - told >= STEP:
            told = done
            _say(number, done=done)

    export = compose(view, language=row.language, now=now, progress=progress)
    file = file_of(row)
    form = row.form
    with file.with_suffix(".part").open("wb") as out:
        write(export, form, out)
    size = file.with_suffix(".part").stat().st_size
    file.with_suffix(".part").replace(file)
    _say(
        number,
        state="ready",
        ready_at=now,
        size=size,
        done=view.counts.units,
        known_until=view.counts.until,
    )


def _say(number: int, **said: object) -> None:
    with transaction() as session:
        session.execute(update(PreparedExport).where(PreparedExport.id == number).values(**said))


def forget_old(*, now: datetime) -> int:
    """Delete the files and rows of exports older than a day; how many."""
    if not donor_exports.is_any_older(now - KEPT):
        return 0
    with transaction() as session:
        old = session.scalars(
            select(PreparedExport).where(PreparedExport.asked_at < now - KEPT)
        ).all()
        for row in old:
            file_of(row).unlink(missing_ok=True)
            session.delete(row)
        return len(old)
