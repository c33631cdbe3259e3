"""Terminal ids on screen: typed, pasted as a status, or taken from an account's list."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from tracker import clock
from tracker.domain.permissions import Action
from tracker.errors import InvalidValue, NotFound
from tracker.queries import readings as queries
from tracker.schemas.forms.readings import AddedReading, BroughtAccount
from tracker.services import readings
from tracker.web import search
from tracker.web.frame.forms import said
from tracker.web.frame.gate import actor, needs

blueprint = Blueprint("readings", __name__)


@blueprint.get("/readings")
@needs(Action.SCAN_STOCK)
def show_readings() -> str:
    """How many terminals wait for their id, and where to bring it."""
    return _page()


@blueprint.post("/readings")
@needs(Action.SCAN_STOCK)
def take_account() -> Any:
    """A status or a list; first to look at, then to keep."""
    form, upload = said(BroughtAccount), request.files.get("file")
    text, keep = form["text"], form["keep"]
    if upload is not None and upload.filename:
        text = upload.read(2_000_001).decode("utf-8", "replace")
    try:
        told = readings.take_account(text, by=actor(), now=clock.now(), dry_run=not keep)
    except InvalidValue as problem:
        return _page(problem=problem), problem.status
    return _page(told, text=text, kept=keep)


@blueprint.post("/items/<code>/readings")
@needs(Action.SCAN_STOCK)
def add(code: str) -> Any:
    """A number that somebody read on a unit."""
    item = search.item_named(code, actor())
    if item is None:
        raise NotFound
    outcome, notes = readings.add_reading(
        item.id, **said(AddedReading), by=actor(), now=clock.now()
    )
    if outcome == "differs":
        told = gettext("Kept. The unit carries another number: a person has to look into it.")
    elif outcome == "known":
        told = gettext("The unit carries this number already.")
    else:
        told = gettext("Kept.")
    if notes:
        told += " " + gettext(
            "Letters that look alike were read as Latin ones, or blanks left out."
        )
    flash(told, "warning" if outcome == "differs" else "success")
    return redirect(url_for("items.show_item", code=item.code), 303)


def _page(
    told: readings.Account | None = None,
    *,
    text: str = "",
    kept: bool = False,
    problem: InvalidValue | None = None,
) -> str:
    many, units = queries.waiting_for_id(actor())
    return render_template(
        "readings/show.html",
        many=many,
        units=units,
        told=told,
        text=text,
        kept=kept,
        problem=problem,
    )
