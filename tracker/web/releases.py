"""A coordinator's side of a donor's page: photos, statements, how late and coarse it is."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask_babel import gettext

from tracker import clock
from tracker.domain.permissions import Action
from tracker.errors import NotFound
from tracker.queries import donors
from tracker.queries import releases as queries
from tracker.schemas.forms.releases import Disclosed, ReleasedTexts, Withdrawn
from tracker.services import disclosures, releases
from tracker.services.evidence import evidence_content
from tracker.web import portfolios
from tracker.web.frame.forms import LARGEST_NUMBER, said
from tracker.web.frame.gate import actor, needs

blueprint = Blueprint("releases", __name__)

ONE = f"/releases/<int(max={LARGEST_NUMBER}):number>"


@blueprint.get("/releases")
@needs(Action.READ_RELEASES)
def list_releases() -> str:
    """Photos that wait for a second person."""
    return render_template("releases/list.html", rows=queries.waiting())


@blueprint.get("/pledges/<ref>/releases")
@needs(Action.READ_RELEASES)
def show_releases(ref: str) -> str:
    """What this pledge's donor is shown beside the figures, and what could be."""
    if not donors.is_known(ref):
        raise NotFound
    shown = queries.releases_of(ref)
    taken = {row.source for row in shown if row.withdrawn_at is None and row.approved is not False}
    photos = queries.photos_of(ref, queries.MOST_PHOTOS).values()
    usual = portfolios.installation()
    return render_template(
        "releases/show.html",
        ref=ref,
        releases=shown,
        photos=[one for one in photos if one.sha256 not in taken],
        usual=usual,
        own=donors.newest_discretions([ref]).get(ref, usual),
    )


@blueprint.get("/pledges/<ref>/photos/<sha256>")
@needs(Action.READ_RELEASES)
def show_photo(ref: str, sha256: str) -> Response:
    """A photo of this pledge's units, for who decides whether a donor sees it."""
    if sha256 not in queries.photos_of(ref):
        raise NotFound
    content, media_type = evidence_content(sha256)
    return Response(content, mimetype=media_type, headers={"Cache-Control": "no-store"})


@blueprint.post("/pledges/<ref>/photos/<sha256>/propose")
@needs(Action.RELEASE)
def propose(ref: str, sha256: str) -> Any:
    """Propose to show a photo."""
    releases.propose_photo(ref, sha256, **said(ReleasedTexts), by=actor(), now=clock.now())
    flash(gettext("Proposed. A second person has to look at it."), "success")
    return redirect(url_for("releases.show_releases", ref=ref), 303)


@blueprint.post("/pledges/<ref>/statements")
@needs(Action.RELEASE)
def publish(ref: str) -> Any:
    """Show a sentence beside the figures."""
    releases.publish_statement(ref, **said(ReleasedTexts), by=actor(), now=clock.now())
    flash(gettext("The donor sees it now."), "success")
    return redirect(url_for("releases.show_releases", ref=ref), 303)


@blueprint.post("/pledges/<ref>/disclosure")
@needs(Action.RELEASE)
def set_disclosure(ref: str) -> Any:
    """Show the pledge later or coarser than the others."""
    disclosures.set_disclosure(ref, **said(Disclosed), by=actor(), now=clock.now())
    flash(gettext("Kept. It holds from now on."), "success")
    return redirect(url_for("releases.show_releases", ref=ref), 303)


@blueprint.post(f"{ONE}/approve")
@needs(Action.RELEASE)
def approve(number: int) -> Any:
    """Show the photo to the donor, as the second person."""
    releases.approve_photo(number, by=actor(), now=clock.now())
    flash(gettext("The donor sees it now."), "success")
    return redirect(url_for("releases.list_releases"), 303)


@blueprint.post(f"{ONE}/refuse")
@needs(Action.RELEASE)
def refuse(number: int) -> Any:
    """Do not show the photo; or take one's own proposal back."""
    releases.refuse_photo(number, by=actor(), now=clock.now())
    flash(gettext("The photo is not shown."), "success")
    return redirect(url_for("releases.list_releases"), 303)


@blueprint.post(f"{ONE}/withdraw")
@needs(Action.RELEASE)
def withdraw(number: int) -> Any:
    """Show a photo or a statement no longer."""
    releases.withdraw(number, by=actor(), now=clock.now())
    flash(gettext("The donor does not see it any more."), "success")
    return redirect(url_for("releases.show_releases", ref=said(Withdrawn)["pledge"]), 303)
