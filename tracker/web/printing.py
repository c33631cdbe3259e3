"""Printing labels: what was chosen elsewhere, on which paper, from which place of the sheet on.

The page works with one form and without a script: "Show" draws the first sheet anew. The script
does that by itself, and takes a click on the drawn sheet for the first free place.
"""

from __future__ import annotations

import io
from itertools import groupby
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    url_for,
)
from flask_babel import gettext

from tracker import clock
from tracker.domain.permissions import Action
from tracker.errors import HostNotPublic, InvalidValue, NotFound, Refusal
from tracker.queries import items
from tracker.queries.printing import WHAT
from tracker.schemas.forms.printing import ChosenLabels, MadeFile, PrintJob
from tracker.services import labels, printing
from tracker.services.printing import Chosen, Job
from tracker.web.frame.forms import said, said_or_asked
from tracker.web.frame.gate import actor, needs

blueprint = Blueprint("printing", __name__)

FILTERS = ("q", "status", "location", "pledge")
KINDS = {"pdf": "application/pdf", "zpl": "application/octet-stream", "zip": "application/zip"}


@blueprint.get("/labels/print")
@needs(Action.PRINT_LABELS)
def choose() -> Any:
    """Choose paper, first place and copies; see the first sheet."""
    chosen = _chosen()
    if chosen.what == "items" and not chosen.codes:
        flash(gettext("Tick the units whose labels you want to print."), "warning")
        return redirect(url_for("items.list_items"), 303)
    return _page(chosen, _job(chosen))


@blueprint.post("/labels/print")
@needs(Action.PRINT_LABELS)
def make() -> Any:
    """The file; or the page again, to show the first sheet, to ask or to say what cannot be."""
    chosen, asked = _chosen(), said(MadeFile)
    anyway = asked["anyway"]
    kind = anyway or asked["kind"]
    try:
        job = _job(chosen, anyway=bool(anyway))
        if kind in KINDS:
            return _file(chosen, job, kind)
    except HostNotPublic as question:
        return _page(chosen, job, question, asked=kind), question.status
    except InvalidValue as problem:
        return _page(chosen, Job(printing.usual_stock(chosen)), problem), problem.status
    return _page(chosen, job)


@blueprint.get("/labels/preview.svg")
@needs(Action.PRINT_LABELS)
def preview() -> Response:
    """The first sheet as it will be printed."""
    chosen = _chosen()
    job = _job(chosen)
    found = printing.labels_of(chosen, boxed=job.boxed, by=actor())
    return _unkept(printing.preview(found, job), "image/svg+xml")


@blueprint.post("/locations/<ref>/label")
@needs(Action.PRINT_LABELS)
def label_place(ref: str) -> Any:
    """Give a location a label of its own, and lead to printing it."""
    labels.label_of_place(ref, by=actor())
    return redirect(url_for("printing.choose", what="location", ref=ref), 303)


def _file(chosen: Chosen, job: Job, kind: str) -> Response:
    found = printing.labels_of(chosen, boxed=job.boxed, by=actor())
    if kind == "pdf":
        out = io.BytesIO()
        printing.print_pdf(found, job, out, now=clock.now(), title=chosen.ref)
        made = out.getvalue()
    elif kind == "zpl":
        made = printing.print_zpl(found, job, now=clock.now())
    else:
        made = printing.print_pictures(found, job, now=clock.now())
    answer = _unkept(made, KINDS[kind])
    answer.headers["Content-Disposition"] = f"attachment; filename=labels.{kind}"
    return answer


def _unkept(body: bytes | str, mimetype: str) -> Response:
    answer = current_app.response_class(body, mimetype=mimetype)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _page(chosen: Chosen, job: Job, problem: Refusal | None = None, asked: str = "") -> str:
    """The form; with what cannot be, or with the question whether to make `asked` all the same."""
    found = printing.labels_of(chosen, boxed=job.boxed, by=actor())
    stocks = printing.stocks_for(found[0])
    named = next((one for one in stocks if one.name == job.stock), None) or printing.named(job)
    fields = _fields(chosen)
    return render_template(
        "labels/print.html",
        chosen=chosen,
        fields=fields,
        job=job,
        many=len(found),
        sheets=-(-(len(found) * job.copies + job.start - 1) // named.per_page),
        stock=named,
        groups=[(kind, list(some)) for kind, some in groupby(stocks, lambda one: one.kind)],
        outlines={one.name: printing.outline(one) for one in stocks},
        profiles=sorted(printing.profiles()),
        shown=url_for("printing.preview", **fields, **_settings(job)),
        problem=problem,
        asked=asked,
    )


def _chosen() -> Chosen:
    """What the address or the form names. Raises NotFound for what is nothing to print."""
    form = said_or_asked(ChosenLabels)
    if form["what"] not in WHAT:
        raise NotFound
    return Chosen(
        form["what"],
        form["ref"],
        tuple(form["item"]),
        {name: form[name] for name in FILTERS if form[name]},
        items.may_search_fragments(actor()),
    )


def _fields(chosen: Chosen) -> dict[str, Any]:
    """`chosen` as the fields of an address."""
    fields: dict[str, Any] = {"what": chosen.what, **chosen.filters}
    if chosen.ref:
        fields["ref"] = chosen.ref
    if chosen.codes:
        fields["item"] = list(chosen.codes)
    return fields


def _settings(job: Job) -> dict[str, Any]:
    """`job` as the fields of an address."""
    order = "box" if job.boxed else "number"
    return {
        "stock": job.stock,
        "start": job.start,
        "copies": job.copies,
        "order": order,
        "profile": job.profile,
    }


def _job(chosen: Chosen, *, anyway: bool = False) -> Job:
    """How it is to be printed. Raises InvalidValue."""
    form = said_or_asked(PrintJob)
    job = Job(
        stock=form["stock"] or printing.usual_stock(chosen),
        start=_number(form["start"]),
        copies=_number(form["copies"]),
        boxed=(form["order"] or "box") == "box",
        profile=form["profile"],
        anyway=anyway,
    )
    printing.named(job)
    printing.profile_of(job)
    return job


def _number(text: str) -> int:
    """A place or how many: one where nothing is said, none for what is no number."""
    text = text or "1"
    return int(text) if text.isdecimal() and len(text) < 5 else 0
