"""Consignments on screen: the list, one journey, what happens to it, what came of it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext

from tracker import clock
from tracker.domain.consignments import RETRACTABLE, STATES, possible
from tracker.domain.permissions import Action, Scope
from tracker.domain.receiving import REASONS, SAID_BY_HAND
from tracker.errors import CountMoved, NotFound
from tracker.queries import aid_codes, documents, labels, pledges, standings
from tracker.queries import consignments as queries
from tracker.schemas.forms.consignments import (
    AddedLeg,
    ChangedConsignment,
    Concluded,
    FoundSeal,
    MadeConsignment,
    PutSeal,
    SaidVerdict,
    ToldPassage,
    WrongPassage,
)
from tracker.services import consignments, passages, receiving
from tracker.services.aid_codes import aid_terms
from tracker.services.papers import issuing, received_notes
from tracker.web.frame.forms import LARGEST_NUMBER, said
from tracker.web.frame.gate import actor, needs

blueprint = Blueprint("consignments", __name__)

MOST_NAMED = 20
PAPERS = {
    "packing_list": issuing.issue_packing_list,
    "waybill": issuing.issue_waybill,
    "received_note": received_notes.issue_received_note,
}


@blueprint.get("/consignments")
@needs(Action.READ_CONSIGNMENTS)
def list_consignments() -> str:
    """Journeys, newest first."""
    state = request.args.get("state", "")
    state = state if state in STATES else ""
    today = clock.day_in_kyiv(clock.now())
    rows = queries.list_consignments(today, actor(), state=state or None, limit=100)
    return render_template(
        "consignments/list.html", rows=rows, state=state, states=STATES, today=today
    )


@blueprint.get("/consignments/new")
@needs(Action.EDIT_CONSIGNMENTS)
def new_consignment() -> str:
    """An empty form."""
    return _form(None, {})


@blueprint.post("/consignments")
@needs(Action.EDIT_CONSIGNMENTS)
def make_consignment() -> Any:
    """Make one in draft."""
    form = said(MadeConsignment)
    form["ref"] = form["ref"].upper() if form["ref"] else None
    ref = consignments.make_consignment(form, by=actor(), now=clock.now())
    flash(gettext("The consignment is made. Load boxes and units onto it by scanning."), "success")
    return redirect(url_for("consignments.show_consignment", ref=ref), 303)


@blueprint.get("/consignments/<ref>")
@needs(Action.READ_CONSIGNMENTS)
def show_consignment(ref: str) -> str:
    """One journey whole."""
    return _page(ref)


def _page(ref: str, moved: CountMoved | None = None) -> str:
    """The page; `moved` is what has changed under the hand of who wanted to conclude."""
    today = clock.day_in_kyiv(clock.now())
    whole = queries.consignment(ref, today, actor())
    if whole is None:
        raise NotFound
    terms = aid_terms()
    found, reader = whole.standing, actor()
    asked = [item for one in found.questions for item in one.unseen[:MOST_NAMED]]
    return render_template(
        "consignments/show.html",
        whole=whole,
        row=whole.row,
        today=today,
        aid=aid_codes.aid_code(ref, today, terms),
        terms=terms,
        retractable=RETRACTABLE,
        possible=[
            kind
            for kind in possible(whole.row.state, held=whole.row.held)
            if kind not in ("received", "closed")
        ],
        found=found,
        moved=moved,
        most_named=MOST_NAMED,
        boxes=standings.box_names([one.box for one in found.questions]),
        unseen=standings.named(asked),
        since=queries.since(ref, found),
        missing=queries.missing_units(ref, reader),
        cases=queries.open_cases(ref),
        odd=[unit for unit in found.units.values() if unit.verdict not in ("good", "with_box")],
        everywhere=reader.scope(Action.READ_LOCATIONS) is Scope.ALL,
        documents=documents.documents_about(ref, actor()),
        places=labels.choices(None, actor(), None).locations,
        verdicts=SAID_BY_HAND,
        reasons=REASONS,
    )


@blueprint.get("/consignments/<ref>/edit")
@needs(Action.EDIT_CONSIGNMENTS)
def edit_consignment(ref: str) -> str:
    """The form, filled in."""
    whole = queries.consignment(ref, clock.day_in_kyiv(clock.now()), actor())
    if whole is None:
        raise NotFound
    return _form(ref, {name: getattr(whole.row, name) for name in consignments.DETAILS})


@blueprint.post("/consignments/<ref>/edit")
@needs(Action.EDIT_CONSIGNMENTS)
def change_consignment(ref: str) -> Any:
    """Keep what was changed."""
    consignments.change_consignment(ref, said(ChangedConsignment), by=actor())
    flash(gettext("Saved."), "success")
    return redirect(url_for("consignments.show_consignment", ref=ref), 303)


@blueprint.post("/consignments/<ref>/passages")
@needs(Action.SCAN_STOCK)
def tell(ref: str) -> Any:
    """Something happened on the way."""
    consignments.tell(ref, **said(ToldPassage), by=actor(), now=clock.now())
    return redirect(url_for("consignments.show_consignment", ref=ref), 303)


@blueprint.post(f"/consignments/<ref>/passages/<int(max={LARGEST_NUMBER}):passage>/wrong")
@needs(Action.EDIT_CONSIGNMENTS)
def declare_wrong(ref: str, passage: int) -> Any:
    """A hold or a release did not happen."""
    passages.declare_wrong(ref, passage, by=actor(), now=clock.now(), **said(WrongPassage))
    flash(gettext("Declared wrong: what followed from it was taken back."), "success")
    return redirect(url_for("consignments.show_consignment", ref=ref), 303)


@blueprint.post("/consignments/<ref>/legs")
@needs(Action.EDIT_CONSIGNMENTS)
def add_leg(ref: str) -> Any:
    """A part of the way."""
    consignments.add_leg(ref, said(AddedLeg), by=actor())
    return redirect(url_for("consignments.show_consignment", ref=ref), 303)


@blueprint.post("/consignments/<ref>/seals")
@needs(Action.SCAN_STOCK)
def put_seal(ref: str) -> Any:
    """Keep a seal's number."""
    consignments.put_seal(ref, **said(PutSeal), by=actor(), now=clock.now())
    return redirect(url_for("consignments.show_consignment", ref=ref), 303)


