"""Stock counts on screen: begun, watched, closed, printed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext

from tracker import clock
from tracker.domain.permissions import Action, Actor, Scope
from tracker.errors import BoxNotAnswered, Conflict, NotFound
from tracker.queries import counts as queries
from tracker.queries import documents, labels, locations
from tracker.schemas.forms.counts import OpenedCount
from tracker.services import counts
from tracker.services.papers import count_sheets
from tracker.web.frame.forms import begun_by, said, typed
from tracker.web.frame.gate import actor, needs

blueprint = Blueprint("counts", __name__)

INSIDE = "inside-"
"""Begins the name of the answer about a box, before the box's code."""


@blueprint.get("/counts")
@needs(Action.READ_DISCREPANCIES)
def list_counts() -> str:
    """Counts, newest first; and where to begin one."""
    reader = actor()
    reach = reader.scope(Action.SCAN_STOCK)
    own = None if reach is Scope.ALL else reader.locations
    places = labels.choices(None, actor(), own).locations if reach else []
    return render_template("counts/list.html", rows=queries.list_counts(reader), places=places)


@blueprint.post("/counts")
@needs(Action.SCAN_STOCK)
def open_count() -> Any:
    """Begin one, and go on to scan."""
    number = counts.open_count(said(OpenedCount)["location"], by=actor(), now=clock.now())
    return redirect(url_for("counts.show_count", number=number), 303)


@blueprint.get("/counts/<number>")
@needs(Action.READ_DISCREPANCIES)
def show_count(number: str) -> str:
    """One count as it stands."""
    return _page(number)


@blueprint.post("/counts/<number>/close")
@needs(Action.SCAN_STOCK)
def close(number: str) -> Any:
    """End it: differences become discrepancies, the sheet is issued."""
    inside = {box: word == "yes" for box, word in begun_by(INSIDE).items()}
    try:
        counts.close_count(number, by=actor(), now=clock.now(), inside=inside)
    except BoxNotAnswered as problem:
        return _page(number, problem), problem.status
    except Conflict:
        flash(gettext("Somebody has closed this count already."), "warning")
        return redirect(url_for("counts.show_count", number=number), 303)
    count_sheets.issue_count_sheet(number, by=actor(), now=clock.now())
    flash(gettext("Closed. Nothing was moved: a person decides about each difference."), "success")
    return redirect(url_for("counts.show_count", number=number), 303)


@blueprint.post("/counts/<number>/paper")
@needs(Action.SCAN_STOCK)
def issue_paper(number: str) -> Any:
    """The sheet of a closed count, should it be missing, or its next version."""
    issued = count_sheets.issue_count_sheet(number, by=actor(), now=clock.now())
    return redirect(
        url_for("documents.show_file", number=issued.number, version=issued.version), 303
    )


def _page(number: str, problem: BoxNotAnswered | None = None) -> str:
    found = queries.count(number, actor())
    if found is None:
        raise NotFound
    reader = actor()
    listed = {unit.location for unit in (*found.unexpected, *found.missing, *found.gone)}
    return render_template(
        "counts/show.html",
        result=found,
        row=found.row,
        door=_door(found, reader),
        documents=documents.documents_about(number, actor()),
        shown={ref for ref in listed if ref and locations.location(ref, reader)},
        answered=typed(),
        problem=problem,
    )


def _door(found: queries.Result, reader: Actor) -> str:
    """At which door of the place a reader counts: one of their own, or where it was begun."""
    if found.row.location in reader.locations:
        return found.row.location
    return next((ref for ref in found.doors if ref in reader.locations), found.row.location)
