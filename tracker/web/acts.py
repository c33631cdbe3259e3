"""Handover acts on screen: made, filled by scanning, signed on the screen by both sides."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from tracker import clock
from tracker.domain.permissions import Action
from tracker.errors import NotFound, Refusal
from tracker.queries import acts as queries
from tracker.queries import documents, labels
from tracker.services import acts, paper_acts, paperwork
from tracker.services.acts import Signed
from tracker.web.forms import LARGEST_NUMBER
from tracker.web.gate import actor, needs

blueprint = Blueprint("acts", __name__)

ONE = f"/acts/<int(max={LARGEST_NUMBER}):act>"


@blueprint.get("/acts")
@needs(Action.SCAN_FIELD)
def list_acts() -> str:
    """Acts, newest first."""
    return render_template("acts/list.html", rows=queries.list_acts())


@blueprint.get("/acts/new")
@needs(Action.SCAN_FIELD)
def new_act() -> str:
    """An empty form."""
    reader = actor()
    everywhere = reader.may(Action.EDIT_CONSIGNMENTS)
    choices = labels.choices(None, None if everywhere else reader.locations)
    return render_template("acts/form.html", choices=choices, parties=choices.receivers)


@blueprint.post("/acts")
@needs(Action.SCAN_FIELD)
def make_act() -> Any:
    """Make one in draft, and go on to scan its units."""
    names = ("giver", "receiver", "site", "purpose", "commission")
    said = {name: request.form.get(name, "").strip() for name in names}
    act = acts.make_act(said, by=actor(), now=clock.now())
    return redirect(url_for("acts.show_act", act=act), 303)


@blueprint.get(ONE)
@needs(Action.SCAN_FIELD)
def show_act(act: int) -> str:
    """One act: its units, its paper; while it is a draft the place to sign."""
    return _page(act)


@blueprint.post(f"{ONE}/lines/<int(max={LARGEST_NUMBER}):item>/remove")
@needs(Action.SCAN_FIELD)
def remove_line(act: int, item: int) -> Any:
    """Take a unit off."""
    acts.remove_line(act, item, by=actor())
    return redirect(url_for("acts.show_act", act=act), 303)


@blueprint.post(f"{ONE}/sign")
@needs(Action.SCAN_FIELD)
def sign_act(act: int) -> Any:
    """Both have signed: the units change hands, the paper is issued."""
    sides = [
        Signed(
            request.form.get(f"{side}_person", ""),
            request.form.get(f"{side}_position", ""),
            request.form.get(f"{side}_signature", "") or "[]",
        )
        for side in ("giver", "receiver")
    ]
    try:
        number = acts.sign_act(act, sides[0], sides[1], by=actor(), now=clock.now())
    except Refusal as problem:
        if problem.status == 422:
            return _page(act, problem), 422
        raise
    paperwork.issue_act(act, by=actor(), now=clock.now())
    flash(gettext("Signed: %(number)s. The units have changed hands.", number=number), "success")
    return redirect(url_for("acts.show_act", act=act), 303)


@blueprint.post(f"{ONE}/print")
@needs(Action.SCAN_FIELD)
def print_act(act: int) -> Any:
    """The paper of a draft, to be signed by hand."""
    issued = paper_acts.print_act(act, by=actor(), now=clock.now())
    return redirect(
        url_for("documents.show_file", number=issued.number, version=issued.version), 303
    )


@blueprint.post(f"{ONE}/paper")
@needs(Action.SCAN_FIELD)
def issue_paper(act: int) -> Any:
    """The paper of a signed act, should it be missing, or its next version."""
    issued = paperwork.issue_act(act, by=actor(), now=clock.now())
    return redirect(
        url_for("documents.show_file", number=issued.number, version=issued.version), 303
    )


def _page(act: int, problem: Refusal | None = None) -> str:
    found = queries.act(act)
    if found is None:
        raise NotFound
    row, parties = found
    return render_template(
        "acts/show.html",
        act=row,
        parties=parties,
        lines=queries.lines_of(act),
        documents=documents.documents_about(f"act:{act}"),
        papers=queries.linked(row),
        commission=paperwork.commission_of(row.commission),
        problem=problem,
        said=request.form,
    )
