"""Locations on screen. A site shows its reference, sector and oblast; the rest is sealed."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext

from tracker import clock
from tracker.domain.permissions import Action, Actor, Scope
from tracker.errors import InvalidValue, NotFound, Refusal
from tracker.queries import locations
from tracker.schemas.forms.locations import Opening, Premises
from tracker.services import locations as verbs
from tracker.services import sites
from tracker.web.frame.forms import said, typed
from tracker.web.frame.gate import actor, freshly, needs

blueprint = Blueprint("locations", __name__)

KINDS = ("warehouse", "hub", "border", "site")


@blueprint.get("/locations")
@needs(Action.READ_LOCATIONS)
def list_locations() -> str:
    """Warehouses, hubs, border points and sites that this reader may know of."""
    kind = request.args.get("kind", "")
    kind = kind if kind in KINDS else ""
    oblast = request.args.get("oblast", "")[:4]
    page = locations.list_locations(
        actor(), kind=kind or None, oblast=oblast or None, after=request.args.get("after")
    )
    following = None
    if page.after:
        asked: dict[str, Any] = {"kind": kind or None, "oblast": oblast or None}
        following = url_for("locations.list_locations", **asked, after=page.after)
    return render_template(
        "locations/list.html",
        page=page,
        kind=kind,
        oblast=oblast,
        kinds=KINDS,
        oblasts=locations.oblasts(),
        following=following,
    )


@blueprint.get("/locations/<ref>")
@needs(Action.READ_LOCATIONS)
def show_location(ref: str) -> str:
    """One location and what stands there."""
    return _page(ref)


@blueprint.post("/locations/<ref>/open")
@needs(Action.OPEN_SITE)
@freshly
def open_site(ref: str) -> Any:
    """Show a site's sealed facts once, in this answer only: no address and no cache keeps them."""
    try:
        facts = sites.open_site(
            ref,
            reason=said(Opening)["reason"],
            by=actor(),
            now=clock.now(),
            key=current_app.config["KEYS"].get("sites"),
            per_day=current_app.config["SITE_READINGS_PER_DAY"],
        )
    except InvalidValue as problem:
        return _page(ref, problem), problem.status
    response = make_response(_page(ref, facts=facts))
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/locations/<ref>/premises")
@needs(Action.EDIT_PLEDGES)
@freshly
def set_premises(ref: str) -> Any:
    """Say which places count as one."""
    try:
        premises = said(Premises)["premises"].upper() or None
        verbs.set_premises(ref, premises, by=actor(), now=clock.now())
    except InvalidValue as problem:
        return _page(ref, problem), problem.status
    flash(gettext("Kept. What came with consignments from and to here was judged anew."), "success")
    return redirect(url_for("locations.show_location", ref=ref), 303)


def _page(ref: str, problem: Refusal | None = None, facts: Any = None) -> str:
    reader = actor()
    place = locations.location(ref, reader)
    if place is None:
        raise NotFound
    may_open = reader.may(Action.OPEN_SITE) and place.oblast in reader.oblasts
    return render_template(
        "locations/show.html",
        place=place,
        counts=locations.counts_at(ref) if reader.may(Action.READ_ITEMS) else {},
        openings=locations.openings(ref) if _sees_openings(reader, place) else [],
        # A reason may say what the seal hides, so only those who may open a site read it.
        sees_reasons=reader.may(Action.OPEN_SITE),
        may_open=may_open and place.sealed,
        facts=facts,
        problem=problem,
        said=typed(),
    )


def _sees_openings(reader: Actor, place: locations.Place) -> bool:
    """Who answers for sites, and who audits them, sees who opened one; nobody else."""
    return place.kind == "site" and reader.scope(Action.READ_LEDGER) is Scope.ALL
