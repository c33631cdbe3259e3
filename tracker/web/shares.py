"""A coordinator's side of share links: make one, see how it is used, end it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, render_template, url_for

from tracker import clock
from tracker.domain.permissions import Action
from tracker.errors import NotFound
from tracker.queries import donors
from tracker.schemas.forms.shares import MadeShare
from tracker.services import shares
from tracker.web.frame.forms import LARGEST_NUMBER, said
from tracker.web.frame.gate import actor, needs

blueprint = Blueprint("shares", __name__)


@blueprint.get("/pledges/<ref>/shares")
@needs(Action.SHARE_WITH_DONOR)
def new_share(ref: str) -> Any:
    """The links of a pledge, and the form that makes one."""
    return _page(ref)


@blueprint.post("/pledges/<ref>/shares")
@needs(Action.SHARE_WITH_DONOR)
def make_share(ref: str) -> Any:
    """Make a link and show it, this once."""
    form = said(MadeShare)
    shows = form["shows"] or "all"
    token = shares.make_share(
        ref,
        days=form["days"] or 0,
        by=actor(),
        now=clock.now(),
        photos=shows == "all",
        totals_only=shows == "totals",
    )
    return _page(ref, link=url_for("donors.show_shared", _external=True) + "#" + token)


@blueprint.post(f"/pledges/<ref>/shares/<int(max={LARGEST_NUMBER}):share>/revoke")
@needs(Action.SHARE_WITH_DONOR)
def revoke_share(ref: str, share: int) -> Any:
    """End a link at once."""
    shares.revoke_share(share, by=actor(), now=clock.now(), pledge=ref)
    return redirect(url_for("shares.new_share", ref=ref), 303)


def _page(ref: str, link: str | None = None) -> Response:
    made = donors.shares_of(ref)
    if made is None:
        raise NotFound
    page = render_template("shares/list.html", ref=ref, shares=made, link=link, now=clock.now())
    answer = Response(page)
    answer.headers["Cache-Control"] = "no-store"
    return answer
