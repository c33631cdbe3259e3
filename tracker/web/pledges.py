"""Pledges on screen: all of them, one of them, and the revision of a line."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange

from tracker import clock
from tracker.domain.permissions import Action, Scope
from tracker.errors import NotFound
from tracker.queries import consignments, deliveries, ledger, pledges
from tracker.services.imports.pledges import revise
from tracker.web.frame.forms import Form
from tracker.web.frame.gate import actor, needs, scope
from tracker.web.words.formats import product_name

blueprint = Blueprint("pledges", __name__)


class WholeNumber(IntegerField):  # type: ignore[misc]
    """An integer, with our words for what is none."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(gettext("Type a whole number.")) from None


class Revise(Form):
    """A new quantity for one line, and why."""

    line = SelectField(_l("Line"), validate_choice=False)
    quantity = WholeNumber(
        _l("New quantity"),
        validators=[
            InputRequired(_l("Type a whole number.")),
            NumberRange(0, 1_000_000, _l("A number from 0 to 1,000,000.")),
        ],
    )
    reason = StringField(
        _l("Why"),
        validators=[
            InputRequired(_l("Say why, for those who read this later.")),
            Length(3, 500, _l("From 3 to 500 characters.")),
        ],
    )


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
    return _page(ref, None)


@blueprint.post("/pledges/<ref>/revise")
@needs(Action.EDIT_PLEDGES)
def revise_line(ref: str) -> Any:
    """Change the quantity of a line; the old one stays in the history."""
    pledge = _pledge(ref)
    form = _form(pledge)
    if not form.validate() or not _is_new(form, pledge):
        return _page(ref, form), 422
    revise(
        ref,
        form.line.data,
        form.quantity.data or 0,
        reason=form.reason.data or "",
        by=actor(),
        now=clock.now(),
    )
    flash(gettext("The new quantity is kept; the old one stays in the history."), "success")
    return redirect(url_for("pledges.show_pledge", ref=ref), 303)


def _is_new(form: Revise, pledge: pledges.PledgePage) -> bool:
    held = {line.product: line.quantity for line in pledge.lines}
    if form.line.data not in held:
        form.line.errors = [gettext("Choose a line of this pledge.")]
        return False
    now = held[form.line.data]
    if form.quantity.data == now:
        form.quantity.errors = [gettext("This is the quantity already.")]
    return bool(form.quantity.data != now)


def _pledge(ref: str) -> pledges.PledgePage:
    found = pledges.pledge(ref, actor())
    if found is None:
        raise NotFound
    return found


def _page(ref: str, form: Revise | None) -> str:
    pledge, reader = _pledge(ref), actor()
    may_edit = reader.may(Action.EDIT_PLEDGES)
    if form is None and may_edit:
        form = _form(pledge)
    return render_template(
        "pledges/show.html",
        pledge=pledge,
        deliveries=deliveries.of_pledge(ref),
        journeys=consignments.of_pledge(ref, clock.day_in_kyiv(clock.now()), actor()),
        recent=ledger.recent_events(ref) if reader.may(Action.READ_ITEMS) else [],
        form=form,
    )


def _is_donor() -> bool:
    """Whether the reader must not know where units stand today, but days later and coarser.

    These pages are live; a donor has pages that hold only what `domain.disclosure` lets out.
    """
    return scope() is Scope.OWN


def _form(pledge: pledges.PledgePage) -> Revise:
    form = Revise()
    form.line.choices = [
        (line.product, f"{product_name(line)}: {line.quantity}") for line in pledge.lines
    ]
    return form
