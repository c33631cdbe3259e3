"""Pledges on screen: all of them, one of them, and the revision of a line."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from tracker import clock
from tracker.domain.permissions import Action, Scope
from tracker.errors import InvalidValue, NotFound, Refusal
from tracker.queries import consignments, deliveries, ledger, pledges
from tracker.schemas.forms.pledges import Revised
from tracker.services.imports.pledges import revise
from tracker.web.frame.forms import said, typed
from tracker.web.frame.gate import actor, needs, scope

blueprint = Blueprint("pledges", __name__)


@blueprint.get("/pledges")
@needs(Action.READ_PLEDGES)
def list_pledges() -> Any:
    """Every pledge this reader may know, with how far its units are."""
    if _is_donor():
        return redirect(url_for("donors.list_own"), 303)
    page = pledges.pledge_rows(actor(), after=request.args.get("after"), limit=30)
    return render_template("pledges/list.html", page=page)


@blueprint.get("/pledges/<ref>")
@needs(Action.READ_PLEDGES)
def show_pledge(ref: str) -> Any:
    """One pledge."""
    if _is_donor():
        return redirect(url_for("donors.show_own", word="pledges", ref=ref), 303)
    return _page(ref)


@blueprint.post("/pledges/<ref>/revise")
@needs(Action.EDIT_PLEDGES)
def revise_line(ref: str) -> Any:
    """Change the quantity of a line; the old one stays in the history."""
    try:
        form = said(Revised)
        how = {"reason": form["reason"], "by": actor(), "now": clock.now()}
        revise(ref, form["line"], form["quantity"], **how)
    except InvalidValue as problem:
        return _page(ref, problem), problem.status
    flash(gettext("The new quantity is kept; the old one stays in the history."), "success")
    return redirect(url_for("pledges.show_pledge", ref=ref), 303)


def _pledge(ref: str) -> pledges.PledgePage:
    found = pledges.pledge(ref, actor())
    if found is None:
        raise NotFound
    return found


def _page(ref: str, problem: Refusal | None = None) -> str:
    pledge, reader = _pledge(ref), actor()
    return render_template(
        "pledges/show.html",
        pledge=pledge,
        deliveries=deliveries.of_pledge(ref),
        journeys=consignments.of_pledge(ref, clock.day_in_kyiv(clock.now()), actor()),
        recent=ledger.recent_events(ref) if reader.may(Action.READ_ITEMS) else [],
        may_revise=reader.may(Action.EDIT_PLEDGES),
        problem=problem,
        said=typed(),
    )


def _is_donor() -> bool:
    """Whether the reader must not know where units stand today, but days later and coarser.

    These pages are live; a donor has pages that hold only what `domain.disclosure` lets out.
    """
    return scope() is Scope.OWN
