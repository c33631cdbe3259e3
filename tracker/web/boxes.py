"""Boxes and pallets on screen: made, looked into, closed, opened again."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import ngettext

from tracker import clock
from tracker.domain.permissions import Action
from tracker.errors import HostNotPublic, NotFound
from tracker.queries import handling_units, pledges
from tracker.schemas.forms.boxes import MadeBoxes
from tracker.services import packing
from tracker.services.papers import contents
from tracker.web.frame.forms import said
from tracker.web.frame.gate import actor, needs

blueprint = Blueprint("boxes", __name__)


@blueprint.get("/boxes/new")
@needs(Action.PRINT_LABELS)
def new_boxes() -> str:
    """How many, of which kind."""
    rows = pledges.pledge_rows(actor()).rows
    return render_template("boxes/form.html", pledges=[row.ref for row in rows])


@blueprint.post("/boxes")
@needs(Action.PRINT_LABELS)
def make_boxes() -> Any:
    """Make them, and lead to printing their labels."""
    form = said(MadeBoxes)
    many, kind, pledge = form["many"] or 0, form["kind"], form["pledge"]
    codes = packing.make_units(many, kind, pledge=pledge, by=actor(), now=clock.now())
    told = ngettext(
        "%(many)s made. Print the label and stick it on.",
        "%(many)s made. Print the labels and stick them on.",
        len(codes),
        many=len(codes),
    )
    flash(told, "success")
    return redirect(url_for("printing.choose", what="units", item=codes), 303)


@blueprint.get("/boxes/<code>")
@needs(Action.READ_CONSIGNMENTS)
def show_box(code: str) -> str:
    """What lies in a box or stands on a pallet."""
    found = handling_units.contents(code, actor())
    if found is None:
        raise NotFound
    return render_template("boxes/show.html", box=found, row=found.row)


@blueprint.get("/boxes/<code>/contents.pdf")
@needs(Action.SCAN_STOCK)
def print_contents(code: str) -> Any:
    """What lies in it, to be printed and stuck on it; first the question where it leads nowhere."""
    anyway = request.args.get("anyway") == "yes"
    try:
        content = contents.contents_paper(code, by=actor(), now=clock.now(), anyway=anyway)
    except HostNotPublic as question:
        return render_template("boxes/ask.html", code=code, question=question), question.status
    answer = current_app.response_class(content, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f"inline; filename=contents-{code}.pdf"
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@blueprint.post("/boxes/<code>/close")
@needs(Action.SCAN_STOCK)
def close(code: str) -> Any:
    """It moves as one from now on."""
    packing.close_unit(code, by=actor(), now=clock.now())
    return redirect(url_for("boxes.show_box", code=code), 303)


@blueprint.post("/boxes/<code>/reopen")
@needs(Action.SCAN_STOCK)
def reopen(code: str) -> Any:
    """To take out or add."""
    packing.reopen_unit(code, by=actor())
    return redirect(url_for("boxes.show_box", code=code), 303)
