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
from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from tracker import clock
from tracker.domain.permissions import Action, Actor, Scope
from tracker.errors import NotFound
from tracker.queries import locations
from tracker.services import locations as verbs
from tracker.services import sites
from tracker.web.frame.forms import Form
from tracker.web.frame.gate import actor, freshly, needs

blueprint = Blueprint("locations", __name__)

KINDS = ("warehouse", "hub", "border", "site")


class Open(Form):
    """Why somebody opens a sealed site; kept with who and when."""

    reason = TextAreaField(
        _l("Why you need to know where it is"),
        validators=[
            InputRequired(_l("Say why: it is kept with your number and the time.")),
            Length(10, 500, _l("From 10 to 500 characters.")),
        ],
        render_kw={"rows": 3, "maxlength": 500},
    )


class Premises(Form):
    """Which location another counts as one place with; empty for none."""

    premises = StringField(
        _l("Counts as one place with"),
        filters=[lambda said: (said or "").strip().upper()],
        validators=[Length(max=32, message=_l("A reference has up to 32 characters."))],
        description=_l("The reference of the site whose door this is, or of the hub beside it."),
    )


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
    return _page(ref, Open())


@blueprint.post("/locations/<ref>/open")
@needs(Action.OPEN_SITE)
@freshly
def open_site(ref: str) -> Any:
    """Show a site's sealed facts once, in this answer only: no address and no cache keeps them."""
    form = Open()
    if not form.validate():
        return _page(ref, form), 422
    facts = sites.open_site(
        ref,
        reason=form.reason.data or "",
        by=actor(),
        now=clock.now(),
        key=current_app.config["KEYS"].get("sites"),
        per_day=current_app.config["SITE_READINGS_PER_DAY"],
    )
    response = make_response(_page(ref, form, facts))
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/locations/<ref>/premises")
@needs(Action.EDIT_PLEDGES)
@freshly
def set_premises(ref: str) -> Any:
    """Say which places count as one."""
    form = Premises()
    if not form.validate():
        return _page(ref, Open(), premises=form), 422
    verbs.set_premises(ref, form.premises.data or None, by=actor(), now=clock.now())
    flash(gettext("Kept. What came with consignments from and to here was judged anew."), "success")
    return redirect(url_for("locations.show_location", ref=ref), 303)


def _page(ref: str, form: Open, facts: Any = None, premises: Premises | None = None) -> str:
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
        form=form,
        may_open=may_open and place.sealed,
        facts=facts,
        premises=premises or Premises(premises=place.premises),
    )


def _sees_openings(reader: Actor, place: locations.Place) -> bool:
    """Who answers for sites, and who audits them, sees who opened one; nobody else."""
    return place.kind == "site" and reader.scope(Action.READ_LEDGER) is Scope.ALL
