"""Write-offs on screen: what one person proposed and another has to decide."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext

from tracker import clock
from tracker.domain.permissions import Action
from tracker.errors import NotFound
from tracker.queries import documents
from tracker.queries import proposals as queries
from tracker.schemas.forms.proposals import ProposedWriteOff
from tracker.services import proposals
from tracker.services.papers import issuing
from tracker.web import search
from tracker.web.frame.forms import LARGEST_NUMBER, said
from tracker.web.frame.gate import actor, needs

blueprint = Blueprint("proposals", __name__)

ONE = f"/write-offs/<int(max={LARGEST_NUMBER}):number>"


@blueprint.get("/write-offs")
@needs(Action.WRITE_OFF)
def list_proposals() -> str:
    """What waits for a second person."""
    return render_template(
        "proposals/list.html",
        rows=queries.open_proposals(),
        without_act=len(queries.without_act()),
        documents=documents.documents_about("write-offs", actor()),
    )


@blueprint.post("/write-offs/act")
@needs(Action.WRITE_OFF)
def issue_act() -> Any:
    """One act for all units written off since the last."""
    issued = issuing.issue_write_off(by=actor(), now=clock.now())
    return redirect(
        url_for("documents.show_file", number=issued.number, version=issued.version), 303
    )


@blueprint.post("/items/<code>/write-off")
@needs(Action.WRITE_OFF)
def propose(code: str) -> Any:
    """Propose to write a unit off."""
    item = search.item_named(code, actor())
    if item is None:
        raise NotFound
    proposals.propose_write_off(item.id, **said(ProposedWriteOff), by=actor(), now=clock.now())
    flash(gettext("Proposed. A second person has to approve it."), "success")
    return redirect(url_for("items.show_item", code=item.code), 303)


@blueprint.post(f"{ONE}/approve")
@needs(Action.WRITE_OFF)
def approve(number: int) -> Any:
    """Write the unit off, as the second person."""
    proposals.approve(number, by=actor(), now=clock.now())
    flash(gettext("The unit is written off. Both of you are named in the ledger."), "success")
    return redirect(url_for("proposals.list_proposals"), 303)


@blueprint.post(f"{ONE}/refuse")
@needs(Action.WRITE_OFF)
def refuse(number: int) -> Any:
    """Let the unit stay; or take one's own proposal back."""
    proposals.refuse(number, by=actor(), now=clock.now())
    flash(gettext("The unit stays as it is."), "success")
    return redirect(url_for("proposals.list_proposals"), 303)
