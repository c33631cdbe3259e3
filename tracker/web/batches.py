"""Labels that are printed blank: their batches, and binding one to a unit with two scans."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from tracker import clock
from tracker.domain.permissions import Action
from tracker.errors import InvalidValue, LabelInUse, NotFound, Refusal, UnitUnknown
from tracker.queries import labels
from tracker.schemas.forms.batches import BoundLabel, MadeBatch
from tracker.services.codes import show
from tracker.services.labels import LARGEST_BATCH, bind, blank_code, make_blanks
from tracker.web.frame.forms import LARGEST_NUMBER, asked_number, said
from tracker.web.frame.gate import actor, needs

blueprint = Blueprint("batches", __name__)

PAGE = 100


@blueprint.get("/labels")
@needs(Action.READ_LABELS)
def list_batches() -> str:
    """Batches of blank labels, newest first, and making another."""
    found = labels.batches(before=asked_number("before"), limit=PAGE)
    more = url_for("batches.list_batches", before=found[-1].number) if len(found) == PAGE else None
    return render_template("labels/list.html", batches=found, most=LARGEST_BATCH, following=more)


@blueprint.post("/labels")
@needs(Action.PRINT_LABELS)
def make_batch() -> Any:
    """Make a batch of blank labels, and lead to printing it."""
    number = make_blanks(said(MadeBatch)["many"] or 0, by=actor(), now=clock.now())
    return redirect(url_for("printing.choose", what="batch", ref=number), 303)


@blueprint.get("/labels/<int:number>")
@needs(Action.READ_LABELS)
def show_batch(number: int) -> str:
    """One batch: how many of its labels are bound, revoked, unused; and each of them."""
    batch = labels.batch(number) if number <= LARGEST_NUMBER else None
    if batch is None:
        raise NotFound
    rows = labels.labels_of_batch(number, after=request.args.get("after", "")[:11], limit=PAGE)
    following = None
    if len(rows) == PAGE:
        following = url_for("batches.show_batch", number=number, after=rows[-1].code)
    return render_template("labels/batch.html", batch=batch, rows=rows, following=following)


@blueprint.get("/labels/bind")
@needs(Action.SCAN_STOCK)
def ask_to_bind() -> str:
    """Two fields for a scanner that types: the label, then the maker's barcode."""
    return _asking(request.args.get("label", ""))


@blueprint.post("/labels/bind")
@needs(Action.SCAN_STOCK)
def bind_label() -> Any:
    """Bind the label; with the label alone (Enter, and no script) ask for the barcode."""
    scanned = said(BoundLabel)
    label, barcode = scanned["label"], scanned["barcode"]
    try:
        if not barcode:
            return _asking(show(blank_code(label)))
        code = bind(label, barcode, by=actor(), now=clock.now())
    except (InvalidValue, LabelInUse, UnitUnknown) as problem:
        return _asking(label, barcode, problem), problem.status
    flash(gettext("Bound: the unit wears %(code)s now.", code=show(code)), "success")
    return redirect(url_for("batches.ask_to_bind"), 303)


def _asking(label: str, barcode: str = "", problem: Refusal | None = None) -> str:
    """The form; the field that is to be scanned next has the focus."""
    if isinstance(problem, UnitUnknown):
        barcode = ""
    elif problem is not None:
        label, barcode = "", ""
    return render_template("labels/bind.html", label=label, barcode=barcode, problem=problem)
