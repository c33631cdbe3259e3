"""Initiatives on screen: all of them, and which pledge belongs to which."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext

from tracker.domain.permissions import Action
from tracker.queries import initiatives as queries
from tracker.schemas.forms.initiatives import JoinedInitiative, StartedInitiative
from tracker.services import initiatives
from tracker.web.frame.forms import said
from tracker.web.frame.gate import actor, needs

blueprint = Blueprint("initiatives", __name__)


@blueprint.get("/initiatives")
@needs(Action.EDIT_PLEDGES)
def list_initiatives() -> str:
    """Every initiative, and the pledges with the one they belong to."""
    return render_template(
        "initiatives/list.html",
        initiatives=queries.list_initiatives(),
        pledges=queries.memberships(),
    )


@blueprint.post("/initiatives")
@needs(Action.EDIT_PLEDGES)
def start() -> Any:
    """Make an initiative."""
    form = said(StartedInitiative)
    initiatives.start_initiative(form.pop("ref").upper(), **form, by=actor())
    return redirect(url_for("initiatives.list_initiatives"), 303)


@blueprint.post("/pledges/<ref>/initiative")
@needs(Action.EDIT_PLEDGES)
def join(ref: str) -> Any:
    """Put a pledge into an initiative, or take it out."""
    initiatives.join_initiative(ref, **said(JoinedInitiative), by=actor())
    flash(gettext("Kept."), "success")
    return redirect(url_for("initiatives.list_initiatives"), 303)