@blueprint.post("/consignments/<ref>/seals/<int:seal>")
@needs(Action.SCAN_STOCK)
def look_at_seal(ref: str, seal: int) -> Any:
    """Say whether a seal was found whole."""
    whole = said(FoundSeal)["whole"]
    consignments.look_at_seal(ref, min(seal, 2**31 - 1), whole=whole, by=actor(), now=clock.now())
    return redirect(url_for("consignments.show_consignment", ref=ref), 303)


@blueprint.post("/consignments/<ref>/conclude")
@needs(Action.SCAN_STOCK)
def conclude(ref: str) -> Any:
    """Counting is over, as the page said it stands; otherwise the page again, as it stands now."""
    try:
        found = receiving.conclude(ref, by=actor(), now=clock.now(), **said(Concluded))
    except CountMoved as moved:
        return _page(ref, moved), moved.status
    if found.missing:
        told = ngettext(
            "Concluded. %(units)s unit is missing: it waits among the discrepancies.",
            "Concluded. %(units)s units are missing: they wait among the discrepancies.",
            found.missing,
            units=found.missing,
        )
        flash(told, "warning")
    else:
        flash(gettext("Concluded: every expected unit has its verdict."), "success")
    return redirect(url_for("consignments.show_consignment", ref=ref), 303)


@blueprint.post("/consignments/<ref>/verdicts")
@needs(Action.SCAN_STOCK)
def say_verdict(ref: str) -> Any:
    """A person's own word about a unit."""
    form = said(SaidVerdict)
    item, verdict = form.pop("item"), form.pop("verdict")
    if item is None:
        raise NotFound
    receiving.say(ref, item, verdict, **form, by=actor(), now=clock.now())
    return redirect(url_for("consignments.show_consignment", ref=ref), 303)


@blueprint.post("/consignments/<ref>/close")
@needs(Action.EDIT_CONSIGNMENTS)
def close(ref: str) -> Any:
    """The consignment is done with."""
    receiving.close(ref, by=actor(), now=clock.now())
    flash(gettext("The consignment is closed."), "success")
    return redirect(url_for("consignments.show_consignment", ref=ref), 303)


@blueprint.post("/consignments/<ref>/papers/<kind>")
@needs(Action.SCAN_STOCK)
def issue_paper(ref: str, kind: str) -> Any:
    """Issue a document, and show it."""
    if kind not in PAPERS:
        raise NotFound
    issued = PAPERS[kind](ref, by=actor(), now=clock.now())
    return redirect(
        url_for("documents.show_file", number=issued.number, version=issued.version), 303
    )


def _form(ref: str | None, said: dict[str, Any]) -> str:
    return render_template(
        "consignments/form.html",
        ref=ref,
        said=said,
        choices=labels.choices(None, actor(), None),
        pledges=_pledges(),
        terms=aid_terms(),
    )


def _pledges() -> list[str]:
    """References of the pledges that a consignment may be of."""
    return [row.ref for row in pledges.pledge_rows(actor()).rows]
