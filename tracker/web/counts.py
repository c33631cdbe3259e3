"""Stock counts on screen: begun, watched, closed, printed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from tracker import clock
from tracker.domain.permissions import Action, Scope
from tracker.errors import NotFound
from tracker.queries import counts as queries
from tracker.queries import documents, labels
from tracker.services import counts, paperwork
from tracker.web.gate import actor, needs

blueprint = Blueprint("counts", __name__)


@blueprint.get("/counts")
@needs(Action.READ_DISCREPANCIES)
def list_counts() -> str:
    """Counts, newest first; and where to begin one."""
    reader = actor()
    reach = reader.scope(Action.SCAN_STOCK)
    own = None if reach is Scope.ALL else reader.locations
    places = labels.choices(None, own).locations if reach else []
    return render_template("counts/list.html", rows=queries.list_counts(), places=places)


@blueprint.post("/counts")
@needs(Action.SCAN_STOCK)
def open_count() -> Any:
    """Begin one, and go on to scan."""
    number = counts.open_count(request.form.get("location", ""), by=actor(), now=clock.now())
    return redirect(url_for("counts.show_count", number=number), 303)


@blueprint.get("/counts/<number>")
@needs(Action.READ_DISCREPANCIES)
def show_count(number: str) -> str:
    """One count as it stands."""
    found = queries.count(number)
    if found is None:
        raise NotFound
    return render_template(
        "counts/show.html",
        result=found,
        row=found.row,
        documents=documents.documents_about(number),
    )


@blueprint.post("/counts/<number>/close")
@needs(Action.SCAN_STOCK)
def close(number: str) -> Any:
    """End it: differences become discrepancies, the sheet is issued."""
    counts.close_count(number, by=actor(), now=clock.now())
    paperwork.issue_count_sheet(number, by=actor(), now=clock.now())
    flash(gettext("Closed. Nothing was moved: a person decides about each difference."), "success")
    return redirect(url_for("counts.show_count", number=number), 303)


@blueprint.post("/counts/<number>/paper")
@needs(Action.SCAN_STOCK)
def issue_paper(number: str) -> Any:
    """The sheet of a closed count, should it be missing, or its next version."""
    issued = paperwork.issue_count_sheet(number, by=actor(), now=clock.now())
    return redirect(
        url_for("documents.show_file", number=issued.number, version=issued.version), 303
    )
