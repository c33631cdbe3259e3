"""Handover acts on screen: made, filled by scanning, signed on the screen by both sides."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext, ngettext

from tracker import clock
from tracker.domain.permissions import Action
from tracker.errors import InvalidValue, ListChanged, NotFound, Refusal
from tracker.queries import acts as queries
from tracker.queries import documents, labels
from tracker.schemas.forms.acts import MadeAct, SignedAct
from tracker.services import act_lists, acts, booked_acts, paper_acts
from tracker.services.acts import Signed
from tracker.services.codes import is_canonical
from tracker.services.papers import act_papers
from tracker.web.frame.forms import LARGEST_NUMBER, said, typed
from tracker.web.frame.gate import actor, needs

blueprint = Blueprint("acts", __name__)

ONE = f"/acts/<int(max={LARGEST_NUMBER}):act>"


@blueprint.get("/acts")
@needs(Action.SCAN_FIELD)
def list_acts() -> str:
    """Acts, newest first."""
    return render_template("acts/list.html", rows=queries.list_acts(actor()))


@blueprint.get("/acts/new")
@needs(Action.SCAN_FIELD)
def new_act() -> str:
    """An empty form."""
    reader = actor()
    everywhere = reader.may(Action.EDIT_CONSIGNMENTS)
    choices = labels.choices(None, reader, None if everywhere else reader.locations)
    return render_template("acts/form.html", choices=choices, parties=choices.receivers)


@blueprint.post("/acts")
@needs(Action.SCAN_FIELD)
def make_act() -> Any:
    """Make one in draft, and go on to scan its units."""
    act = acts.make_act(said(MadeAct), by=actor(), now=clock.now())
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
    act_lists.remove_line(act, item, by=actor())
    return redirect(url_for("acts.show_act", act=act), 303)


@blueprint.post(f"{ONE}/correct")
@needs(Action.SCAN_FIELD)
def correct_list(act: int) -> Any:
    """Make the list what stands there now."""
    many = act_lists.correct_list(act, by=actor(), now=clock.now())
    flash(
        ngettext("%(many)s line was corrected.", "%(many)s lines were corrected.", many, many=many),
        "success",
    )
    return redirect(url_for("acts.show_act", act=act), 303)


@blueprint.post(f"{ONE}/drop")
@needs(Action.SCAN_FIELD)
def drop_act(act: int) -> Any:
    """Forget a draft."""
    acts.drop_act(act, by=actor())
    flash(gettext("The draft is gone."), "success")
    return redirect(url_for("acts.list_acts"), 303)


@blueprint.post(f"{ONE}/sign")
@needs(Action.SCAN_FIELD)
def sign_act(act: int) -> Any:
    """Both have signed: the units change hands, the paper is issued."""
    try:
        form = said(SignedAct)
        giver, receiver = _signed(form, "giver"), _signed(form, "receiver")
        how = {"by": actor(), "now": clock.now(), "shown": form["shown"]}
        number = acts.sign_act(act, giver, receiver, **how)
    except (InvalidValue, ListChanged) as problem:
        return _page(act, problem), problem.status
    act_papers.issue_act(act, by=actor(), now=clock.now())
    flash(gettext("Signed: %(number)s. The units have changed hands.", number=number), "success")
    return redirect(url_for("acts.show_act", act=act), 303)


@blueprint.post(f"{ONE}/print")
@needs(Action.SCAN_FIELD)
def print_act(act: int) -> Any:
    """The paper of a draft, to be signed by hand."""
    try:
        issued = paper_acts.print_act(act, by=actor(), now=clock.now())
    except ListChanged as problem:
        return _page(act, problem), problem.status
    return redirect(
        url_for("documents.show_file", number=issued.number, version=issued.version), 303
    )


@blueprint.post(f"{ONE}/paper")
@needs(Action.SCAN_FIELD)
def issue_paper(act: int) -> Any:
    """The paper of a signed act, should it be missing, or its next version."""
    issued = act_papers.issue_act(act, by=actor(), now=clock.now())
    return redirect(
        url_for("documents.show_file", number=issued.number, version=issued.version), 303
    )


def _signed(form: dict[str, Any], side: str) -> Signed:
    return Signed(
        form[f"{side}_person"], form[f"{side}_position"], form[f"{side}_signature"] or "[]"
    )


def _page(act: int, problem: Refusal | None = None) -> str:
    found = queries.act(act, actor())
    if found is None:
        raise NotFound
    row, parties = found
    units = queries.lines_of(act)
    told = booked_acts.balance_of(row) if row.state == "signed" else None
    return render_template(
        "acts/show.html",
        act=row,
        parties=parties,
        changes=_changes(row, problem),
        units=units,
        told=told,
        unsigned=queries.codes_of(told.unsigned) if told else (),
        by_item={unit.id: unit for unit in units},
        without_number=sum(1 for unit in units if _lacks_number(unit)),
        documents=documents.documents_about(f"act:{act}", actor()),
        papers=queries.linked(row, actor()),
        commission=act_papers.commission_of(row.commission),
        problem=problem,
        said=typed(),
    )


def _lacks_number(unit: Any) -> bool:
    """Whether a terminal is listed by its label or its box alone."""
    is_terminal = unit.product_kind == "satellite_terminal"
    return is_terminal and unit.second_identifier is None and is_canonical(unit.scanned)


def _changes(row: Any, problem: Refusal | None) -> list[dict[str, Any]]:
    """What is not as it was listed: what a refusal says, or what is known before anybody signs."""
    if problem is not None and "changes" in problem.extra:
        return list(problem.extra["changes"])
    if row.state == "signed":
        return []
    return [asdict(one) for one in act_lists.changes_since(row.id, actor())]
