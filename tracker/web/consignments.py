"""Consignments on screen: the list, one journey, what happens to it, what came of it."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext

from tracker import clock
from tracker.domain.consignments import STATES, possible
from tracker.domain.permissions import Action
from tracker.domain.receiving import REASONS, VERDICTS
from tracker.errors import InvalidValue, NotFound
from tracker.queries import consignments as queries
from tracker.queries import documents, labels, pledges
from tracker.services import consignments, paperwork, receiving
from tracker.web.gate import actor, needs

blueprint = Blueprint("consignments", __name__)

DATES = ("eta_on", "aid_declared_on", "aid_coded_on", "aid_reported_on")
TEXTS = (
    "pledge", "consignor", "consignee", "carrier", "origin", "destination", "waybill", "aid_code",
)  # fmt: skip
PAPERS = {
    "packing_list": paperwork.issue_packing_list,
    "waybill": paperwork.issue_waybill,
    "received_note": paperwork.issue_received_note,
}


@blueprint.get("/consignments")
@needs(Action.READ_CONSIGNMENTS)
def list_consignments() -> str:
    """Journeys, newest first."""
    state = request.args.get("state", "")
    state = state if state in STATES else ""
    today = clock.day_in_kyiv(clock.now())
    rows = queries.list_consignments(today, state=state or None, limit=100)
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
    said = _said()
    said["ref"] = request.form.get("ref", "").strip().upper()[:32] or None
    ref = consignments.make_consignment(said, by=actor(), now=clock.now())
    flash(gettext("The consignment is made. Load boxes and units onto it by scanning."), "success")
    return redirect(url_for("consignments.show_consignment", ref=ref), 303)


@blueprint.get("/consignments/<ref>")
@needs(Action.READ_CONSIGNMENTS)
def show_consignment(ref: str) -> str:
    """One journey whole."""
    now = clock.now()
    today = clock.day_in_kyiv(now)
    whole = queries.consignment(ref, today)
    if whole is None:
        raise NotFound
    return render_template(
        "consignments/show.html",
        whole=whole,
        row=whole.row,
        today=today,
        possible=[
            kind
            for kind in possible(whole.row.state, held=whole.row.held)
            if kind not in ("received", "closed")
        ],
        missing=queries.missing_units(ref),
        cases=queries.open_cases(ref),
        odd=[row for row in queries.last_words(ref) if row.verdict != "good"],
        documents=documents.documents_about(ref),
        places=labels.choices(None, None).locations,
        verdicts=[word for word in VERDICTS if word not in ("over", "short")],
        reasons=REASONS,
    )


@blueprint.get("/consignments/<ref>/edit")
@needs(Action.EDIT_CONSIGNMENTS)
def edit_consignment(ref: str) -> str:
    """The form, filled in."""
    whole = queries.consignment(ref, clock.day_in_kyiv(clock.now()))
    if whole is None:
        raise NotFound
    return _form(ref, {name: getattr(whole.row, name) for name in (*TEXTS, *DATES)})


@blueprint.post("/consignments/<ref>/edit")
@needs(Action.EDIT_CONSIGNMENTS)
def change_consignment(ref: str) -> Any:
    """Keep what was changed."""
    consignments.change_consignment(ref, _said(), by=actor())
    flash(gettext("Saved."), "success")
    return redirect(url_for("consignments.show_consignment", ref=ref), 303)


@blueprint.post("/consignments/<ref>/passages")
@needs(Action.SCAN_STOCK)
def tell(ref: str) -> Any:
    """Something happened on the way."""
    consignments.tell(
        ref,
        request.form.get("kind", ""),
        by=actor(),
        now=clock.now(),
        location=request.form.get("location", "").strip() or None,
        note=request.form.get("note"),
    )
    return redirect(url_for("consignments.show_consignment", ref=ref), 303)


@blueprint.post("/consignments/<ref>/legs")
@needs(Action.EDIT_CONSIGNMENTS)
def add_leg(ref: str) -> Any:
    """A part of the way."""
    said: dict[str, Any] = {
        name: request.form.get(name, "").strip()[:40] or None
        for name in ("origin", "destination", "carrier", "vehicle")
    }
    said |= {name: _date(name) for name in ("departs_on", "arrives_on")}
    consignments.add_leg(ref, said, by=actor())
    return redirect(url_for("consignments.show_consignment", ref=ref), 303)


@blueprint.post("/consignments/<ref>/seals")
@needs(Action.SCAN_STOCK)
def put_seal(ref: str) -> Any:
    """Keep a seal's number."""
    consignments.put_seal(ref, request.form.get("number", ""), by=actor(), now=clock.now())
    return redirect(url_for("consignments.show_consignment", ref=ref), 303)


@blueprint.post("/consignments/<ref>/seals/<int:seal>")
@needs(Action.SCAN_STOCK)
def look_at_seal(ref: str, seal: int) -> Any:
    """Say whether a seal was found whole."""
    whole = request.form.get("whole") == "yes"
    consignments.look_at_seal(min(seal, 2**31 - 1), whole=whole, by=actor(), now=clock.now())
    return redirect(url_for("consignments.show_consignment", ref=ref), 303)


@blueprint.post("/consignments/<ref>/conclude")
@needs(Action.SCAN_STOCK)
def conclude(ref: str) -> Any:
    """Counting is over."""
    found = receiving.conclude(ref, by=actor(), now=clock.now())
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
    item = request.form.get("item", type=int)
    if item is None:
        raise NotFound
    receiving.say(
        ref,
        min(item, 2**31 - 1),
        request.form.get("verdict", ""),
        reason=request.form.get("reason") or None,
        note=request.form.get("note"),
        by=actor(),
        now=clock.now(),
    )
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
        choices=labels.choices(None, None),
        pledges=_pledges(),
    )


def _pledges() -> list[str]:
    """References of the pledges that a consignment may be of."""
    return [row.ref for row in pledges.pledge_rows(actor()).rows]


def _said() -> dict[str, Any]:
    said: dict[str, Any] = {name: request.form.get(name, "").strip()[:64] or None for name in TEXTS}
    return said | {name: _date(name) for name in DATES}


def _date(name: str) -> date | None:
    text = request.form.get(name, "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidValue("This is no date.", field=name) from None
