"""Losses on screen: reported with circumstances and photos, printed, reversed."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext

from tracker import clock
from tracker.domain.permissions import Action
from tracker.errors import InvalidValue, NotFound
from tracker.queries import consignments, documents, labels
from tracker.queries import losses as queries
from tracker.services import losses, paperwork
from tracker.services.evidence import evidence_content, keep_evidence
from tracker.services.uploads import kept_as
from tracker.web.gate import actor, needs

blueprint = Blueprint("losses", __name__)

KINDS = ("lost", "stolen", "destroyed")
MOST_PHOTOS = 10


@blueprint.get("/losses")
@needs(Action.REPORT_LOSS)
def list_losses() -> str:
    """Reports, newest first."""
    kind = request.args.get("kind", "")
    kind = kind if kind in KINDS else ""
    rows = queries.list_reports(kind or None)
    return render_template("losses/list.html", rows=rows, kind=kind, kinds=KINDS)


@blueprint.get("/losses/new")
@needs(Action.REPORT_LOSS)
def new_loss() -> str:
    """An empty form; for a unit, or for what a consignment did not bring."""
    codes = [request.args["item"][:40]] if request.args.get("item") else []
    consignment = request.args.get("consignment", "")[:32]
    if consignment:
        codes = [row.code for row in consignments.missing_units(consignment, limit=500)]
    return render_template("losses/form.html", codes=codes, consignment=consignment, kinds=KINDS)


@blueprint.post("/losses")
@needs(Action.REPORT_LOSS)
def report_loss() -> Any:
    """Keep the photos, then the report, then its paper."""
    now = clock.now()
    photos = [one for one in request.files.getlist("photos") if one.filename]
    if len(photos) > MOST_PHOTOS:
        raise InvalidValue("At most ten photos.", field="photos")
    kept = [keep_evidence(one.read(), "photo", by=actor(), now=now) for one in photos]
    number = losses.report_loss(
        request.form.get("kind", ""),
        request.form.get("codes", "").split(),
        request.form.get("circumstances", ""),
        happened_on=_day(request.form.get("happened_on", "")),
        authority=request.form.get("authority"),
        evidence=kept,
        consignment=request.form.get("consignment") or None,
        by=actor(),
        now=now,
    )
    paperwork.issue_loss_report(number, by=actor(), now=clock.now())
    flash(gettext("Reported: %(number)s.", number=number), "success")
    return redirect(url_for("losses.show_loss", number=number), 303)


@blueprint.get("/losses/<number>")
@needs(Action.REPORT_LOSS)
def show_loss(number: str) -> str:
    """One report."""
    found = queries.report(number)
    if found is None:
        raise NotFound
    return render_template(
        "losses/show.html",
        report=found,
        row=found.row,
        documents=documents.documents_about(number),
        places=labels.choices(None, None).locations,
    )


@blueprint.post("/losses/<number>/found")
@needs(Action.REPORT_LOSS)
def reverse(number: str) -> Any:
    """A unit turned up."""
    item = request.form.get("item", type=int)
    if item is None or item >= 2**31:
        raise NotFound
    place = request.form.get("location", "")
    losses.reverse(number, item, place, by=actor(), now=clock.now())
    flash(gettext("The unit is found. The report stays, and says so."), "success")
    return redirect(url_for("losses.show_loss", number=number), 303)


@blueprint.get("/evidence/<sha256>")
@needs(Action.REPORT_LOSS)
def show_evidence(sha256: str) -> Response:
    """A photo, held against its hash; kept by no browser."""
    content, media_type = evidence_content(kept_as(sha256))
    if media_type != "image/jpeg":
        raise NotFound
    answer = current_app.response_class(content, mimetype=media_type)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidValue("This is no date.", field="happened_on") from None
