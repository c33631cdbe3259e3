"""Losses on screen: reported with circumstances and photos, printed, reversed."""

from __future__ import annotations

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
from tracker.domain.permissions import Action, Actor, Scope
from tracker.errors import InvalidValue, NotFound
from tracker.queries import consignments, documents, labels
from tracker.queries import losses as queries
from tracker.queries.photos import photo_in_reach
from tracker.schemas.forms.losses import FoundUnit, ReportedLoss
from tracker.services import losses
from tracker.services.evidence import evidence_content, keep_evidence
from tracker.services.papers import issuing
from tracker.services.uploads import kept_as
from tracker.web.frame.forms import said
from tracker.web.frame.gate import actor, needs

blueprint = Blueprint("losses", __name__)

KINDS = ("lost", "stolen", "destroyed")
MOST_PHOTOS = 10


@blueprint.get("/losses")
@needs(Action.REPORT_LOSS)
def list_losses() -> str:
    """Reports, newest first."""
    kind = request.args.get("kind", "")
    kind = kind if kind in KINDS else ""
    rows = queries.list_reports(actor(), kind or None)
    return render_template("losses/list.html", rows=rows, kind=kind, kinds=KINDS)


@blueprint.get("/losses/new")
@needs(Action.REPORT_LOSS)
def new_loss() -> str:
    """An empty form; for a unit, or for what a consignment did not bring."""
    codes = [request.args["item"][:40]] if request.args.get("item") else []
    consignment = request.args.get("consignment", "")[:32]
    if consignment:
        missing = consignments.missing_units(consignment, actor(), limit=500)
        codes = [row.code for row in missing if row.status in ("announced", "in_transit")]
    return render_template("losses/form.html", codes=codes, consignment=consignment, kinds=KINDS)


@blueprint.post("/losses")
@needs(Action.REPORT_LOSS)
def report_loss() -> Any:
    """Keep the photos, then the report, then its paper."""
    now, form = clock.now(), said(ReportedLoss)
    photos = [one for one in request.files.getlist("photos") if one.filename]
    if len(photos) > MOST_PHOTOS:
        raise InvalidValue("At most ten photos.", field="photos")
    kept = [keep_evidence(one.read(), "photo", by=actor(), now=now) for one in photos]
    number = losses.report_loss(**form, evidence=kept, by=actor(), now=now)
    issuing.issue_loss_report(number, by=actor(), now=clock.now())
    flash(gettext("Reported: %(number)s.", number=number), "success")
    return redirect(url_for("losses.show_loss", number=number), 303)


@blueprint.get("/losses/<number>")
@needs(Action.REPORT_LOSS)
def show_loss(number: str) -> str:
    """One report."""
    found = queries.report(number, actor())
    if found is None:
        raise NotFound
    return render_template(
        "losses/show.html",
        report=found,
        row=found.row,
        documents=documents.documents_about(number, actor()),
        places=_places(actor()),
    )


def _places(reader: Actor) -> list[str]:
    """Where a unit that was found may be put: at the reader's places, or anywhere."""
    own = None if reader.scope(Action.REPORT_LOSS) is Scope.ALL else reader.locations
    return labels.choices(None, reader, own).locations


@blueprint.post("/losses/<number>/found")
@needs(Action.REPORT_LOSS)
def reverse(number: str) -> Any:
    """A unit turned up."""
    form = said(FoundUnit)
    if form["item"] is None:
        raise NotFound
    losses.reverse(number, **form, by=actor(), now=clock.now())
    flash(gettext("The unit is found. The report stays, and says so."), "success")
    return redirect(url_for("losses.show_loss", number=number), 303)


@blueprint.get("/evidence/<sha256>")
@needs(Action.REPORT_LOSS)
def show_evidence(sha256: str) -> Response:
    """A photo, held against its hash; kept by no browser."""
    if not photo_in_reach(sha256, actor()):
        raise NotFound
    content, media_type = evidence_content(kept_as(sha256))
    if media_type != "image/jpeg":
        raise NotFound
    answer = current_app.response_class(content, mimetype=media_type)
    answer.headers["Cache-Control"] = "no-store"
    return answer
